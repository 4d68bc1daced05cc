"""The daemon's door where there are no unix sockets: a loopback port, and a password in a file of the owner's.

A named mutex makes this the only daemon of the user's session: it goes away with its holder, however that ends. Never
run on a Windows machine, for none was at hand.
"""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

from utterkey import paths
from utterkey.errors import AlreadyRunning, DaemonError

MUTEX = "io.github.utterkey.Utterkey"
"""An installer waits for it, so it must never change."""


_EXCLUSIVE: int | None = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
"""Windows lets another program listen at the same port unless it is told not to."""


class LoopbackDoor:
    def __init__(self) -> None:
        self.password = secrets.token_hex(32).encode() + b" "
        self._claimed: int | None = None

    def open(self) -> socket.socket:
        """Listen, and leave word where. Raises `AlreadyRunning` if another daemon listens, else `DaemonError`."""
        from utterkey.desktop.windows import claim

        self._claimed = claim(MUTEX)
        if self._claimed is None:
            raise AlreadyRunning("utterkey is already running; `utterkey status` shows it, `utterkey quit` ends it.")
        try:
            return self._listen()
        except OSError as error:
            self.close()
            raise DaemonError(f"The control port cannot be opened ({error.strerror}).") from error

    def close(self) -> None:
        from utterkey.desktop.windows import release

        if self._claimed is not None:
            with suppress(OSError):
                _note().unlink()
            release(self._claimed)
            self._claimed = None

    def _listen(self) -> socket.socket:
        listener = socket.socket()
        try:
            if _EXCLUSIVE is not None:
                listener.setsockopt(socket.SOL_SOCKET, _EXCLUSIVE, 1)
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            self._leave_word(listener.getsockname()[1])
        except BaseException:
            listener.close()
            raise
        return listener

    def _leave_word(self, port: int) -> None:
        """All at once: a client may be reading."""
        new = _note().with_name("control.new")
        with open(new, "w", encoding="ascii", opener=paths.open_private) as file:
            file.write(f"{port} {self.password.decode()}")
        os.replace(new, _note())


def connect(seconds: float) -> tuple[socket.socket, bytes]:
    """Reach the daemon, and prove with every request that we may read its owner's files."""
    port, _, password = _note().read_text(encoding="ascii", errors="replace").partition(" ")
    if not port.isdecimal():
        raise ConnectionRefusedError("nobody has left word where a daemon listens")
    return socket.create_connection(("127.0.0.1", int(port)), timeout=seconds), password.encode()


def _note() -> Path:
    return paths.state_folder() / "control"
