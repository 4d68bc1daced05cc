"""The first of a host's addresses that answers (RFC 8305). Runs in the connection's thread.

A broken route of one family must not cost the time limit: the next address is tried a quarter of a second later, or at
once if one fails, and the first that connects wins. When all are under way and none has answered, the first is tried
once more beside itself: the kernel waits a second before it sends a lost SYN again, and a user has spoken by then.

Addresses that were known before are tried while the name is looked up. The answer takes their place, and where it names
none of them it is tried at once.
"""

import errno
import os
import selectors
import socket
import time

from utterkey.session.interruption import Interrupted, Interruption
from utterkey.session.names import Address, LookUp, Target

STAGGER_SECONDS = 0.25
UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)


def race(look_up: LookUp, deadline: float, interruption: Interruption) -> tuple[socket.socket, Address]:
    """Connect, say to which address, and close the look-up. Raises the last address's `OSError`, `TimeoutError`, or
    `Interrupted`."""
    runners = _Runners()
    woken, wake = socket.socketpair()
    try:
        for reader in (woken, look_up.answered):
            runners.selector.register(reader, selectors.EVENT_READ)
        with interruption.guarding(lambda: wake.shutdown(socket.SHUT_RDWR)):
            return _Race(look_up, runners).run(deadline)
    finally:
        runners.close()
        look_up.close()
        woken.close()
        wake.close()


class _Runners:
    """The connects under way."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.running: dict[socket.socket, Target] = {}
        self.failure: OSError = socket.gaierror("no address")

    def start(self, target: Target) -> None:
        family, address = target
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:  # a family this machine does not have
            self.failure = error
            return
        sock.setblocking(False)
        code = sock.connect_ex(address)
        if code in UNDER_WAY:
            self.running[sock] = target
            self.selector.register(sock, selectors.EVENT_WRITE)
        else:
            sock.close()
            self.failure = _error(code)

    def arrived(self, sock: socket.socket) -> Address | None:
        """Where this one is connected to; None if it failed, and is dropped."""
        self.selector.unregister(sock)
        _, address = self.running.pop(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            sock.close()
            self.failure = _error(code)
            return None
        return address

    def close(self) -> None:
        self.selector.close()
        for sock in self.running:
            sock.close()


class _Race:
    def __init__(self, look_up: LookUp, runners: _Runners) -> None:
        self._look_up = look_up
        self._runners = runners
        self._asking = True
        self._waiting = list(look_up.known)
        self._again = self._waiting[:1]
        self._tried: set[Target] = set()

    def run(self, deadline: float) -> tuple[socket.socket, Address]:
        runners = self._runners
        while True:
            while self._waiting and not runners.running:
                self._start_next()
            if not runners.running and not self._asking:
                raise runners.failure
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            more = runners.running and (self._waiting or self._again)
            ready = runners.selector.select(min(left, STAGGER_SECONDS) if more else left)
            for key, _ in ready:
                sock = key.fileobj
                if sock is self._look_up.answered:
                    self._take_answer()
                elif not isinstance(sock, socket.socket) or sock not in runners.running:
                    raise Interrupted
                elif (address := runners.arrived(sock)) is not None:
                    return sock, address
            if not ready and more:
                self._start_next()

    def _start_next(self) -> None:
        target = (self._waiting or self._again).pop(0)
        self._tried.add(target)
        self._runners.start(target)

    def _take_answer(self) -> None:
        self._asking = False
        self._runners.selector.unregister(self._look_up.answered)
        try:
            found = self._look_up.result()
        except OSError as error:
            self._runners.failure = error
            return
        self._waiting = [target for target in found if target not in self._tried]
        if self._again or not self._tried:
            self._again = found[:1]
        if self._tried and self._waiting and not set(found) & set(self._runners.running.values()):
            self._start_next()


def _error(code: int) -> OSError:
    """OSError makes the kind of the code of itself: ConnectionRefusedError, TimeoutError."""
    return OSError(code, os.strerror(code))
