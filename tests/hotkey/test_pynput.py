"""The hotkey observed through pynput, on a real X server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress

import pytest

from desktop import Desktop
from hotkey.posted import Posted
from utterkey.hotkey import Hotkeys, choose
from utterkey.hotkey.plan import plan
from utterkey.settings import ExtraHotkey, HotkeySettings

Start = Callable[..., Hotkeys]

PROBE = ExtraHotkey(key="f7", mode="toggle")
MOUSE_PROBE = ExtraHotkey(key="mouse9", mode="toggle")
"""pynput does not tell when it has begun to listen: these are tapped until they are heard. More than one tap may be."""


@pytest.fixture
def observe(x11: Desktop, posted: Posted) -> Iterator[Start]:
    from utterkey.hotkey.pynput import PynputHotkeys

    def start(**settings: object) -> Hotkeys:
        wanted = plan(HotkeySettings(extra=(PROBE, MOUSE_PROBE), **settings))  # type: ignore[arg-type]  # checked where they are read
        hotkeys = started.enter_context(closing(PynputHotkeys(wanted, posted)))
        wait_until_heard(posted, "toggle f7", lambda: x11.tap("F7"))
        return hotkeys

    with ExitStack() as started:
        yield start


def wait_until_heard(posted: Posted, told: str, tap: Callable[[], None]) -> None:
    for _ in range(100):
        tap()
        with suppress(pytest.fail.Exception):
            posted.expect(told, deadline=0.1)
            posted.ignore(told)  # of the taps before
            return
    pytest.fail("pynput hears nothing")


def test_it_is_used_where_xinput_is_missing(x11: Desktop, posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("utterkey.desktop.x11.XInput.find", lambda display: None)
    with closing(choose(HotkeySettings(key="f9", mode="toggle", extra=(PROBE,)), posted)) as hotkeys:
        assert hotkeys.name == "pynput (only observed)"
        wait_until_heard(posted, "toggle f7", lambda: x11.tap("F7"))
        x11.tap("F9")
        posted.expect("toggle f9")


def test_hold(x11: Desktop, observe: Start, posted: Posted) -> None:
    observe(key="f9", min_hold_ms=0)
    x11.key_down("F9")
    posted.expect("press f9")
    posted.expect_nothing(0.8)  # it repeats after 0.66 s
    x11.key_up("F9")
    posted.expect("release f9")


def test_combination_ends_with_its_modifier(x11: Desktop, observe: Start, posted: Posted) -> None:
    observe(key="ctrl+alt+space", min_hold_ms=0)
    for name in ("Control_L", "Alt_L", "space"):
        x11.key_down(name)
    posted.expect("press ctrl+alt+space")
    x11.key_up("Alt_L")
    posted.expect("release ctrl+alt+space")
    x11.key_up("space")
    x11.key_up("Control_L")


def test_a_modifier_changes_no_release(x11: Desktop, observe: Start, posted: Posted) -> None:
    """To X, Alt is another key while Shift is down, and so it is to pynput."""
    observe(key="left_alt", min_hold_ms=0)
    x11.key_down("Alt_L")
    x11.key_down("Shift_L")
    posted.expect("press left_alt", "cancel left_alt")
    x11.key_up("Alt_L")
    x11.key_up("Shift_L")
    x11.tap("Alt_L")
    posted.expect("press left_alt", "release left_alt")


def test_lone_modifier_and_shortcuts(x11: Desktop, observe: Start, posted: Posted) -> None:
    observe(key="right_ctrl", min_hold_ms=0)
    x11.tap("Control_R")
    posted.expect("press right_ctrl", "release right_ctrl")
    x11.tap("Control_R", "c")
    posted.expect("press right_ctrl", "cancel right_ctrl")


def test_mouse_button(x11: Desktop, observe: Start, posted: Posted) -> None:
    observe(key="mouse8", min_hold_ms=0)
    wait_until_heard(posted, "toggle mouse9", lambda: click(x11, 9))  # later than the keyboard
    click(x11, 8)
    posted.expect("press mouse8", "release mouse8")


def click(desktop: Desktop, button: int) -> None:
    desktop.button_down(button)
    desktop.button_up(button)


def test_insert_last_when_all_of_it_is_up(x11: Desktop, observe: Start, posted: Posted) -> None:
    observe(key="f9", insert_last="ctrl+alt+v")
    for name in ("Control_L", "Alt_L", "v"):
        x11.key_down(name)
    x11.key_up("Control_L")
    x11.key_up("v")
    posted.expect_nothing(0.1)
    x11.key_up("Alt_L")
    posted.expect("insert last")


def test_pause_and_cancel(x11: Desktop, observe: Start, posted: Posted) -> None:
    hotkeys = observe(key="f9", min_hold_ms=0)
    x11.tap("Escape")
    x11.tap("F9")
    posted.expect("press f9", "release f9")  # so the Escape before it was heard too
    hotkeys.watch_cancel(True)
    x11.key_down("F9")
    posted.expect("press f9")
    x11.tap("Escape")
    posted.expect("cancel all")
    x11.key_up("F9")
    x11.key_down("F9")
    posted.expect("press f9")
    hotkeys.listen(False)
    posted.expect("release f9")
    x11.key_up("F9")
    x11.tap("F9")
    posted.expect_nothing(0.2)
