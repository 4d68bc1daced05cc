"""A keyboard of our own on a Wayland seat (virtual-keyboard-v1), to strike paste chords and to type.

Runs on the insertion thread. `wtype` does the same from a process for each text; a keyboard that stays is better: a
seat without another keyboard gets and loses the capability with each such process, and clients that bind their
keyboard too late lose the first key (half of 30 runs on a bare sway). Each mapping is complete in itself, whatever the
layout of the user's keyboard: the usual keys for chords, a key for each character for typing.
"""

import os
import time
from collections.abc import Callable, Sequence

from utterkey.desktop import descriptors
from utterkey.desktop.wayland import Connection
from utterkey.insertion.keystrokes import Key, Keymap, Round
from utterkey.insertion.orders import Wait

_MANAGER = "zwp_virtual_keyboard_manager_v1"
_CREATE = 0
_MAP, _KEY, _MODIFIERS, _DESTROY = 0, 1, 2, 3
_XKB_TEXT_V1 = 1
_UP, _DOWN = 0, 1
_X_OFFSET = 8  # XKB numbers a key 8 above the kernel's number for it

_USUAL = """xkb_keymap {
xkb_keycodes { include "evdev+aliases(qwerty)" };
xkb_types { include "complete" };
xkb_compatibility { include "complete" };
xkb_symbols { include "pc+us+inet(evdev)" };
};"""

_MODIFIER_BITS = {"Shift_L": 1, "Control_L": 4, "Alt_L": 8, "Super_L": 64}
_CODES = {"Control_L": 29, "Shift_L": 42, "Alt_L": 56, "Super_L": 125, "Insert": 110, "XF86Paste": 135} | {
    letter: first + place
    for first, row in ((16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm"))
    for place, letter in enumerate(row)
}
"""X name -> the kernel's number of the key (linux/input-event-codes.h) where the usual mapping has it."""

# The keys of the letters, digits and signs, which mean nothing by their place; then those that no keyboard has.
_FREE = (*range(2, 14), *range(16, 28), *range(30, 42), 43, *range(44, 54), *range(184, 240))
FREE: Keymap = {code + _X_OFFSET: (0, 0) for code in _FREE}
"""What may be bound for typing, as the X keycodes of `keystrokes`."""


def offered_here(connection: Connection) -> bool:
    return _MANAGER in connection.globals and "wl_seat" in connection.globals


class VirtualKeyboard:
    """See `Keyboard` in wayland_delivery.py. It is there all the time, so all that is about its coming and going is
    empty."""

    ready = True

    def __init__(self, connection: Connection, seat: int) -> None:
        self._connection = connection
        manager = connection.bind(_MANAGER, 1)
        self._number = connection.new()
        connection.send(manager, _CREATE, "on", seat, self._number)
        self._mapping = ""
        self._map(_USUAL)
        connection.round_trip()

    def begin(self) -> None: ...
    def make_ready(self, wait: Wait) -> None: ...
    def done(self) -> None: ...
    def expire(self) -> None: ...
    def end(self) -> None: ...

    def limit(self) -> float | None:
        return None

    def can_strike(self, keys: Sequence[str]) -> bool:
        return all(key in _CODES for key in keys)

    def strike_chord(self, keys: Sequence[str]) -> None:
        """Press keys in this order and let go of them in reverse."""
        self._map(_USUAL)
        held = 0
        for key in keys:
            self._strike(_CODES[key], _DOWN)
            held |= _MODIFIER_BITS.get(key, 0)
            self._hold(held)
        for key in reversed(keys):
            self._strike(_CODES[key], _UP)
            held &= ~_MODIFIER_BITS.get(key, 0)
            self._hold(held)

    def type_round(self, each: Round, await_done: Callable[[], None]) -> None:
        """Type with these bindings; `await_done` waits until the compositor has passed a key on."""
        self._map(_mapping(each))
        for stroke in each.strokes:
            self._type(stroke)
            await_done()

    def _type(self, stroke: Key) -> None:
        self._hold(_MODIFIER_BITS["Shift_L"] if stroke.shift else 0)
        self._strike(stroke.code - _X_OFFSET, _DOWN)
        self._strike(stroke.code - _X_OFFSET, _UP)
        self._hold(0)

    def _strike(self, code: int, state: int) -> None:
        moment = time.monotonic_ns() // 1_000_000 & 0xFFFFFFFF
        self._connection.send(self._number, _KEY, "uuu", moment, code, state)

    def _hold(self, modifiers: int) -> None:
        self._connection.send(self._number, _MODIFIERS, "uuuu", modifiers, 0, 0, 0)

    def _map(self, mapping: str) -> None:
        """A mapping sent anew makes every client compile it, so only where it changes."""
        if mapping == self._mapping:
            return
        data = mapping.encode() + b"\0"
        descriptor = descriptors.memory(data)
        try:
            self._connection.send(self._number, _MAP, "uhu", _XKB_TEXT_V1, descriptor, len(data))
        finally:
            os.close(descriptor)
        self._mapping = mapping


def _mapping(each: Round) -> str:
    """The mapping in the text format of XKB; a symbol may be written as its number."""
    codes = "".join(f"<K{code}> = {code};\n" for code in FREE)
    symbols = "".join(
        f"key <K{code}> {{ [ {plain:#x}, {shifted:#x} ] }};\n" for code, (plain, shifted) in each.bindings.items()
    )
    return f"""xkb_keymap {{
xkb_keycodes {{ minimum = 8; maximum = 255;
{codes}}};
xkb_types {{ include "complete" }};
xkb_compatibility {{ include "complete" }};
xkb_symbols {{
{symbols}}};
}};"""
