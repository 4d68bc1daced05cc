"""Key names: every spelling people use, and a sentence for what cannot be."""

from __future__ import annotations

import pytest

from utterkey.errors import HotkeyError
from utterkey.hotkey.keys import Combo, Hotkey, Key, LoneModifier, MouseButton, parse_cancel_key, parse_hotkey

NAMES: dict[str, Hotkey] = {
    "f9": Key("f9"),
    "F24": Key("f24"),
    "pause": Key("pause"),
    "Scroll Lock": Key("scroll_lock"),
    "scroll_lock": Key("scroll_lock"),
    "menu": Key("menu"),
    "PgUp": Key("page_up"),
    "escape": Key("esc"),
    "right_ctrl": LoneModifier("right_ctrl"),
    "ctrl_r": LoneModifier("right_ctrl"),
    "Right-Alt": LoneModifier("right_alt"),
    "alt_gr": LoneModifier("right_alt"),
    "right_option": LoneModifier("right_alt"),
    "left_cmd": LoneModifier("left_super"),
    "mouse8": MouseButton(8),
    "mouse2": MouseButton(2),
    "ctrl+alt+space": Combo(("ctrl", "alt"), "space"),
    "alt + ctrl + space": Combo(("ctrl", "alt"), "space"),
    "super+v": Combo(("super",), "v"),
    "win+shift+d": Combo(("shift", "super"), "d"),
    "shift+f9": Combo(("shift",), "f9"),
}

REFUSED = {
    "f99": "There is no key called 'f99'; did you mean f9?",
    "rihgt_ctrl": "There is no key called 'rihgt_ctrl'; did you mean right_ctrl?",
    "qqqq": "There is no key called 'qqqq'; examples are right_ctrl, f9, pause, ctrl+alt+space and mouse8.",
    "": "A key's name is missing; examples are right_ctrl, f9, pause, ctrl+alt+space and mouse8.",
    "ctrl": "ctrl is on both sides of the keyboard; write left_ctrl or right_ctrl for a hotkey.",
    "a": "a alone is needed for typing; choose a combination such as ctrl+alt+a.",
    "space": "space alone is needed for typing; choose a combination such as ctrl+alt+space.",
    "shift+a": "shift+a is needed for typing; choose a combination such as ctrl+alt+a.",
    "right_ctrl+space": "A combination takes ctrl from either side: write ctrl instead of right_ctrl.",
    "ctrl+alt": "'ctrl+alt' is made of modifiers only; end it with a key, as in ctrl+alt+space.",
    "ctlr+space": "There is no key called 'ctlr'; did you mean ctrl?",
    "ctrl+spcae": "There is no key called 'spcae'; did you mean space?",
    "ctrl+mouse8": "mouse8 cannot be combined with other keys; choose it alone, or a key, as in ctrl+alt+space.",
    "mouse1": "mouse1 is needed for clicking; choose mouse2, mouse8 or mouse9.",
    "mouse5": "mouse5 is the wheel and cannot be held; choose mouse2, mouse8 or mouse9.",
    "mouse99": "There is no key called 'mouse99'; did you mean mouse9?",
    "caps_lock": "caps_lock switches to capital letters whenever it is pressed; let your keyboard settings make it "
    "another key, such as f18, and choose that.",
}


@pytest.mark.parametrize("text", NAMES)
def test_names(text: str) -> None:
    assert parse_hotkey(text) == NAMES[text]


@pytest.mark.parametrize("text", NAMES)
def test_a_hotkeys_own_name_is_one(text: str) -> None:
    assert parse_hotkey(NAMES[text].name) == NAMES[text]


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(HotkeyError) as refused:
        parse_hotkey(text)
    assert str(refused.value) == REFUSED[text]


def test_cancel_key() -> None:
    assert parse_cancel_key("esc") == Key("esc")
    assert parse_cancel_key("") is None
    with pytest.raises(HotkeyError, match="right_ctrl cannot be the cancel key"):
        parse_cancel_key("right_ctrl")
