"""The names of keys as they stand in the settings: `f9`, `right_ctrl`, `ctrl+alt+space`, `mouse8`. Pure.

Which keycode a name has on a keyboard is the mechanism's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from utterkey.errors import HotkeyError

ModifierName = Literal["ctrl", "alt", "shift", "super"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is pressed with no modifier."""

    name: str


@dataclass(frozen=True, slots=True)
class LoneModifier:
    """A modifier that is the whole hotkey. It belongs to every shortcut too, so it can only be observed."""

    name: str


@dataclass(frozen=True, slots=True)
class MouseButton:
    """A button beside those that click and scroll. It can only be observed."""

    number: int

    @property
    def name(self) -> str:
        return f"mouse{self.number}"


@dataclass(frozen=True, slots=True)
class Combo:
    """A key that is pressed while all of these modifiers, and no others, are down."""

    modifiers: tuple[ModifierName, ...]
    key: str

    @property
    def name(self) -> str:
        return "+".join((*self.modifiers, self.key))


Hotkey = Key | LoneModifier | MouseButton | Combo

MODIFIERS: tuple[ModifierName, ...] = ("ctrl", "alt", "shift", "super")
"""In the order in which a combination is written."""

LONE_MODIFIERS = tuple(f"{side}_{modifier}" for modifier in MODIFIERS for side in ("left", "right"))

TYPING_KEYS: tuple[str, ...] = (
    *"abcdefghijklmnopqrstuvwxyz0123456789",
    *("space", "enter", "tab", "backspace", "delete", "minus", "equal", "comma", "period", "slash", "backslash"),
    *("semicolon", "apostrophe", "grave", "left_bracket", "right_bracket", "left", "right", "up", "down"),
)
"""Keys nobody can do without: a hotkey only together with a modifier other than shift."""

SPARE_KEYS: tuple[str, ...] = (
    *(f"f{number}" for number in range(1, 25)),
    *("esc", "pause", "scroll_lock", "print_screen", "menu", "insert", "home", "end", "page_up", "page_down"),
)

_BUTTONS = (2, *range(8, 16))
"""1 and 3 click, 4 to 7 are the wheel."""

_OTHER_NAMES = {
    "escape": "esc", "return": "enter", "del": "delete", "ins": "insert", "spacebar": "space", "break": "pause",
    "pageup": "page_up", "pgup": "page_up", "prior": "page_up", "pagedown": "page_down", "pgdn": "page_down",
    "next": "page_down", "print": "print_screen", "printscreen": "print_screen", "prtsc": "print_screen",
    "scrolllock": "scroll_lock", "apps": "menu", "application": "menu", "control": "ctrl", "option": "alt",
    "win": "super", "windows": "super", "meta": "super", "cmd": "super", "command": "super",
    "alt_gr": "right_alt", "altgr": "right_alt",
}  # fmt: skip

_REFUSED = {
    "caps_lock": "caps_lock switches to capital letters whenever it is pressed; let your keyboard settings make it "
    "another key, such as f18, and choose that.",
    "num_lock": "num_lock switches the number pad whenever it is pressed; choose another key, such as pause.",
    "fn": "fn never reaches programs on most keyboards; choose another key, such as right_ctrl or f9.",
    "mouse1": "mouse1 is needed for clicking; choose mouse2, mouse8 or mouse9.",
    "mouse3": "mouse3 is needed for clicking; choose mouse2, mouse8 or mouse9.",
    **{f"mouse{n}": f"mouse{n} is the wheel and cannot be held; choose mouse2, mouse8 or mouse9." for n in range(4, 8)},
}


def parse_hotkey(text: str) -> Hotkey:
    """Read a hotkey's name; a `HotkeyError` says what is wrong with it and what would do."""
    *modifiers, last = (_plain(part) for part in text.split("+"))
    if modifiers:
        return _combo(text, modifiers, last)
    if last in LONE_MODIFIERS:
        return LoneModifier(last)
    if last in MODIFIERS:
        raise HotkeyError(f"{last} is on both sides of the keyboard; write left_{last} or right_{last} for a hotkey.")
    if last in SPARE_KEYS:
        return Key(last)
    if last in TYPING_KEYS:
        raise HotkeyError(f"{last} alone is needed for typing; choose a combination such as ctrl+alt+{last}.")
    if last in (button := {f"mouse{number}": number for number in _BUTTONS}):
        return MouseButton(button[last])
    raise _unknown(last, (*LONE_MODIFIERS, *SPARE_KEYS, *TYPING_KEYS, *button))


def parse_cancel_key(text: str) -> Key | None:
    """Read the cancel key's name; nothing at all is no cancel key."""
    if not text.strip():
        return None
    hotkey = parse_hotkey(text)
    if not isinstance(hotkey, Key):
        raise HotkeyError(f"{hotkey.name} cannot be the cancel key, which is one key without modifiers, such as esc.")
    return hotkey


def _combo(text: str, modifiers: list[str], key: str) -> Combo:
    for name in modifiers:
        if name in LONE_MODIFIERS:
            side, plain = name.split("_")
            raise HotkeyError(f"A combination takes {plain} from either side: write {plain} instead of {side}_{plain}.")
        if name not in MODIFIERS:
            raise _unknown(name, MODIFIERS)
    if key in MODIFIERS or key in LONE_MODIFIERS:
        raise HotkeyError(f"{text!r} is made of modifiers only; end it with a key, as in ctrl+alt+space.")
    if key.startswith("mouse"):
        raise HotkeyError(f"{key} cannot be combined with other keys; choose it alone, or a key, as in ctrl+alt+space.")
    if key not in SPARE_KEYS and key not in TYPING_KEYS:
        raise _unknown(key, (*SPARE_KEYS, *TYPING_KEYS))
    combo = Combo(tuple(name for name in MODIFIERS if name in modifiers), key)
    if combo.modifiers == ("shift",) and key in TYPING_KEYS:
        raise HotkeyError(f"{combo.name} is needed for typing; choose a combination such as ctrl+alt+{key}.")
    return combo


def _plain(name: str) -> str:
    name = "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())
    name = _OTHER_NAMES.get(name, name)
    first, _, rest = name.partition("_")
    if first in ("left", "right") and rest in _OTHER_NAMES:  # right_option, left_cmd
        return f"{first}_{_OTHER_NAMES[rest]}"
    if rest in ("l", "r") and _OTHER_NAMES.get(first, first) in MODIFIERS:  # ctrl_r
        return f"{'left' if rest == 'l' else 'right'}_{_OTHER_NAMES.get(first, first)}"
    return name


def _unknown(name: str, known: Iterable[str]) -> HotkeyError:
    if name in _REFUSED:
        return HotkeyError(_REFUSED[name])
    from difflib import get_close_matches  # only a typo needs it

    near = get_close_matches(name, list(known), n=1)
    advice = f"did you mean {near[0]}?" if near else "examples are right_ctrl, f9, pause, ctrl+alt+space and mouse8."
    if not name:
        return HotkeyError(f"A key's name is missing; {advice}")
    return HotkeyError(f"There is no key called {name!r}; {advice}")
