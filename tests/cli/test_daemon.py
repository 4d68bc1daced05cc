"""`status` and `retry` against a control server that answers as a daemon does."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest

from cli.conftest import CommandLine, interrupt
from utterkey import control
from utterkey.control.request import Request
from utterkey.control.server import Reply, Server
from utterkey.errors import UtterkeyError

STATUS: dict[str, object] = {
    "state": "idle",
    "engine": "offline engine",
    "tray": None,
    "pending": 0,
    "failed": [],
    "paused": False,
}


class Daemon:
    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.listener: Callable[[Reply], None] = lambda _: None
        self.followed = threading.Event()

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        if request.command == "retry" and request.id == 99:
            raise UtterkeyError("There is no utterance 99.")
        return STATUS if request.command == "status" else {}

    def follow(self, listener: Callable[[Reply], None]) -> Callable[[], None]:
        self.listener = listener
        self.followed.set()
        return lambda: None


@pytest.fixture
def daemon(utterkey: CommandLine) -> Iterator[Daemon]:
    daemon = Daemon()
    server = Server(control.door(), daemon.answer, daemon.follow)
    server.claim()
    server.start()
    yield daemon
    server.stop()


def test_status_for_people_and_for_programs(daemon: Daemon, utterkey: CommandLine) -> None:
    assert json.loads(utterkey("status", "--json").stdout) == STATUS
    assert utterkey("status").stdout.splitlines() == [
        "state:       idle",
        "engine:      offline engine",
        "tray:        -",
        "pending:     0",
        "failed:      none",
        "paused:      no",
    ]


@pytest.mark.system("linux", "darwin")  # Windows has no such signal to send
def test_following_shows_one_line_per_change_until_ctrl_c(daemon: Daemon, utterkey: CommandLine) -> None:
    process = utterkey.start("status", "--json", "--follow")
    assert process.stdout
    assert json.loads(process.stdout.readline()) == STATUS
    assert daemon.followed.wait(10)
    daemon.listener({"state": "recording"})
    assert json.loads(process.stdout.readline()) == {"state": "recording"}
    assert interrupt(process) == (130, "", "")


def test_retry_passes_on_what_is_asked(daemon: Daemon, utterkey: CommandLine) -> None:
    assert utterkey("retry").returncode == 0
    assert utterkey("retry", "12", "--insert").returncode == 0
    asked = [(r.command, r.id, r.insert) for r in daemon.requests]
    assert asked == [("retry", None, False), ("retry", 12, True)]


def test_what_the_daemon_refuses_is_said_as_it_says_it(daemon: Daemon, utterkey: CommandLine) -> None:
    done = utterkey("retry", "99")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "utterkey: There is no utterance 99.\n")
