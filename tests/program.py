"""The whole program as a user runs it: `utterkey run` in a process of its own, on a test desktop."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import tomlkit

from desktop import await_true, end
from utterkey.control import client
from utterkey.errors import DaemonError
from virtual_desktop import VirtualDesktop

READY_SECONDS = 20.0
QUIT_SECONDS = 10.0


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "utterkey", *arguments]


def say_to(desktop: VirtualDesktop, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        command(*arguments), env=desktop.environment, text=True, capture_output=True, timeout=60, check=False
    )


def recorded_ms(desktop: VirtualDesktop) -> float:
    """How much audio there is on the disk, at 16 kHz."""
    return sum(path.stat().st_size for path in Path(desktop.environment["XDG_STATE_HOME"]).rglob("*.wav")) / 32


class Program:
    """`with Program(desktop, hotkey={"key": "f9"}) as program`: started, ready; quits at the end."""

    def __init__(self, desktop: VirtualDesktop, *arguments: str, **settings: dict[str, Any]) -> None:
        self._desktop = desktop
        self._arguments = arguments
        self._settings = settings
        self.process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        file = self._desktop.folder / "settings.toml"
        file.write_text(tomlkit.dumps(self._settings))
        self.process = self._desktop.start(command("run", "--config", str(file), *self._arguments))
        try:
            self.wait_state("idle", READY_SECONDS)
        except TimeoutError as error:
            self._end()
            raise AssertionError(f"the daemon does not get ready: {self.log()}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(QUIT_SECONDS)
            finally:
                end(self.process)

    def quit(self) -> int:
        """Ask for the end, as the tray does; the exit code."""
        client.ask({"do": "quit"})
        return self.process.wait(QUIT_SECONDS)

    def status(self) -> dict[str, Any]:
        """What `utterkey status --json` says; empty if the daemon is not there."""
        try:
            return client.ask({"do": "status"})
        except DaemonError:
            return {}

    def wait_state(self, state: str, seconds: float = 10.0) -> None:
        await_true(lambda: self.status().get("state") == state, seconds, f"state {state}", every=0.01)

    def log(self) -> str:
        return self._desktop.log(*_name(command()))


def _name(arguments: Sequence[str]) -> tuple[str]:
    return (arguments[0].rsplit("/", 1)[-1],)
