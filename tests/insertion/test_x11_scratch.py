"""The last insertion is removed from a real window, and only while nothing else has happened there."""

from collections.abc import Callable

import pytest

from asleep import Sleeper
from desktop import Desktop, TargetKind, await_true
from insertion.posted import Inserting, open_deaf
from utterkey.dictation.effects import ScratchLast
from utterkey.dictation.events import InsertionFailed, NotScratched
from utterkey.insertion.clipboard import ClipboardInserter
from utterkey.settings import OutputSettings

PASTE = OutputSettings(spoken_commands=True)
TYPE = OutputSettings(spoken_commands=True, method="type")
TEXT = "Grüße aus Köln 😀 "


@pytest.mark.parametrize("output", [PASTE, TYPE], ids=["pasted", "typed"])
@pytest.mark.parametrize("kind", ["tk", "gtk3", "gtk4", "chromium"])
def test_what_stood_before_stays(x11: Desktop, kind: TargetKind, output: OutputSettings) -> None:
    target = x11.open_target(kind)
    with Inserting(output) as inserting:
        x11.type_text("before ")
        inserting.dictate(TEXT)
        target.wait_text("before " + TEXT, 10)
        inserting.scratch()
        target.wait_text("before ", 10)
        assert "no text that was just inserted" in inserting.refuse_to_scratch(3)
        inserting.dictate("Anew ", 4)
        target.wait_text("before Anew ", 10)
        inserting.scratch(5)
        target.wait_text("before ", 10)


def test_several_lines_that_were_pasted(x11: Desktop) -> None:
    target = x11.open_target("gtk3")
    with Inserting(PASTE) as inserting:
        x11.type_text("before ")
        inserting.dictate("one\n\ttwo\n")
        target.wait_text("before one\n\ttwo\n")
        inserting.scratch()
        target.wait_text("before ")


def test_a_line_of_a_terminal(x11: Desktop) -> None:
    """The line discipline of a terminal with `cat` behind it."""
    out = x11.folder / "out"
    x11.start(["xterm", "-u8", "-T", "plain", "-e", "sh", "-c", f"cat > {out}"])
    await_true(lambda: x11.find_window("plain"), 10, "the terminal")
    x11.focus(x11.find_window("plain"))
    await_true(out.exists, 10, "cat")
    with Inserting(PASTE) as inserting:
        inserting.dictate("ab ")
        inserting.dictate(TEXT, 2)
        inserting.scratch(3)
        inserting.dictate("one\ntwo", 4)
        assert "terminal" in inserting.refuse_to_scratch(5)
        x11.tap("Return")
        await_true(lambda: out.read_text() == "ab one\ntwo\n", 10, "what cat has read")


def click(desktop: Desktop, button: int) -> None:
    desktop.button_down(button)
    desktop.button_up(button)


USERS: dict[str, Callable[[Desktop], None]] = {
    "a letter": lambda desktop: desktop.tap("x"),
    "an arrow": lambda desktop: desktop.tap("Left"),
    "a shortcut": lambda desktop: desktop.tap("Control_L", "a"),
    "a click": lambda desktop: click(desktop, 1),
    "the wheel": lambda desktop: click(desktop, 4),
}


@pytest.mark.parametrize("name", USERS)
def test_the_user_did_something_since(x11: Desktop, name: str) -> None:
    target = x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.dictate("text ")
        target.wait_text("text ")
        USERS[name](x11)
        assert "pressed since" in inserting.refuse_to_scratch()
        inserting.dictate("more ", 3)  # which begins anew
        inserting.scratch(4)
        await_true(lambda: "more" not in target.text(), 5, "the end of it")


def test_a_modifier_alone_is_nothing(x11: Desktop) -> None:
    target = x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.dictate("text ")
        x11.tap("Control_R")
        x11.tap("Caps_Lock")
        x11.tap("Caps_Lock")
        inserting.scratch()
        target.wait_text("")


def test_the_hotkey_is_no_key_but_more_than_the_hotkey_is(x11: Desktop) -> None:
    target = x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.dictate("text ")
        x11.tap("F9")
        assert "pressed since" in inserting.refuse_to_scratch(hotkey_presses=0)
        inserting.scratch(3, hotkey_presses=1)
        target.wait_text("")


def test_many_presses_are_too_many_whatever_the_hotkey(x11: Desktop) -> None:
    x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.dictate("text ")
        for _ in range(20):
            x11.tap("x")
        assert "pressed since" in inserting.refuse_to_scratch(hotkey_presses=30)


def test_another_window_has_the_focus(x11: Desktop) -> None:
    first = x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.dictate("text ")
        second = x11.open_target("tk")
        assert "another window" in inserting.refuse_to_scratch()
        assert (first.text(), second.text()) == ("text ", "")


def test_the_focus_moves_after_the_release(x11: Desktop) -> None:
    first = x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.dictate("text ")
        inserting.mark(2)
        x11.open_target("tk")
        inserting.inserter.order(ScratchLast(2, 0))
        assert isinstance(inserting.next(), NotScratched)
        assert first.text() == "text "


@pytest.mark.parametrize("text", ["👩‍💻 ", "e\u0301 "])
def test_what_programs_delete_differently(x11: Desktop, text: str) -> None:
    target = x11.open_target("gtk3")
    with Inserting(PASTE) as inserting:
        inserting.dictate(text)
        target.wait_text(text)
        assert "programs differ" in inserting.refuse_to_scratch()
        assert target.text() == text


def test_a_text_that_failed_is_not_scratched(x11: Desktop, usual_limits: None) -> None:
    x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.dictate("text ")
        folder = open_deaf(x11)
        inserting.mark(2)
        assert isinstance(inserting.insert("lost", 2), InsertionFailed)
        assert "no text" in inserting.refuse_to_scratch(3)
        assert not any(line == "22" for line in (folder / "keys").read_text().split())  # BackSpace


def test_without_spoken_commands_nobody_listens(x11: Desktop) -> None:
    target = x11.open_target("tk")
    with Inserting() as inserting:
        inserting.dictate("text ")
        await_true(lambda: _wakes(x11) == 0, 10, "quiet, after the clipboard was given back", every=0.0)
        assert "no text" in inserting.refuse_to_scratch()
        await_true(lambda: target.text().startswith("text "), 10, "the text, and what was typed after it")


def test_spoken_commands_that_are_switched_on_later(x11: Desktop) -> None:
    target = x11.open_target("tk")
    with Inserting() as inserting:
        inserting.inserter.adopt(PASTE)
        inserting.dictate("text ")
        inserting.scratch()
        target.wait_text("")
        inserting.dictate("more ", 3)
        inserting.inserter.adopt(OutputSettings())
        assert "no text" in inserting.refuse_to_scratch(4)


def test_without_xinput_nothing_is_scratched(x11: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("utterkey.desktop.x11.XInput.find", lambda display: None)
    x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.dictate("text ")
        assert "cannot be watched" in inserting.refuse_to_scratch()


def test_a_text_that_was_inserted_again(x11: Desktop) -> None:
    """Without a mark of its own, as the command and the hotkey do it."""
    target = x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.insert("again ", 0)
        target.wait_text("again ")
        inserting.scratch()
        target.wait_text("")


def test_onto_the_clipboard_there_is_no_last_insertion(x11: Desktop) -> None:
    events: list[object] = []
    inserter = ClipboardInserter(events.append, "No keys.")
    inserter.order(ScratchLast(1, 0))
    inserter.close()
    assert isinstance(events[0], NotScratched)
    assert "Nothing was scratched" in str(events[0].error)


def test_nobody_is_woken_by_keys_once_there_is_nothing_to_scratch(x11: Desktop) -> None:
    x11.open_target("tk")
    with Inserting(PASTE) as inserting:
        inserting.dictate("text ")
        thread = Sleeper("insertion")
        thread.await_rest()
        before = thread.switches()
        x11.tap("y")
        await_true(lambda: thread.switches() > before, 10, "a thread that is woken")
        for _ in range(20):
            x11.tap("x")
        await_true(lambda: _wakes(x11) == 0, 10, "quiet", every=0.0)


def _wakes(desktop: Desktop) -> int:
    """How often the insertion thread is woken while three keys are pressed."""
    thread = Sleeper("insertion")
    before = thread.switches()
    for _ in range(3):
        desktop.tap("y")
    return thread.switches() - before
