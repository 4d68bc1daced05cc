"""Which window an utterance is meant for."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from utterkey.errors import InsertionError
from utterkey.insertion.marks import Marks, destination


def test_an_utterance_without_a_mark() -> None:
    assert Marks().of(1) is None


def test_the_last_mark_counts() -> None:
    marks = Marks()
    marks.put(1, "0x1")
    marks.put(1, "")
    assert marks.of(1) == ""


def test_the_oldest_mark_goes_first() -> None:
    marks = Marks()
    for utterance in range(1, 65):
        marks.put(utterance, "0x1")
    marks.put(1, "0x2")
    marks.put(65, "0x3")
    assert (marks.of(1), marks.of(2), marks.of(65)) == ("0x2", None, "0x3")


@dataclass(frozen=True)
class Focused:
    window: str


@pytest.mark.parametrize(("mark", "follow_focus"), [("0x1", False), (None, False), ("0x2", True), ("", True)])
def test_a_window_that_takes_the_text(mark: str | None, follow_focus: bool) -> None:
    assert destination(Focused("0x1"), mark, follow_focus=follow_focus) == Focused("0x1")


@pytest.mark.parametrize("mark", ["0x2", ""])
def test_a_window_that_was_not_marked(mark: str) -> None:
    with pytest.raises(InsertionError, match="Another window has the focus now"):
        destination(Focused("0x1"), mark, follow_focus=False)


@pytest.mark.parametrize("mark", ["0x1", "", None])
def test_no_window_takes_the_text(mark: str | None) -> None:
    with pytest.raises(InsertionError, match="No window has the keyboard"):
        destination(None, mark, follow_focus=True)
