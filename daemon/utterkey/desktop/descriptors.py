"""File descriptors over sockets, and what they are made of. Linux alone has all of it; elsewhere nobody asks for it."""

import os
import socket
import sys

_MOST = 28  # libwayland sends no more in one message, libdbus 16
_ELSEWHERE = "descriptors are passed on Linux only"


def connect(path: str, seconds: float) -> socket.socket:
    """Connect to a unix socket. Raises OSError. `seconds` bounds every later send too; reading is `receive`."""
    if sys.platform == "linux":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect(path)
        except BaseException:
            connection.close()
            raise
        return connection
    else:
        raise OSError(_ELSEWHERE)


def send(connection: socket.socket, data: bytes, descriptors: list[int]) -> None:
    """Send a message with descriptors, which stay the caller's to close."""
    if sys.platform == "linux":
        socket.send_fds(connection, [data], descriptors)
    else:
        raise OSError(_ELSEWHERE)


def receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    """What is there, without waiting, and the descriptors that came with it. Raises BlockingIOError."""
    if sys.platform == "linux":
        data, descriptors, _, _ = socket.recv_fds(connection, 65536, _MOST, socket.MSG_DONTWAIT)
        return data, descriptors
    else:
        raise OSError(_ELSEWHERE)


def memory(data: bytes) -> int:
    """A file in memory with this content."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("utterkey", os.MFD_CLOEXEC)
        os.write(descriptor, data)
        return descriptor
    else:
        raise OSError(_ELSEWHERE)


def pipe() -> tuple[int, int]:
    """The end to read, without waiting, and the end to give away."""
    if sys.platform == "linux":
        mine, theirs = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(mine, False)
        return mine, theirs
    else:
        raise OSError(_ELSEWHERE)


def write(descriptor: int, data: memoryview) -> int:
    """Write what can be written without waiting. Raises BlockingIOError."""
    if sys.platform == "linux":
        os.set_blocking(descriptor, False)
        return os.write(descriptor, data)
    else:
        raise OSError(_ELSEWHERE)
