"""Where everything is measured: one desktop, one microphone that hears noise, one window, one key.

The benchmark's own process lives on that desktop. What a contender is and how it is started is here too; what is
measured of it is in the files next to this one.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any, Self

import tomlkit
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from bench.link import FAR
from desktop import Desktop, Target, await_true, end
from session.conftest import Authority

READY_SECONDS = 20.0
QUIT_SECONDS = 10.0
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
QUICKSTART = Path(__file__).with_name("quickstart.py")


@dataclass(frozen=True, slots=True)
class Contender:
    """A program for dictation. `command` makes its command line from a folder of its own and the service's address."""

    name: str
    command: Callable[[Path, str], list[str]]


def utterkey(name: str = "utterkey", **settings: dict[str, Any]) -> Contender:
    """With those settings, the key F9 and a session for every press."""

    def command(folder: Path, address: str) -> list[str]:
        service = {"endpoint": address, "linger_seconds": 0}
        file = folder / "settings.toml"
        file.write_text(tomlkit.dumps({"hotkey": {"key": "f9"}, "service": service, **settings}))
        return [sys.executable, "-m", "utterkey", "run", "--config", str(file)]

    return Contender(name, command)


BASELINE = Contender("quickstart", lambda _, address: [sys.executable, str(QUICKSTART), address])
OURS = utterkey()


class Running:
    """A contender from its start until it says that it is ready, and to its end."""

    def __init__(self, desktop: Desktop, contender: Contender, address: str, prefix: Sequence[str] = ()) -> None:
        self._command = [*prefix, *contender.command(desktop.folder, address)]
        self._environment = desktop.environment
        self._ready = Event()
        self._said: list[str] = []
        self.name = contender.name
        self.process: subprocess.Popen[bytes]
        self.start_seconds = 0.0

    def __enter__(self) -> Self:
        started = time.monotonic()
        self.process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._ready.wait(READY_SECONDS):
            self.__exit__()
            raise RuntimeError(f"{self.name} does not get ready: {''.join(self._said)}")
        self.start_seconds = self._ready_at - started
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(QUIT_SECONDS)
        end(self.process)
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self._said.append(line.decode(errors="replace"))
                if b" is ready" in line and not self._ready.is_set():
                    self._ready_at = time.monotonic()
                    self._ready.set()


class Key:
    """A key of the keyboard; each method returns when it was done."""

    def __init__(self, desktop: Desktop, name: str) -> None:
        self._display = Display(desktop.display)
        self._keycode = self._display.keysym_to_keycode(XK.string_to_keysym(name))

    def down(self) -> float:
        return self._fake(X.KeyPress)

    def up(self) -> float:
        return self._fake(X.KeyRelease)

    def close(self) -> None:
        self._display.close()

    def _fake(self, kind: int) -> float:
        now = time.monotonic()
        xtest.fake_input(self._display, kind, self._keycode)
        self._display.sync()
        return now


class Microphone:
    """The reference recording: all that the microphone hears, and when it was heard."""

    RATE = 16000

    def __init__(self, desktop: Desktop, source: str) -> None:
        self._heard = bytearray()
        self._blocks: list[tuple[float, int]] = []
        self._changed = Condition()
        shape = ["--raw", "--format=s16le", f"--rate={self.RATE}", "--channels=1", "--latency-msec=10"]
        self._process = subprocess.Popen(
            ["parec", f"--device={source}", *shape],
            env=desktop.environment,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        Thread(target=self._record, daemon=True).start()

    def close(self) -> None:
        end(self._process)

    def when(self, audio: bytes) -> tuple[float, float]:
        """When the first and the last sample of that sound were heard. It may have gaps, but no other errors."""
        piece = 2 * self.RATE // 10
        return self._moment(audio[:piece], 0), self._moment(audio[-piece:], piece)

    def holds(self, audio: bytes) -> bool:
        """Whether that is one unbroken piece of what was heard."""
        with self._changed:
            return audio in self._heard

    def _moment(self, piece: bytes, within: int) -> float:
        with self._changed:
            if not self._changed.wait_for(lambda: piece in self._heard, 2):
                raise LookupError("the service was sent what the microphone never heard")
            position = self._heard.find(piece) + within
            near = [block for block in self._blocks if abs(block[1] - position) < 4 * self.RATE]
        # the promptest of the blocks around it says when its sound was made; the others were late
        return min(at - end / (2 * self.RATE) for at, end in near) + position / (2 * self.RATE)

    def _record(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as sound:
            while block := os.read(sound.fileno(), 65536):
                now = time.monotonic()
                with self._changed:
                    self._heard += block
                    self._blocks.append((now, len(self._heard)))
                    self._changed.notify_all()


def certified(desktop: Desktop) -> ssl.SSLContext:
    """For a service with TLS, on this machine or beyond the line. What is started from now on trusts it, beside all
    that the system trusts: those certificates are read too where they are for the vendor's service."""
    folder = desktop.folder / "authority"
    folder.mkdir(exist_ok=True)
    authority = Authority(folder, "127.0.0.1", FAR[1])
    trusted = folder / "trusted.pem"
    trusted.write_text("".join(file.read_text() for file in (SYSTEM_CERTIFICATES, authority.ca_file) if file.exists()))
    desktop.environment["SSL_CERT_FILE"] = str(trusted)
    return authority.server


def shown_since(target: Target, moment: float, quiet: float) -> float:
    """Wait until the window's text has changed since then, and has been quiet for so long; when it last changed."""

    def done() -> bool:
        changes = target.changes()
        return bool(changes) and moment < changes[-1][0] < time.monotonic() - quiet

    await_true(done, 30.0, f"text in {target.title}", every=0.05)
    return target.changes()[-1][0]


def pause(seconds: float) -> None:
    Event().wait(seconds)
