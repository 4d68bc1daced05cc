"""When the text of an utterance is complete, and what is sent again because words are missing."""

import pytest

from dictation.scenarios import (
    F9,
    KEPT,
    NO_ANSWER,
    SENTENCE,
    START,
    STOP,
    done,
    essence,
    final,
    inserted,
    over,
    partial,
    pressed,
    run,
    spoken,
)
from utterkey.dictation.effects import (
    AbortSession,
    Effect,
    FinishSession,
    ForgetUtterance,
    Notify,
    OpenSession,
    SetStatus,
)
from utterkey.dictation.events import (
    AS_SET,
    AudioSent,
    CaptureEnded,
    Event,
    Pressed,
    Released,
    SessionBegan,
    SessionEnded,
    SpeechStarted,
    TextInserted,
    TurnReceived,
)
from utterkey.dictation.transcript import Turn

SCENARIOS: dict[str, tuple[list[Event], list[Effect]]] = {
    "the final of the open turn goes out at once": (
        [*pressed(), partial(1, 1, "This is"), *spoken(1, 1), final(1, 1, SENTENCE), TextInserted(1)],
        [*START, *STOP, *done(SENTENCE)],
    ),
    "an open turn is waited for, however quiet it is": (
        [*pressed(), partial(1, 1, "This is"), *spoken(1, 1), over(1, "quiet")],
        [*START, *STOP],
    ),
    "with no turn open the text goes out after the quiet wait": (
        [*pressed(), final(1, 1, SENTENCE), *spoken(1, 1), over(1, "quiet"), TextInserted(1)],
        [*START, *STOP, *done(SENTENCE)],
    ),
    "voice after the last final is waited for": (
        [*pressed(), final(1, 1, SENTENCE, end_ms=1000), *spoken(1, 1), over(1, "quiet")],
        [*START, *STOP],
    ),
    "and its final completes the text": (
        [*pressed(), final(1, 1, "One two three four.", end_ms=1000), *spoken(1, 1), over(1, "quiet"),
         final(1, 1, "Five six seven eight.", order=1, end_ms=1900), TextInserted(1)],
        [*START, *STOP, *done("One two three four. Five six seven eight.")],
    ),
    "the end of the session completes the text too": (
        [*pressed(), final(1, 1, SENTENCE, end_ms=1000), *spoken(1, 1), SessionEnded(1, 1, 3), TextInserted(1)],
        [*START, *STOP, *done(SENTENCE)],
    ),
    "words without a text cover nothing of what was said": (
        [*pressed(), partial(1, 1, ""), final(1, 1, " "), *spoken(1, 1), over(1, "quiet")],
        [*START, *STOP],
    ),
    "speech without words hangs nothing": (
        [*pressed(), SpeechStarted(1, 1), *spoken(1, 1, voice=()), over(1, "quiet"), SessionEnded(1, 1, 3)],
        [*START, *STOP, ForgetUtterance(1)],
    ),
    "silence inserts nothing": (
        [*pressed(), *spoken(1, 1, voice=()), over(1, "quiet"), SessionEnded(1, 1, 3)],
        [*START, *STOP, ForgetUtterance(1)],
    ),
    "that it was silence is for the service to say: a soft word has no voice for us": (
        [Pressed(F9), *spoken(1, 1, voice=()), over(1, "quiet"), SessionBegan(1, 1), over(1, "quiet"),
         final(1, 1, SENTENCE), TextInserted(1)],
        [*START, *STOP, *done(SENTENCE)],
    ),
    "a slip of the finger waits for nothing": (
        [*pressed(), Released(F9), over(1, "tail"), CaptureEnded(1, 290, ()), AudioSent(1, 1), over(1, "quiet")],
        [*START, *STOP, ForgetUtterance(1)],
    ),
    "a raw final waits for its formatted twin": (
        [*pressed(), *spoken(1, 1), TurnReceived(1, 1, Turn(0, "hi you all here", True, settled=False, end_ms=1900)),
         TurnReceived(1, 1, Turn(0, "Hi, you all here.", True, end_ms=1900)), TextInserted(1)],
        [*START, *STOP, *done("Hi, you all here.")],
    ),
    "and goes out without it after the quiet wait": (
        [*pressed(), *spoken(1, 1), TurnReceived(1, 1, Turn(0, "hi you all here", True, settled=False, end_ms=1900)),
         over(1, "quiet"), TextInserted(1)],
        [*START, *STOP, *done("hi you all here")],
    ),
    "several turns are one text": (
        [*pressed(), final(1, 1, "One is the first.", end_ms=800), final(1, 1, "Two is the second.", 1, 1900, 1000),
         *spoken(1, 1), over(1, "quiet"), TextInserted(1)],
        [*START, *STOP, *done("One is the first. Two is the second.")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    events, expected = SCENARIOS[name]
    _, effects = run(events)
    assert essence(effects) == expected


def test_with_no_turn_open_nothing_goes_out_before_the_quiet_wait_is_over() -> None:
    _, effects = run([*pressed(), final(1, 1, SENTENCE), *spoken(1, 1)])
    assert inserted(effects) == []


FAULTS: dict[str, tuple[list[Event], list[Effect]]] = {
    "words that are missing are sent again": (
        [*pressed(), final(1, 1, SENTENCE, end_ms=1000), *spoken(1, 1, ((100, 4000),)), SessionEnded(1, 1, 4),
         SessionBegan(1, 2), AudioSent(1, 2), final(1, 2, "Here is the second half.", 0, 4000, 1200),
         SessionEnded(1, 2, 3), TextInserted(1)],
        [*START, *STOP, OpenSession(2, 1, 1000, AS_SET), FinishSession(2, "terminate"),
         *done(SENTENCE + " Here is the second half.", repaired=True)],
    ),
    "and again, as long as more of them are heard": (
        [*pressed(), final(1, 1, SENTENCE, end_ms=1000), *spoken(1, 1, ((100, 9000),)), SessionEnded(1, 1, 4),
         AudioSent(1, 2), final(1, 2, "Here is the second part.", 0, 4000, 1200), SessionEnded(1, 2, 3),
         AudioSent(1, 3), final(1, 3, "And here is the third.", 0, 9000, 4200), TextInserted(1)],
        [*START, *STOP, OpenSession(2, 1, 1000, AS_SET), FinishSession(2, "terminate"),
         OpenSession(3, 1, 4000, AS_SET), FinishSession(3, "terminate"),
         *done(SENTENCE + " Here is the second part. And here is the third.", repaired=True)],
    ),
    "where a session finds none there are none, but the user may know better": (
        [*pressed(), final(1, 1, SENTENCE, end_ms=1000), *spoken(1, 1, ((100, 4000),)), SessionEnded(1, 1, 4),
         SessionBegan(1, 2), AudioSent(1, 2), SessionEnded(1, 2, 3), TextInserted(1)],
        [*START, *STOP, OpenSession(2, 1, 1000, AS_SET), FinishSession(2, "terminate"),
         Notify("The service heard no words in the last 3 s that you may have spoken: look at the text's end."),
         *done(SENTENCE, repaired=True)],
    ),
    "voice and not a word, twice: kept": (
        [*pressed(), *spoken(1, 1), SessionEnded(1, 1, 4), AudioSent(1, 2), SessionEnded(1, 2, 3)],
        [*START, *STOP, OpenSession(2, 1, 0, AS_SET), FinishSession(2, "terminate"),
         SetStatus(1, "failed", "", "The service recognised no words in what was recorded.", repaired=True),
         Notify(f"The service recognised no words in what was recorded. {KEPT}")],
    ),
    "a single word that was not heard is sent again": (
        [*pressed(), *spoken(1, 1, ((100, 500),)), SessionEnded(1, 1, 4)],
        [*START, *STOP, OpenSession(2, 1, 0, AS_SET), FinishSession(2, "terminate")],
    ),
    "a word after the last final is sent again if the service falls silent": (
        [*pressed(), final(1, 1, SENTENCE, end_ms=1000), *spoken(1, 1), over(1, "stall")],
        [*START, *STOP, AbortSession(1), OpenSession(2, 1, 1000, AS_SET), FinishSession(2, "terminate")],
    ),
    "two sessions that fall silent do not show that there are no words": (
        [*pressed(), final(1, 1, SENTENCE, end_ms=1000), *spoken(1, 1), over(1, "stall"), AudioSent(1, 2),
         over(1, "stall")],
        [*START, *STOP, AbortSession(1), OpenSession(2, 1, 1000, AS_SET), FinishSession(2, "terminate"),
         AbortSession(2), SetStatus(1, "failed", SENTENCE, NO_ANSWER, repaired=True), Notify(f"{NO_ANSWER} {KEPT}")],
    ),
    "a partial that covers all of the voice will do": (
        [*pressed(), partial(1, 1, SENTENCE, end_ms=1900), *spoken(1, 1), SessionEnded(1, 1, 3), TextInserted(1)],
        [*START, *STOP, *done(SENTENCE)],
    ),
    "a partial that does not is sent again": (
        [*pressed(), partial(1, 1, "This is", end_ms=900), *spoken(1, 1), SessionEnded(1, 1, 3)],
        [*START, *STOP, OpenSession(2, 1, 0, AS_SET), FinishSession(2, "terminate")],
    ),
    "a service that says nothing more is not waited for": (
        [*pressed(), final(1, 1, SENTENCE, end_ms=300), *spoken(1, 1, ((100, 4000),)), over(1, "quiet"),
         over(1, "stall")],
        [*START, *STOP, AbortSession(1), OpenSession(2, 1, 300, AS_SET), FinishSession(2, "terminate")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str) -> None:
    events, expected = FAULTS[name]
    _, effects = run(events)
    assert essence(effects) == expected
