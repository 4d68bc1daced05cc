"""The control server, spoken to by well-behaved and by other callers over real sockets."""

import json
import random
import threading
from collections.abc import Callable

import pytest

from control.conftest import Caller, Daemon
from utterkey.control import server
from utterkey.control.server import MOST_BYTES, MOST_CALLERS

pytestmark = pytest.mark.system("linux", "darwin")  # by unix sockets

Call = Callable[[], Caller]


def test_one_line_in_one_line_out(daemon: Daemon, call: Call) -> None:
    caller = call()
    caller.say(b'{"do": "status"}\n')
    assert caller.hear() == b'{"ok": true, "state": "idle"}\n'


@pytest.mark.parametrize("line", [b"press\n", b"press", b"press\r\n"])
def test_a_bare_word_will_do(line: bytes, daemon: Daemon, call: Call) -> None:
    caller = call()
    caller.say(line)
    caller.hang_up_half()  # as `nc -N` does
    assert caller.hear() == b'{"ok": true}\n'
    assert daemon.commands == ["press"]


def test_a_request_may_come_in_pieces(daemon: Daemon, call: Call) -> None:
    caller, other = call(), call()
    caller.say(b'{"do": "sta')
    other.say(b"press\n")
    assert other.hear() == b'{"ok": true}\n'
    caller.say(b'tus"}\n')
    assert json.loads(caller.hear())["state"] == "idle"


def test_a_long_answer_reaches_who_has_said_all_he_had_to_say(daemon: Daemon, call: Call) -> None:
    daemon.status = {"padding": "x" * 5_000_000}
    caller = call()
    caller.say(b"status\n")
    caller.hang_up_half()
    daemon.wait(lambda d: d.commands == ["status"], "the request")
    other = call()
    other.say(b"press\n")
    assert other.hear() == b'{"ok": true}\n', "the others are heard meanwhile"
    assert len(caller.hear()) > 5_000_000


def test_what_the_daemon_refuses_is_its_own_sentence(daemon: Daemon, call: Call) -> None:
    caller = call()
    caller.say(b"retry\n")
    refusal = {"ok": False, "code": "microphone", "error": "There is nothing to retry.", "exit_code": 1}
    assert json.loads(caller.hear()) == refusal


def test_a_fault_in_one_answer_leaves_the_others_theirs(
    daemon: Daemon, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    caller = call()
    caller.say(b"reload\n")
    refusal = json.loads(caller.hear())
    assert (refusal["ok"], "log says why" in refusal["error"]) == (False, True)
    assert "This is a bug." in caplog.text
    other = call()
    other.say(b"press\n")
    assert other.hear() == b'{"ok": true}\n'


def test_a_release_that_overtook_its_press_is_not_lost(daemon: Daemon, call: Call) -> None:
    for line in (b'{"do": "release", "at": 2}\n', b'{"do": "press", "at": 1}\n'):
        caller = call()
        caller.say(line)
        assert caller.hear() == b'{"ok": true}\n'
    assert daemon.commands == ["release"]


# --- following -----------------------------------------------------------------------------------------------------


def test_a_follower_hears_of_every_change(daemon: Daemon, call: Call) -> None:
    caller = call()
    caller.say(b'{"do": "status", "follow": true}\n')
    daemon.wait(lambda d: d.commands == ["status"], "the request")
    for state in ("recording", "finishing", "idle"):
        daemon.change(state=state)
    lines = caller.connection.makefile("rb")
    states = [json.loads(lines.readline())["state"] for _ in range(4)]
    assert states == ["idle", "recording", "finishing", "idle"]
    daemon.server.stop()
    assert lines.read() == b""
    assert daemon.listeners == []


def test_a_follower_that_leaves_is_forgotten(daemon: Daemon, call: Call) -> None:
    caller = call()
    caller.say(b'{"do": "status", "follow": true}\n')
    daemon.wait(lambda d: len(d.listeners) == 1, "the follower")
    caller.connection.close()
    daemon.wait(lambda d: not d.listeners, "the end of the follower")


def test_a_follower_that_does_not_read_costs_little_and_hears_the_latest(daemon: Daemon, call: Call) -> None:
    caller = call()
    caller.say(b'{"do": "status", "follow": true}\n')
    daemon.wait(lambda d: len(d.listeners) == 1, "the follower")
    for number in range(5000):
        daemon.change(number=number, padding="x" * 1000)
    other = call()
    other.say(b"press\n")
    assert other.hear() == b'{"ok": true}\n', "the others are still heard"
    lines = caller.connection.makefile("rb")
    number, count = -1, 0
    while number < 4999:
        number, count = json.loads(lines.readline()).get("number", -1), count + 1
    assert count < 5000, "what is not read must not pile up"


# --- callers that do not behave ------------------------------------------------------------------------------------


def test_a_request_too_long_is_refused(daemon: Daemon, call: Call) -> None:
    caller = call()
    caller.say(b" " * (MOST_BYTES + 1))
    assert json.loads(caller.hear())["error"] == "A request has at most 65536 bytes."


def test_a_request_of_the_largest_size_is_heard(daemon: Daemon, call: Call) -> None:
    caller = call()
    caller.say(b"press".ljust(MOST_BYTES) + b"\n")
    assert caller.hear() == b'{"ok": true}\n'


def test_who_says_nothing_is_not_waited_for(daemon: Daemon, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 1.0)  # in which it is to say as much as it does
    caller = call()
    caller.say(b'{"do":')
    assert caller.hear() == b""


def test_only_so_many_are_heard_at_once(daemon: Daemon, call: Call) -> None:
    crowd = [call() for _ in range(MOST_CALLERS)]
    crowd[-1].say(b"press")  # when it is answered, all before it have been let in
    crowd[-1].hang_up_half()
    assert crowd[-1].hear() == b'{"ok": true}\n'
    crowd[-1] = call()
    surplus = call()
    assert surplus.hear() == b""
    crowd[0].connection.close()
    crowd[1].say(b"press\n")
    assert crowd[1].hear() == b'{"ok": true}\n'
    late = call()
    late.say(b"release\n")
    assert late.hear() == b'{"ok": true}\n'


def test_nothing_that_is_said_ends_the_server(daemon: Daemon, call: Call) -> None:
    chance = random.Random(1)
    pieces = [b"\n", b"{", b"}", b'"do"', b":", b'"press"', b"press", b"status", b"\xff", b"\x00", b'{"do":"status"}']
    for _ in range(300):
        caller = call()
        try:
            caller.say(b"".join(chance.choices(pieces, k=chance.randrange(6))) + chance.randbytes(chance.randrange(40)))
            if chance.random() < 0.5:
                caller.hang_up_half()
                caller.hear()
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was answered before it had said everything
        caller.connection.close()
    caller = call()
    caller.say(b"status\n")
    assert json.loads(caller.hear())["ok"]


# --- the end -------------------------------------------------------------------------------------------------------


def test_who_asked_to_quit_hears_when_it_is_done(daemon: Daemon, call: Call) -> None:
    caller = call()
    caller.say(b"quit\n")
    caller.hang_up_half()
    daemon.wait(lambda d: d.commands == ["quit"], "the request")
    lines = caller.connection.makefile("rb")
    assert lines.readline() == b'{"ok": true}\n'
    stopping = threading.Thread(target=daemon.server.stop)
    stopping.start()
    assert lines.read() == b""
    stopping.join()


def test_stopping_twice_or_before_the_start_is_no_fault(daemon: Daemon) -> None:
    daemon.server.stop()
    daemon.server.stop()
    again = Daemon()
    again.server.stop()
    again.server.claim()
    again.server.stop()
