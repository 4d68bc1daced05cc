"""What other threads may do to the connection's thread: wake it from its sleep, and end what it blocks in."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Interrupted(Exception):
    """What was going on was ended on request."""


class Wake:
    """Wakes the thread that selects on `reader`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reader, self._writer = socket.socketpair()
        self.reader.setblocking(False)
        self._writer.setblocking(False)

    def __call__(self) -> None:
        with self._lock, suppress(OSError):  # full: it will wake anyway; closed: nobody sleeps any more
            self._writer.send(b"\0")

    def drain(self) -> None:
        with suppress(BlockingIOError):
            while self.reader.recv(4096):
                pass

    def close(self) -> None:
        with self._lock:
            self.reader.close()
            self._writer.close()


class Interruption:
    """One stage of connecting at a time says how it is to be ended; any thread may ask for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        self._stop: Callable[[], None] | None = None

    @property
    def asked(self) -> bool:
        return self._asked

    def ask(self) -> None:
        with self._lock:
            if self._asked:
                return
            self._asked = True  # before it is stopped: it looks why it was
            if self._stop:
                self._stop()

    @contextmanager
    def guarding(self, stop: Callable[[], None]) -> Iterator[None]:
        """Run a stage that `stop` ends. Whatever it raises then is `Interrupted`; what it opened in time is its own."""
        with self._lock:
            if self._asked:
                raise Interrupted
            self._stop = stop
        try:
            yield
        except Exception:
            if self._asked:
                raise Interrupted from None
            raise
        finally:
            with self._lock:
                self._stop = None
