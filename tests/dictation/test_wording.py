"""What is written for what was said."""

import pytest

from utterkey.dictation.wording import is_scratch, reach_back, unscratched, written

COMMANDS = {
    "a new line": ("Dear John, new line, thank you.", "Dear John\nthank you."),
    "after a sentence": ("That is all. New line. And more.", "That is all.\nAnd more."),
    "in the middle of one": ("one new line two", "one\ntwo"),
    "as one word": ("one. Newline. Two.", "one.\nTwo."),
    "a new paragraph": ("The end. New paragraph. The start.", "The end.\n\nThe start."),
    "two of them": ("One. New line. New line. Two.", "One.\n\nTwo."),
    "alone": ("New line.", "\n"),
    "at the end": ("Go on, new line.", "Go on\n"),
    "a tab alone": ("Tab.", "\t"),
    "a tab between marks": ("Name, tab, age, tab.", "Name\tage\t"),
    "a tab after a sentence": ("Done. Tab. More.", "Done.\tMore."),
    "a tab after a new line": ("New line. Tab. More.", "\n\tMore."),
    "a tab one speaks of": ("Open a new tab, please. The tab is open.", "Open a new tab, please. The tab is open."),
    "a part of a word": ("A new linear tablet.", "A new linear tablet."),
    "nothing to obey": ("Just a text.", "Just a text."),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command(name: str) -> None:
    said, expected = COMMANDS[name]
    assert written(said, commands=True, replacements=()) == expected
    assert written(said, commands=False, replacements=()) == said


TABLE = [
    ("utter key", "utterkey"),
    ("key", "Schlüssel"),
    ("c++", "C++"),
    ("my address", "1 Main Street\nLondon"),
    ("um", ""),
]
REPLACED = {
    "whatever its case": ("Utter Key is here.", "utterkey is here."),
    "the longer one first": ("utter key, key", "utterkey, Schlüssel"),
    "whole words only": ("keyboard monkey", "keyboard monkey"),
    "marks are no words": ("I like c++.", "I like C++."),
    "several lines": ("It is my address.", "It is 1 Main Street\nLondon."),
    "nothing instead": ("so um yes", "so  yes"),
}


@pytest.mark.parametrize("name", REPLACED)
def test_replacement(name: str) -> None:
    said, expected = REPLACED[name]
    assert written(said, commands=False, replacements=TABLE) == expected


def test_what_one_replacement_writes_no_other_one_changes() -> None:
    assert written("one two", commands=False, replacements=[("one", "two"), ("two", "one")]) == "two one"


def test_a_replacement_may_be_a_command() -> None:
    assert written("first next second", commands=True, replacements=[("next", "new line")]) == "first\nsecond"


SAID = {
    "the command": ("Scratch that.", True),
    "unformatted": ("scratch that", True),
    "loudly": (" Scratch that!", True),
    "within a sentence": ("You can scratch that off your list.", False),
    "at its end": ("I would scratch that.", False),
    "nothing": ("", False),
}


@pytest.mark.parametrize("name", SAID)
def test_scratch_that(name: str) -> None:
    said, expected = SAID[name]
    assert is_scratch(said, ()) == expected


def test_a_replacement_may_be_scratch_that() -> None:
    assert is_scratch("Undo it.", [("undo it", "scratch that")])


X = "Scratch that."
TURNS: dict[str, tuple[list[str], int, list[str]]] = {
    "none": (["One.", "Two."], 0, ["One.", "Two."]),
    "the turn before": (["One.", "Two.", X], 0, ["One."]),
    "and it goes on": (["One.", "Two.", X, "Three."], 0, ["One.", "Three."]),
    "two of two": (["One.", "Two.", X, X], 0, []),
    "alone": ([X], 1, []),
    "first": ([X, "One."], 1, ["One."]),
    "after a turn that is scratched too": (["One.", X, X, "Two."], 3, ["Two."]),
    "an empty turn is none": (["", X], 2, []),
}


@pytest.mark.parametrize("name", TURNS)
def test_what_is_scratched(name: str) -> None:
    turns, back, left = TURNS[name]
    assert reach_back(turns, ()) == back
    assert unscratched(turns, ()) == left
