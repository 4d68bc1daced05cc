"""How many times BackSpace is struck for which text: named scenarios."""

import pytest

from utterkey.errors import InsertionError
from utterkey.insertion.scratching import MOST, backspaces

COUNTED = {
    "plain": ("one two ", 8),
    "umlauts in one piece": ("Grüße ", 6),
    "an emoji of one code point": ("ok 😀", 4),
    "other scripts": ("日本語 привет שלום 한국", 18),
    "lines and tabs that were pasted": ("one\n\ttwo", 8),
}
REFUSED = {
    "an emoji of several people": "👩‍💻",
    "a flag": "🇩🇪",
    "a skin tone": "👍🏽",
    "a heart in colour": "❤️",
    "a letter and its mark": "e\u0301",
    "a Devanagari syllable": "क्षि",
    "parts of a Korean syllable": "\u1112\u1161\u11ab",
    "a control character": "one\x1btwo",
    "a very long text": "x" * (MOST + 1),
}


@pytest.mark.parametrize("name", COUNTED)
def test_counted(name: str) -> None:
    text, count = COUNTED[name]
    assert backspaces(text, terminal=False, typed=False) == count


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(
        InsertionError, match=r"^Nothing was scratched, for .*: select the text and delete it yourself\.$"
    ):
        backspaces(REFUSED[name], terminal=False, typed=False)


@pytest.mark.parametrize("text", ["one\ntwo", "one\ttwo"])
def test_lines_and_tabs_are_more_than_text_to_a_terminal_and_when_typed(text: str) -> None:
    for terminal, typed in ((True, False), (True, True), (False, True)):
        with pytest.raises(InsertionError, match="Nothing was scratched"):
            backspaces(text, terminal=terminal, typed=typed)
    assert backspaces("one two", terminal=True, typed=True) == 7
