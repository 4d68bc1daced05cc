"""Where the hotkeys are on the keyboard of an X server, and what is down on it.

Runs on the thread that owns the connection; grabs nothing and changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xinput

from utterkey.errors import HotkeyError
from utterkey.hotkey.keys import LONE_MODIFIERS, SPARE_KEYS, TYPING_KEYS, Combo, Hotkey, ModifierName, MouseButton

Keymap = Sequence[int]
"""The server's bitmap of the keycodes that are down, 32 bytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """The keycodes that make a hotkey, or its mouse button, and the modifiers that must be down with it."""

    keycodes: frozenset[int] = frozenset()
    button: int = 0
    modifiers: frozenset[ModifierName] = frozenset()


class Keyboard:
    """The keyboard mapping as it was when this was made; after `MappingNotify` a new one is due."""

    def __init__(self, display: Display) -> None:
        self._display = display
        first = display.display.info.min_keycode
        rows = display.get_keyboard_mapping(first, display.display.info.max_keycode - first + 1)
        self._keycodes: dict[int, set[int]] = {}
        for keycode, keysyms in enumerate(rows, first):
            for keysym in keysyms[0:6:2]:  # unshifted, in the first and second layout and with AltGr
                self._keycodes.setdefault(keysym, set()).add(keycode)
        modifier_rows: list[list[int]] = [[c for c in row if c] for row in display.get_modifier_mapping()]
        self._modifiers = {name: self._modifier(modifier_rows, name) for name in _MODIFIER_KEYSYMS}
        wanted = [mask for mask, _ in self._modifiers.values()]
        locks = {X.LockMask, *(self._mask(modifier_rows, keysym) for keysym in _LOCK_KEYSYMS)} - {0, *wanted}
        self.lock_masks = tuple(sum(some) for n in range(len(locks) + 1) for some in combinations(sorted(locks), n))

    def find(self, hotkey: Hotkey) -> Place:
        """The place of a hotkey; a `HotkeyError` if this keyboard does not have it."""
        place = self._find(hotkey)
        if place is None:
            raise HotkeyError(f"This keyboard has no key for {hotkey.name}; choose another one.")
        return place

    def _find(self, hotkey: Hotkey) -> Place | None:
        if isinstance(hotkey, MouseButton):
            return Place(button=hotkey.number)
        name = hotkey.key if isinstance(hotkey, Combo) else hotkey.name
        for keysym in _keysyms(name):
            if keysym in self._keycodes:
                modifiers = hotkey.modifiers if isinstance(hotkey, Combo) else ()
                return Place(frozenset(self._keycodes[keysym]), modifiers=frozenset(modifiers))
        return None

    def name_of(self, keycode: int) -> str:
        """How the settings call this key, "" if they have no name for it."""
        for name in LONE_MODIFIERS + SPARE_KEYS + TYPING_KEYS + _LOCKS:
            if any(keycode in self._keycodes.get(keysym, ()) for keysym in _keysyms(name)):
                return name
        return ""

    def modifier_of(self, keycode: int) -> ModifierName | None:
        """What it does to the keys that are pressed with it."""
        return next((name for name, (_, keycodes) in self._modifiers.items() if keycode in keycodes), None)

    def same_places(self, other: "Keyboard", hotkeys: Iterable[Hotkey]) -> bool:
        """Are these hotkeys where they were on the other one, and grabbed in the same way?"""
        mine, others = ((k.lock_masks, k._modifiers, [k._find(h) for h in hotkeys]) for k in (self, other))
        return mine == others

    def mask(self, modifiers: Iterable[ModifierName]) -> int:
        """The modifiers as they stand in a core event's state."""
        return sum(self._modifiers[name][0] for name in modifiers)

    @property
    def all_modifiers(self) -> int:
        """The mask without locks."""
        return self.mask(self._modifiers)

    def now(self) -> Keymap:
        """Ask the server what is down."""
        return self._display.query_keymap()

    def modifiers_down(self, keymap: Keymap, apart_from: frozenset[int] = frozenset()) -> set[ModifierName]:
        return {name for name, (_, keycodes) in self._modifiers.items() if any_down(keymap, keycodes - apart_from)}

    def modifier_keycodes(self, place: Place) -> frozenset[int]:
        """The keycodes of the modifiers that belong to a hotkey."""
        return frozenset[int]().union(*(self._modifiers[name][1] for name in place.modifiers))

    def has_part(self, place: Place, detail: int) -> bool:
        """Does this keycode, or this button, belong to the hotkey?"""
        return detail in place.keycodes or detail in self.modifier_keycodes(place) or detail == place.button

    def is_down(self, place: Place, keymap: Keymap) -> bool:
        """Is all of the hotkey still down?"""
        if place.button:
            return self._button_down(place.button)
        return any_down(keymap, place.keycodes) and place.modifiers <= self.modifiers_down(keymap)

    def is_partly_down(self, place: Place, keymap: Keymap) -> bool:
        """Is any part of the hotkey still down?"""
        if place.button:
            return self._button_down(place.button)
        return any_down(keymap, place.keycodes | self.modifier_keycodes(place))

    def _button_down(self, button: int) -> bool:
        devices = xinput.query_device(self._display, xinput.AllMasterDevices).devices
        classes = [part for device in devices for part in device.classes if part.type == xinput.ButtonClass]
        return any(part.state[button - 1] for part in classes if len(part.state) >= button)

    def _modifier(self, rows: list[list[int]], name: ModifierName) -> tuple[int, frozenset[int]]:
        """The mask of a modifier and the keycodes that set it. Only those of alt and super differ between keymaps."""
        left, right = (_keysyms(f"{side}_{name}")[0] for side in ("left", "right"))
        mask = self._mask(rows, left) or self._mask(rows, right) or _USUAL_MASKS[name]
        return mask, frozenset(rows[mask.bit_length() - 1])

    def _mask(self, rows: list[list[int]], keysym: int) -> int:
        keycodes = self._keycodes.get(keysym, set())
        return next((1 << index for index, row in enumerate(rows) if keycodes.intersection(row)), 0)


def any_down(keymap: Keymap, keycodes: Iterable[int]) -> bool:
    return any(keymap[keycode >> 3] >> (keycode & 7) & 1 for keycode in keycodes)


def with_down(keymap: Keymap, keycodes: Iterable[int]) -> Keymap:
    bits = bytearray(keymap)
    for keycode in keycodes:
        bits[keycode >> 3] |= 1 << (keycode & 7)
    return bits


_MODIFIER_KEYSYMS: dict[ModifierName, str] = {"ctrl": "Control", "alt": "Alt", "shift": "Shift", "super": "Super"}

_USUAL_MASKS = {"ctrl": X.ControlMask, "alt": X.Mod1Mask, "shift": X.ShiftMask, "super": X.Mod4Mask}

_LOCK_KEYSYMS = (XK.XK_Num_Lock, XK.XK_Scroll_Lock)

_LOCKS = ("caps_lock", "num_lock")
"""They have a name only so that it can be said why they are no hotkeys."""

_ISO_LEVEL3_SHIFT = 0xFE03

_XF86 = 0x1008FF00

_KEYSYMS: dict[str, tuple[int, ...]] = {
    "esc": (XK.XK_Escape,), "pause": (XK.XK_Pause, XK.XK_Break), "scroll_lock": (XK.XK_Scroll_Lock,),
    "print_screen": (XK.XK_Print,), "menu": (XK.XK_Menu,), "insert": (XK.XK_Insert,), "home": (XK.XK_Home,),
    "end": (XK.XK_End,), "page_up": (XK.XK_Page_Up,), "page_down": (XK.XK_Page_Down,), "space": (XK.XK_space,),
    "enter": (XK.XK_Return,), "tab": (XK.XK_Tab,), "backspace": (XK.XK_BackSpace,), "delete": (XK.XK_Delete,),
    "minus": (XK.XK_minus,), "equal": (XK.XK_equal,), "comma": (XK.XK_comma,), "period": (XK.XK_period,),
    "slash": (XK.XK_slash,), "backslash": (XK.XK_backslash,), "semicolon": (XK.XK_semicolon,),
    "apostrophe": (XK.XK_apostrophe,), "grave": (XK.XK_grave,), "left_bracket": (XK.XK_bracketleft,),
    "right_bracket": (XK.XK_bracketright,), "left": (XK.XK_Left,), "right": (XK.XK_Right,), "up": (XK.XK_Up,),
    "down": (XK.XK_Down,), "caps_lock": (XK.XK_Caps_Lock,), "num_lock": (XK.XK_Num_Lock,),
    # AltGr where the layout has a third level
    "right_alt": (XK.XK_Alt_R, _ISO_LEVEL3_SHIFT, XK.XK_Mode_switch),
    # what the keymaps of xkeyboard-config put on the keys F13 to F18 and F20 to F23 of PC keyboards
    "f13": (XK.XK_F13, _XF86 + 0x81), "f14": (XK.XK_F14, _XF86 + 0x45), "f15": (XK.XK_F15, _XF86 + 0x46),
    "f16": (XK.XK_F16, _XF86 + 0x47), "f17": (XK.XK_F17, _XF86 + 0x48), "f18": (XK.XK_F18, _XF86 + 0x49),
    "f20": (XK.XK_F20, _XF86 + 0xB2), "f21": (XK.XK_F21, _XF86 + 0xA9), "f22": (XK.XK_F22, _XF86 + 0xB0),
    "f23": (XK.XK_F23, _XF86 + 0xB1),
}  # fmt: skip


def _keysyms(name: str) -> tuple[int, ...]:
    """The keysyms a key may have, the best first."""
    if name in _KEYSYMS:
        return _KEYSYMS[name]
    side, _, modifier = name.partition("_")
    for known, keysym in _MODIFIER_KEYSYMS.items():
        if modifier == known:
            return (XK.string_to_keysym(f"{keysym}_{'L' if side == 'left' else 'R'}"),)
    return (XK.string_to_keysym(name.upper() if len(name) > 1 else name),)
