"""The keys of Windows by their names in the settings, and what a keyboard hook is told. Pure.

Numbers are Microsoft's virtual-key codes, and the messages and flags of LowLevelKeyboardProc and KBDLLHOOKSTRUCT.
"""

from typing import Protocol

from utterkey.hotkey.keys import Combo, Hotkey
from utterkey.hotkey.watch import Heard

MASK_KEY = 0xE8
"""Assigned to nothing. Struck after a swallowed key, it keeps Alt's and the Windows key's own key-up from opening the
menu: to the system those were pressed and let go alone (AutoHotkey's MenuMaskKey)."""

MOUSE_BUTTONS = (0x01, 0x02, 0x04)
"""Left, right and middle, which make a shortcut of a lone modifier."""

BUTTONS = {"middle": "mouse2", "x1": "mouse8", "x2": "mouse9"}
"""pynput's names of the buttons that can be hotkeys."""

_DOWN, _UP = (0x0100, 0x0104), (0x0101, 0x0105)
"""WM_KEYDOWN and WM_KEYUP, and with Alt WM_SYSKEYDOWN and WM_SYSKEYUP."""
_EXTENDED = 0x01

_CODES: dict[str, int] = {
    **{"left_shift": 0xA0, "right_shift": 0xA1, "left_ctrl": 0xA2, "right_ctrl": 0xA3},
    **{"left_alt": 0xA4, "right_alt": 0xA5, "left_super": 0x5B, "right_super": 0x5C},
    **{character: ord(character.upper()) for character in "abcdefghijklmnopqrstuvwxyz0123456789"},
    **{f"f{number}": 0x6F + number for number in range(1, 25)},
    **{"esc": 0x1B, "pause": 0x13, "scroll_lock": 0x91, "print_screen": 0x2C, "menu": 0x5D},
    **{"insert": 0x2D, "home": 0x24, "end": 0x23, "page_up": 0x21, "page_down": 0x22, "delete": 0x2E},
    **{"left": 0x25, "up": 0x26, "right": 0x27, "down": 0x28},
    **{"space": 0x20, "enter": 0x0D, "tab": 0x09, "backspace": 0x08},
    **{"minus": 0xBD, "equal": 0xBB, "comma": 0xBC, "period": 0xBE, "slash": 0xBF, "backslash": 0xDC},
    **{"semicolon": 0xBA, "apostrophe": 0xDE, "grave": 0xC0, "left_bracket": 0xDB, "right_bracket": 0xDD},
}

_NAMES = {code: name for name, code in _CODES.items()} | {0x03: "pause"}  # what Pause is while Ctrl is down

_ON_NUMBER_PAD_TOO = {_CODES[name] for name in ("insert", "home", "end", "page_up", "page_down", "delete")} | {
    _CODES[name] for name in ("left", "up", "right", "down")
}
"""With Num Lock off the number pad has these codes; the keys of their own are extended ones. Enter is the reverse."""


class HookData(Protocol):
    """A KBDLLHOOKSTRUCT."""

    vkCode: int  # noqa: N815 - the names are those of Windows
    scanCode: int  # noqa: N815
    flags: int
    dwExtraInfo: int | None  # noqa: N815


def heard(message: int, data: HookData, ours: int) -> Heard | None:
    """What a hook was told; None if that is none of the user's keys. `ours` is the mark of the keys we send.

    Right Alt of a layout with AltGr comes with a left Ctrl that nobody pressed, told by its scan code.
    """
    if message not in (*_DOWN, *_UP) or data.dwExtraInfo == ours:
        return None
    if data.vkCode == _CODES["left_ctrl"] and data.scanCode & 0x200:
        return None
    return Heard(_name(data.vkCode, extended=bool(data.flags & _EXTENDED)), message in _DOWN)


def code(name: str) -> int | None:
    """The virtual-key code to ask the keyboard about; None for what has none."""
    return _CODES.get(name)


def opens_a_menu(hotkey: Hotkey) -> bool:
    """Whether one of its modifiers, let go as if nothing was pressed with it, opens a menu."""
    return isinstance(hotkey, Combo) and bool({"alt", "super"} & set(hotkey.modifiers))


def _name(vk: int, *, extended: bool) -> str:
    if (vk in _ON_NUMBER_PAD_TOO and not extended) or (vk == _CODES["enter"] and extended):
        return f"number pad {vk:#x}"
    return _NAMES.get(vk, f"key {vk:#x}")
