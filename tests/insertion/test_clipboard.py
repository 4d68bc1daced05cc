"""The clipboard alone: texts stay there, with the program of the desktop or a sentence that names what to install."""

import subprocess
import sys
from queue import Queue

import pytest

from desktop import Desktop, await_true
from utterkey.dictation.effects import CopyText, InsertText, MarkTarget, PrepareInsertion
from utterkey.dictation.events import Event, InsertionFailed, TargetMarked, TextCopied
from utterkey.errors import InsertionError
from utterkey.insertion import choose
from utterkey.insertion.clipboard import ClipboardInserter
from utterkey.settings import OutputSettings

TEXTS = {"mixed": "naïve — 日本語 😀\n\tend", "long": "日本 " * 20_000}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_stays_on_the_clipboard(x11: Desktop, text: str) -> None:
    events: Queue[Event] = Queue()
    inserter = ClipboardInserter(events.put, "No keys.")
    inserter.order(PrepareInsertion(1))
    inserter.order(MarkTarget(1))
    assert events.get(timeout=5) == TargetMarked(1, "")
    inserter.order(CopyText(1, text))
    assert events.get(timeout=5) == TextCopied(1)
    inserter.close()
    await_true(lambda: x11.clipboard() == text, 5, "the text")  # xclip's first process ends before its second owns it


def test_an_insertion_fails_with_the_text_on_the_clipboard(x11: Desktop) -> None:
    events: Queue[Event] = Queue()
    inserter = ClipboardInserter(events.put, "No keys.")
    inserter.order(InsertText(1, "text"))
    event = events.get(timeout=5)
    inserter.close()
    assert isinstance(event, InsertionFailed)
    assert event.on_clipboard
    await_true(lambda: x11.clipboard() == "text", 5, "the text")


def test_what_keeps_the_clipboard_does_not_hold_our_output_open(x11: Desktop) -> None:
    """A program that reads our output to its end would otherwise wait until something else is copied."""
    code = "from utterkey.insertion.clipboard import find_copy; find_copy()('text'); print('done')"
    environment = {**x11.environment, "PYTHONPATH": ":".join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, timeout=20, check=False)
    assert ended.stdout == b"done\n", ended.stderr
    await_true(lambda: x11.clipboard() == "text", 5, "the text")


def test_a_desktop_that_is_gone(x11: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    events: Queue[Event] = Queue()
    inserter = ClipboardInserter(events.put, "No keys.")
    monkeypatch.setenv("DISPLAY", ":4242")
    inserter.order(CopyText(1, "text"))
    event = events.get(timeout=5)
    inserter.close()
    assert isinstance(event, InsertionFailed)
    assert not event.on_clipboard


def test_without_a_desktop_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InsertionError, match="DISPLAY"):
        choose(OutputSettings(), lambda event: None)
