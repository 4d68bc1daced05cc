"""Typing on a real X server: every character is right, and the keyboard is afterwards what it was before."""

import sys
import threading

import pytest
from Xlib.display import Display

from desktop import Desktop, TargetKind, await_true
from insertion.posted import Inserting, now, open_deaf, visible_ms
from utterkey.dictation.effects import InsertText
from utterkey.dictation.events import TextInserted
from utterkey.settings import OutputSettings

TYPE = OutputSettings(method="type")
MIXED = ("Grüße — “naïve” ß € 日本語 😀 ñ Žluťoučký кот " * 30)[:1000]
TEXTS = {
    "all of ASCII": "".join(chr(code) for code in range(0x20, 0x7F)),
    "more symbols than spare keys": "".join(chr(code) for code in range(0x4E00, 0x4E00 + 120)),
}
LAYOUTS = ["us", "de", "fr", "ru", "us,ru"]


@pytest.mark.parametrize("kind", ["tk", "gtk3", "xterm"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_is_typed_as_it_is(x11: Desktop, kind: TargetKind, text: str) -> None:
    target = x11.open_target(kind)
    before = x11.keyboard()
    with Inserting(TYPE) as inserting:
        inserting.dictate(text)
        target.wait_text(text, 20)
        await_true(lambda: x11.keyboard() == before, 10, "the keyboard as before")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout(x11: Desktop, layout: str) -> None:
    x11.run(["setxkbmap", "-layout", layout])
    try:
        target = x11.open_target("gtk3")
        text = "The lazy dog; Zürich @ 5 €, привет {a} [b] ~ \\ |"
        with Inserting(TYPE) as inserting:
            inserting.dictate(text)
            target.wait_text(text)
    finally:
        x11.run(["setxkbmap", "-layout", "us"])


def test_the_second_layout_in_use(x11: Desktop) -> None:
    x11.run(["setxkbmap", "-layout", "us,ru", "-option", "grp:shifts_toggle"])
    try:
        target = x11.open_target("tk")
        x11.tap("Shift_L", "Shift_R")
        with Inserting(TYPE) as inserting:
            inserting.dictate("hello Привет ")
            inserting.dictate("again", 2)
            target.wait_text("hello Привет again")
        x11.tap("a")
        target.wait_text("hello Привет againф")  # the layout in use is still the second one
    finally:
        x11.run(["setxkbmap", "-layout", "us", "-option", ""])


def test_caps_lock_on(x11: Desktop) -> None:
    target = x11.open_target("gtk3")
    x11.tap("Caps_Lock")
    try:
        with Inserting(TYPE) as inserting:
            inserting.dictate("Mixed cAse é Ü ")
            target.wait_text("Mixed cAse é Ü ")
        x11.tap("a")
        target.wait_text("Mixed cAse é Ü A")  # and it is still on
    finally:
        x11.tap("Caps_Lock")


def test_the_layout_in_full_detail_is_as_before(x11: Desktop) -> None:
    x11.run(["setxkbmap", "-layout", "de"])
    try:
        before = _described(x11)
        x11.open_target("gtk3")
        with Inserting(TYPE) as inserting:
            inserting.dictate(MIXED[:100])
        assert _described(x11) == before
    finally:
        x11.run(["setxkbmap", "-layout", "us"])


def _described(desktop: Desktop) -> bytes:
    """Key types, symbols and actions, of which the core protocol shows only a part."""
    return desktop.run(["xkbcomp", "-xkb", desktop.display, "-"])


def test_bindings_of_a_killed_predecessor_are_removed_at_start(x11: Desktop) -> None:
    before = x11.keyboard()
    killed = x11.start([sys.executable, "-c", _DIE_TYPING], environment={"PYTHONPATH": ":".join(sys.path)})
    assert killed.wait(20) == -9
    assert x11.keyboard() != before
    with Inserting(TYPE):
        assert x11.keyboard() == before


_DIE_TYPING = """
import os, signal
from utterkey.desktop.x11 import Connection
from utterkey.insertion.keyboard import Keyboard
from utterkey.insertion.keystrokes import plan
keyboard = Keyboard(Connection().display)
keyboard.bind(plan("日本語", keyboard.keymap())[0].bindings)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_key_with_another_meaning_since_the_crash_is_left_alone(x11: Desktop) -> None:
    killed = x11.start([sys.executable, "-c", _DIE_TYPING], environment={"PYTHONPATH": ":".join(sys.path)})
    killed.wait(20)
    display = Display()
    first = display.display.info.min_keycode
    code = next(code for code in range(first, 256) if 0x010065E5 in display.get_keyboard_mapping(code, 1)[0])
    display.change_keyboard_mapping(code, [(0x61, 0x62)])
    display.sync()
    try:
        with Inserting(TYPE):
            assert tuple(display.get_keyboard_mapping(code, 1)[0][:2]) == (0x61, 0x62)
    finally:
        display.change_keyboard_mapping(code, [(0, 0)])
        display.sync()
        display.close()


def test_a_window_that_is_busy_gets_every_character_right(x11: Desktop) -> None:
    """It looks up its keys late: until then they may not get another meaning."""
    text = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 100))
    target = x11.open_target("gtk3")
    before = x11.keyboard()
    with Inserting(TYPE) as inserting:
        inserting.mark()
        x11.run(["kill", "-STOP", str(target.process.pid)])
        try:
            inserting.inserter.order(InsertText(1, text))
            await_true(lambda: x11.keyboard() != before, 5, "the first round")
            x11.clipboard()  # takes longer than all rounds would without waiting
        finally:
            x11.run(["kill", "-CONT", str(target.process.pid)])
        assert inserting.next() == TextInserted(1)
        target.wait_text(text)


def test_when_the_focus_moves_typing_stops(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a window manager: those need their time for every change of the mapping, and then for the focus."""
    text = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 4000))  # in rounds, between which the focus can move
    with Desktop(audio=False, bus=False, window_manager=False) as bare:
        monkeypatch.setenv("DISPLAY", bare.display)
        target = bare.open_target("tk")
        first = open_deaf(bare)
        with Inserting(TYPE) as inserting:
            inserting.mark()
            inserting.inserter.order(InsertText(1, text))
            await_true((first / "keys").exists, 5, "the first round")
            target.focus()
            assert "focus moved" in inserting.failed(inserting.next())
            assert len(target.text()) <= 64
            assert bare.clipboard() == text


def test_typing_stops_at_a_modifier_that_goes_down_and_stays(x11: Desktop, usual_limits: None) -> None:
    text = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 4000))  # in rounds
    folder = open_deaf(x11)
    with Inserting(TYPE) as inserting:
        inserting.mark()
        inserting.inserter.order(InsertText(1, text))
        await_true((folder / "keys").exists, 5, "the first round")
        x11.key_down("Control_L")
        try:
            assert "modifier" in inserting.failed(inserting.next())
        finally:
            x11.key_up("Control_L")
        assert x11.clipboard() == text


def test_ending_while_a_long_text_is_typed_leaves_no_key_bound(x11: Desktop) -> None:
    """Into a window that draws for longer than the program may take to end."""
    before = x11.keyboard()
    open_deaf(x11)
    x11.set_clipboard("before")
    with Inserting(TYPE) as inserting:
        inserting.mark()
        assert inserting.insert("日本語" * 1200) == TextInserted(1)  # only then the keys are made spare, 8 s later
        assert x11.keyboard() != before
    assert x11.keyboard() == before
    assert not [thread for thread in threading.enumerate() if thread.name == "insertion"]


def test_a_thousand_mixed_characters(x11: Desktop) -> None:
    target = x11.open_target("xterm")
    with Inserting(TYPE) as inserting:
        inserting.mark()
        start = now()
        assert inserting.insert(MIXED) == TextInserted(1)
        target.wait_text(MIXED)
        assert visible_ms(target, start) < 5 * 200
