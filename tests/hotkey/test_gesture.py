"""The gesture as a table of scenarios, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotkey.posted import brief
from utterkey.dictation.events import Cancelled, Pressed, Released
from utterkey.hotkey.gesture import Events, Gesture
from utterkey.hotkey.plan import Binding, plan
from utterkey.settings import ExtraHotkey, HotkeySettings

# The hotkey and its mode, then the steps: "time action", with the event it must post behind the arrow. What does not
# name another hotkey is about this one; f8 is an extra one in hold mode.
SCENARIOS: dict[str, tuple[str, list[str]]] = {
    "hold": ("f9 hold", ["0 down -> press", "1 up -> release"]),
    "auto-repeat is one press": ("f9 hold", ["0 down -> press", ".7 down", ".74 down", "1 up -> release"]),
    "a slip of the finger": ("f9 hold", ["0 down -> press", ".19 up -> cancel"]),
    "exactly long enough": ("f9 hold", ["0 down -> press", ".2 up -> release"]),
    "typing while a plain key is held": ("f9 hold", ["0 down -> press", ".5 join", "1 up -> release"]),
    "the key-up was lost": ("f9 hold", ["0 down -> press", ".5 still", "1 gone -> release", "2 up"]),
    "cancelled": ("f9 hold", ["0 down -> press", "1 cancel -> cancel all", "1.5 down", "2 up", "3 down -> press"]),
    "nobody listens any more": ("f9 hold", ["0 down -> press", "1 stop -> release", "2 up", "3 down -> press"]),
    "a second hotkey meanwhile": ("f9 hold", ["0 down -> press", "1 down f8", "2 up f8", "3 up -> release"]),
    "a second hotkey outlasts the first": (
        "f9 hold", ["0 down -> press", "1 down f8", "2 up -> release", "3 up f8", "4 down f8 -> press f8"]),
    "toggle": ("f9 toggle", ["0 down -> toggle", "1 up", "5 down -> toggle", "9 up"]),
    "toggle repeats nothing": ("f9 toggle", ["0 down -> toggle", ".7 down", "1 up"]),
    "toggle, key-up lost": ("f9 toggle", ["0 down -> toggle", "1 gone", "2 down -> toggle"]),
    "auto, tap and tap": ("f9 auto", ["0 down -> toggle", ".1 up", "5 down -> toggle", "5.1 up"]),
    "auto, held": ("f9 auto", ["0 down -> toggle", ".4 up -> release"]),
    "auto, cancelled in between": (
        "f9 auto", ["0 down -> toggle", ".1 up", "1 cancel -> cancel all", "2 down -> toggle", "2.1 up"]),
    "modifier, hold": ("right_ctrl hold", ["0 down -> press", "1 up -> release"]),
    "modifier, a slip": ("right_ctrl hold", ["0 down -> press", ".1 up -> cancel"]),
    "modifier, a shortcut": (
        "right_ctrl hold",
        ["0 down -> press", ".1 join -> cancel", ".2 join", ".9 up",
         "1 down -> press"]),
    "modifier, late shortcut": (
        "right_ctrl hold", ["0 down -> press", "5 join -> cancel", "6 up"]),
    "modifier, another hotkey makes it a shortcut": (
        "right_ctrl hold", ["0 down -> press", "1 down f8 -> cancel", "2 up f8", "3 up"]),
    "modifier, toggle": ("right_ctrl toggle", ["0 down", ".1 up -> toggle"]),
    "modifier, toggle, a shortcut": ("right_ctrl toggle", ["0 down", ".1 join", ".2 up"]),
    "modifier, toggle, lost key-up": ("right_ctrl toggle", ["0 down", "1 gone -> toggle"]),
    "modifier, auto, held": (
        "right_ctrl auto", ["0 down -> press", ".4 up -> release"]),
    "modifier, auto, tap and tap": (
        "right_ctrl auto",
        ["0 down -> press", ".1 up", "5 down",
         "5.1 up -> release", "6 down -> press"]),
    "modifier, auto, a shortcut while it is latched": (
        "right_ctrl auto",
        ["0 down -> press", ".1 up", "5 down", "5.1 join", "5.2 up",
         "6 down", "6.1 up -> release"]),
    "modifier, auto, a shortcut at once": (
        "right_ctrl auto", ["0 down -> press", ".1 join -> cancel", ".2 up",
                            "1 down -> press"]),
    "modifier, auto, ended by another hand": (
        "right_ctrl auto",
        ["0 down -> press", ".1 up", "5 ended", "6 down -> press",
         "7 up -> release"]),
    "modifier, auto, ended while the next tap is down": (
        "right_ctrl auto",
        ["0 down -> press", ".1 up", "5 down", "5.05 ended", "5.1 up",
         "6 down -> press"]),
    "modifier, auto, cancelled while latched": (
        "right_ctrl auto",
        ["0 down -> press", ".1 up", "5 cancel -> cancel all",
         "6 down -> press"]),
    "modifier, auto, another hotkey while latched": (
        "right_ctrl auto", ["0 down -> press", ".1 up", "1 down f8", "2 up f8"]),
    "insert last, when it is up": ("f7 insert last", ["0 down", ".7 down", "1 up -> insert last"]),
    "insert last, whatever else goes down": ("f7 insert last", ["0 down", ".5 join", "1 up -> insert last"]),
    "insert last, cancelled": ("f7 insert last", ["0 down", ".5 cancel -> cancel all", "1 up"]),
    "insert last, the key-up was lost": ("ctrl+alt+v insert last", ["0 down", "1 still", "2 gone -> insert last"]),
    "insert last, by a modifier": ("right_alt insert last", ["0 down", ".1 up -> insert last"]),
    "insert last, a shortcut": ("right_alt insert last", ["0 down", ".1 join", ".2 up"]),
}  # fmt: skip


def bindings(key: str, mode: str) -> dict[str, Binding]:
    if mode == "insert last":
        return {binding.hotkey.name: binding for binding in plan(HotkeySettings(insert_last=key)).bindings}
    settings = HotkeySettings(key=key, mode=mode, extra=(ExtraHotkey(key="f8", mode="hold"),))  # type: ignore[arg-type]  # the tables' own words
    return {binding.hotkey.name: binding for binding in plan(settings).bindings}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios(name: str) -> None:
    (key, mode), steps = SCENARIOS[name][0].split(maxsplit=1), SCENARIOS[name][1]
    gesture, known = Gesture(min_hold=0.2), bindings(key, mode)
    for step in steps:
        told, _, expected = step.partition(" -> ")
        time, action, *other = told.split()
        got = [brief(event) for event in act(gesture, known[other[0] if other else key], float(time), action)]
        assert got == ([expected if " " in expected else f"{expected} {key}"] if expected else []), step


def act(gesture: Gesture, binding: Binding, at: float, action: str) -> Events:
    actions: dict[str, Callable[[], Events | None]] = {
        "down": lambda: gesture.down(binding, at),
        "up": lambda: gesture.up(binding, at),
        "join": gesture.joined,
        "cancel": gesture.cancelled,
        "ended": gesture.ended,
        "still": lambda: gesture.reconcile(True, at),
        "gone": lambda: gesture.reconcile(False, at),
        "stop": lambda: gesture.stop(at),
    }
    return actions[action]() or ()


def test_a_key_up_that_seems_to_come_before_its_press() -> None:
    gesture, f9 = Gesture(min_hold=0.0), bindings("f9", "hold")["f9"]
    assert [brief(event) for event in gesture.down(f9, 1.0) + gesture.up(f9, 0.999)] == ["press f9", "release f9"]


HOLDS = list(bindings("right_ctrl", "hold").values()) + list(bindings("f9", "hold").values())[:1]
KEYS = st.sampled_from([*range(len(HOLDS)), "letter", "lost", "ended"])


@given(st.lists(st.tuples(KEYS, st.floats(0.0, 2.0))))
def test_every_press_ends_exactly_once(strokes: list[tuple[int | str, float]]) -> None:
    """Keys go down and up in any order, some key-ups are lost, and at the end all keys are up."""
    gesture, down, at = Gesture(min_hold=0.2), set[int](), 0.0
    told: list[object] = []
    for key, seconds in strokes:
        at += seconds
        match key:
            case int() if key in down:
                down.remove(key)
                told += gesture.up(HOLDS[key], at)
            case int():
                down.add(key)
                told += gesture.down(HOLDS[key], at)
            case "letter":
                told += gesture.joined()
            case "ended":
                gesture.ended()
            case _:
                down.clear()
                told += gesture.reconcile(False, at)
    for key in sorted(down):
        told += gesture.up(HOLDS[key], at + 1)
    for press, end in zip(told[::2], told[1::2], strict=True):
        assert isinstance(press, Pressed)
        assert isinstance(end, Released | Cancelled)
        assert end.trigger == press.trigger
    assert gesture.down_binding is None
