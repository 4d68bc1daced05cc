"""The offline engine as the daemon sees it: an address that is there when it is asked for.

The engine is a child process, because decoding keeps the interpreter's lock. It ends by itself after some idle minutes,
and with this process, whichever way that ends; it is started again when its address is asked for. One thread per child
waits, in the kernel, for what it says and for its end. Must not import the libraries of the extra `offline`.
"""

import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from utterkey import child
from utterkey.errors import SessionLost, SessionRefused
from utterkey.offline import missing

START_S = 20.0
END_S = 3.0


class Engine:
    """Any thread may call any method."""

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = command or child.command("utterkey.offline")
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def available(self) -> str | None:
        """Why there is no offline engine, in a sentence; None if there is one."""
        return missing()

    def prepare(self) -> None:
        """Start the engine if it does not run, and do not wait for it."""
        if self.available() is None:
            self._running()

    def url(self) -> str:
        """The address, without the path; waits until somebody listens there."""
        reason = self.available()
        if reason is not None:
            raise SessionRefused(reason)
        child = self._running()
        try:
            return child.address.result(START_S)
        except TimeoutError as error:
            child.end(0)
            raise SessionLost(f"The offline engine did not start within {START_S:.0f} s; try again.") from error

    def close(self) -> None:
        """End the engine; the next `url` would start a new one."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end(END_S)

    @property
    def pid(self) -> int | None:
        """The engine's process, if one runs."""
        with self._lock:
            return None if self._child is None or self._child.ended.is_set() else self._child.pid

    def _running(self) -> "_Child":
        with self._lock:
            if self._child is None or self._child.ended.is_set():
                self._child = _Child(self._command)
            return self._child


class _Child:
    def __init__(self, arguments: Sequence[str]) -> None:
        self.address: Future[str] = Future()
        self.ended = threading.Event()
        try:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,  # its end is the child's sign to end, so nobody else may hold it
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=child.environment(),
                creationflags=child.NO_WINDOW,
            )
        except OSError as error:
            raise SessionRefused(f"The offline engine cannot be started: {error.strerror}.") from error
        self.pid = self._process.pid
        self._thread = threading.Thread(target=self._listen, name="offline-engine", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        """Thread `offline-engine`: the first line is the address, the end of stdout is the child's end."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin, process.stdout:
            address = process.stdout.readline().decode(errors="replace").strip()
            if address.startswith("ws://"):
                self.address.set_result(address)
                process.stdout.read()
            self.ended.set()
            if not self.address.done():
                sentence = "The offline engine ended before it was ready: run `utterkey offline-server` to see why."
                self.address.set_exception(SessionLost(sentence))
        process.wait()

    def end(self, within_s: float) -> None:
        """Ask it to end, and make it end if it does not."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        if not self.ended.wait(within_s):
            self._process.kill()
        self._thread.join()
