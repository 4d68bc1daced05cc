"""A connection to the Wayland compositor: one per thread, owned by the thread that made it.

The wire protocol itself (wayland.freedesktop.org/docs, "Wire Format"), for there is no binding of it without a C
compiler, and what is needed of it is little. Knows the core objects (display, registry, seat); what the protocols on
top of them mean is for their users. Only `wake` is for other threads.
"""

import contextlib
import os
import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from utterkey.desktop import descriptors
from utterkey.dictation.events import DesktopGone, Event, PartFailed
from utterkey.errors import MechanismError

Happened = Callable[[], None]
"""Something that `wait` found: calling it tells whoever it is for."""

Listener = tuple[str, Callable[..., None] | None]
"""An event of an object: its signature (u: number, s: text, a: array, h: descriptor, o: object, n: new object) and who
is told. A protocol numbers its events, so the listeners of an object stand in that order."""

_DISPLAY = 1
_FIRST_OF_SERVER = 0xFF000000
_SYNC, _GET_REGISTRY = 0, 1
_BIND = 0
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Global:
    """Something the compositor offers."""

    name: int
    version: int


class Connection:
    """`kind` is the type of error that its user raises; see x11.Connection, whose ways these are."""

    def __init__(self, kind: type[MechanismError] = MechanismError) -> None:
        self.kind = kind
        self._socket = _open(kind)
        self._wake_read, self._wake_write = socket.socketpair()
        for end in (self._wake_read, self._wake_write):
            end.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._called: deque[Happened] = deque()
        self._received = bytearray()
        self._descriptors: deque[int] = deque()
        self._listeners: dict[int, tuple[Listener, ...]] = {}
        self._free: list[int] = []
        self._next = _DISPLAY + 1
        self.globals: dict[str, Global] = {}
        self._listeners[_DISPLAY] = (("ous", self._failed), ("u", self._deleted))
        try:
            with self.errors():
                registry = self.new(("usu", self._offered), ("u", self._withdrawn))
                self.send(_DISPLAY, _GET_REGISTRY, "n", registry)
                self._registry = registry
                self.round_trip()
        except MechanismError:
            self.close()
            raise

    # --- objects -----------------------------------------------------------------------------------------------------

    def new(self, *listeners: Listener) -> int:
        """The number of a new object, to be told the compositor with the next request: it allows no gaps."""
        number = self._free.pop() if self._free else self._next
        self._next = max(self._next, number + 1)
        self._listeners[number] = listeners
        return number

    def adopt(self, number: int, *listeners: Listener) -> None:
        """Listen to an object that the compositor made."""
        self._listeners[number] = listeners

    def bind(self, interface: str, most: int, *listeners: Listener) -> int:
        """The compositor's own object of this interface, in a version that both sides know; it must be offered."""
        offered, number = self.globals[interface], self.new(*listeners)
        version = min(offered.version, most)
        self.send(self._registry, _BIND, "usun", offered.name, interface, version, number)
        return number

    def send(self, number: int, request: int, signature: str = "", *values: Any) -> None:
        """Make a request. Descriptors stay the caller's to close."""
        body, given = _encode(signature, values)
        head = struct.pack("=II", number, (8 + len(body)) << 16 | request)
        if given:
            descriptors.send(self._socket, head + body, given)
        else:
            self._socket.sendall(head + body)

    def forget(self, number: int) -> None:
        """The object was destroyed. One of ours can be told things until the compositor knows that."""
        if number >= _FIRST_OF_SERVER:
            self._listeners.pop(number, None)
        else:
            self._listeners[number] = tuple((signature, None) for signature, _ in self._listeners.get(number, ()))

    def ask(self, answered: Callable[[], None]) -> None:
        """Have `answered` called when everything so far was carried out."""
        self.send(_DISPLAY, _SYNC, "n", self.new(("u", lambda _: answered())))

    def round_trip(self) -> None:
        """Wait until everything so far was carried out, and take in what happened meanwhile. For setting up."""
        answers: list[bool] = []
        self.ask(lambda: answers.append(True))
        limit = time.monotonic() + _ANSWER_SECONDS
        while not answers:
            if time.monotonic() > limit:
                raise self.kind("The Wayland compositor does not answer; start utterkey again when it does.")
            for happened in self.wait(_ANSWER_SECONDS):
                happened()

    # --- waiting -----------------------------------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> list[Happened]:
        """Sleep until something happens, a wake-up comes or the time is over; what happened, maybe nothing.

        All of it is to be called, in this order: a descriptor belongs to the event that it came before.
        """
        found: list[Happened] = []
        with self.errors():
            for key, _ in self._selector.select(timeout):
                if key.fileobj is self._wake_read:
                    with contextlib.suppress(BlockingIOError):
                        while self._wake_read.recv(4096):
                            pass
                elif key.fileobj is self._socket:
                    found += self._read()
                else:
                    found.append(key.data)
        while self._called:
            found.append(self._called.popleft())
        return found

    def watch(self, descriptor: int, *, writable: bool, ready: Happened) -> None:
        """Have `ready` found by `wait` as long as the descriptor can be read, or written."""
        self._selector.register(descriptor, selectors.EVENT_WRITE if writable else selectors.EVENT_READ, ready)

    def leave(self, descriptor: int) -> None:
        """Watch no longer, and close."""
        self._selector.unregister(descriptor)
        os.close(descriptor)

    def call(self, happened: Happened) -> None:
        """Have the present or the next `wait` find this, from any thread."""
        self._called.append(happened)
        self.wake()

    def wake(self) -> None:
        """End the present or the next `wait`, from any thread."""
        with contextlib.suppress(OSError):  # full: a wake-up is under way already; closed: nobody waits
            self._wake_write.send(b"\0")

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what the operating system raises when the compositor goes away into the error of our user."""
        try:
            yield
        except OSError as cause:
            raise self.kind(
                "The Wayland compositor closed the connection; start utterkey again on a running desktop."
            ) from cause

    def lost(self, part: str, failure: MechanismError) -> Event:
        """What to post when this connection of a part is gone. Where the compositor takes no other, the desktop is."""
        try:
            _open(self.kind).close()
        except MechanismError:
            return DesktopGone(failure)
        return PartFailed(part, failure)

    def close(self) -> None:
        """Let go of everything; the compositor frees what was ours."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, int):
                self.leave(key.fileobj)
        self._selector.close()
        for each in (self._socket, self._wake_read, self._wake_write):
            each.close()
        while self._descriptors:
            os.close(self._descriptors.popleft())

    # --- what arrives ------------------------------------------------------------------------------------------------

    def _read(self) -> list[Happened]:
        data, arrived = descriptors.receive(self._socket)
        self._descriptors.extend(arrived)
        if not data:
            raise ConnectionResetError("the compositor closed the connection")
        self._received += data
        found: list[Happened] = []
        while len(self._received) >= 8:
            number, size_and_event = struct.unpack_from("=II", self._received)
            size = size_and_event >> 16
            if len(self._received) < size:
                break
            found.append(_Message(self, number, size_and_event & 0xFFFF, bytes(self._received[8:size])))
            del self._received[:size]
        return found

    def tell(self, number: int, event: int, body: bytes) -> None:
        """Tell the listener of an event."""
        listeners = self._listeners.get(number, ())
        if event >= len(listeners):
            return  # a destroyed object of the compositor's, or an event of a later version
        signature, listener = listeners[event]
        values = self._decode(signature, body)
        if listener:
            listener(*values)
        else:
            for kind, value in zip(signature, values, strict=True):
                if kind == "h":
                    os.close(value)

    def _decode(self, signature: str, body: bytes) -> list[Any]:
        values: list[Any] = []
        at = 0
        for kind in signature:
            if kind == "h":
                values.append(self._descriptors.popleft())
                continue
            (word,) = struct.unpack_from("=I", body, at)
            at += 4
            if kind in "sa":
                data = body[at : at + word]
                at += -(-word // 4) * 4
                values.append(data if kind == "a" else data.rstrip(b"\0").decode(errors="replace"))
            else:
                values.append(word)
        return values

    def _failed(self, number: int, code: int, text: str) -> None:
        raise ConnectionAbortedError(f"the compositor refused a request to {number} with {code}: {text}")

    def _deleted(self, number: int) -> None:
        if self._listeners.pop(number, None) is not None:
            self._free.append(number)

    def _offered(self, name: int, interface: str, version: int) -> None:
        self.globals.setdefault(interface, Global(name, version))

    def _withdrawn(self, name: int) -> None:
        self.globals = {interface: each for interface, each in self.globals.items() if each.name != name}


@dataclass(frozen=True, slots=True)
class _Message:
    """An event as it came: what is in it is known when all before it were told."""

    connection: Connection
    number: int
    event: int
    body: bytes

    def __call__(self) -> None:
        self.connection.tell(self.number, self.event, self.body)


def _encode(signature: str, values: tuple[Any, ...]) -> tuple[bytes, list[int]]:
    body = b""
    given: list[int] = []
    for kind, value in zip(signature, values, strict=True):
        if kind == "h":
            given.append(value)
        elif kind == "s":
            text = value.encode() + b"\0"
            body += struct.pack("=I", len(text)) + text + bytes(-len(text) % 4)
        else:
            body += struct.pack("=I", value)
    return body, given


def _open(kind: type[MechanismError]) -> socket.socket:
    name = os.environ.get("WAYLAND_DISPLAY", "")
    if not name:
        raise kind("There is no Wayland desktop here (WAYLAND_DISPLAY is not set); start utterkey from your desktop.")
    try:
        return descriptors.connect(os.path.join(os.environ.get("XDG_RUNTIME_DIR", ""), name), _ANSWER_SECONDS)
    except (OSError, ValueError) as cause:
        raise kind(
            f"The Wayland compositor at {name} cannot be reached; check WAYLAND_DISPLAY and XDG_RUNTIME_DIR."
        ) from cause
