"""Which sequence of keys means which hotkey."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from utterkey.errors import HotkeyError
from utterkey.hotkey.choice import GIVEN_UP, NO_MODIFIER, UNKNOWN, Choice, Part
from utterkey.hotkey.keys import LONE_MODIFIERS, MODIFIERS

ALTGR = Part("right_alt")
"""With a layout that has a third level."""


def part(name: str) -> Part:
    modifier = next((m for m in MODIFIERS if name in LONE_MODIFIERS and name.endswith(m)), None)
    return Part(name, modifier)


def after(*moves: str | Part) -> Choice:
    """`+f9` goes down, `-f9` goes up, `click` is the left button; an `AltGr` goes down."""
    choice = Choice()
    for move in moves:
        match move:
            case Part():
                choice.down(move)
            case "AltGr up":
                choice.up(ALTGR)
            case "click":
                choice.button_down(1)
                choice.up(Part("mouse1"))
            case str() if move.startswith("+mouse"):
                choice.button_down(int(move[6:]))
            case str() if move.startswith("+"):
                choice.down(part(move[1:]))
            case str():
                choice.up(part(move[1:]))
    return choice


CHOSEN: dict[str, tuple[Sequence[str | Part], str]] = {
    "a key": (["+f9", "-f9"], "f9"),
    "a key that repeats": (["+pause", "+pause", "+pause", "-pause"], "pause"),
    "a key, whatever follows before it is up": (["+f9", "+a", "-a", "-f9"], "f9"),
    "a modifier by itself": (["+right_ctrl", "-right_ctrl"], "right_ctrl"),
    "AltGr by itself": ([ALTGR, "AltGr up"], "right_alt"),
    "a combination": (["+left_ctrl", "+left_alt", "+space", "-space"], "ctrl+alt+space"),
    "a combination in another order, let go in another order": (
        ["+right_alt", "+left_ctrl", "+space", "-left_ctrl", "-right_alt", "-space"],
        "ctrl+alt+space",
    ),
    "a key with shift": (["+left_shift", "+f5", "-f5"], "shift+f5"),
    "both controls are one": (["+left_ctrl", "+right_ctrl", "+space", "-space"], "ctrl+space"),
    "a mouse button": (["+mouse9", "-mouse9"], "mouse9"),
    "what was down before does not count": (["-enter", "+f9", "-f9"], "f9"),
    "a click is no choice": (["click", "+f9", "-f9"], "f9"),
    "modifiers that were let go do not count": (
        ["+left_ctrl", "+left_shift", "-left_shift", "-left_ctrl", "+f9", "-f9"],
        "f9",
    ),
}

REFUSED: dict[str, tuple[Sequence[str | Part], str]] = {
    "Escape gives up": (["+esc", "-esc"], GIVEN_UP),
    "so does what ends a program": (["+left_ctrl", "+c", "-c"], GIVEN_UP),
    "a letter": (["+a", "-a"], "a alone is needed for typing; choose a combination such as ctrl+alt+a."),
    "a capital letter": (["+left_shift", "+a", "-a"], "shift+a is needed for typing"),
    "a key without a name": (["+", "-"], UNKNOWN),
    "a combination with AltGr": ([ALTGR, "+f9", "-f9"], NO_MODIFIER),
    "a lock": (["+caps_lock", "-caps_lock"], "caps_lock switches to capital letters"),
    "a mouse button with a modifier": (["+left_ctrl", "+mouse8", "-mouse8"], "mouse8 cannot be combined"),
}

WAITING: dict[str, Sequence[str | Part]] = {
    "nothing was pressed": [],
    "a modifier is down and may begin a combination": ["+right_ctrl"],
    "two modifiers are no hotkey": ["+left_ctrl", "+left_shift", "-left_shift", "-left_ctrl"],
    "a modifier that was clicked with": ["+left_ctrl", "click", "-left_ctrl"],
    "the wheel": ["+mouse4", "-mouse4"],
}


@pytest.mark.parametrize("name", CHOSEN)
def test_chosen(name: str) -> None:
    moves, expected = CHOSEN[name]
    choice = after(*moves)
    assert choice.over
    assert choice.result() == expected


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    moves, sentence = REFUSED[name]
    choice = after(*moves)
    assert choice.over
    with pytest.raises(HotkeyError) as refusal:
        choice.result()
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize("name", WAITING)
def test_waiting(name: str) -> None:
    choice = after(*WAITING[name])
    assert not choice.over
    assert choice.result() is None


def test_what_is_pressed_is_kept_until_it_is_up() -> None:
    """So that none of its repeats gets to an application."""
    assert not after("+f9").over
    assert after("+f9").result() == "f9"
