"""Reading what others have on a selection: all of it, or the finding that it cannot be read within the limits."""

import signal
import time
from collections.abc import Iterator

import pytest
from Xlib.protocol import event

from desktop import Desktop
from insertion.posted import DEADLINE, own, own_badly
from utterkey.desktop.x11 import Connection
from utterkey.insertion import former
from utterkey.insertion.content import CLIPBOARD, READ_SECONDS, Piece, Result, Unreadable
from utterkey.insertion.former import Reading
from utterkey.insertion.lending import Lending
from utterkey.insertion.selection import Own

pytestmark = pytest.mark.usefixtures("usual_limits")


@pytest.fixture
def connection(x11: Desktop) -> Iterator[Connection]:
    opened = Connection()
    yield opened
    opened.close()


def read(connection: Connection, lending: Lending | None = None) -> Result:
    """Read the clipboard as the insertion thread does."""
    lending = lending or Lending(Own(connection.display), lambda requestor, target: None)
    lending.look([CLIPBOARD])
    while (result := lending.before(CLIPBOARD)) is None:
        limit = lending.limit()
        assert limit is not None
        for happened in connection.wait(max(0.0, limit - time.monotonic())):
            lending.take_event(happened)
        lending.expire()
    return result


def test_all_targets_are_read(x11: Desktop, connection: Connection) -> None:
    content = {"UTF8_STRING": b"text", "text/html": b"<b>text</b>", "application/x-empty": b""}
    own(x11, content)
    assert read(connection) == {target: Piece(target, 8, data) for target, data in content.items()}


def test_what_comes_in_parts_is_joined(x11: Desktop, connection: Connection) -> None:
    content = {"UTF8_STRING": b"0123456789" * 300_000, "text/html": b"<b>" * 100_000, "STRING": b"last"}
    own(x11, content)
    assert read(connection) == {target: Piece(target, 8, data) for target, data in content.items()}


def test_nobody_owns_it(connection: Connection) -> None:
    assert read(connection) == {}


def test_an_owner_that_never_answers(x11: Desktop, connection: Connection) -> None:
    own_badly(x11, "mute")
    start = time.monotonic()
    result = read(connection)
    assert isinstance(result, Unreadable)
    assert "TARGETS" in result.why
    assert READ_SECONDS <= time.monotonic() - start < DEADLINE  # it would wait for ever


def test_too_much_is_not_even_begun(x11: Desktop, connection: Connection) -> None:
    own_badly(x11, "big")
    result = read(connection)
    assert isinstance(result, Unreadable)
    assert "16 MB" in result.why


def test_too_much_altogether(x11: Desktop, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(former, "MOST_BYTES", 1000)
    own(x11, {"UTF8_STRING": b"x" * 600, "STRING": b"x" * 600})
    assert isinstance(read(connection), Unreadable)


def test_a_reading_leaves_no_window_behind(x11: Desktop, connection: Connection) -> None:
    """But for as long as an owner may still write to it."""
    owner = x11.set_clipboard("text")
    children = connection.display.screen().root.query_tree
    reader = Own(connection.display)
    before = len(children().children)
    owner.send_signal(signal.SIGSTOP)
    reading = Reading(reader, CLIPBOARD)
    reading.abandon()
    assert len(children().children) == before + 1
    owner.send_signal(signal.SIGCONT)
    while reading.awaited:
        for happened in connection.wait(DEADLINE):
            if isinstance(happened, event.SelectionNotify):
                reading.answered(happened)
    assert len(children().children) == before


def test_an_owner_that_is_too_slow_outlives_it(x11: Desktop, connection: Connection) -> None:
    """xclip ends when it writes to a window that is gone, and what it had is gone with it."""
    owner = x11.set_clipboard("text")
    lending = Lending(Own(connection.display), lambda requestor, target: None)
    owner.send_signal(signal.SIGSTOP)
    assert isinstance(read(connection, lending), Unreadable)
    owner.send_signal(signal.SIGCONT)
    while lending.awaits:
        for happened in connection.wait(DEADLINE):
            lending.take_event(happened)
    assert x11.clipboard() == "text"
    assert owner.poll() is None
