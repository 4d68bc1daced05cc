"""The daemon's side of the control socket: one thread, `control`, that talks to all callers.

It owns the connections and nothing else; what a request means is the composition root's to say, through `answer` and
`follow`. Both are called on this thread and must not wait for anything, else nobody else is heard.
"""

import json
import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from threading import Thread
from typing import Literal, Protocol

from utterkey.control.order import Order, arrange
from utterkey.control.request import Request, read
from utterkey.errors import UsageError, UtterkeyError

log = logging.getLogger(__name__)

MOST_BYTES = 65536
MOST_CALLERS = 64
PATIENCE_SECONDS = 10.0
_MOST_UNSENT = 100

Reply = Mapping[str, object]
Answer = Callable[[Request], Reply]
"""What a request comes to. Raises `UtterkeyError` to refuse it."""
Follow = Callable[[Callable[[Reply], None]], Callable[[], None]]
"""Calls what it is given with every new status, from any thread; returns what ends that."""


class Door(Protocol):
    """Where callers come in. To hold it is to be the one daemon of this user."""

    @property
    def password(self) -> bytes:
        """What every request must begin with; empty if reaching the door is proof enough."""

    def open(self) -> socket.socket:
        """Take the door and listen. Raises `AlreadyRunning` or another `DaemonError`."""

    def close(self) -> None: ...


Stage = Literal["asking", "answered", "following", "waiting for the end"]


@dataclass(eq=False, slots=True)
class _Caller:
    """One connection. Only `unsent` is touched by other threads, which append to it."""

    connection: socket.socket
    deadline: float
    stage: Stage = "asking"
    received: bytearray = field(default_factory=bytearray)
    outgoing: bytes = b""
    unsent: "deque[bytes]" = field(default_factory=lambda: deque(maxlen=_MOST_UNSENT))
    stop_following: Callable[[], None] | None = None


class Server:
    def __init__(self, door: Door, answer: Answer, follow: Follow) -> None:
        self._door = door
        self._answer = answer
        self._follow = follow
        self._order = Order()
        self._callers: dict[int, _Caller] = {}
        self._thread = Thread(target=self._run, name="control")
        self._listener: socket.socket | None = None
        self._stopping = False

    def claim(self) -> None:
        """Become the one daemon of this user. Callers can connect from here on; they are heard after `start`."""
        self._listener = self._door.open()
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        for end in (self._listener, self._wake, self._waker):
            end.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)

    def start(self) -> None:
        assert self._listener, "claim() comes first"
        self._thread.start()

    def stop(self) -> None:
        """Close the door, then all connections. Idempotent; from any thread but the server's own."""
        if not self._listener:
            return
        self._stopping = True
        self._notify()
        if self._thread.is_alive():
            self._thread.join(2)
        self._listener.close()
        self._listener = None
        self._door.close()
        for caller in list(self._callers.values()):  # last: who asked us to quit waits for this
            self._drop(caller)
        self._selector.close()
        self._wake.close()
        self._waker.close()

    # --- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            for key, events in self._selector.select(self._patience()):
                caller = self._callers.get(key.fd)
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._wake:
                    self._flush_followers()
                elif caller:
                    self._attend(caller, events)
            self._drop_the_slow()

    def _accept(self) -> None:
        assert self._listener
        try:
            connection, _ = self._listener.accept()
        except OSError as error:  # the caller is gone again, or we are out of descriptors
            log.warning("A caller could not be heard (%s).", error.strerror)
            return
        if len(self._callers) >= MOST_CALLERS:
            connection.close()
            return
        connection.setblocking(False)
        self._callers[connection.fileno()] = _Caller(connection, time.monotonic() + PATIENCE_SECONDS)
        self._selector.register(connection, selectors.EVENT_READ)

    def _attend(self, caller: _Caller, events: int) -> None:
        try:
            if caller.stage == "asking":
                self._read(caller)
            elif events & selectors.EVENT_WRITE:
                self._write(caller)
            elif not caller.connection.recv(4096):  # nothing more is expected: this is somebody hanging up
                self._drop(caller)
        except BlockingIOError:
            pass  # not ready after all
        except OSError:
            self._drop(caller)

    def _read(self, caller: _Caller) -> None:
        block = caller.connection.recv(4096)
        caller.received += block
        line, newline, _ = caller.received.partition(b"\n")
        if len(line) > MOST_BYTES:
            self._reply(caller, _refusal(UsageError(f"A request has at most {MOST_BYTES} bytes.")), "answered")
        elif newline or (line and not block):
            self._hear(caller, bytes(line))
        elif not block:
            self._drop(caller)

    def _hear(self, caller: _Caller, line: bytes) -> None:
        password = self._door.password
        if not compare_digest(line[: len(password)], password):
            self._drop(caller)
            return
        try:
            request = read(line[len(password) :], time.monotonic())
            if request.follow:  # before the answer, so that no change falls in between
                caller.stop_following = self._follow(lambda status: self._push(caller, status))
            reply = {"ok": True, **self._perform(request)}
        except UtterkeyError as error:
            self._reply(caller, _refusal(error), "answered")
            return
        except Exception:  # the top of a request: the thread is everybody's, and the next caller may fare better
            log.exception("A request could not be answered.")
            self._reply(
                caller, _refusal(UtterkeyError("That could not be done: the daemon's log says why.")), "answered"
            )
            return
        stage: Stage = "waiting for the end" if request.command == "quit" else "answered"
        self._reply(caller, reply, "following" if request.follow else stage)

    def _perform(self, request: Request) -> Reply:
        if request.command != "press" and request.command != "release":
            return self._answer(request)
        self._order, commands = arrange(self._order, request.command, request.at)
        reply: Reply = {}
        for command in commands:
            reply = self._answer(replace(request, command=command))
        return reply

    def _reply(self, caller: _Caller, reply: Reply, stage: Stage) -> None:
        caller.stage = stage
        caller.outgoing = _line(reply)
        self._write(caller)

    def _write(self, caller: _Caller) -> None:
        """Send what there is to send. What the caller does not take now waits until it does."""
        try:
            while caller.outgoing or caller.unsent:
                caller.outgoing = caller.outgoing or caller.unsent.popleft()
                caller.outgoing = caller.outgoing[caller.connection.send(caller.outgoing) :]
        except BlockingIOError:
            pass
        if caller.stage == "answered" and not caller.outgoing:
            self._drop(caller)
            return
        events = selectors.EVENT_WRITE if caller.outgoing else 0
        if caller.stage != "answered":  # else it may have closed its half already, which would wake us for ever
            events |= selectors.EVENT_READ
        self._selector.modify(caller.connection, events)

    def _flush_followers(self) -> None:
        self._wake.recv(4096)
        for caller in [c for c in self._callers.values() if c.stage == "following" and c.unsent and not c.outgoing]:
            try:
                self._write(caller)
            except OSError:
                self._drop(caller)

    def _patience(self) -> float | None:
        deadlines = [caller.deadline for caller in self._callers.values() if caller.stage in ("asking", "answered")]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _drop_the_slow(self) -> None:
        now = time.monotonic()
        for caller in [c for c in self._callers.values() if c.stage in ("asking", "answered") and c.deadline <= now]:
            self._drop(caller)

    def _drop(self, caller: _Caller) -> None:
        if caller.stop_following:
            caller.stop_following()
        del self._callers[caller.connection.fileno()]
        self._selector.unregister(caller.connection)
        caller.connection.close()

    # --- from other threads ----------------------------------------------------------------------------------------

    def _push(self, caller: _Caller, status: Reply) -> None:
        caller.unsent.append(_line({"ok": True, **status}))
        self._notify()

    def _notify(self) -> None:
        with suppress(BlockingIOError, OSError):  # enough wake-ups are on their way, or the server is stopped
            self._waker.send(b".")


def _line(reply: Reply) -> bytes:
    return json.dumps(reply).encode() + b"\n"


def _refusal(error: UtterkeyError) -> Reply:
    return {"ok": False, "code": error.code, "error": str(error), "exit_code": error.exit_code}
