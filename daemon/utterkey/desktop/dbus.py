"""One connection to a D-Bus message bus, shared by everything that talks over it.

Owns the connection and the thread `dbus`: a selector over the socket and a wake pipe, asleep while nothing happens.
Any thread may call any method; none blocks but `call`, which waits for its answer within a limit and is therefore not
for the thread `dbus` itself. What others hand in - answers of exported methods, receivers, `done` - runs on the thread
`dbus`, must be quick and must not raise. Knows nothing of trays, notifications or portals.
"""

import contextlib
import logging
import os
import queue
import selectors
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    Parser,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.auth import AuthenticationError
from jeepney.bus import get_connectable_addresses
from jeepney.fds import FileDescriptor, fds_buf_size
from jeepney.io.blocking import prep_socket

from utterkey.desktop.dbus_object import Call, Interface, Remote, Signal, Values, answer
from utterkey.errors import BusError

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
_MOST_UNSENT = 16 * 2**20  # more than that unread by the bus means that nobody is there

Done = Callable[[Values | BusError], None]
"""Receives the answer to a call, exactly once."""

DRIVER = Remote("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
"""The bus itself."""

_DO_NOT_QUEUE = 4


def session_address() -> str:
    """Where the session bus listens. Raises BusError if this session has none."""
    if address := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return address
    path = os.path.join(os.environ.get("XDG_RUNTIME_DIR", ""), "bus")
    if os.path.isabs(path) and os.path.exists(path):
        return f"unix:path={path}"
    raise BusError(
        "There is no D-Bus session bus here; start utterkey from a desktop session or with dbus-run-session."
    )


class Bus:
    """`lost` is told once if the bus goes away, not when we close."""

    def __init__(self, address: str, lost: Callable[[BusError], None]) -> None:
        """Connects, which takes a millisecond and at most a few seconds. Raises BusError.

        File descriptors (h in a signature) can be received, in an answer: whoever gets it closes them.
        """
        self._socket = _connect(address)
        self._lost = lost
        self._parser = Parser()
        self._serial = 0
        self._unsent = bytearray()
        self._objects: dict[str, tuple[Interface, ...]] = {}
        self._receivers: list[tuple[Signal, Callable[[Values], None]]] = []
        self._waiting: dict[int, tuple[float, Done]] = {}
        self._actions: deque[Callable[[], object]] = deque()
        self._lock = threading.Lock()  # guards _end and the order of _actions against the loop's end
        self._end: BusError | None = None
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        for each in (self._socket, self._wake, self._woken):
            each.setblocking(False)
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="dbus", daemon=True)
        self._thread.start()
        try:
            self.name: str = self.call(DRIVER, "Hello")[0]
        except BusError:
            self.close()
            raise

    # --- for any thread ----------------------------------------------------------------------------------------------

    @property
    def problem(self) -> str:
        """Why there is no connection any more, in a sentence; "" while there is."""
        return str(self._end or "")

    def run(self, action: Callable[[], None]) -> None:
        """Run `action` on the thread `dbus`, after what was asked before. Nothing happens once the bus is gone."""
        self._submit(action)

    def send(
        self,
        to: Remote,
        member: str,
        signature: str = "",
        values: Values = (),
        done: Done | None = None,
        seconds: float = _ANSWER_SECONDS,
    ) -> None:
        """Call a method without waiting. `done` gets the answer, or what went wrong, also the passing of `seconds`."""
        address = DBusAddress(to.path, bus_name=to.name, interface=to.interface)
        message = new_method_call(address, member, signature or None, values)
        if done is None:
            message.header.flags |= MessageFlag.no_reply_expected
        if not self._submit(lambda: self._order_call(message, done, seconds)) and done:
            done(self._gone())

    def call(
        self, to: Remote, member: str, signature: str = "", values: Values = (), seconds: float = _ANSWER_SECONDS
    ) -> Values:
        """Call a method and wait for its answer. Raises BusError."""
        assert threading.current_thread() is not self._thread, "the thread `dbus` would wait for itself"
        answers: queue.SimpleQueue[Values | BusError] = queue.SimpleQueue()
        self.send(to, member, signature, values, answers.put, seconds)
        result = answers.get()  # always comes: the loop keeps the time limit, and its end answers all who wait
        if isinstance(result, BusError):
            raise result
        return result

    def export(self, path: str, *interfaces: Interface) -> None:
        """Offer an object."""
        self._submit(lambda: self._objects.update({path: interfaces}))

    def emit(self, path: str, interface: str, member: str, signature: str = "", values: Values = ()) -> None:
        """Send a signal."""
        message = new_signal(DBusAddress(path, interface=interface), member, signature or None, values)
        self._submit(lambda: self._order(message))

    def subscribe(self, signal: Signal, receive: Callable[[Values], None]) -> Callable[[], None]:
        """Receive these signals from now on; returns what ends that."""
        self._submit(lambda: self._receivers.append((signal, receive)))
        self.send(DRIVER, "AddMatch", "s", (signal.rule(),))

        def end() -> None:
            self._submit(lambda: self._receivers.remove((signal, receive)))
            self.send(DRIVER, "RemoveMatch", "s", (signal.rule(),))

        return end

    def watch_name(self, name: str, changed: Callable[[str], None]) -> Callable[[], None]:
        """Tell `changed` who owns the name, now and whenever that changes; "" is nobody. Returns what ends that."""
        leave = self.subscribe(
            Signal(DRIVER.interface, "NameOwnerChanged", sender=DRIVER.name, arg0=name),
            lambda values: changed(values[2]),
        )
        # After the subscription, so that no change is missed; an owner told twice is the receiver's to ignore.
        self.send(
            DRIVER,
            "GetNameOwner",
            "s",
            (name,),
            lambda owner: changed("" if isinstance(owner, BusError) else owner[0]),
        )
        return leave

    def request_name(self, name: str) -> None:
        """Ask for a well-known name; without it our unique one still works."""
        self.send(DRIVER, "RequestName", "su", (name, _DO_NOT_QUEUE))

    def release_name(self, name: str) -> None:
        self.send(DRIVER, "ReleaseName", "s", (name,))

    def has_owner(self, name: str) -> bool:
        return bool(self.call(DRIVER, "NameHasOwner", "s", (name,))[0])

    def close(self) -> None:
        """End the connection, after what was sent so far, waiting actions included. Safe to call twice."""
        closed = BusError("The connection to the message bus is closed.")
        self._submit(lambda: self._submit(lambda: self._stop(closed)))
        if threading.current_thread() is not self._thread:
            self._thread.join(2)

    def _submit(self, action: Callable[[], object]) -> bool:
        with self._lock:
            if self._end:
                return False
            self._actions.append(action)
        if threading.current_thread() is not self._thread:
            with contextlib.suppress(OSError):  # a full pipe wakes as well; a closed one means that it is all over
                self._wake.send(b"\0")
        return True

    def _gone(self) -> BusError:
        assert self._end
        return self._end

    # --- the thread `dbus` -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        lost = None
        try:
            self._loop()
        except OSError as error:
            lost = BusError(
                "The D-Bus message bus went away; tray and notifications return when utterkey is restarted."
            )
            lost.__cause__ = error
        except Exception as error:  # the top of a thread: a broken message or answer must not pass unseen
            log.exception("The thread dbus broke")
            lost = BusError("The connection to the D-Bus message bus broke; please restart utterkey.")
            lost.__cause__ = error
        self._finish(lost)

    def _loop(self) -> None:
        while True:
            while self._actions:
                self._actions.popleft()()
            self._flush()
            if self._end:
                return
            for key, events in self._selector.select(self._patience()):
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                elif events & selectors.EVENT_READ:
                    self._read()
            self._expire()

    def _stop(self, reason: BusError) -> None:
        with self._lock:
            self._end = self._end or reason

    def _finish(self, lost: BusError | None) -> None:
        if self._end:
            lost = None  # we were leaving anyway
        self._unsent.clear()
        self._stop(lost or BusError("The connection to the message bus is closed."))
        for each in (self._selector, self._socket, self._wake, self._woken):
            each.close()
        for action in self._actions:  # they find the connection ended and answer those who wait
            action()
        waiting, self._waiting = self._waiting, {}
        for _, done in waiting.values():
            done(self._gone())
        if lost:
            self._lost(lost)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data, descriptors = _receive(self._socket)
            if not data:
                raise ConnectionResetError("the bus closed the connection")
            self._parser.add_data(data, descriptors)
        while message := self._parser.get_next_message():
            self._take(message)

    def _take(self, message: Message) -> None:
        fields = message.header.fields
        kind = message.header.message_type
        if kind in (MessageType.method_return, MessageType.error):
            _, done = self._waiting.pop(fields.get(HeaderFields.reply_serial, 0), (0.0, None))
            if done:
                done(message.body if kind is MessageType.method_return else _refused(message))
            return
        call = Call(
            path=fields.get(HeaderFields.path, ""),
            interface=fields.get(HeaderFields.interface, ""),
            member=fields.get(HeaderFields.member, ""),
            signature=fields.get(HeaderFields.signature, ""),
            values=message.body,
            sender=fields.get(HeaderFields.sender, ""),
        )
        if kind is MessageType.method_call:
            self._answer(message, call)
            return
        for signal, receive in list(self._receivers):
            if signal.fits(call):
                receive(call.values)

    def _answer(self, message: Message, call: Call) -> None:
        try:
            signature, values = answer(self._objects, call)
        except BusError as error:
            reply = new_error(message, error.name, "s", (str(error),))
        else:
            reply = new_method_return(message, signature or None, values)
        if not message.header.flags & MessageFlag.no_reply_expected:
            self._order(reply)

    def _order_call(self, message: Message, done: Done | None, seconds: float) -> None:
        if self._end:
            if done:
                done(self._end)
            return
        serial = self._order(message)
        if done:
            self._waiting[serial] = (time.monotonic() + seconds, done)

    def _order(self, message: Message) -> int:
        self._serial = self._serial % 0xFFFFFFFF + 1  # a serial is 32 bits and never 0
        self._unsent += message.serialise(serial=self._serial)
        if len(self._unsent) > _MOST_UNSENT:
            raise ConnectionResetError("the bus reads nothing")
        return self._serial

    def _flush(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        if self._selector.get_key(self._socket).events != wanted:
            self._selector.modify(self._socket, wanted)

    def _patience(self) -> float | None:
        """Seconds until the first limit of an awaited answer; None: sleep until something happens."""
        if not self._waiting:
            return None
        return max(0.0, min(limit for limit, _ in self._waiting.values()) - time.monotonic())

    def _expire(self) -> None:
        now = time.monotonic()
        for serial in [serial for serial, (limit, _) in self._waiting.items() if limit <= now]:
            self._waiting.pop(serial)[1](BusError("There was no answer in time over D-Bus."))


def _connect(address: str) -> socket.socket:
    try:
        for path in get_connectable_addresses(address):
            return prep_socket(path, enable_fds=True, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError, RuntimeError, AuthenticationError) as error:
        raise BusError(f"The D-Bus message bus at {address} cannot be reached: {error}.") from error
    raise BusError(f"The D-Bus message bus address {address!r} names no socket.")


def _receive(sock: socket.socket) -> tuple[bytes, list[FileDescriptor]]:
    """What has come, with the descriptors that came with it: those of several messages are in their order."""
    if sys.platform == "linux":  # noqa: TID251 - elsewhere is no message bus, and no such way to ask
        data, ancillary, _, _ = sock.recvmsg(65536, fds_buf_size(), socket.MSG_CMSG_CLOEXEC)
        return data, FileDescriptor.from_ancdata(ancillary)
    else:  # noqa: RET505 - a type checker of another system needs it
        raise OSError("there is no message bus here")


def _refused(message: Message) -> BusError:
    name = message.header.fields.get(HeaderFields.error_name, "")
    text = next((value for value in message.body if isinstance(value, str)), name)
    return BusError(text, name)
