"""The hotkey on a real X server, with real key events and a window that tells which presses reached it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xinput

from bare_x import bare_x_server
from desktop import Desktop, Target, await_true, end
from hotkey.posted import Posted
from utterkey.dictation.events import DesktopGone, Event
from utterkey.errors import HotkeyError
from utterkey.hotkey import Hotkeys, choose, gesture
from utterkey.settings import ExtraHotkey, HotkeySettings

Start = Callable[[HotkeySettings], Hotkeys]
Counts = Callable[[int, int], int]

AUTO_REPEATS_AFTER = 0.8
"""Xvfb repeats a key after 0.66 s."""

ALONE = HotkeySettings(key="right_ctrl", min_hold_ms=0)
F9 = HotkeySettings(key="f9", min_hold_ms=0)


@contextmanager
def held(desktop: Desktop, *names: str) -> Iterator[None]:
    for name in names:
        desktop.key_down(name)
    try:
        yield
    finally:
        for name in reversed(names):
            desktop.key_up(name)


@contextmanager
def another_client() -> Iterator[Display]:
    display = Display()
    try:
        yield display
    finally:
        display.close()


def keycode(display: Display, name: str) -> int:
    return display.keysym_to_keycode(XK.string_to_keysym(name))


def repeats(name: str) -> bool:
    """Does the server repeat this key?"""
    with another_client() as display:
        code = keycode(display, name)
        return bool(display.get_keyboard_control().auto_repeats[code >> 3] >> (code & 7) & 1)


def reached(desktop: Desktop, target: Target) -> list[str]:
    """The presses that reached the window before this moment."""
    before = len(target.keys())
    desktop.tap("z")
    await_true(lambda: "z" in target.keys()[before:], 5, "the last key")
    return target.keys()[:-1]


# --- grabbed keys --------------------------------------------------------------------------------------------------


def test_hold(x11: Desktop, start: Start, posted: Posted) -> None:
    start(F9)
    with held(x11, "F9"):
        posted.expect("press f9")
    posted.expect("release f9")
    assert posted.threads == {"hotkey"}


def test_no_press_reaches_the_window(
    x11: Desktop, start: Start, posted: Posted, counts: Callable[[int, int], int]
) -> None:
    target = x11.open_target()
    start(F9)
    for _ in range(counts(3, 35)):
        with held(x11, "F9"):
            posted.expect("press f9")
            posted.expect_nothing(AUTO_REPEATS_AFTER)
        posted.expect("release f9")
    assert reached(x11, target) == []


def test_while_it_is_held_other_keys_and_our_own_chord_reach_the_window(
    x11: Desktop, start: Start, posted: Posted
) -> None:
    target = x11.open_target()
    start(F9)
    with held(x11, "F9"):
        posted.expect("press f9")
        x11.type_text("abc")
        x11.tap("Shift_L", "Insert")
        assert reached(x11, target) == ["a", "b", "c", "Shift_L", "Insert"]
        posted.expect_nothing()
    posted.expect("release f9")


@pytest.mark.parametrize("grab", [True, False])
def test_insert_last_when_all_of_it_is_up(x11: Desktop, start: Start, posted: Posted, grab: bool) -> None:
    """Until then the text would become shortcuts, or be lost in the grab."""
    target = x11.open_target()
    start(HotkeySettings(key="f9", insert_last="ctrl+alt+v", grab=grab))
    for first, *others in (("v", "Alt_L", "Control_L"), ("Control_L", "Alt_L", "v"), ("Alt_L", "v", "Control_L")):
        for name in ("Control_L", "Alt_L", "v"):
            x11.key_down(name)
        x11.key_up(first)
        x11.key_up(others[0])
        posted.expect_nothing(0.1)
        x11.key_up(others[1])
        posted.expect("insert last")
    assert ("v" in reached(x11, target)) != grab


def test_with_a_modifier_it_is_another_key(x11: Desktop, start: Start, posted: Posted) -> None:
    target = x11.open_target()
    start(F9)
    x11.tap("Control_L", "F9")
    assert reached(x11, target) == ["Control_L", "F9"]
    posted.expect_nothing()


def test_locks_do_not_matter(x11: Desktop, start: Start, posted: Posted) -> None:
    start(F9)
    for locks in (["Num_Lock"], ["Caps_Lock"], ["Num_Lock"], ["Caps_Lock"]):  # the last two switch them off again
        x11.tap(*locks)
        x11.tap("F9")
        posted.expect("press f9", "release f9")


def test_toggle(x11: Desktop, start: Start, posted: Posted) -> None:
    start(HotkeySettings(key="pause", mode="toggle"))
    x11.tap("Pause")
    x11.tap("Pause")
    posted.expect("toggle pause", "toggle pause")


def test_auto(x11: Desktop, start: Start, posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    start(HotkeySettings(key="f9", mode="auto"))
    usual = gesture.TAP_SECONDS
    monkeypatch.setattr(gesture, "TAP_SECONDS", 60.0)  # that of a busy machine
    x11.tap("F9")
    posted.expect("toggle f9")
    posted.expect_nothing(0.05)  # no hand is faster: a key that is up and down in one millisecond is auto-repeat
    with held(x11, "F9"):
        posted.expect("toggle f9")
        monkeypatch.setattr(gesture, "TAP_SECONDS", usual)
        posted.expect_nothing(0.5)
    posted.expect("release f9")


def test_a_slip_of_the_finger(x11: Desktop, start: Start, posted: Posted) -> None:
    start(HotkeySettings(key="f9", min_hold_ms=2000))
    x11.tap("F9")
    posted.expect("press f9", "cancel f9")


def test_a_busy_program_makes_no_hold_shorter(x11: Desktop, posted: Posted) -> None:
    """A press and its release that are both seen too late are still as far apart as they were."""
    go_on = threading.Event()

    def busy(event: Event) -> None:
        posted(event)
        go_on.wait(5)

    extra = ExtraHotkey(key="f8", mode="toggle")
    with closing(choose(HotkeySettings(key="f9", min_hold_ms=200, extra=(extra,)), busy)):
        x11.tap("F8")
        posted.expect("toggle f8")
        with held(x11, "F9"):
            posted.expect_nothing(0.3)
        go_on.set()
        posted.expect("press f9", "release f9")


_DIE_LISTENING = """
import os, signal, sys
from utterkey.hotkey import choose
from utterkey.settings import HotkeySettings
choose(HotkeySettings(key=sys.argv[1]), print)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_auto_repeat_of_a_killed_predecessors_key_is_on_again(x11: Desktop, posted: Posted) -> None:
    environment = {"PYTHONPATH": ":".join(sys.path)}
    assert x11.start([sys.executable, "-c", _DIE_LISTENING, "f9"], environment=environment).wait(20) == -9
    assert not repeats("F9")
    hotkeys = choose(HotkeySettings(key="f7"), posted)
    assert repeats("F9")  # although it is no hotkey any more
    hotkeys.close()
    assert x11.start([sys.executable, "-c", _DIE_LISTENING, "f9"], environment=environment).wait(20) == -9
    hotkeys = choose(HotkeySettings(key="f9"), posted)
    assert not repeats("F9")
    second = choose(HotkeySettings(key="f6"), posted)
    assert not repeats("F9")  # for the first is alive
    second.close()
    hotkeys.close()
    assert repeats("F9")


def test_auto_repeat_is_as_it_was_afterwards(x11: Desktop, posted: Posted) -> None:
    with another_client() as display:
        f8 = keycode(display, "F8")
        display.change_keyboard_control(key=f8, auto_repeat_mode=X.AutoRepeatModeOff)
        display.sync()
        hotkeys = choose(HotkeySettings(key="f9", extra=(ExtraHotkey(key="f8"),)), posted)
        assert not repeats("F9")
        hotkeys.close()
        assert repeats("F9")
        assert not repeats("F8")
        display.change_keyboard_control(key=f8, auto_repeat_mode=X.AutoRepeatModeOn)
        display.sync()


# --- combinations --------------------------------------------------------------------------------------------------

COMBO = HotkeySettings(key="ctrl+alt+space", min_hold_ms=0)


def test_combination(x11: Desktop, start: Start, posted: Posted) -> None:
    target = x11.open_target()
    start(COMBO)
    with held(x11, "Control_L", "Alt_L", "space"):
        posted.expect("press ctrl+alt+space")
        posted.expect_nothing(AUTO_REPEATS_AFTER)
    posted.expect("release ctrl+alt+space")
    assert "space" not in reached(x11, target)


def test_a_combination_ends_with_its_modifier(x11: Desktop, start: Start, posted: Posted) -> None:
    target = x11.open_target()
    start(COMBO)
    with held(x11, "space"):
        posted.expect_nothing()
    with held(x11, "Control_L"):
        x11.key_down("Alt_L")
        x11.key_down("space")
        posted.expect("press ctrl+alt+space")
        x11.key_up("Alt_L")
        posted.expect("release ctrl+alt+space")
        posted.expect_nothing(AUTO_REPEATS_AFTER)
        x11.key_up("space")
    assert reached(x11, target).count("space") == 1
    assert repeats("space")


def test_cancel_while_a_combination_is_held(x11: Desktop, start: Start, posted: Posted) -> None:
    start(COMBO).watch_cancel(True)
    with held(x11, "Control_L", "Alt_L", "space"):
        posted.expect("press ctrl+alt+space")
        x11.tap("Escape")
        posted.expect("cancel all")
    x11.tap("Control_L", "Alt_L", "space")
    posted.expect("press ctrl+alt+space", "release ctrl+alt+space")


# --- lone modifiers ------------------------------------------------------------------------------------------------


def test_a_lone_modifier_reaches_the_window(x11: Desktop, start: Start, posted: Posted) -> None:
    target = x11.open_target()
    start(ALONE)
    with held(x11, "Control_R"):
        posted.expect("press right_ctrl")
    posted.expect("release right_ctrl")
    assert reached(x11, target) == ["Control_R"]


def test_shortcuts_with_it_start_nothing(x11: Desktop, start: Start, posted: Posted) -> None:
    start(ALONE)
    for _ in range(20):
        x11.tap("Control_R", "c")
        posted.expect("press right_ctrl", "cancel right_ctrl")
    posted.expect_nothing()


def test_a_click_makes_it_a_shortcut(x11: Desktop, start: Start, posted: Posted) -> None:
    start(ALONE)
    with held(x11, "Control_R"):
        posted.expect("press right_ctrl")
        x11.button_down(1)
        x11.button_up(1)
        posted.expect("cancel right_ctrl")
    x11.tap("Control_R")
    posted.expect("press right_ctrl", "release right_ctrl")


def test_behind_another_modifier_it_is_a_shortcut(x11: Desktop, start: Start, posted: Posted) -> None:
    start(ALONE)
    for other in ("Shift_L", "Control_L", "Alt_L"):
        x11.tap(other, "Control_R")
        with held(x11, other):
            x11.tap("Control_R")
    x11.tap("Control_R")
    posted.expect("press right_ctrl", "release right_ctrl")


def test_the_same_modifier_of_the_other_side_is_none(x11: Desktop, start: Start, posted: Posted) -> None:
    start(ALONE)
    x11.tap("Control_L")
    x11.tap("Control_R")
    posted.expect("press right_ctrl", "release right_ctrl")


def test_toggling_modifier(x11: Desktop, start: Start, posted: Posted) -> None:
    start(HotkeySettings(key="right_ctrl", mode="toggle"))
    x11.tap("Control_R", "c")
    x11.tap("Control_R")
    posted.expect("toggle right_ctrl")
    posted.expect_nothing()


def test_auto_modifier_forgets_its_tap_when_the_recording_ends(
    x11: Desktop, start: Start, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gesture, "TAP_SECONDS", 60.0)  # that of a busy machine
    hotkeys = start(HotkeySettings(key="right_ctrl", mode="auto"))
    x11.tap("Control_R")
    posted.expect("press right_ctrl")
    hotkeys.watch_cancel(True)
    await_true(lambda: not repeats("Escape"), 5, "the grab")
    hotkeys.watch_cancel(False)
    await_true(lambda: repeats("Escape"), 5, "the end of the grab")
    x11.tap("Control_R")
    posted.expect("press right_ctrl")


# --- mouse buttons, observed keys, extras --------------------------------------------------------------------------


def test_mouse_button(x11: Desktop, start: Start, posted: Posted) -> None:
    start(HotkeySettings(key="mouse8", min_hold_ms=0))
    x11.button_down(8)
    posted.expect("press mouse8")
    x11.tap("c")
    x11.button_up(9)
    posted.expect_nothing(0.6)  # its state was asked for in the meantime
    x11.button_up(8)
    posted.expect("release mouse8")


def test_observed_keys_reach_the_window(x11: Desktop, start: Start, posted: Posted) -> None:
    target = x11.open_target()
    start(HotkeySettings(key="f9", grab=False, min_hold_ms=0, extra=(ExtraHotkey(key="ctrl+f9"),)))
    x11.tap("F9")
    posted.expect("press f9", "release f9")
    x11.tap("Control_L", "F9")
    posted.expect("press ctrl+f9", "release ctrl+f9")
    x11.tap("Shift_L", "F9")
    assert reached(x11, target) == ["F9", "Control_L", "F9", "Shift_L", "F9"]
    posted.expect_nothing()


def test_one_hotkey_at_a_time(x11: Desktop, start: Start, posted: Posted) -> None:
    start(HotkeySettings(key="f9", min_hold_ms=0, extra=(ExtraHotkey(key="f8"), ExtraHotkey(key="right_ctrl"))))
    with held(x11, "F9"):
        x11.tap("F8")
        x11.tap("Control_R")
    posted.expect("press f9", "release f9")
    x11.tap("F8")
    x11.tap("Control_R")
    posted.expect("press f8", "release f8", "press right_ctrl", "release right_ctrl")
    posted.expect_nothing()


# --- listening, cancelling, closing --------------------------------------------------------------------------------


def test_paused_the_key_is_the_applications(x11: Desktop, start: Start, posted: Posted) -> None:
    target = x11.open_target()
    hotkeys = start(F9)
    hotkeys.listen(False)
    await_true(lambda: repeats("F9"), 5, "the auto-repeat")
    x11.tap("F9")
    assert reached(x11, target) == ["F9"]
    posted.expect_nothing()
    hotkeys.listen(True)
    await_true(lambda: not repeats("F9"), 5, "the grab")
    x11.tap("F9")
    posted.expect("press f9", "release f9")
    assert reached(x11, target) == ["F9", "z"]


def test_pausing_lets_go(x11: Desktop, start: Start, posted: Posted) -> None:
    hotkeys = start(F9)
    with held(x11, "F9"):
        posted.expect("press f9")
        hotkeys.listen(False)
        posted.expect("release f9")
    posted.expect_nothing()


def test_the_cancel_key_is_ours_only_while_it_is_watched(x11: Desktop, start: Start, posted: Posted) -> None:
    target = x11.open_target()
    hotkeys = start(F9)
    x11.tap("Escape")
    assert reached(x11, target) == ["Escape"]
    with held(x11, "F9"):
        posted.expect("press f9")
        hotkeys.watch_cancel(True)
        await_true(lambda: not repeats("Escape"), 5, "the grab")
        x11.tap("Escape")
        posted.expect("cancel all")
        hotkeys.watch_cancel(False)
        await_true(lambda: repeats("Escape"), 5, "the end of the grab")
    x11.tap("Escape")
    assert reached(x11, target) == ["Escape", "z", "Escape"]
    posted.expect_nothing()


def test_a_cancel_key_of_another_program_is_observed(x11: Desktop, start: Start, posted: Posted) -> None:
    with another_client() as display:
        display.screen().root.grab_key(keycode(display, "Escape"), 0, True, X.GrabModeAsync, X.GrabModeAsync)
        display.sync()
        start(F9).watch_cancel(True)
        for _ in range(2):  # when the second is heard the order is obeyed; the first may have come with it
            x11.tap("F9")
            posted.expect("press f9", "release f9")
        x11.tap("Escape")
        posted.expect("cancel all")


def test_a_key_of_another_program(x11: Desktop, start: Start, posted: Posted) -> None:
    with another_client() as display:
        display.screen().root.grab_key(keycode(display, "F9"), 0, True, X.GrabModeAsync, X.GrabModeAsync)
        display.sync()
        with pytest.raises(HotkeyError, match="Another program already uses f9; free it there or choose another key"):
            choose(F9, posted)
        hotkeys = start(HotkeySettings(key="f9", extra=(ExtraHotkey(key="f8"),), min_hold_ms=0))
        assert str(posted.next_failure().error).startswith("Another program already uses f9")
        assert hotkeys.key == "f8"
        x11.tap("F8")
        posted.expect("press f8", "release f8")
        assert repeats("F9")
        display.screen().root.ungrab_key(keycode(display, "F9"), 0)
        display.sync()
    hotkeys.listen(False)
    assert posted.well == []
    hotkeys.listen(True)
    await_true(lambda: posted.well == ["hotkey"], 5, "the key that is free again told")
    assert hotkeys.key == "f9"


def test_a_key_the_keyboard_does_not_have(x11: Desktop, posted: Posted) -> None:
    with pytest.raises(HotkeyError, match="This keyboard has no key for f24; choose another one"):
        choose(HotkeySettings(key="f24"), posted)


def test_the_key_moves_with_the_keyboard_mapping(posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    with Desktop(audio=False, bus=False, window_manager=False) as desktop:
        monkeypatch.setenv("DISPLAY", desktop.display)
        with closing(choose(F9, posted)), another_client() as display:
            f9 = keycode(display, "F9")
            (on_f9,), (on_f10,) = display.get_keyboard_mapping(f9, 1), display.get_keyboard_mapping(f9 + 1, 1)
            display.change_keyboard_mapping(f9, [on_f10, on_f9])
            display.sync()
            await_true(lambda: not repeats("F9"), 5, "the grab in its new place")
            assert repeats("F10")
            desktop.tap("F9")
            posted.expect("press f9", "release f9")


def test_a_lost_key_up_is_noticed(x11: Desktop, start: Start, posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    start(F9)
    monkeypatch.setattr(xinput, "select_events", lambda window, masks: None)  # nothing will tell of it
    with held(x11, "F9"):
        posted.expect("press f9")
        posted.expect_nothing(0.7)
    posted.expect("release f9")


def test_closing_lets_go(x11: Desktop, posted: Posted) -> None:
    hotkeys = choose(F9, posted)
    with held(x11, "F9"):
        posted.expect("press f9")
        hotkeys.close()
        posted.expect("release f9")
    hotkeys.close()
    assert "hotkey" not in {thread.name for thread in threading.enumerate()}


def test_the_x_server_goes_away(posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    with bare_x_server(monkeypatch) as server:
        hotkeys = choose(F9, posted)
        end(server)
        gone = posted.next()
        assert isinstance(gone, DesktopGone)
        assert str(gone.error).startswith("The X server closed the connection")
        await_true(lambda: "hotkey" not in {t.name for t in threading.enumerate()}, 5, "the end of the thread")
        hotkeys.watch_cancel(True)
        hotkeys.close()
        posted.expect_nothing()
