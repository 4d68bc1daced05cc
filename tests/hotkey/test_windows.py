"""The keyboard hook: what it is told, what it lets through, and when it is installed anew."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from time import monotonic
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from desktop import await_true
from fake_windows import HIGH, FakeWindows, fake_windows
from hotkey.posted import Posted
from utterkey.desktop.windows_calls import OURS
from utterkey.hotkey import Hotkeys, choose
from utterkey.hotkey import windows as hotkey_windows
from utterkey.hotkey.windows_keys import HookData, heard
from utterkey.settings import HotkeySettings

KEYDOWN, KEYUP, SYSKEYDOWN, SYSKEYUP = 0x100, 0x101, 0x104, 0x105
RIGHT_CTRL, LEFT_CTRL, LEFT_ALT, SPACE, F9, C = 0xA3, 0xA2, 0xA4, 0x20, 0x78, 0x43
MASK = [("SendInput", (0xE8, 0, 0), (0xE8, 0, 2))]


class Suppressed(Exception):
    """What pynput's hook takes for "swallow it"."""


@dataclass
class Data:
    vkCode: int  # noqa: N815 - the names are those of Windows
    scanCode: int = 0  # noqa: N815
    flags: int = 0
    dwExtraInfo: int | None = None  # noqa: N815


class Hooks:
    """Stands in for pynput's listeners, recorded."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.times: list[float] = []
        """Of the calls."""
        self.filter: Callable[[int, HookData], bool] | None = None
        self.on_click: Callable[..., None] | None = None
        self.fault: Exception | None = None
        """What ended the listener before it was stopped; `join` raises it, as pynput's does."""
        self.held_up = threading.Event()
        self.held_up.set()

    def listener(self, **options: Any) -> SimpleNamespace:
        kind = "mouse" if "on_click" in options else "keys"

        def suppress() -> None:
            raise Suppressed

        ready = False

        def start() -> None:
            self.called(f"start {kind}")
            if kind == "keys":
                self.filter = options["win32_event_filter"]
            else:
                self.on_click = options["on_click"]
                assert not options["win32_event_filter"](0x200, None), "movements are left alone"

        def wait() -> None:
            nonlocal ready
            ready = True

        def stop() -> None:
            assert ready, "it would never end"
            self.called(f"stop {kind}")

        def join(timeout: float) -> None:
            self.held_up.wait(5)
            if self.fault:
                raise self.fault

        return SimpleNamespace(
            start=start,
            wait=wait,
            stop=stop,
            join=join,
            suppress_event=suppress,
        )

    def called(self, call: str) -> None:
        self.times.append(monotonic())
        self.calls.append(call)

    def key(self, message: int, vk: int, **data: int) -> bool:
        """Whether the key reaches the applications."""
        assert self.filter
        try:
            assert self.filter(message, Data(vk, **data)) is False, "pynput has nothing to do with it"
        except Suppressed:
            return False
        return True


@pytest.fixture
def windows() -> Iterator[FakeWindows]:
    with fake_windows() as windows:
        windows.quiet = {"CreateWindowExW", "DestroyWindow"}
        yield windows


@pytest.fixture
def hooks(windows: FakeWindows, monkeypatch: pytest.MonkeyPatch) -> Hooks:
    hooks = Hooks()
    pynput: Any = ModuleType("pynput")
    pynput.keyboard = pynput.mouse = SimpleNamespace(Listener=hooks.listener)
    monkeypatch.setitem(sys.modules, "pynput", pynput)
    return hooks


@pytest.fixture
def start(hooks: Hooks, posted: Posted) -> Iterator[Callable[..., Hotkeys]]:
    with ExitStack() as started:
        yield lambda **settings: started.enter_context(
            closing(choose(HotkeySettings(min_hold_ms=0, **settings), posted))
        )


HEARD: dict[str, tuple[int, Data, str | None]] = {
    "a key": (KEYDOWN, Data(F9), "+f9"),
    "with Alt it is a system key": (SYSKEYDOWN, Data(F9), "+f9"),
    "and goes up as one": (SYSKEYUP, Data(F9), "-f9"),
    "right and left are told apart": (KEYDOWN, Data(RIGHT_CTRL), "+right_ctrl"),
    "Pause with Ctrl": (KEYDOWN, Data(0x03), "+pause"),
    "a key of ours": (KEYDOWN, Data(F9, dwExtraInfo=OURS), None),
    "another program's counts": (KEYDOWN, Data(F9, flags=0x10, dwExtraInfo=7), "+f9"),
    "the Ctrl that comes with AltGr": (KEYDOWN, Data(LEFT_CTRL, scanCode=0x21D), None),
    "the real one": (KEYDOWN, Data(LEFT_CTRL, scanCode=0x1D), "+left_ctrl"),
    "Insert": (KEYDOWN, Data(0x2D, flags=1), "+insert"),
    "zero of the number pad": (KEYDOWN, Data(0x2D), "+number pad 0x2d"),
    "Enter": (KEYDOWN, Data(0x0D), "+enter"),
    "Enter of the number pad": (KEYDOWN, Data(0x0D, flags=1), "+number pad 0xd"),
    "a key without a name": (KEYDOWN, Data(0xFF), "+key 0xff"),
    "another message": (0x0102, Data(F9), None),
}


@pytest.mark.parametrize(("message", "data", "said"), HEARD.values(), ids=HEARD.keys())
def test_what_a_hook_is_told(message: int, data: Data, said: str | None) -> None:
    key = heard(message, data, OURS)
    assert (key and ("+" if key.down else "-") + key.name) == said


def test_just_the_hotkey_is_swallowed(hooks: Hooks, start: Callable[..., Hotkeys], posted: Posted) -> None:
    assert start(key="f9").name == "keyboard hook"
    assert hooks.key(KEYDOWN, C)
    assert hooks.key(KEYUP, C)
    assert not hooks.key(KEYDOWN, F9)
    assert not hooks.key(KEYDOWN, F9), "its repeats too"
    posted.expect("press f9")
    assert hooks.key(KEYDOWN, C)
    assert not hooks.key(KEYUP, F9)
    posted.expect("release f9")
    posted.expect_nothing()


def test_a_lone_modifier(hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted) -> None:
    start(key="right_ctrl")
    windows.down = {RIGHT_CTRL}
    assert hooks.key(KEYDOWN, RIGHT_CTRL)
    assert hooks.key(KEYUP, RIGHT_CTRL)
    posted.expect("press right_ctrl", "release right_ctrl")
    assert hooks.key(KEYDOWN, RIGHT_CTRL)
    windows.down = {RIGHT_CTRL, 0x01}
    posted.expect("press right_ctrl", "cancel right_ctrl")  # a click makes it a shortcut


def test_a_quick_click_makes_it_a_shortcut_but_not_one_before(
    hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted
) -> None:
    start(key="right_ctrl")
    windows.struck = {0x01}
    windows.down = {RIGHT_CTRL}
    hooks.key(KEYDOWN, RIGHT_CTRL)
    posted.expect("press right_ctrl")
    posted.expect_nothing(0.3)
    windows.struck = {0x02}
    posted.expect("cancel right_ctrl")


def test_a_combination_with_alt_opens_no_menu(
    hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted
) -> None:
    start(key="ctrl+alt+space")
    windows.down = {LEFT_CTRL, LEFT_ALT}
    assert hooks.key(KEYDOWN, LEFT_CTRL)
    assert hooks.key(SYSKEYDOWN, LEFT_ALT)
    assert not hooks.key(SYSKEYDOWN, SPACE)
    posted.expect("press ctrl+alt+space")
    await_true(lambda: windows.calls == MASK, 5, "the mask")
    assert hooks.key(KEYUP, LEFT_ALT)
    posted.expect("release ctrl+alt+space")
    assert not hooks.key(KEYUP, SPACE)


def test_a_lost_key_up_is_noticed(
    hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted
) -> None:
    start(key="right_ctrl")
    windows.down = {RIGHT_CTRL}
    hooks.key(KEYDOWN, RIGHT_CTRL)
    posted.expect("press right_ctrl")
    posted.expect_nothing(0.3)
    windows.down = set()
    posted.expect("release right_ctrl")


@pytest.mark.parametrize("why", ["another desktop", "a window of an administrator"])
def test_a_swallowed_key_is_let_go_where_it_could_not_be_heard(
    why: str, hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted
) -> None:
    """The keyboard never had it, so it cannot be asked about it."""
    start(key="f9")
    hooks.key(KEYDOWN, F9)
    posted.expect("press f9")
    posted.expect_nothing(0.3)
    if why == "another desktop":
        windows.locked = True
    else:
        windows.integrity[0x10] = HIGH
    posted.expect("release f9")


UNLOCKED = {
    "unlocked": (0x02B1, 8),
    "awake": (0x0218, 0x12),
    "connected from afar": (0x02B1, 3),
    "asked for a password": (0, 0),
}


@pytest.mark.parametrize(("message", "w"), UNLOCKED.values(), ids=UNLOCKED.keys())
def test_the_hook_is_installed_anew(
    message: int, w: int, hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted
) -> None:
    hotkeys = start(key="f9")
    hooks.key(KEYDOWN, F9)
    posted.expect("press f9")
    windows.tell_windows(0x02B1, 7)  # locked: nothing to do yet
    if message:
        windows.tell_windows(message, w)
    else:
        windows.switch_desktop()
    posted.expect("release f9")
    await_true(lambda: hooks.calls == ["start keys", "stop keys", "start keys"], 5, "a new hook")
    assert not hooks.key(KEYDOWN, F9)
    posted.expect("press f9")
    hotkeys.close()
    posted.expect("release f9")
    assert hooks.calls[-1] == "stop keys"


def test_an_unlocking_that_is_told_of_four_times_is_one(
    hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys]
) -> None:
    hotkeys = start(key="f9")
    hooks.held_up.clear()
    windows.tell_windows(0x02B1, 8)
    await_true(lambda: hooks.calls == ["start keys", "stop keys"], 5, "the first")
    windows.switch_desktop()
    for message, w in list(UNLOCKED.values())[:3]:
        windows.tell_windows(message, w)
    hotkeys._session.close()  # type: ignore[attr-defined]  # all has been told
    hooks.held_up.set()
    hotkeys.close()
    assert hooks.calls == ["start keys", "stop keys"] * 3


def test_the_hook_is_renewed_now_and_then(
    hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows tells nobody that it took one away."""
    monkeypatch.setattr(hotkey_windows, "RENEW_SECONDS", 0.5)
    start(key="right_ctrl")
    windows.down = {RIGHT_CTRL}
    hooks.key(KEYDOWN, RIGHT_CTRL)
    posted.expect("press right_ctrl")
    posted.expect_nothing(0.8)
    assert hooks.calls == ["start keys"], "not while it is held"
    let_go = monotonic()
    hooks.key(KEYUP, RIGHT_CTRL)
    posted.expect("release right_ctrl")
    await_true(lambda: hooks.calls == ["start keys", "stop keys", "start keys"], 5, "a new hook")
    assert hooks.times[1] - let_go > 0.3, "nor just after"


def test_a_listener_that_ended_by_a_fault_is_replaced(
    hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted
) -> None:
    start(key="f9")
    hooks.fault = OSError("broken")
    windows.tell_windows(0x02B1, 8)
    await_true(lambda: hooks.calls == ["start keys", "stop keys", "start keys"], 5, "a new hook")
    assert not hooks.key(KEYDOWN, F9)
    posted.expect("press f9")


def test_mouse_buttons(hooks: Hooks, start: Callable[..., Hotkeys], posted: Posted) -> None:
    start(key="mouse8")
    assert hooks.calls == ["start keys", "start mouse"]
    assert hooks.on_click
    hooks.on_click(0, 0, SimpleNamespace(name="x1"), True)
    hooks.on_click(0, 0, SimpleNamespace(name="x1"), False)
    posted.expect("press mouse8", "release mouse8")


def test_pause_and_cancel(hooks: Hooks, start: Callable[..., Hotkeys], posted: Posted) -> None:
    hotkeys = start(key="f9")
    hotkeys.watch_cancel(True)
    assert not hooks.key(KEYDOWN, 0x1B)
    posted.expect("cancel all")
    hotkeys.watch_cancel(False)
    hotkeys.listen(False)
    assert hooks.key(KEYDOWN, F9)
    posted.expect_nothing()


def test_a_fault_does_not_cost_the_keyboard(
    hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted
) -> None:
    start(key="f9")

    def fail(vk: int) -> int:
        raise OSError

    windows.answers["GetAsyncKeyState"] = fail
    hooks.key(KEYDOWN, LEFT_CTRL)
    assert hooks.key(KEYDOWN, F9)
    assert str(posted.next_failure().error) == "The hotkey broke down; start utterkey again."


def test_nor_the_mouse(hooks: Hooks, windows: FakeWindows, start: Callable[..., Hotkeys], posted: Posted) -> None:
    start(key="mouse8")

    def fail(vk: int) -> int:
        raise OSError

    windows.answers["GetAsyncKeyState"] = fail
    hooks.key(KEYDOWN, LEFT_CTRL)
    assert hooks.on_click
    hooks.on_click(0, 0, SimpleNamespace(name="x1"), True)
    assert str(posted.next_failure().error) == "The hotkey broke down; start utterkey again."
