"""Where the daemon's socket is, for both sides. Imports next to nothing (see control/__init__.py)."""

import os
import socket
import sys

assert sys.platform != "win32"  # noqa: TID251 - Python has no unix sockets there


def folder() -> str:
    """The folder of the lock and the socket. Who may enter it may speak to the daemon."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return os.path.join(runtime, "utterkey")
    from utterkey import paths  # takes longer to import than everything else here

    return str(paths.state_folder() / "run")


def socket_path() -> str:
    return os.path.join(folder(), "control")


def connect(seconds: float) -> tuple[socket.socket, bytes]:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(socket_path())
    except BaseException:
        connection.close()
        raise
    return connection, b""
