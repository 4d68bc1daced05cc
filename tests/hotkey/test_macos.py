"""The event tap: how it is made, what it hears, and what happens when the system switches it off."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from desktop import await_true
from fake_macos import (
    FLAGS_CHANGED,
    KEY_DOWN,
    KEY_UP,
    LEFT_DOWN,
    OTHER_DOWN,
    OTHER_UP,
    TIMED_OUT,
    FakeQuartz,
    Mac,
    fake_macos,
)
from hotkey.posted import Posted
from utterkey.errors import HotkeyError
from utterkey.hotkey import Hotkeys, choose, macos_secure_input
from utterkey.hotkey.keys import LONE_MODIFIERS, SPARE_KEYS, TYPING_KEYS
from utterkey.hotkey.macos_keys import CODES, heard, names
from utterkey.settings import ExtraHotkey, HotkeySettings

RIGHT_OPTION, LEFT_OPTION, RIGHT_FLAG, LEFT_FLAG, ANY_OPTION = 61, 58, 0x40, 0x20, 0x80000
F9, ESC, C = 101, 53, 8

Start = Callable[..., Hotkeys]


@pytest.fixture
def mac() -> Iterator[Mac]:
    with fake_macos() as mac:
        yield mac


@pytest.fixture
def quartz(mac: Mac) -> FakeQuartz:
    return mac.quartz


@pytest.fixture
def start(quartz: FakeQuartz, posted: Posted) -> Iterator[Start]:
    with ExitStack() as started:
        yield lambda **settings: started.enter_context(
            closing(choose(HotkeySettings(min_hold_ms=0, **settings), posted))
        )


HEARD: dict[str, tuple[tuple[int, int, int, int], str | None]] = {
    "a key": ((KEY_DOWN, F9, 0, 0), "+f9"),
    "it goes up": ((KEY_UP, F9, 0, 0), "-f9"),
    "right Option": ((FLAGS_CHANGED, RIGHT_OPTION, ANY_OPTION | RIGHT_FLAG, 0), "+right_alt"),
    "right Option up": ((FLAGS_CHANGED, RIGHT_OPTION, 0, 0), "-right_alt"),
    "right Option up while the left one is down": (
        (FLAGS_CHANGED, RIGHT_OPTION, ANY_OPTION | LEFT_FLAG, 0),
        "-right_alt",
    ),
    "Caps Lock": ((FLAGS_CHANGED, 57, 0x10000, 0), None),
    "Globe": ((FLAGS_CHANGED, 63, 0x800000, 0), None),
    "the middle button": ((OTHER_DOWN, 0, 0, 2), "+mouse2"),
    "the button for going back": ((OTHER_UP, 0, 0, 3), "-mouse8"),
    "a key without a name": ((KEY_DOWN, 999, 0, 0), "+key 999"),
}


@pytest.mark.parametrize(("event", "said"), HEARD.values(), ids=HEARD.keys())
def test_what_a_tap_is_told(event: tuple[int, int, int, int], said: str | None) -> None:
    key = heard(*event, names(()))
    assert (key and ("+" if key.down else "-") + key.name) == said


def test_a_key_with_two_names_has_the_one_that_is_wanted() -> None:
    assert names(())[113] == "f15"
    assert names(["pause"])[113] == "pause"


def test_only_keys_that_no_mac_has_are_missing() -> None:
    assert {*LONE_MODIFIERS, *SPARE_KEYS, *TYPING_KEYS} - CODES.keys() == {"f21", "f22", "f23", "f24"}


def test_the_tap_only_listens_and_is_put_away(quartz: FakeQuartz, start: Start) -> None:
    hotkeys = start(key="f9")
    assert hotkeys.name == "event tap (only observed)"
    hotkeys.close()
    everything = 1 << 1 | 1 << 3 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 25 | 1 << 26
    assert quartz.calls == [
        ("CGEventTapCreate", 1, 0, 1, everything),  # of the session, first in line, only listening
        ("CFRunLoopAddSource", "hotkey", "source", "default"),
        ("CGEventTapEnable", True),
        ("CGEventTapEnable", False),
        ("CFRunLoopRemoveSource", "hotkey", "source", "default"),
    ]


def test_right_option_alone(quartz: FakeQuartz, start: Start, posted: Posted) -> None:
    start(key="right_option")
    quartz.down = {RIGHT_OPTION}
    quartz.key(FLAGS_CHANGED, RIGHT_OPTION, ANY_OPTION | RIGHT_FLAG)
    posted.expect("press right_alt")
    quartz.key(FLAGS_CHANGED, RIGHT_OPTION, 0)
    posted.expect("release right_alt")
    assert posted.threads == {"hotkey"}


@pytest.mark.parametrize("joins", [(KEY_DOWN, C), (LEFT_DOWN, 0)], ids=["key", "click"])
def test_right_option_begins_a_shortcut(
    joins: tuple[int, int], quartz: FakeQuartz, start: Start, posted: Posted
) -> None:
    start(key="right_option")
    quartz.down = {RIGHT_OPTION, C}
    quartz.key(FLAGS_CHANGED, RIGHT_OPTION, ANY_OPTION | RIGHT_FLAG)
    quartz.key(*joins)
    posted.expect("press right_alt", "cancel right_alt")


def test_repeats_and_our_own_keys_do_not_count(quartz: FakeQuartz, start: Start, posted: Posted) -> None:
    start(key="f9")
    quartz.down = {F9}
    quartz.key(KEY_DOWN, F9, pid=os.getpid())
    quartz.key(KEY_DOWN, F9)
    quartz.key(KEY_DOWN, F9)
    quartz.key(KEY_UP, F9)
    posted.expect("press f9", "release f9")
    posted.expect_nothing()


def test_a_tap_that_was_switched_off(quartz: FakeQuartz, start: Start, posted: Posted) -> None:
    start(key="f9")
    quartz.down = {F9}
    quartz.key(KEY_DOWN, F9)
    posted.expect("press f9")
    quartz.calls.clear()
    quartz.down = set()  # let go while nobody heard it
    quartz.key(TIMED_OUT)
    posted.expect("release f9")
    assert quartz.calls == [("CGEventTapEnable", True)]


@pytest.mark.parametrize("told", ["NSWorkspaceDidWakeNotification", "com.apple.screenIsUnlocked"])
def test_the_tap_is_looked_after(told: str, mac: Mac, start: Start, posted: Posted) -> None:
    start(key="f9")
    mac.quartz.down = {F9}
    mac.quartz.key(KEY_DOWN, F9)
    posted.expect("press f9")
    mac.quartz.calls.clear()
    mac.appkit.tell("com.apple.screenIsLocked")
    mac.appkit.tell(told)
    posted.expect("release f9")
    assert mac.quartz.calls == [("CGEventTapEnable", True)]


def test_a_tap_that_was_taken_away(quartz: FakeQuartz, start: Start, posted: Posted) -> None:
    hotkeys = start(key="f9")
    quartz.down = {F9}
    quartz.key(KEY_DOWN, F9)
    posted.expect("press f9")
    quartz.has_lost_tap = True
    posted.expect("release f9")
    assert str(posted.next_failure().error) == "macOS took the hotkey away; start utterkey again."
    hotkeys.watch_cancel(True)
    hotkeys.close()
    posted.expect_nothing()


FRONT = "NSWorkspaceDidActivateApplicationNotification"


def test_a_program_that_keeps_the_keyboard_is_told_of_once(
    mac: Mac, start: Start, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(macos_secure_input, "STAYS_SECONDS", 0.1)
    start(key="f9")
    posted.expect_nothing(0.3)
    mac.carbon.secure, mac.appkit.name = True, "Terminal"
    mac.appkit.tell(FRONT)
    assert str(posted.next_failure().error).startswith("The hotkey is not heard while Terminal is in front, for a")
    mac.appkit.tell(FRONT)
    posted.expect_nothing(0.3)
    mac.appkit.name = "iTerm"
    mac.appkit.tell(FRONT)
    assert "while iTerm is in front" in str(posted.next_failure().error)
    assert posted.well == []
    mac.carbon.secure = False
    mac.appkit.tell(FRONT)
    await_true(lambda: posted.well == ["secure input"], 5, "that the hotkey is heard again")


def test_a_program_that_had_the_keyboard_for_a_moment_is_not(
    mac: Mac, start: Start, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(macos_secure_input, "STAYS_SECONDS", 1.0)
    mac.carbon.secure = True
    start(key="f9")
    mac.appkit.tell(FRONT)
    mac.carbon.secure = False
    posted.expect_nothing(1.3)


def test_a_lost_key_up_is_noticed(quartz: FakeQuartz, start: Start, posted: Posted) -> None:
    start(key="right_option")
    quartz.down = {RIGHT_OPTION}
    quartz.key(FLAGS_CHANGED, RIGHT_OPTION, ANY_OPTION | RIGHT_FLAG)
    posted.expect("press right_alt")
    posted.expect_nothing(0.8)
    quartz.down = set()
    posted.expect("release right_alt")


def test_pause_and_cancel(quartz: FakeQuartz, start: Start, posted: Posted) -> None:
    hotkeys = start(key="f9")
    quartz.key(KEY_DOWN, ESC)
    quartz.key(KEY_UP, ESC)
    hotkeys.watch_cancel(True)
    quartz.key(KEY_DOWN, ESC)
    posted.expect("cancel all")
    hotkeys.listen(False)
    quartz.key(KEY_DOWN, F9)
    quartz.key(KEY_UP, F9)
    hotkeys.close()
    posted.expect_nothing()


def test_input_monitoring_is_asked_for_and_explained(quartz: FakeQuartz, posted: Posted) -> None:
    quartz.allowed = set()
    with pytest.raises(HotkeyError) as refused:
        choose(HotkeySettings(), posted)
    assert quartz.calls == [("CGRequestListenEventAccess",)], "no tap: making one would ask a second time"
    assert "Input Monitoring" in str(refused.value)


def test_a_tap_that_is_refused(quartz: FakeQuartz, posted: Posted) -> None:
    quartz.has_tap = False
    with pytest.raises(HotkeyError, match="Input Monitoring"):
        choose(HotkeySettings(), posted)


def test_keys_that_no_mac_has(quartz: FakeQuartz, start: Start, posted: Posted) -> None:
    with pytest.raises(HotkeyError, match="A Mac has no key for f24; choose another one"):
        choose(HotkeySettings(key="f24"), posted)
    start(key="f9", extra=(ExtraHotkey(key="f24"),))
    assert str(posted.next_failure().error) == "A Mac has no key for f24; choose another one."


def test_a_fault_does_not_end_the_tap(quartz: FakeQuartz, start: Start, posted: Posted) -> None:
    start(key="f9")
    flags, quartz.CGEventGetFlags = quartz.CGEventGetFlags, None  # type: ignore[method-assign, assignment]  # broken
    quartz.key(KEY_DOWN, F9)
    assert str(posted.next_failure().error) == "The hotkey broke down; start utterkey again."
    quartz.CGEventGetFlags = flags  # type: ignore[method-assign]  # whole again
    quartz.down = {F9}
    quartz.key(KEY_DOWN, F9)
    posted.expect("press f9")
