"""Keys that go down and up, by name: what is posted, and what is kept from the applications."""

from __future__ import annotations

import pytest

from hotkey.posted import brief
from utterkey.hotkey.plan import plan
from utterkey.hotkey.watch import Heard, Outcome, Watch
from utterkey.settings import HotkeySettings


class Keyboard:
    """A watch, and what the keyboard itself would say."""

    def __init__(self, **settings: object) -> None:
        self.up: set[str] = set()
        wanted = plan(HotkeySettings(min_hold_ms=0, **settings))  # type: ignore[arg-type]  # checked where they are read
        self.watch = Watch(wanted, swallows=True, is_down=lambda name: name not in self.up)

    def play(self, keys: str) -> list[str]:
        """`+f9` goes down, `-f9` goes up: what was swallowed and posted, in order."""
        said: list[str] = []
        for key in keys.split():
            said += told(key, self.watch.take(Heard(key[1:], key[0] == "+"), 1.0))
        return said


def told(key: str, outcome: Outcome) -> list[str]:
    return [*(["swallowed " + key] if outcome.swallowed else []), *(brief(event) for event in outcome.events)]


F9 = {"key": "f9"}
COMBO = {"key": "ctrl+alt+space"}
LONE = {"key": "right_ctrl"}

SCENARIOS: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "a key is swallowed, with its repeats and its key-up": (
        F9,
        "+f9 +f9 -f9 +a -a",
        ["swallowed +f9", "press f9", "swallowed +f9", "swallowed -f9", "release f9"],
    ),
    "not with a modifier": (F9, "+left_ctrl +f9 -f9 -left_ctrl", []),
    "only the key of a combination is swallowed": (
        COMBO,
        "+left_ctrl +left_alt +space -space -left_alt -left_ctrl",
        ["swallowed +space", "press ctrl+alt+space", "swallowed -space", "release ctrl+alt+space"],
    ),
    "its key-up is swallowed also when a modifier was first": (
        COMBO,
        "+left_ctrl +right_alt +space -right_alt -space -left_ctrl",
        ["swallowed +space", "press ctrl+alt+space", "release ctrl+alt+space", "swallowed -space"],
    ),
    "a lone modifier is never swallowed": (
        LONE,
        "+right_ctrl +right_ctrl -right_ctrl",
        ["press right_ctrl", "release right_ctrl"],
    ),
    "a lone modifier that begins a shortcut": (
        LONE,
        "+right_ctrl +c -c -right_ctrl",
        ["press right_ctrl", "cancel right_ctrl"],
    ),
    "nor is a mouse button": ({"key": "mouse8"}, "+mouse8 -mouse8", ["press mouse8", "release mouse8"]),
}


@pytest.mark.parametrize(("settings", "keys", "said"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_keys(settings: dict[str, str], keys: str, said: list[str]) -> None:
    assert Keyboard(**settings).play(keys) == said


def test_nothing_is_swallowed_where_that_is_not_wanted() -> None:
    assert Keyboard(grab=False, **F9).play("+f9 -f9") == ["press f9", "release f9"]


def test_the_cancel_key_is_ours_only_while_it_is_watched() -> None:
    keyboard = Keyboard(**F9)
    assert keyboard.play("+esc -esc") == []
    keyboard.watch.watch_cancel(True)
    assert keyboard.play("+esc -esc") == ["swallowed +esc", "cancel all", "swallowed -esc"]
    keyboard.watch.watch_cancel(False)
    assert keyboard.play("+esc -esc") == []


def test_pausing_ends_what_is_held_and_its_key_up_is_still_swallowed() -> None:
    keyboard = Keyboard(**F9)
    keyboard.play("+f9")
    assert [brief(event) for event in keyboard.watch.listen(False, 2.0)] == ["release f9"]
    assert keyboard.play("+f9 -f9 +f9 -f9") == ["swallowed +f9", "swallowed -f9"]
    keyboard.watch.listen(True, 3.0)
    assert "press f9" in keyboard.play("+f9")


def test_a_lost_key_up_of_a_modifier_does_not_disturb_later_presses() -> None:
    keyboard = Keyboard(**F9)
    keyboard.play("+left_super")  # and L: its key-up went to the lock screen
    keyboard.up = {"left_super"}
    assert "press f9" in keyboard.play("+f9")


def test_a_lost_key_up_of_the_hotkey() -> None:
    keyboard = Keyboard(**LONE)
    keyboard.play("+right_ctrl")
    assert keyboard.watch.look(1.5) == ()
    keyboard.up = {"right_ctrl"}
    assert [brief(event) for event in keyboard.watch.look(2.0)] == ["release right_ctrl"]
    assert keyboard.play("+right_ctrl") == ["press right_ctrl"]


def test_the_keyboard_is_not_asked_about_what_it_never_had() -> None:
    keyboard = Keyboard(**F9)
    keyboard.play("+f9")
    keyboard.up = {"f9"}
    assert keyboard.watch.look(2.0) == ()
    assert [brief(event) for event in keyboard.watch.forget(2.0)] == ["release f9"]
    assert keyboard.watch.held is None
