"""Where a text may go, on a real X server: into the marked window and at the right moment, else onto the clipboard."""

import threading
import time
from contextlib import closing
from typing import Any

import pytest
from Xlib.display import Display

from bare_x import bare_x_server
from desktop import Desktop, await_true
from insertion.posted import (
    DEADLINE,
    Inserting,
    history,
    manage_clipboard,
    open_deaf,
    own,
    own_slowly,
    wait_clipboard,
)
from utterkey.dictation.effects import CopyText, InsertText, MarkTarget
from utterkey.dictation.events import DesktopGone, InsertionFailed, PartFailed, TargetMarked, TextCopied, TextInserted
from utterkey.errors import InsertionError
from utterkey.insertion import choose, delivery, orders
from utterkey.insertion.paste import RECEIPT_SECONDS
from utterkey.insertion.x11 import X11Inserter
from utterkey.settings import OutputSettings

MODIFIERS = ["Control_L", "Control_R", "Shift_L", "Shift_R", "Alt_L", "Super_L"]


def test_it_is_chosen_on_x11(x11: Desktop) -> None:
    inserter = choose(OutputSettings(), lambda event: None)
    assert inserter.name == "x11"
    inserter.close()


# --- held modifiers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["paste", "type"])
@pytest.mark.parametrize("modifier", MODIFIERS)
def test_text_waits_for_a_held_modifier(x11: Desktop, modifier: str, method: str) -> None:
    target = x11.open_target("gtk3")
    with Inserting(OutputSettings(method="paste" if method == "paste" else "type")) as inserting:
        inserting.mark()
        x11.key_down(modifier)
        inserting.inserter.order(InsertText(1, "av"))
        inserting.inserter.order(MarkTarget(2))  # is answered while the text waits
        assert inserting.next() == TargetMarked(2, f"{target.window:#x}")
        assert target.keys() in ([modifier], [])  # nothing but the modifier has been struck
        x11.key_up(modifier)
        assert inserting.next() == TextInserted(1)
        target.wait_text("av")


def test_text_waits_for_a_modifier_that_goes_down_while_the_clipboard_is_read(x11: Desktop) -> None:
    target = x11.open_target("gtk3")
    with Inserting() as inserting:
        inserting.mark()
        owner = own_slowly(x11, "before")
        inserting.inserter.order(InsertText(1, "text"))
        await_true((owner / "asked").exists, 5, "the clipboard being read")
        x11.key_down("Control_L")
        (owner / "go").write_bytes(b"")
        wait_clipboard(x11, {"UTF8_STRING": b"before"})
        assert target.keys() in (["Control_L"], [])
        x11.key_up("Control_L")
        assert inserting.next() == TextInserted(1)
        target.wait_text("text")


def test_a_modifier_held_for_too_long(x11: Desktop, usual_limits: None) -> None:
    target = x11.open_target("tk")
    with Inserting() as inserting:
        inserting.mark()
        x11.key_down("Control_L")
        try:
            assert "modifier" in inserting.fail("text")
        finally:
            x11.key_up("Control_L")
        assert x11.clipboard() == "text"
        assert target.text() == ""


def test_a_text_that_has_to_wait_is_told_to_be_under_way(x11: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "_SIGN_SECONDS", 0.2)
    x11.open_target("tk")
    with Inserting() as inserting:
        inserting.mark()
        x11.key_down("Control_L")
        inserting.inserter.order(InsertText(1, "text"))
        inserting.wait_sign(1)
        x11.key_up("Control_L")
        assert inserting.next() == TextInserted(1)


def test_caps_lock_and_num_lock_are_no_held_modifiers(x11: Desktop) -> None:
    target = x11.open_target("tk")
    x11.tap("Caps_Lock")
    x11.tap("Num_Lock")
    try:
        with Inserting() as inserting:
            inserting.dictate("text")
            target.wait_text("text")
    finally:
        x11.tap("Caps_Lock")
        x11.tap("Num_Lock")


# --- which window -----------------------------------------------------------------------------------------------------


def test_another_window_has_the_focus_when_the_text_is_ready(x11: Desktop) -> None:
    first = x11.open_target("tk")
    with Inserting() as inserting:
        assert inserting.mark() == f"{first.window:#x}"
        second = x11.open_target("tk")
        assert "Another window" in inserting.fail("text")
        assert x11.clipboard() == "text"
        assert (first.text(), second.text()) == ("", "")


def test_the_focus_moves_while_the_clipboard_is_read(x11: Desktop) -> None:
    second = x11.open_target("tk")
    first = x11.open_target("tk")
    with Inserting() as inserting:
        assert inserting.mark() == f"{first.window:#x}"
        owner = own_slowly(x11, "before")
        inserting.inserter.order(InsertText(1, "text"))
        await_true((owner / "asked").exists, 5, "the clipboard being read")
        second.focus()
        (owner / "go").write_bytes(b"")
        assert "focus" in inserting.failed(inserting.next())
        assert x11.clipboard() == "text"
        assert (first.text(), second.text()) == ("", "")


def test_follow_focus_takes_whichever_window_has_it(x11: Desktop) -> None:
    x11.open_target("tk")
    with Inserting(OutputSettings(follow_focus=True)) as inserting:
        inserting.mark()
        second = x11.open_target("gtk3")
        assert inserting.insert("text") == TextInserted(1, f"{second.window:#x}")
        second.wait_text("text")


def test_an_utterance_without_a_mark_goes_where_the_focus_is(x11: Desktop) -> None:
    target = x11.open_target("tk")
    with Inserting() as inserting:
        assert inserting.insert("again") == TextInserted(1)
        target.wait_text("again")


def test_the_window_is_closed_before_the_text_is_ready(x11: Desktop) -> None:
    target = x11.open_target("tk")
    with Inserting() as inserting:
        inserting.mark()
        target.close()
        await_true(lambda: not x11.find_window(target.title), 5, "the end of the window")
        inserting.fail("text")
        assert x11.clipboard() == "text"


@pytest.mark.parametrize("emptied", [False, True], ids=["since the start", "after the last was closed"])
def test_no_window_at_all(x11: Desktop, emptied: bool) -> None:
    with Inserting() as inserting:
        if emptied:  # openbox then gives the focus to a window of its own, and goes on naming the closed one as active
            x11.open_target("tk").close()
            await_true(lambda: inserting.mark() == "", 5, "no window with the focus")
        assert inserting.mark() == ""
        assert "No window" in inserting.fail("text")
        assert x11.clipboard() == "text"


def test_several_utterances_with_several_targets(x11: Desktop) -> None:
    first = x11.open_target("tk")
    with Inserting() as inserting:
        inserting.mark(1)
        second = x11.open_target("tk")
        inserting.mark(2)
        inserting.inserter.order(InsertText(2, "second"))
        assert inserting.next() == TextInserted(2)
        first.focus()
        inserting.inserter.order(InsertText(1, "first"))
        assert inserting.next() == TextInserted(1)
        first.wait_text("first")
        second.wait_text("second")


def test_without_a_window_manager() -> None:
    with pytest.MonkeyPatch.context() as patch, Desktop(audio=False, bus=False, window_manager=False) as bare:
        patch.setenv("DISPLAY", bare.display)
        target = bare.open_target("tk")
        with Inserting() as inserting:
            assert inserting.mark() != ""
            assert inserting.insert("text") == TextInserted(1)
            target.wait_text("text")


# --- no receipt -------------------------------------------------------------------------------------------------------


def test_a_window_that_never_asks(x11: Desktop, usual_limits: None) -> None:
    own(x11, {"UTF8_STRING": b"before"})
    open_deaf(x11)
    with Inserting() as inserting:
        inserting.mark()
        assert "did not take the text" in inserting.fail("text")
        assert x11.clipboard() == "text"
        target = x11.open_target("tk")
        inserting.dictate("next", 2)  # and the next one works
        target.wait_text("next")
        wait_clipboard(x11, {"UTF8_STRING": b"text"})


def test_a_window_that_is_busy_for_longer_than_a_receipt_takes(
    x11: Desktop, usual_limits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BUSY_SECONDS", 30.0)  # looking at the clipboard, before, may take a while too
    target = x11.open_target("gtk3")
    with Inserting() as inserting:
        inserting.mark()
        x11.run(["kill", "-STOP", str(target.process.pid)])
        try:
            inserting.inserter.order(InsertText(1, "text"))
            await_true(lambda: x11.clipboard() == "text", 5, "the text offered")
            start = time.monotonic()
            await_true(lambda: time.monotonic() > start + 1.5 * RECEIPT_SECONDS, 5, "more than a receipt's time")
            assert inserting.nothing_more()
        finally:
            x11.run(["kill", "-CONT", str(target.process.pid)])
        assert inserting.next() == TextInserted(1)
        target.wait_text("text")


# --- the end ----------------------------------------------------------------------------------------------------------


def insertion_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "insertion"]


def test_at_the_end_the_clipboard_manager_keeps_the_content(x11: Desktop) -> None:
    content = {"UTF8_STRING": b"before", "text/html": b"<b>before</b>"}
    folder = manage_clipboard(x11, "saving")
    own(x11, content)
    x11.open_target("tk")
    with Inserting() as inserting:
        inserting.dictate("text")
    assert not insertion_threads()
    wait_clipboard(x11, content)
    await_true(lambda: history(folder)[-1:] == ["before"], DEADLINE, "the former content on top")


def test_at_the_end_without_a_clipboard_manager_the_content_stays(x11: Desktop) -> None:
    content = {"UTF8_STRING": "vorher 日本".encode(), "text/html": b"<b>before</b>", "image/png": b"\x89PNG" * 200_000}
    own(x11, content)
    x11.open_target("tk")
    with Inserting() as inserting:
        inserting.dictate("text")
    assert not insertion_threads()
    wait_clipboard(x11, content)


def test_at_the_end_the_users_own_owner_is_left_alone(x11: Desktop) -> None:
    x11.set_clipboard("before")
    owner = x11.selection_owner("clipboard")
    with Inserting() as inserting:
        inserting.mark()
    assert x11.selection_owner("clipboard") == owner


def test_ending_while_a_text_waits_puts_it_on_the_clipboard(x11: Desktop) -> None:
    x11.open_target("tk")
    with Inserting() as inserting:
        inserting.mark()
        x11.key_down("Control_L")
        inserting.inserter.order(InsertText(1, "text"))
        inserting.inserter.order(MarkTarget(2))
        inserting.next()
        inserting.inserter.close()
        x11.key_up("Control_L")
        assert "ending" in inserting.failed(inserting.next())
        assert x11.clipboard() == "text"


def test_closing_twice_and_using_it_afterwards(x11: Desktop) -> None:
    with Inserting() as inserting:
        inserting.inserter.close()
        inserting.inserter.close()
        event = inserting.insert("text")
        assert isinstance(event, InsertionFailed)
        assert not event.on_clipboard


def test_the_x_server_ends(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with bare_x_server(monkeypatch) as server, Inserting() as inserting:
        server.kill()
        server.wait()
        event = inserting.next()
        assert isinstance(event, DesktopGone)
        assert event.error.code == "insertion"
        failed = inserting.insert("text")
        assert isinstance(failed, InsertionFailed)
        assert not failed.on_clipboard
        assert inserting.nothing_more()


def test_a_connection_that_was_killed_alone(x11: Desktop) -> None:
    """The desktop is there: only this part is lost."""
    with Inserting() as inserting:
        inserting.inserter.order(CopyText(1, "text"))
        assert inserting.next() == TextCopied(1)
        with closing(Display(x11.display)) as another:
            owner: Any = another.get_selection_owner(
                another.intern_atom("CLIPBOARD")
            )  # a number to python-xlib's stubs
            owner.kill_client()
            another.sync()
        event = inserting.next()
        assert isinstance(event, PartFailed)
        assert (event.part, event.error.code) == ("insertion", "insertion")


def test_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(InsertionError, match="DISPLAY"):
        X11Inserter(OutputSettings(), lambda event: None)
