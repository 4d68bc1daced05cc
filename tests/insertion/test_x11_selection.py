"""Owning a selection of X11: for whoever asks, for as long as it is ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from Xlib.protocol import event

from desktop import Desktop, await_true
from insertion.posted import DEADLINE
from utterkey.desktop.x11 import Connection
from utterkey.insertion.content import CLIPBOARD, text_content
from utterkey.insertion.selection import Own, Ownership, _later

TEXT = text_content("text", sensitive=False)
DAY = 24 * 3600 * 1000


@pytest.fixture
def connection(x11: Desktop) -> Iterator[Connection]:
    opened = Connection()
    yield opened
    opened.close()


def time_of(own: Own, connection: Connection) -> int:
    own.ask_time()
    while own.time is None:
        for happened in connection.wait(DEADLINE):
            own.take_event(happened)
    return own.time


def await_clear(ours: Ownership, connection: Connection) -> None:
    while not any(isinstance(happened, event.SelectionClear) for happened in connection.wait(DEADLINE)):
        pass
    ours.cleared()


def test_what_was_let_go_and_taken_in_the_same_moment_is_ours(x11: Desktop, connection: Connection) -> None:
    """As when the next text comes just when what was there before is given back: the server tells of that later."""
    own = Own(connection.display)
    ours = Ownership(own, CLIPBOARD, lambda requestor, target: None)
    now = time_of(own, connection)
    assert ours.take(TEXT, now)
    ours.let_go(now)
    assert ours.take(TEXT, now)
    await_clear(ours, connection)
    assert ours.content == TEXT


def test_what_another_program_took_is_not_ours(x11: Desktop, connection: Connection) -> None:
    own = Own(connection.display)
    ours = Ownership(own, CLIPBOARD, lambda requestor, target: None)
    assert ours.take(TEXT, time_of(own, connection))
    x11.set_clipboard("another")
    await_clear(ours, connection)
    assert ours.content is None


def test_what_we_let_go_meanwhile_is_taken_all_the_same(x11: Desktop, connection: Connection) -> None:
    """The time of a paste is asked for first; what was there before may be given back until it takes place."""
    own = Own(connection.display)
    ours = Ownership(own, CLIPBOARD, lambda requestor, target: None)
    assert ours.take(TEXT, time_of(own, connection))
    asked = time_of(own, connection)
    await_true(lambda: time_of(own, connection) != asked, 5, "the next millisecond")
    ours.let_go(time_of(own, connection))
    assert ours.take(TEXT, asked)


@pytest.mark.parametrize(
    ("now", "since", "later"),
    [
        (10, 20, 20), (20, 10, 20), (10, 10, 10),
        (5, 0xFFFFFFF0, 5), (0xFFFFFFF0, 5, 5),
        (0x90000000, 0, 0x90000000), (0, 20, 0),
        (25 * DAY, 20, 25 * DAY), (20, 25 * DAY, 20),
    ],
)  # fmt: skip
def test_the_later_of_two_times_of_the_server(now: int, since: int, later: int) -> None:
    assert _later(now, since) == later


def test_what_another_program_took_meanwhile_is_left_to_it(x11: Desktop, connection: Connection) -> None:
    own = Own(connection.display)
    ours = Ownership(own, CLIPBOARD, lambda requestor, target: None)
    asked = time_of(own, connection)
    await_true(lambda: time_of(own, connection) != asked, 5, "the next millisecond")
    x11.set_clipboard("another")
    assert not ours.take(TEXT, asked)
    assert ours.content is None
