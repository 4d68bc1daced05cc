"""Where lines break, which are kept, and in which order words of both directions stand."""

from __future__ import annotations

import pytest

from utterkey.overlay.words import Line, Word, lines_of, words_of

WIDE = 20
"""Every character is one wide, and so is a space."""


def laid(text: str, opened: str = "", *, width: int = WIDE, most: int = 9) -> list[Line]:
    words: list[Word] = [*words_of(text, settled=True), *words_of(opened, settled=False)]
    return lines_of(words, len, 1, width, most)


def texts(lines: list[Line]) -> list[str]:
    """Each line as it is seen, gaps as spaces."""
    rows = []
    for line in lines:
        row = [" "] * max(placed.x + len(placed.text) for placed in line)
        for placed in line:
            row[placed.x : placed.x + len(placed.text)] = placed.text
        rows.append("".join(row))
    return rows


BREAKS = {
    "no words": ("", []),
    "one line": ("Hello there", ["Hello there"]),
    "exactly one line": ("abcdefghij klmnopqrs", ["abcdefghij klmnopqrs"]),
    "between words": ("The quick brown fox jumps over it", ["The quick brown fox", "jumps over it"]),
    "a word longer than a line": ("a " + "x" * 45, ["a", "x" * 19, "x" * 19, "x" * 7]),
    "ideographs break anywhere": ("漢" * 25, ["漢" * 20, "漢" * 5]),
    "no line begins with a full stop": ("漢" * 20 + "。字", ["漢" * 19, "漢。字"]),
    "both": ("abc 漢字 def", ["abc 漢字 def"]),
}


@pytest.mark.parametrize("name", BREAKS)
def test_breaks(name: str) -> None:
    text, expected = BREAKS[name]
    assert texts(laid(text)) == expected


def test_the_newest_lines_are_kept_and_stay_where_they_break() -> None:
    text = " ".join(f"word{number:02}" for number in range(30))
    kept = texts(laid(text, most=3))
    assert kept == texts(laid(text))[-3:]
    assert texts(laid(text + " more", most=4))[:3] == texts(laid(text, most=3))


def test_what_is_settled_is_told_from_what_is_not() -> None:
    (line,) = laid("Hello there.", "And so")
    assert [(placed.text, placed.settled) for placed in line] == [
        ("Hello", True), ("there.", True), ("And", False), ("so", False),
    ]  # fmt: skip


ALEF, BET, GIMEL, DALET = "אא", "בב", "גג", "דד"

DIRECTIONS = {
    "to the left, at the right edge": (f"{ALEF} {BET}", f"{BET} {ALEF}".rjust(WIDE)),
    "Latin within Hebrew keeps its order": (f"{ALEF} one two {BET}", f"{BET} one two {ALEF}".rjust(WIDE)),
    "Hebrew within Latin": (f"one {ALEF} {BET} two", f"one {BET} {ALEF} two"),
    "a number goes with the words before it": (f"{ALEF} 25 {BET}", f"{BET} 25 {ALEF}".rjust(WIDE)),
    "numbers alone": ("12 34", "12 34"),
}


@pytest.mark.parametrize("name", DIRECTIONS)
def test_directions(name: str) -> None:
    text, expected = DIRECTIONS[name]
    assert texts(laid(text)) == [expected]


def test_the_first_letter_of_all_decides_for_every_line() -> None:
    assert texts(laid(f"{ALEF} one two three", width=10)) == [f"one two {ALEF}", "     three"]


def test_nothing_is_lost() -> None:
    text = f"one {ALEF} 漢字。 {'x' * 50} ไทย 😀 {GIMEL} {DALET}"
    seen = "".join(sorted("".join(placed.text for line in laid(text, width=7, most=99) for placed in line)))
    assert seen == "".join(sorted(text.replace(" ", "")))
