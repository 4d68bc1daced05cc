"""The daemon's door on systems with unix sockets: a socket in a private folder, and a lock beside it.

The lock is what makes this the only daemon: it goes away with its holder, however that ends, while a socket stays
behind. So only the holder of the lock replaces a socket.
"""

import fcntl
import os
import socket
import stat
import sys
from contextlib import suppress

from utterkey.control import address
from utterkey.errors import AlreadyRunning, DaemonError

assert sys.platform != "win32"  # noqa: TID251 - Python has no unix sockets there


class UnixDoor:
    password = b""  # the folder's mode is the guard

    def __init__(self) -> None:
        self._lock = -1

    def open(self) -> socket.socket:
        """Take the lock and listen. Raises `AlreadyRunning` if another daemon has it, else `DaemonError`."""
        folder = address.folder()
        try:
            _make_private(folder)
            self._take_lock(os.path.join(folder, "lock"))
            return _listen(address.socket_path())
        except OSError as error:
            self.close()
            reason = error.strerror or str(error)
            raise DaemonError(f"The control socket cannot be made in {folder} ({reason}).") from error

    def close(self) -> None:
        """Let go. The socket is removed first, so that nobody finds it without a daemon behind it."""
        if self._lock >= 0:
            _remove(address.socket_path())
            os.close(self._lock)
            self._lock = -1

    def _take_lock(self, path: str) -> None:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(lock, 20).decode(errors="replace").strip()
            os.close(lock)
            raise AlreadyRunning(
                f"utterkey is already running (process {holder}); `utterkey status` shows it, `utterkey quit` ends it."
            ) from error
        self._lock = lock
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())


def _make_private(folder: str) -> None:
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise DaemonError(f"{folder} is not a folder of yours; remove it, for it is where utterkey is spoken to.")
    os.chmod(folder, 0o700)


def _listen(path: str) -> socket.socket:
    _remove(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        os.chmod(path, 0o600)  # before anybody can connect
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
