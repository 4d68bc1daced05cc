"""`listen` and `devices` on a desktop with a virtual microphone."""

# ruff: noqa: E402 - what follows the assert is not there on Windows, for the type checker either
import sys

assert sys.platform != "win32"  # noqa: TID251 - it has no pseudo-terminals

import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

from cli.conftest import SOURCES, CommandLine, interrupt
from desktop import Desktop
from scripted import ScriptedWords
from service import Service

WORDS: ScriptedWords = ((100, 300, "Hello"), (350, 500, "world."), (1400, 1500, "Again"), (1550, 1700, "here."))


@pytest.fixture
def listening(desktop: Desktop) -> CommandLine:
    """The command line on the desktop."""
    home = Path(desktop.environment["HOME"])
    own = {"PYTHONPATH": str(SOURCES), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    desktop.environment.pop("COLUMNS", None)  # the terminal knows
    return CommandLine(home, {**desktop.environment, **own})


def start(listening: CommandLine, service: Service) -> "subprocess.Popen[str]":
    return listening.start("listen", "--set", f"service.endpoint={service.url}")


def test_each_turn_is_a_line_and_ctrl_c_ends_the_session(listening: CommandLine) -> None:
    with Service(WORDS, turn_pause_ms=500) as service:
        process = start(listening, service)
        assert process.stdout
        assert process.stdout.readline() == "Hello world.\n"
        service.wait_session(1).wait_audio(1800)  # the second turn is open now
        interrupted = time.monotonic()
        code, out, err = interrupt(process)
        session = service.sessions[0].wait_closed()
    assert (code, out) == (0, "Again here.\n")
    assert session.texts[-1] == "Terminate"
    assert (session.terminated_at or 0) - interrupted < 3
    assert session.close_received == 1000
    billed = json.loads(session.sent[-1].text or "")["session_duration_seconds"]
    assert err.splitlines()[0].startswith("Listening to ")
    assert err.splitlines()[-1] == f"{billed} s of session time billed."


def test_sigterm_ends_the_session_too(listening: CommandLine) -> None:
    with Service(WORDS, turn_pause_ms=500) as service:
        process = start(listening, service)
        service.wait_session(1, 30).wait_audio(300)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        assert service.sessions[0].wait_closed().texts[-1] == "Terminate"
    assert process.returncode == 0
    assert "Traceback" not in err


def test_on_a_terminal_the_words_so_far_are_shown_in_place(listening: CommandLine) -> None:
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 10, 0, 0))
    try:
        with Service(WORDS, turn_pause_ms=500) as service:
            command = listening.command("listen", "--set", f"service.endpoint={service.url}")
            process = subprocess.Popen(
                command, stdout=follower, stderr=subprocess.PIPE, env=listening.environment, text=True
            )
            try:
                shown = _read_until(leader, b"Hello world.\r\n")
            finally:
                _, _, err = interrupt(process)
    finally:
        os.close(leader)
        os.close(follower)
    assert b"\r\x1b[KHello" in shown, err
    assert "\r\x1b[K…o world.".encode() in shown, "cut to the terminal's width"
    assert b"\r\x1b[KHello world.\r\n" in shown


def _read_until(leader: int, end: bytes, seconds: float = 30) -> bytes:
    """What the terminal was sent, up to and perhaps beyond `end`; less when that does not come in time."""
    shown, deadline = b"", time.monotonic() + seconds
    while end not in shown and select.select([leader], [], [], max(0.0, deadline - time.monotonic()))[0]:
        shown += os.read(leader, 4096)
    return shown


def test_a_second_ctrl_c_does_not_wait(listening: CommandLine) -> None:
    with Service(WORDS, turn_pause_ms=500) as service:
        process = start(listening, service)
        service.wait_session(1, 30).wait_audio(300)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        service.sessions[0].wait_closed()
    assert "Traceback" not in err
    assert process.returncode in (0, 130)


def test_without_a_microphone_there_is_one_sentence(utterkey: CommandLine) -> None:
    for command in ("listen", "devices"):
        done = utterkey(command, "--set", "service.endpoint=ws://127.0.0.1:1")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert done.stderr.startswith("utterkey: No microphone was found")


def test_the_microphone_in_use_is_marked(listening: CommandLine) -> None:
    done = listening("devices")
    assert (done.returncode, done.stderr) == (0, "")
    marked = [line for line in done.stdout.splitlines() if line.startswith("* ")]
    assert len(marked) == 1
    name = marked[0].removeprefix("* ").split("  (")[0]
    assert [
        line for line in listening("devices", "--set", f"audio.device={name}").stdout.splitlines() if "*" in line
    ] == marked
    wrong = listening("devices", "--set", "audio.device=xyzzy")
    assert wrong.returncode == 0
    assert "There is no microphone named 'xyzzy'" in wrong.stderr
    assert "*" not in wrong.stdout
