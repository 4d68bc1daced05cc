"""The way into a running daemon: one JSON line in, one JSON line out, for its owner only.

    press                                          a bare word will do: echo press | nc -U -N SOCKET
    {"do": "press", "at": 81.25}                   `at`: seconds of the monotonic clock
    {"do": "status", "follow": true}               a line now and one per change
    {"do": "last", "copy": true}
    {"do": "retry", "id": 12, "insert": true}
    -> {"ok": true, ...}  or  {"ok": false, "code": "...", "error": "one sentence", "exit_code": 1}

Who holds the door is the one daemon of this user. This file chooses the mechanism, and imports nothing else: a
compositor's binding starts the client for every press of a key.
"""

import sys
from socket import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utterkey.control.server import Door


def door() -> "Door":
    """What the daemon listens at."""
    if sys.platform == "win32":
        from utterkey.control.loopback import LoopbackDoor as SystemsDoor
    else:
        from utterkey.control.unix import UnixDoor as SystemsDoor
    return SystemsDoor()


def connect(seconds: float) -> tuple[socket, bytes]:
    """Reach the daemon of this user. Returns a connection and what every request on it begins with.

    Raises `OSError` if there is no daemon. Every step on the connection waits at most `seconds`.
    """
    if sys.platform == "win32":
        from utterkey.control.loopback import connect as reach
    else:
        from utterkey.control.address import connect as reach
    return reach(seconds)
