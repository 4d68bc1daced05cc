"""Turns to text: named scenarios."""

import pytest

from utterkey.dictation.transcript import Heard, Insertion, Turn, compose, ends_sentence

TURNS: dict[str, tuple[list[Turn], str, bool]] = {
    "a partial is replaced, never appended": (
        [Turn(0, "Harbor", False), Turn(0, "Harbor Point", False), Turn(0, "Harbor Point.", True)],
        "Harbor Point.",
        False,
    ),
    "turns are joined in order": ([Turn(1, "Two.", True), Turn(0, "One.", True)], "One. Two.", False),
    "a partial leaves the turn open": ([Turn(0, "One.", True), Turn(1, "tw", False)], "One. tw", True),
    "a formatted twin replaces the raw final": (
        [Turn(0, "hi there", True, settled=False), Turn(0, "Hi there.", True)],
        "Hi there.",
        False,
    ),
    "a raw twin after the formatted final is ignored": (
        [Turn(0, "Hi there.", True), Turn(0, "hi there", True, settled=False)],
        "Hi there.",
        False,
    ),
    "a late partial does not reopen a final": ([Turn(0, "Hi.", True), Turn(0, "Hi th", False)], "Hi.", False),
    "an empty final of its own stands for nothing": ([Turn(0, "Hi.", True), Turn(1, "", True)], "Hi.", False),
    "an empty final does not take words away": ([Turn(0, "hello", False), Turn(0, "", True)], "hello", False),
    "a raw final has words that an empty one before it had not": (
        [Turn(0, "", False), Turn(0, "", True), Turn(0, "hi", True, settled=False)],
        "hi",
        False,
    ),
    "the same final twice": ([Turn(0, "Hi.", True), Turn(0, "Hi.", True)], "Hi.", False),
}


@pytest.mark.parametrize("name", TURNS)
def test_turns(name: str) -> None:
    turns, text, is_open = TURNS[name]
    heard = Heard()
    for turn in turns:
        heard = heard.receive(turn)
    assert (heard.text, heard.open) == (text, is_open)


def test_speech_is_an_open_turn_until_words_or_an_empty_final_come() -> None:
    assert Heard().speaking().open
    assert not Heard().speaking().receive(Turn(0, "", True)).open
    assert not Heard().speaking().receive(Turn(0, "Yes.", True)).open


def test_a_new_session_goes_on_after_the_last_final() -> None:
    heard = Heard().receive(Turn(0, "One.", True, end_ms=900)).receive(Turn(1, "tw", False, end_ms=1300))
    rest = heard.finals_only()
    assert (rest.text, rest.covered_ms, rest.open) == ("One.", 900, False)
    assert rest.receive(Turn(0, "Two.", True, start_ms=1100, end_ms=1500)).text == "One. Two."


def test_what_is_covered_is_never_sent_again() -> None:
    """Whatever a final says, or does not say, of where it was spoken."""
    rest = Heard().receive(Turn(0, "One.", True, end_ms=900)).finals_only()
    heard = rest.receive(Turn(0, "Two.", True))
    assert (heard.covered_ms, heard.heard_ms, heard.finals_only().kept_ms) == (900, 900, 900)


def test_a_final_without_times_covers_what_was_said_of_it_before() -> None:
    heard = Heard().receive(Turn(0, "one tw", False, start_ms=100, end_ms=800)).receive(Turn(0, "One two.", True))
    assert heard.covered_ms == 800


COMPOSED: dict[str, tuple[str, str | None, tuple[str, ...], str]] = {
    "alone": ("This is a test sentence.", None, (), "This is a test sentence. "),
    "a few words get no full stop": ("Hello world.", None, (), "Hello world "),
    "an abbreviation keeps its stop": ("At 5 p.m.", None, (), "At 5 p.m. "),
    "after a question in Arabic": ("And this is another one.", "هل هذا صحيح؟ ", (), "And this is another one. "),
    "after a sentence in Hindi": ("And this is another one.", "यह सही है। ", (), "And this is another one. "),
    "a question mark stays": ("Really?", None, (), "Really? "),
    "an ellipsis stays": ("Well...", None, (), "Well... "),
    "after a finished sentence": ("And this is another one.", "One two three four. ", (), "And this is another one. "),
    "a sentence is continued": ("And this goes on and on.", "I think that ", (), "and this goes on and on. "),
    "a space where there was none": ("And this goes on and on.", "I think that", (), " and this goes on and on. "),
    "I stays": ("I'm quite sure of it.", "I think that ", (), "I'm quite sure of it. "),
    "an acronym stays": ("NASA has said so too.", "I think that ", (), "NASA has said so too. "),
    "a German noun may be one": ("Hunde sind auch Tiere.", "ich glaube ", ("de",), "Hunde sind auch Tiere. "),
    "a new line is a new start": ("And this goes on and on.", "I think that\n", (), "And this goes on and on. "),
    "after a quotation": ("And then he went away.", "He said “Stop.” ", (), "And then he went away. "),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPOSED)
def test_compose(name: str) -> None:
    text, before, languages, expected = COMPOSED[name]
    previous = None if before is None else Insertion("w", before)
    assert compose(text, previous, sentence="auto", trailing=" ", languages=languages, part=False) == expected


def test_keep_leaves_the_transcript_as_it_came() -> None:
    previous = Insertion("w", "I think that ")
    assert compose("Hello.", previous, sentence="keep", trailing="", languages=(), part=False) == "Hello."


def test_nothing_to_continue_ends_a_sentence() -> None:
    assert ends_sentence("")
    assert ends_sentence("  ")


def test_a_turn_that_was_empty_when_the_others_were_given_out_is_not_given_out() -> None:
    turns = (Turn(0, "One.", True), Turn(1, "", False), Turn(1, "", True))
    heard = Heard()
    for turn in turns:
        heard = heard.receive(turn)
    heard = heard.give(2).receive(Turn(1, "Two.", True))
    assert heard.rest == heard.finished == ("Two.",)
