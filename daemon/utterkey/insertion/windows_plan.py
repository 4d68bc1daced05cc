"""What a text or a chord is in strokes on Windows, and which forms of the clipboard are worth keeping. Pure.

Numbers and names are those of Microsoft's documentation of SendInput, virtual-key codes and clipboard formats.
"""

from collections.abc import Collection, Sequence

from utterkey.desktop.windows_stroke import EXTENDED, UNICODE, UP, Stroke
from utterkey.insertion.keystrokes import typeable

MODIFIERS = (0x10, 0x11, 0x12, 0x5B, 0x5C)
"""Shift, Ctrl and Alt of either side, both Windows keys."""

LONGEST_TYPED = 500
"""A longer text is pasted: a window takes in some thousand characters a second, and a paste at once."""

UNICODE_TEXT = 13
KEPT_OUT = ("ExcludeClipboardContentFromMonitorProcessing", "Clipboard Viewer Ignore")
"""Clipboard managers leave alone what has one of these, whatever it holds."""
KEPT_OUT_BY_ZERO = ("CanIncludeInClipboardHistory", "CanUploadToCloudClipboard")
"""Windows' own history and cloud clipboard do with what has a zero here."""

OLE = ("DataObject", "Ole Private Data")
"""Registered formats that lead back to the program they came from: given back by another they only mislead."""

_RETURN, _TAB = 0x0D, 0x09

_KEYS = {"Control_L": 0x11, "Shift_L": 0x10, "Alt_L": 0x12, "Super_L": 0x5B, "Insert": 0x2D}
_EXTENDED_KEYS = {0x2D, 0x5B}  # Insert without this is the number pad's

_TEXT, _OEM_TEXT, _LOCALE = 1, 7, 16
_BITMAP, _METAFILE, _PALETTE, _ENHANCED_METAFILE, _DIB, _DIB_V5 = 2, 3, 9, 14, 8, 17
_NOT_MEMORY = {_BITMAP, _METAFILE, _PALETTE, _ENHANCED_METAFILE}
_OWNERS = range(0x0080, 0x0090)  # drawn by their owner, or display forms of handles
_HANDLES = range(0x0200, 0x0400)  # private to a program, and handles of the graphics system

_HAVE_NO_PAIRS = ("consolewindowclass", "cascadia_hosting_window_class")
"""The console and Windows Terminal take a surrogate pair for two characters (microsoft/terminal#12977)."""


def text_strokes(text: str) -> list[Stroke]:
    """Each unit goes down and up: without the key-ups some programs drop one of two equal characters."""
    strokes: list[Stroke] = []
    for character in typeable(text):
        if character in "\n\t":
            key = _RETURN if character == "\n" else _TAB
            strokes += (Stroke(key, 0, 0), Stroke(key, 0, UP))
            continue
        for unit in _units(character):
            strokes += (Stroke(0, unit, UNICODE), Stroke(0, unit, UNICODE | UP))
    return strokes


def chord_strokes(keys: Sequence[str]) -> list[Stroke] | None:
    """The keys go down in this order and up in reverse; None if there is no such key."""
    codes = [_KEYS.get(key) or (ord(key.upper()) if len(key) == 1 else 0) for key in keys]
    if not all(codes):
        return None
    flags = [EXTENDED if code in _EXTENDED_KEYS else 0 for code in codes]
    downs = [Stroke(code, 0, flag) for code, flag in zip(codes, flags, strict=True)]
    return [*downs, *(Stroke(stroke.vk, 0, stroke.flags | UP) for stroke in reversed(downs))]


def is_better_typed(text: str, class_name: str) -> bool:
    """Short texts: typing leaves the clipboard alone."""
    if len(text) > LONGEST_TYPED:
        return False
    return not (class_name.lower() in _HAVE_NO_PAIRS and any(ord(character) > 0xFFFF for character in text))


def worth_reading(formats: Sequence[int], ole: Collection[int]) -> list[int]:
    """Of the formats there are, those that are memory and that Windows does not make of another one itself. `ole` are
    the numbers that `OLE` has in this session."""
    kept = [each for each in formats if each not in _NOT_MEMORY and each not in _OWNERS and each not in _HANDLES]
    made: set[int] = set()
    if UNICODE_TEXT in kept:
        made |= {_TEXT, _OEM_TEXT, _LOCALE}
    if _DIB in kept:
        made.add(_DIB_V5)
    return [each for each in kept if each not in made and each not in ole]


def _units(character: str) -> list[int]:
    data = character.encode("utf-16-le")
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]
