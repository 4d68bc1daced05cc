"""Texts and chords as strokes of Windows, and what of the clipboard is kept."""

from __future__ import annotations

import pytest

from utterkey.desktop.windows_stroke import Stroke
from utterkey.insertion.windows_plan import chord_strokes, is_better_typed, text_strokes, worth_reading

UP, UNICODE = 2, 4

TEXTS: dict[str, tuple[str, list[tuple[int, int, int]]]] = {
    "each unit goes down and up": (
        "aé",
        [(0, 0x61, UNICODE), (0, 0x61, UNICODE | UP), (0, 0xE9, UNICODE), (0, 0xE9, UNICODE | UP)],
    ),
    "a pair of surrogates is two units": (
        "🎉",
        [(0, 0xD83C, UNICODE), (0, 0xD83C, UNICODE | UP), (0, 0xDF89, UNICODE), (0, 0xDF89, UNICODE | UP)],
    ),
    "a new line is the key Return": ("\n", [(0x0D, 0, 0), (0x0D, 0, UP)]),
    "Windows' own new line too": ("\r\n", [(0x0D, 0, 0), (0x0D, 0, UP)]),
    "a tabulator is the key Tab": ("\t", [(0x09, 0, 0), (0x09, 0, UP)]),
    "no control characters": ("\x1b\x7f\0", []),
    "no half of a pair": ("\ud83c", []),
}


@pytest.mark.parametrize(("text", "strokes"), TEXTS.values(), ids=TEXTS.keys())
def test_text(text: str, strokes: list[tuple[int, int, int]]) -> None:
    assert text_strokes(text) == [Stroke(*stroke) for stroke in strokes]


CHORDS: dict[str, tuple[tuple[str, ...], list[tuple[int, int, int]] | None]] = {
    "Ctrl+V": (("Control_L", "v"), [(0x11, 0, 0), (0x56, 0, 0), (0x56, 0, UP), (0x11, 0, UP)]),
    "Insert is not the number pad's": (
        ("Shift_L", "Insert"),
        [(0x10, 0, 0), (0x2D, 0, 1), (0x2D, 0, 1 | UP), (0x10, 0, UP)],
    ),
    "a key of X only": (("XF86Paste",), None),
}


@pytest.mark.parametrize(("keys", "strokes"), CHORDS.values(), ids=CHORDS.keys())
def test_chord(keys: tuple[str, ...], strokes: list[tuple[int, int, int]] | None) -> None:
    assert chord_strokes(keys) == (None if strokes is None else [Stroke(*stroke) for stroke in strokes])


TYPED: dict[str, tuple[str, str, bool]] = {
    "a short text": ("x" * 500, "Notepad", True),
    "a long text": ("x" * 501, "Notepad", False),
    "an emoji": ("🎉", "Notepad", True),
    "an emoji in the console": ("🎉", "ConsoleWindowClass", False),
    "a letter in the console": ("é", "ConsoleWindowClass", True),
    "an emoji in Windows Terminal": ("🎉", "CASCADIA_HOSTING_WINDOW_CLASS", False),
}


@pytest.mark.parametrize(("text", "window", "typed"), TYPED.values(), ids=TYPED.keys())
def test_what_is_typed(text: str, window: str, typed: bool) -> None:
    assert is_better_typed(text, window) is typed


FORMATS: dict[str, tuple[list[int], list[int]]] = {
    "text once": ([13, 16, 1, 7], [13]),
    "old text only": ([1], [1]),
    "an image without its handle": ([2, 8, 17], [8]),
    "handles and owner's drawings": ([3, 14, 9, 0x80, 0x82, 0x200, 0x300], []),
    "files and registered formats": ([15, 0xC009], [15, 0xC009]),
    "what leads back to its program": ([0xC00A, 13], [13]),
}


@pytest.mark.parametrize(("present", "kept"), FORMATS.values(), ids=FORMATS.keys())
def test_formats(present: list[int], kept: list[int]) -> None:
    assert worth_reading(present, {0xC00A}) == kept
