"""The keys of a Mac by their names in the settings, and what an event tap is told. Pure.

Numbers are Apple's: virtual key codes (HIToolbox/Events.h), which are places on the keyboard whatever the layout, the
event types of CGEventTypes.h, and the flags of each side's modifier (IOKit/hidsystem/IOLLEvent.h).
"""

from collections.abc import Iterable

from utterkey.hotkey.watch import Heard

_LEFT_DOWN, _RIGHT_DOWN, _KEY_DOWN, _KEY_UP, _FLAGS_CHANGED, _OTHER_DOWN, _OTHER_UP = 1, 3, 10, 11, 12, 25, 26

EVENTS = sum(
    1 << kind for kind in (_LEFT_DOWN, _RIGHT_DOWN, _KEY_DOWN, _KEY_UP, _FLAGS_CHANGED, _OTHER_DOWN, _OTHER_UP)
)
"""What a tap is to be told of. Not of the pointer's moves and of scrolling, which would be a thousand a second."""

DISABLED = (0xFFFFFFFE, 0xFFFFFFFF)
"""The tap was switched off, for it was slow or somebody wanted it: this is the last event until it is on again."""

_BUTTONS = {2: "mouse2", 3: "mouse8", 4: "mouse9"}

_MODIFIER_FLAGS = {
    **{"left_ctrl": 0x0001, "left_shift": 0x0002, "right_shift": 0x0004, "left_super": 0x0008},
    **{"right_super": 0x0010, "left_alt": 0x0020, "right_alt": 0x0040, "right_ctrl": 0x2000},
}
"""Of the device, one for each side: the usual flags cannot tell that of two Option keys one was let go."""

_IN_ORDER = (
    *("a", "s", "d", "f", "h", "g", "z", "x", "c", "v", "", "b", "q", "w", "e", "r", "y", "t"),
    *("1", "2", "3", "4", "6", "5", "equal", "9", "7", "minus", "8", "0", "right_bracket", "o", "u", "left_bracket"),
    *("i", "p", "enter", "l", "j", "apostrophe", "k", "semicolon", "backslash", "comma", "slash", "n", "m", "period"),
    *("tab", "space", "grave", "backspace", "", "esc", "right_super", "left_super", "left_shift", "", "left_alt"),
    *("left_ctrl", "right_shift", "right_alt", "right_ctrl"),
)

CODES: dict[str, int] = {
    **{name: code for code, name in enumerate(_IN_ORDER) if name},
    **{"f17": 64, "f18": 79, "f19": 80, "f20": 90, "f5": 96, "f6": 97, "f7": 98, "f3": 99, "f8": 100, "f9": 101},
    **{"f11": 103, "f13": 105, "f16": 106, "f14": 107, "f10": 109, "f12": 111, "f15": 113, "f4": 118, "f2": 120},
    **{"f1": 122, "menu": 110, "insert": 114, "home": 115, "page_up": 116, "delete": 117, "end": 119},
    **{"page_down": 121, "left": 123, "right": 124, "down": 125, "up": 126},
    **{"print_screen": 105, "scroll_lock": 107, "pause": 113},  # where a PC's keyboard has these, F13 to F15
}


def names(wanted: Iterable[str]) -> dict[int, str]:
    """Key code -> its name; of two names for a key the one that is wanted."""
    found: dict[int, str] = {}
    for name, code in CODES.items():
        found.setdefault(code, name)
    return found | {CODES[name]: name for name in wanted if name in CODES}


def heard(kind: int, code: int, flags: int, button: int, key_names: dict[int, str]) -> Heard | None:
    """What a tap was told; None if that matters to no hotkey, such as Caps Lock and the Globe key."""
    if kind in (_KEY_DOWN, _KEY_UP):
        return Heard(key_names.get(code, f"key {code}"), kind == _KEY_DOWN)
    if kind == _FLAGS_CHANGED:
        name = key_names.get(code, "")
        return Heard(name, bool(flags & _MODIFIER_FLAGS[name])) if name in _MODIFIER_FLAGS else None
    if kind in (_OTHER_DOWN, _OTHER_UP):
        return Heard(_BUTTONS.get(button, f"button {button}"), kind == _OTHER_DOWN)
    return None


def clicked(kind: int) -> bool:
    """A click, which makes a shortcut of a lone modifier."""
    return kind in (_LEFT_DOWN, _RIGHT_DOWN)
