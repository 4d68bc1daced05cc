"""Ask the running daemon. Imports next to nothing at its top: it is started for every press of a compositor's binding.

Runs in a process of its own, on its only thread.
"""

import sys
import time

from utterkey import control

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from socket import socket

COMMANDS = ("press", "release", "toggle", "cancel", "pause", "resume", "quit")

_SECONDS = 5.0
_QUIT_SECONDS = 15.0
_DONE = b'{"ok": true}\n'


def send(command: str, key: str = "") -> int:
    """Give one of `COMMANDS`; press and toggle may be told a further hotkey.

    Returns the exit code; what went wrong stands on stderr.
    """
    request = f'{{"do": "{command}", "at": {_started_at():.6f}}}\n'.encode()
    if key:
        request = _encoded({"do": command, "at": _started_at(), "key": key})
    try:
        connection, password = control.connect(_SECONDS)
        with connection:
            connection.sendall(password + request)
            reply = _line(connection)
            if reply == _DONE and command == "quit":
                connection.settimeout(_QUIT_SECONDS)
                connection.recv(1)  # the end, which comes when the daemon has let go of everything
    except OSError as error:
        return _tell(_unreachable(error))
    if reply == _DONE:
        return 0
    try:
        _answer(reply)
    except Exception as error:  # noqa: BLE001 - the top of the program; importing the type would cost every good start
        return _tell(error)
    return 0


def ask(request: "dict[str, object]") -> "dict[str, object]":
    """Send one request. Raises `DaemonNotRunning`, or `DaemonError` with the daemon's own sentence."""
    try:
        connection, password = control.connect(_SECONDS)
        with connection:
            connection.sendall(password + _encoded(request))
            reply = _line(connection)
    except OSError as error:
        raise _unreachable(error) from error
    return _answer(reply)


def follow() -> "Iterator[dict[str, object]]":
    """The daemon's status, now and whenever it changes, until the daemon ends."""
    try:
        connection, password = control.connect(_SECONDS)
        with connection:
            connection.sendall(password + _encoded({"do": "status", "follow": True}))
            lines = connection.makefile("rb")
            first = lines.readline()
            connection.settimeout(None)
            yield _answer(first)
            for line in lines:
                yield _answer(line)
    except OSError as error:
        raise _unreachable(error) from error


def _started_at() -> float:
    """When this process was started, on the monotonic clock.

    A quick tap makes a compositor start `press` and `release` within a few milliseconds, and which of the two
    interpreters is up first is chance; which of them was started first is not.
    """
    now = time.monotonic()
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])  # starttime: proc(5), field 22
        with open("/proc/uptime", "rb") as file:
            age = float(file.read().split()[0]) - ticks / 100  # Linux shows programs 100 ticks a second, always
    except (OSError, ValueError, IndexError):
        return now  # not Linux
    return now - age if 0 <= age < _SECONDS else now


def _encoded(request: "dict[str, object]") -> bytes:
    import json

    return json.dumps(request).encode() + b"\n"


def _line(connection: "socket") -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        block = connection.recv(65536)
        if not block:
            break
        line += block
    return bytes(line)


def _answer(line: bytes) -> "dict[str, object]":
    import json

    from utterkey.errors import DaemonError

    try:
        reply = json.loads(line)
    except ValueError as error:
        raise DaemonError("The daemon ended before it answered.") from error
    if reply.pop("ok"):
        return reply  # type: ignore[no-any-return]  # the daemon sends objects only
    refusal = DaemonError(reply["error"])
    refusal.exit_code = reply["exit_code"]  # type: ignore[misc]  # the error's own, which was raised over there
    raise refusal


def _unreachable(error: OSError) -> Exception:
    from utterkey.errors import DaemonError, DaemonNotRunning

    if isinstance(error, TimeoutError):
        return DaemonError("The daemon does not answer; look into its log, or end it and start it anew.")
    if isinstance(error, FileNotFoundError | NotADirectoryError | ConnectionError):
        return DaemonNotRunning("utterkey is not running; start it with `utterkey run`.")
    return DaemonError(f"The daemon cannot be reached ({error.strerror}).")


def _tell(error: Exception) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"utterkey: {error}\n")
    return getattr(error, "exit_code", 1)
