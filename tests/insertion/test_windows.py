"""Insertion on Windows: the calls it makes, in order, with their structures."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from desktop import await_true
from fake_windows import HIGH, FakeWindows, fake_windows
from insertion.chosen import Inserting
from utterkey.desktop import windows_calls
from utterkey.dictation.effects import CopyText, MarkTarget, PrepareInsertion
from utterkey.dictation.events import InsertionFailed, PartFailed, TargetMarked, TextCopied, TextInserted
from utterkey.insertion import counted, waits
from utterkey.insertion import windows as insertion_windows

LONG = "long text " * 60

CTRL_V = ("SendInput", (0x11, 0, 0), (0x56, 0, 0), (0x56, 0, 2), (0x11, 0, 2))
A = ("SendInput", (0, 0x61, 4), (0, 0x61, 6))

OPEN = [("CreateWindowExW", "for messages only"), ("OpenClipboard",), ("EmptyClipboard",)]
CLOSE = [("CloseClipboard",), ("DestroyWindow",)]
LOOK = [("OpenClipboard",), ("CloseClipboard",)]


def text(words: str) -> tuple[str, str, bytes]:
    return ("SetClipboardData", "CF_UNICODETEXT", words.encode("utf-16-le") + b"\0\0")


KEPT_OUT = [
    ("SetClipboardData", name, bytes(4))
    for name in (
        "ExcludeClipboardContentFromMonitorProcessing",
        "Clipboard Viewer Ignore",
        "CanIncludeInClipboardHistory",
        "CanUploadToCloudClipboard",
    )
]


def content(windows: FakeWindows) -> dict[int, bytes]:
    """Of the clipboard, without marks."""
    marks = {name for _, name, _ in KEPT_OUT}
    return {form: data for form, data in windows.clipboard.items() if windows.formats[form] not in marks}


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWindows]:
    """The clipboard is given back at the end, and nobody is too slow, however busy the machine of the tests is."""
    monkeypatch.setattr(counted, "LENT_SECONDS", 60.0)
    monkeypatch.setattr(insertion_windows, "READ_SECONDS", 60.0)
    with fake_windows() as windows:
        yield windows


def test_the_structures_have_windows_sizes() -> None:
    wide = ctypes.sizeof(ctypes.c_void_p) == 8
    assert ctypes.sizeof(windows_calls.INPUT) == (40 if wide else 28)
    assert ctypes.sizeof(windows_calls.KEYBDINPUT) == (24 if wide else 16)
    assert ctypes.sizeof(windows_calls.MSG) == (48 if wide else 28)
    assert ctypes.sizeof(windows_calls.WNDCLASSW) == (72 if wide else 40)


def test_a_key_is_laid_out_as_windows_has_it() -> None:
    word = ctypes.sizeof(ctypes.c_void_p)
    fields = {name: getattr(windows_calls.KEYBDINPUT, name) for name, *_ in windows_calls.KEYBDINPUT._fields_}
    assert {name: (field.offset, field.size) for name, field in fields.items()} == {
        "wVk": (0, 2),
        "wScan": (2, 2),
        "dwFlags": (4, 4),
        "time": (8, 4),
        "dwExtraInfo": (16 if word == 8 else 12, word),
    }
    assert windows_calls.INPUT.u.offset == (8 if word == 8 else 4)


def test_a_short_text_is_one_batch(windows: FakeWindows) -> None:
    with Inserting() as inserting:
        assert inserting.inserter.name == "SendInput"
        inserting.dictate("a\n")
    assert windows.calls == [(*A, (0x0D, 0, 0), (0x0D, 0, 2))]


def test_a_long_text_is_pasted_and_the_clipboard_given_back(
    windows: FakeWindows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "LENT_SECONDS", 0.5)
    windows.clipboard = {13: b"b\0e\0f\0\0\0", 1: b"bef\0"}
    pasted = [*LOOK, *OPEN, text(LONG), *KEPT_OUT, *CLOSE, CTRL_V]
    with Inserting() as inserting:
        inserting.dictate(LONG)
        assert windows.calls[: len(pasted)] == pasted
        await_true(lambda: windows.calls[-2:] == CLOSE, 10, "the clipboard given back")
    assert windows.calls == [*pasted, *OPEN, text("bef"), *KEPT_OUT, *CLOSE], "histories have it already"


def test_what_is_copied_meanwhile_stays(windows: FakeWindows) -> None:
    windows.clipboard = {13: b"b\0\0\0"}
    with Inserting() as inserting:
        inserting.dictate(LONG)
        windows.clipboard = {13: b"n\0e\0w\0\0\0"}
        windows.sequence += 1
        windows.calls.clear()
    assert windows.calls == []
    assert windows.clipboard == {13: b"n\0e\0w\0\0\0"}


def test_two_texts_are_one_moment(windows: FakeWindows) -> None:
    windows.clipboard = {13: b"b\0\0\0"}
    with Inserting() as inserting:
        inserting.dictate(LONG)
        windows.calls.clear()
        inserting.dictate(LONG + "2")
        assert windows.calls == [*OPEN, text(LONG + "2"), *KEPT_OUT, *CLOSE, CTRL_V], "read once"
    assert content(windows) == {13: b"b\0\0\0"}


def test_what_a_paste_gives_back_is_read_while_the_user_speaks(windows: FakeWindows) -> None:
    windows.clipboard = {13: b"b\0\0\0"}
    with Inserting(method="paste") as inserting:
        inserting.inserter.order(PrepareInsertion(1))
        await_true(lambda: windows.calls == LOOK, 5, "the look")
        windows.calls.clear()
        inserting.dictate("a")
        assert windows.calls == [*OPEN, text("a"), *KEPT_OUT, *CLOSE, CTRL_V]
    assert content(windows) == {13: b"b\0\0\0"}


def test_what_is_copied_while_the_user_speaks_is_read_again(windows: FakeWindows) -> None:
    windows.clipboard = {13: b"b\0\0\0"}
    with Inserting(method="paste") as inserting:
        inserting.inserter.order(PrepareInsertion(1))
        await_true(lambda: windows.calls == LOOK, 5, "the look")
        windows.clipboard = {13: b"n\0\0\0"}
        windows.sequence += 1
        inserting.dictate("a")
    assert content(windows) == {13: b"n\0\0\0"}


def test_what_will_be_typed_needs_no_look(windows: FakeWindows) -> None:
    with Inserting() as inserting:
        inserting.inserter.order(PrepareInsertion(1))
        inserting.dictate("a")
    assert windows.calls == [A]


def test_a_program_that_is_slow_to_say_what_it_copied(windows: FakeWindows, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for no more, and what it has copied is left there."""
    monkeypatch.setattr(insertion_windows, "READ_SECONDS", 0.02)
    asked: list[int] = []

    def slowly(form: int) -> int | None:
        asked.append(form)
        threading.Event().wait(0.05)
        return windows._GetClipboardData(form)

    windows.answers["GetClipboardData"] = slowly
    windows.clipboard = {13: b"b\0\0\0", 0xC100: b"more", 0xC101: b"and more"}
    with Inserting() as inserting:
        inserting.dictate(LONG)
    assert asked == [13]
    assert "EmptyClipboard" not in [call[0] for call in windows.calls]


def test_a_program_that_hangs_is_not_asked(windows: FakeWindows) -> None:
    windows.clipboard = {13: b"b\0\0\0"}
    windows.hangs = True
    windows.answers["GetClipboardData"] = lambda form: pytest.fail("it would never answer")
    with Inserting() as inserting:
        inserting.dictate(LONG)
    assert "EmptyClipboard" not in [call[0] for call in windows.calls]


def test_too_much_on_the_clipboard_is_not_even_copied(windows: FakeWindows) -> None:
    windows.clipboard = {13: b"b\0\0\0", 8: bytes(17 * 2**20)}
    locked: list[int] = []

    def lock(memory: int) -> int:
        locked.append(windows._GlobalSize(memory))
        return memory

    windows.answers["GlobalLock"] = lock
    with Inserting() as inserting:
        inserting.dictate(LONG)
    assert locked == [4]


def test_content_that_cannot_be_given_back_is_not_taken_away(windows: FakeWindows) -> None:
    windows.clipboard = {14: b"a metafile's handle"}
    with Inserting() as inserting:
        inserting.dictate(LONG)
    assert [call[0] for call in windows.calls] == ["OpenClipboard", "CloseClipboard", "SendInput", "SendInput"]


def test_what_leads_back_to_its_program_is_not_given_back(windows: FakeWindows) -> None:
    ole = windows._RegisterClipboardFormatW("Ole Private Data")
    windows.clipboard = {13: b"b\0\0\0", ole: b"private"}
    with Inserting() as inserting:
        inserting.dictate(LONG)
    assert content(windows) == {13: b"b\0\0\0"}


def test_no_restoring(windows: FakeWindows) -> None:
    with Inserting(restore_clipboard=False, method="paste") as inserting:
        inserting.dictate("a")
    assert windows.clipboard[13] == b"a\0\0\0"


def test_the_other_chord_of_a_window(windows: FakeWindows) -> None:
    windows.class_name = "mintty"
    with Inserting(method="paste") as inserting:
        inserting.dictate("ls\n")
    assert text("ls") in windows.calls, "the end of the line would run it"
    assert ("SendInput", (0x10, 0, 0), (0x2D, 0, 1), (0x2D, 0, 3), (0x10, 0, 2)) in windows.calls


def test_copying(windows: FakeWindows) -> None:
    with Inserting() as inserting:
        inserting.inserter.order(CopyText(1, "a\nb"))
        assert inserting.next() == TextCopied(1)
    assert windows.calls == [*OPEN, text("a\r\nb"), *CLOSE], "it stays, so histories may have it"


def test_held_modifiers_are_waited_for(windows: FakeWindows) -> None:
    asked: list[int] = []

    def state(vk: int) -> int:
        asked.append(vk)
        return -0x8000 if vk == 0x11 and asked.count(0x11) < 3 else 0

    windows.answers["GetAsyncKeyState"] = state
    with Inserting() as inserting:
        inserting.dictate("a")
    assert asked.count(0x11) == 3
    assert windows.calls == [A]


def test_a_modifier_that_stays_down(windows: FakeWindows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "MODIFIER_SECONDS", 0.05)
    windows.down = {0x5B}
    with Inserting() as inserting:
        inserting.mark()
        failed = inserting.insert("a")
    assert isinstance(failed, InsertionFailed)
    assert str(failed.error) == "A modifier key is held down; the text is on the clipboard, please paste it."
    assert failed.on_clipboard
    assert windows.clipboard[13] == b"a\0\0\0"


@pytest.mark.parametrize("integrity", [HIGH, None], ids=["higher", "hidden"])
def test_a_window_of_an_administrator_is_told_of_at_once(windows: FakeWindows, integrity: int | None) -> None:
    windows.integrity[0x10] = integrity
    with Inserting() as inserting:
        inserting.inserter.order(PrepareInsertion(1))
        told = inserting.next()
        assert isinstance(told, PartFailed)
        assert str(told.error) == (
            "Your text will be on the clipboard, for the window runs as administrator, which takes no keys from other "
            "programs; paste it there."
        )
        inserting.inserter.order(MarkTarget(1))
        assert isinstance(inserting.next(), TargetMarked)
        failed = inserting.insert("a")
    assert isinstance(failed, InsertionFailed)
    assert failed.on_clipboard
    assert not any(call[0] == "SendInput" for call in windows.calls)


def test_another_window(windows: FakeWindows) -> None:
    windows.integrity[0x20] = windows.integrity[0x10]
    with Inserting() as inserting:
        inserting.mark()
        windows.window = 0x20
        assert isinstance(inserting.insert("a"), InsertionFailed)
    with Inserting(follow_focus=True) as inserting:
        inserting.mark()
        windows.window = 0x10
        assert inserting.insert("a") == TextInserted(1, "0x10")


def test_no_window(windows: FakeWindows) -> None:
    windows.window = 0
    with Inserting() as inserting:
        inserting.mark()
        assert isinstance(inserting.insert("a"), InsertionFailed)


def test_the_focus_moves_while_a_text_is_typed(windows: FakeWindows) -> None:
    def send(count: int, inputs: object, size: int) -> int:
        windows.window = 0x20
        return count

    windows.integrity[0x20] = windows.integrity[0x10]
    windows.answers["SendInput"] = send
    with Inserting(method="type") as inserting:
        inserting.mark()
        assert isinstance(inserting.insert(LONG), InsertionFailed)


def test_input_that_is_not_taken(windows: FakeWindows) -> None:
    windows.answers["SendInput"] = lambda count, inputs, size: 0
    with Inserting() as inserting:
        inserting.mark()
        failed = inserting.insert("a")
    assert isinstance(failed, InsertionFailed)
    assert str(failed.error) == "Windows did not let text be typed; the text is on the clipboard, please paste it."


def test_a_busy_clipboard(windows: FakeWindows) -> None:
    tries: list[object] = []

    def refuse_twice(window: object) -> int:
        tries.append(window)
        return len(tries) > 2

    windows.answers["OpenClipboard"] = refuse_twice
    with Inserting() as inserting:
        inserting.inserter.order(CopyText(1, "a"))
        assert inserting.next() == TextCopied(1)
    assert len(tries) == 3


def test_a_clipboard_that_stays_busy(windows: FakeWindows) -> None:
    windows.answers["OpenClipboard"] = lambda window: 0
    with Inserting() as inserting, closing(inserting.inserter):
        inserting.inserter.order(CopyText(1, "a"))
        failed = inserting.next()
    assert isinstance(failed, InsertionFailed)
    assert not failed.on_clipboard
    assert str(failed.error) == "Another program holds on to the clipboard; try `utterkey last --copy` again."


def test_a_text_that_gets_neither_into_the_window_nor_onto_the_clipboard(windows: FakeWindows) -> None:
    """It is never said to be where it is not."""
    windows.answers["OpenClipboard"] = lambda window: 0
    with Inserting() as inserting:
        inserting.mark()
        windows.window = 0
        failed = inserting.insert("a")
    assert isinstance(failed, InsertionFailed)
    assert not failed.on_clipboard
    assert str(failed.error) == (
        "No window has the keyboard; it could not be put on the clipboard either: copy it with `utterkey last --copy`."
    )
