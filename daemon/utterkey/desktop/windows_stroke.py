"""A key that is sent on Windows. Pure."""

from dataclasses import dataclass

EXTENDED, UP, UNICODE = 0x0001, 0x0002, 0x0004
"""KEYEVENTF_EXTENDEDKEY, KEYEVENTF_KEYUP, KEYEVENTF_UNICODE."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A KEYBDINPUT: a key, or with UNICODE a unit of UTF-16 in place of the scan code."""

    vk: int
    scan: int
    flags: int
