"""The command line in processes of its own, in a home of its own."""

import os
import signal
import subprocess
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

import pytest

from homes import live_in
from utterkey import paths

SOURCES = Path(paths.__file__).parents[1]


@dataclass(frozen=True)
class CommandLine:
    home: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, text: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run it to its end. No command may ever show a traceback."""
        done = subprocess.run(
            self.command(*arguments), input=text, env={**self.environment, **variables},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return done

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(*arguments), env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    @staticmethod
    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "utterkey", *arguments]


@pytest.fixture
def utterkey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """`utterkey("status", "--json")`. This process has the same home."""
    live_in(tmp_path, monkeypatch)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.delenv("ASSEMBLYAI_API_KEY", raising=False)
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}  # the terminal knows
    return CommandLine(tmp_path, {**environment, "PYTHONPATH": str(SOURCES)})


def interrupt(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Ctrl+C. The exit code, what was left of stdout, and stderr."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    return process.returncode, out, err


def write_wav(path: Path, mono: bytes, rate: int = 16000, channels: int = 1) -> Path:
    samples = [mono[at : at + 2] * channels for at in range(0, len(mono), 2)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(samples))
    return path
