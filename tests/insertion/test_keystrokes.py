"""How a text is typed: every plan, played on the keyboard it was made for, gives the text."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utterkey.insertion.keystrokes import Key, Keymap, Round, keysym, plan, typeable

SHIFTED = {letter: letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"} | {"1": "!", "2": "@", ",": "<"}
LAYOUT: dict[int, Sequence[int]] = {
    **{code: (ord(plain), ord(shifted)) for code, (plain, shifted) in enumerate(SHIFTED.items(), 20)},
    60: (0xFF0D, 0),
    61: (0xFF09, 0),
    62: (ord(" "), 0),
    63: (ord("1"), ord("1")),
}


def keymap(spare: int) -> Keymap:
    return {**LAYOUT, **{200 + index: (0, 0, 0, 0) for index in range(spare)}}


def play(rounds: Sequence[Round], layout: Mapping[int, Sequence[int]]) -> list[int]:
    """The symbols that a client sees."""
    return [(each.bindings.get(key.code) or layout[key.code])[key.shift] for each in rounds for key in each.strokes]


TEXTS = {
    "letters of the layout": "Hello you",
    "lines and tabs": "a\tb\nc",
    "umlauts and quotes": "Größe “naïve”",
    "other scripts": "日本語 кот שלום",
    "beyond the first plane": "😀 and 🎉",
    "joined emoji": "👩‍💻",
    "more symbols than room": "".join(chr(code) for code in range(0x4E00, 0x4E20)),
    "nothing": "",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("spare", [1, 3, 20])
def test_the_plan_gives_the_text(text: str, spare: int) -> None:
    rounds = plan(text, keymap(spare))
    assert rounds is not None
    assert play(rounds, keymap(spare)) == [keysym(character) for character in text]


@given(text=st.text(st.characters(codec="utf-8")), spare=st.integers(1, 9))
def test_any_text(text: str, spare: int) -> None:
    rounds = plan(text, keymap(spare))
    assert rounds is not None
    assert play(rounds, keymap(spare)) == [keysym(character) for character in typeable(text)]


def test_what_the_layout_has_is_not_bound_again() -> None:
    assert plan("Ab1", keymap(5)) == [Round({}, [Key(20, True), Key(21, False), Key(46, False)])]


def test_only_spare_keys_are_bound() -> None:
    rounds = plan("äöü", keymap(4)) or []
    assert [sorted(each.bindings) for each in rounds] == [[200, 201]]


def test_a_single_symbol_stands_on_both_levels() -> None:
    """Else the server would put the capital of a letter onto the second level."""
    rounds = plan("ä", keymap(1)) or []
    assert rounds[0].bindings == {200: (0xE4, 0xE4)}


def test_within_a_round_no_key_changes_its_meaning() -> None:
    rounds = plan("".join(chr(code) for code in range(0x4E00, 0x4E0A)), keymap(2)) or []
    assert [len(each.strokes) for each in rounds] == [4, 4, 2]


def test_without_room_there_is_no_plan() -> None:
    assert plan("ä", keymap(0)) is None
    assert plan("a", keymap(0)) is not None


KEYSYMS = {"a": 0x61, "é": 0xE9, "€": 0x010020AC, "я": 0x0100044F, "😀": 0x0101F600, "\n": 0xFF0D, "\t": 0xFF09}


@pytest.mark.parametrize(("character", "expected"), KEYSYMS.items())
def test_keysym(character: str, expected: int) -> None:
    assert keysym(character) == expected


def test_what_no_key_produces_is_left_out() -> None:
    assert typeable("a\x00\x1b\x7f\x85b\ud83d\r\nc\xa0") == "ab\nc\xa0"
