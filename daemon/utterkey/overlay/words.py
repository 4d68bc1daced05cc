"""From text to lines: where they break, which of them are kept, and in which order the words of a line stand. Pure.

Lines break between words, and in scripts that have no spaces between characters. A line of mixed directions is put in
order by whole words, by the idea of the Unicode bidirectional algorithm; what is within a word is the font's business.
Widths come from outside, in pixels.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Measure = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Word:
    """What is never broken, and whether a space stands before it."""

    text: str
    settled: bool = True
    spaced: bool = True


@dataclass(frozen=True, slots=True)
class Placed:
    x: int
    text: str
    settled: bool


Line = tuple[Placed, ...]

_UNSPACED = "\u1100-\u115f\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U0001f000-\U0003ffff\u0e00-\u0eff\u1780-\u17ff"
"""Ideographs and kana, full-width forms, pictures, Thai, Lao, Khmer: a line may break at any of them."""

_CLOSING = "、。，．！？：；）」』】〕》〉・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ%,.!?:;)\\]}”’"
"""What does not begin a line."""

_MARKS = "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\ufe0f\u200d"
"""What is written onto the character before it."""

_PIECE = re.compile(f"[{_UNSPACED}][{_CLOSING}{_MARKS}]*|[^{_UNSPACED}]+")


def words_of(text: str, *, settled: bool) -> Iterator[Word]:
    for chunk in text.split():
        for number, piece in enumerate(_PIECE.findall(chunk)):
            yield Word(piece, settled, spaced=number == 0)


def lines_of(words: Sequence[Word], measure: Measure, space: int, width: int, most: int) -> list[Line]:
    """The newest lines, at most so many. They break from the beginning on, so that what is read stays where it is."""
    rows: list[list[Word]] = []
    used = 0
    for word in words:
        for part in _fitting(word, measure, width):
            needed = measure(part.text) + (space if part.spaced else 0)
            if rows and used + needed <= width:
                rows[-1].append(part)
                used += needed
            else:
                rows.append([part])
                used = measure(part.text)
    rtl = bool(words) and base_is_rtl([word.text for word in words])
    return [_place(row, measure, space, width, rtl=rtl) for row in rows[-most:]]


def _fitting(word: Word, measure: Measure, width: int) -> Iterator[Word]:
    """A word that is longer than a line is broken all the same."""
    text, spaced = word.text, word.spaced
    while len(text) > 1 and measure(text) > width:
        size = max(1, len(text) * width // measure(text) - 1)
        while size > 1 and measure(text[:size]) > width:
            size -= 1
        yield Word(text[:size], word.settled, spaced)
        text, spaced = text[size:], False
    yield Word(text, word.settled, spaced)


# --- directions ----------------------------------------------------------------------------------------------------


def is_rtl(text: str) -> bool | None:
    """The direction of the first letter; None if there is none."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return True
        if kind == "L":
            return False
    return None


def base_is_rtl(texts: Sequence[str]) -> bool:
    return next((found for text in texts if (found := is_rtl(text)) is not None), False)


def _place(row: Sequence[Word], measure: Measure, space: int, width: int, *, rtl: bool) -> Line:
    placed, x = [], 0
    ordered = _visual(row, rtl=rtl)
    # A space belongs to the word that is read later: on its left in a line to the right, on its right in the other.
    for number, word in enumerate(ordered):
        neighbour = ordered[number - 1] if rtl and number else word
        if number and neighbour.spaced:
            x += space
        placed.append(Placed(x, word.text, word.settled))
        x += measure(word.text)
    shift = width - x if rtl else 0
    return tuple(Placed(each.x + shift, each.text, each.settled) for each in placed)


def _visual(row: Sequence[Word], *, rtl: bool) -> list[Word]:
    """From left to right. Words without letters (numbers, marks) go with the word before them."""
    runs: list[tuple[bool, list[Word]]] = []
    for word in row:
        known = is_rtl(word.text)
        direction = known if known is not None else (runs[-1][0] if runs else rtl)
        if runs and runs[-1][0] == direction:
            runs[-1][1].append(word)
        else:
            runs.append((direction, [word]))
    if rtl:
        runs.reverse()
    return [word for direction, run in runs for word in (reversed(run) if direction else run)]
