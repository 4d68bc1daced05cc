"""Texts and chords as key events of macOS."""

from __future__ import annotations

import pytest

from utterkey.insertion.macos_plan import COMMAND, QWERTY, SHIFT, Press, chord_press, text_presses

TEXTS: dict[str, tuple[str, list[Press]]] = {
    "twenty units at most": ("x" * 21, [Press(text="x" * 20), Press(text="x")]),
    "a pair of surrogates stays together": ("x" * 19 + "🎉", [Press(text="x" * 19), Press(text="🎉")]),
    "a pair that fits": ("x" * 18 + "🎉", [Press(text="x" * 18 + "🎉")]),
    "new line and tabulator are keys": ("a\n\tb", [Press(text="a"), Press(36), Press(48), Press(text="b")]),
    "no control characters": ("\x1b", []),
}


@pytest.mark.parametrize(("text", "presses"), TEXTS.values(), ids=TEXTS.keys())
def test_text(text: str, presses: list[Press]) -> None:
    assert text_presses(text) == presses


CHORDS: dict[str, tuple[tuple[str, ...], dict[str, int], Press | None]] = {
    "Cmd+V": (("Super_L", "v"), {}, Press(9, COMMAND)),
    "Cmd+V on Dvorak": (("Super_L", "v"), {"v": 47}, Press(47, COMMAND)),
    "in a layout without Latin letters": (("Super_L", "v"), {"м": 9}, Press(9, COMMAND)),
    "Shift+Insert": (("Shift_L", "Insert"), {}, Press(114, SHIFT)),
    "a key of X only": (("XF86Paste",), {}, None),
}


@pytest.mark.parametrize(("keys", "letters", "press"), CHORDS.values(), ids=CHORDS.keys())
def test_chord(keys: tuple[str, ...], letters: dict[str, int], press: Press | None) -> None:
    assert chord_press(keys, letters) == press


def test_every_letter_has_a_place() -> None:
    assert sorted(QWERTY) == list("abcdefghijklmnopqrstuvwxyz")
    assert len(set(QWERTY.values())) == 26
