"""A message bus of a test's own, and clients of it that are not ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from virtual_desktop import end


@contextmanager
def private_bus() -> Iterator[PrivateBus]:
    """A real dbus-daemon that knows no services to start."""
    reader, writer = os.pipe()
    command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=unix:tmpdir=/tmp"]
    with os.fdopen(reader, "rb") as answer:
        daemon = subprocess.Popen([*command, f"--print-address={writer}"], pass_fds=[writer], start_new_session=True)
        os.close(writer)
        bus = PrivateBus(answer.readline().decode().strip(), daemon)
    try:
        yield bus
    finally:
        bus.kill()


class PrivateBus:
    def __init__(self, address: str, daemon: subprocess.Popen[bytes]) -> None:
        self.address = address
        self._daemon = daemon

    def kill(self) -> None:
        end(self._daemon)

    def gdbus(self, command: str, *arguments: str) -> str:
        return gdbus(self.address, command, *arguments)


def gdbus(address: str, command: str, *arguments: str) -> str:
    """GLib's own client, so that somebody else reads what we offer; what it printed."""
    whole = ["gdbus", command, "--address", address, *arguments]
    done = subprocess.run(whole, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout.strip()
