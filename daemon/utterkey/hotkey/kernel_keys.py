"""What the kernel writes about keys, and what it calls them. Pure.

`struct input_event` of linux/input.h on 64-bit systems, and the numbers of linux/input-event-codes.h. They stand for
places on a keyboard: a letter is the one that a US keyboard has there.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_EVENT = struct.Struct("@qqHHi")
SIZE = _EVENT.size
_KEY = 1
_SYN, _DROPPED = 0, 3
_WAYS: dict[int, Literal["up", "down"]] = {0: "up", 1: "down"}  # 2 is a repeat

NAMES = {
    1: "esc", 12: "minus", 13: "equal", 14: "backspace", 15: "tab", 26: "left_bracket", 27: "right_bracket",
    28: "enter", 29: "left_ctrl", 39: "semicolon", 40: "apostrophe", 41: "grave", 42: "left_shift", 43: "backslash",
    51: "comma", 52: "period", 53: "slash", 54: "right_shift", 56: "left_alt", 57: "space", 70: "scroll_lock",
    87: "f11", 88: "f12", 97: "right_ctrl", 99: "print_screen", 100: "right_alt", 102: "home", 103: "up",
    104: "page_up", 105: "left", 106: "right", 107: "end", 108: "down", 109: "page_down", 110: "insert",
    111: "delete", 119: "pause", 125: "left_super", 126: "right_super", 127: "menu",
    0x112: "mouse2", 0x113: "mouse8", 0x114: "mouse9", 0x115: "mouse10", 0x116: "mouse11",
    **{code: digit for code, digit in enumerate("1234567890", 2)},
    **{first + place: letter for first, row in ((16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm"))
       for place, letter in enumerate(row)},
    **{58 + number: f"f{number}" for number in range(1, 11)},
    **{170 + number: f"f{number}" for number in range(13, 25)},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key went down or up; a key that has no name here is known by its number."""

    name: str
    way: Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """The kernel's buffer was full: what happened before this is not known."""


def read(data: bytes) -> Iterator[Stroke | Dropped]:
    """What whole events tell of keys."""
    for _, _, kind, code, value in _EVENT.iter_unpack(data[: len(data) // SIZE * SIZE]):
        if kind == _KEY and value in _WAYS:
            yield Stroke(NAMES.get(code, f"key {code}"), _WAYS[value])
        elif (kind, code) == (_SYN, _DROPPED):
            yield Dropped()
