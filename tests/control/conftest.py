"""A daemon's control server in a folder of its own, and what a caller can do to it."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from utterkey import control
from utterkey.control.request import Request
from utterkey.control.server import Reply, Server
from utterkey.errors import MicrophoneError


class Daemon:
    """Answers requests like a daemon, and keeps a record of them."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.listeners: list[Callable[[Reply], None]] = []
        self.changed = threading.Condition()
        self.status: dict[str, object] = {"state": "idle"}
        self.server = Server(control.door(), self.answer, self.follow)

    def answer(self, request: Request) -> Reply:
        assert threading.current_thread().name == "control"
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
        if request.command == "retry":
            raise MicrophoneError("There is nothing to retry.")
        if request.command == "reload":
            raise OSError("This is a bug.")
        return self.status if request.command == "status" else {}

    def follow(self, listener: Callable[[Reply], None]) -> Callable[[], None]:
        with self.changed:
            self.listeners.append(listener)
            self.changed.notify_all()
        return lambda: self.leave(listener)

    def leave(self, listener: Callable[[Reply], None]) -> None:
        with self.changed:
            self.listeners.remove(listener)
            self.changed.notify_all()

    def change(self, **status: object) -> None:
        self.status = status
        for listener in list(self.listeners):
            listener(status)

    def wait(self, condition: Callable[["Daemon"], bool], what: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), 10), what

    @property
    def commands(self) -> list[str]:
        return [request.command for request in self.requests]


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the daemon's folder is made."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def daemon(runtime: Path) -> Iterator[Daemon]:
    daemon = Daemon()
    daemon.server.claim()
    daemon.server.start()
    yield daemon
    daemon.server.stop()


class Caller:
    """Writes whatever it likes into the socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.settimeout(10)

    def say(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hang_up_half(self) -> None:
        self.connection.shutdown(socket.SHUT_WR)

    def hear(self) -> bytes:
        """Everything until the daemon hangs up."""
        blocks = []
        while block := self.connection.recv(65536):
            blocks.append(block)
        return b"".join(blocks)


@pytest.fixture
def call(runtime: Path) -> Iterator[Callable[[], Caller]]:
    callers: list[Caller] = []

    def call() -> Caller:
        connection = socket.socket(socket.AF_UNIX)
        callers.append(Caller(connection))
        connection.connect(str(runtime / "utterkey" / "control"))
        return callers[-1]

    yield call
    for caller in callers:
        caller.connection.close()
