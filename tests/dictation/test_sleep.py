"""Before the computer sleeps: what is in hand is finished, and sleep is let come."""

import pytest

from dictation.scenarios import (
    F9,
    LINGERING,
    SENTENCE,
    START,
    STOP,
    burst,
    dictation,
    done,
    essence,
    final,
    over,
    pressed,
    run,
    spoken,
)
from utterkey.dictation.effects import AbortSession, DelaySleep, Effect, FinishSession, OpenSession, StartTimer
from utterkey.dictation.events import (
    AS_SET,
    AudioSent,
    Event,
    GoingToSleep,
    Pressed,
    ProgramTimer,
    SessionEnded,
    SessionFailed,
    TextInserted,
    TimedOut,
    UtteranceTimer,
    WokeUp,
)
from utterkey.errors import SessionLost


def test_going_to_sleep_ends_the_utterance_and_closes_what_lingers() -> None:
    state, _ = run(dictation(4, 4), state=burst())
    _, effects = run([GoingToSleep()], state=state)
    assert essence(effects) == [AbortSession(4)]
    _, effects = run([*pressed(), GoingToSleep(), over(1, "tail")])
    assert essence(effects) == [*START, *STOP]


ASLEEP: list[Event] = [*pressed(), GoingToSleep(), *spoken(1, 1)[1:]]
DELIVERED: list[Event] = [final(1, 1, SENTENCE), TextInserted(1)]
HELD_OFF_LONG_ENOUGH = TimedOut(ProgramTimer("sleep"))

SLEEP: dict[str, tuple[list[Event], list[Effect]]] = {
    "with nothing in hand sleep may come at once": ([GoingToSleep()], [DelaySleep(False)]),
    "it waits for the text": (ASLEEP, [*START, *STOP]),
    "and for the end of the session": (
        [*ASLEEP, *DELIVERED],
        [*START, *STOP, *done(SENTENCE)],
    ),
    "then it may come": (
        [*ASLEEP, *DELIVERED, SessionEnded(1, 1, 3)],
        [*START, *STOP, *done(SENTENCE), DelaySleep(False)],
    ),
    "also if the session ends before the text is inserted": (
        [*ASLEEP, final(1, 1, SENTENCE), SessionEnded(1, 1, 3), TextInserted(1)],
        [*START, *STOP, *done(SENTENCE), DelaySleep(False)],
    ),
    "also if the session is lost after its text": (
        [*ASLEEP, *DELIVERED, SessionFailed(1, 1, SessionLost("Gone."))],
        [*START, *STOP, *done(SENTENCE), DelaySleep(False)],
    ),
    "a session of an earlier dictation is waited for": (
        [*pressed(), *spoken(1, 1), *DELIVERED, GoingToSleep()],
        [*START, *STOP, *done(SENTENCE)],
    ),
    "it is not held off for ever": (
        [*ASLEEP, HELD_OFF_LONG_ENOUGH],
        [*START, *STOP, DelaySleep(False)],
    ),
    "what was not finished goes on after the wake, and the next sleep waits again": (
        [*ASLEEP, HELD_OFF_LONG_ENOUGH, WokeUp(), SessionFailed(1, 1, SessionLost("Gone.")), over(1, "retry"),
         AudioSent(1, 2), final(1, 2, SENTENCE), TextInserted(1)],
        [*START, *STOP, DelaySleep(False), DelaySleep(True), OpenSession(2, 1, 0, AS_SET),
         FinishSession(2, "terminate"), *done(SENTENCE)],
    ),
    "the press that comes just before it is not the user's": (
        [*ASLEEP, Pressed(F9)],
        [*START, *STOP],
    ),
    "the first press after it is, even if nobody tells of the wake": (
        [GoingToSleep(), Pressed(F9)],
        [DelaySleep(False), *START],
    ),
    "a sleep that did not come is held off as before": (
        [*ASLEEP, WokeUp(), HELD_OFF_LONG_ENOUGH, *DELIVERED, SessionEnded(1, 1, 3)],
        [*START, *STOP, DelaySleep(True), *done(SENTENCE)],
    ),
    "two sleeps": (
        [GoingToSleep(), WokeUp(), GoingToSleep(), WokeUp()],
        [DelaySleep(False), DelaySleep(True)] * 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SLEEP)
def test_sleep(name: str) -> None:
    events, expected = SLEEP[name]
    _, effects = run(events)
    assert essence(effects) == expected


def test_a_session_does_not_linger_into_sleep() -> None:
    _, effects = run(ASLEEP, LINGERING)
    assert FinishSession(1, "terminate") in effects
    _, effects = run([*pressed(), *spoken(1, 1), GoingToSleep(), final(1, 1, SENTENCE)], LINGERING)
    assert FinishSession(1, "linger") in effects
    assert AbortSession(1) in effects


def test_after_a_wake_the_network_has_its_time() -> None:
    give_up = UtteranceTimer(1, "give_up")
    _, effects = run([Pressed(F9), GoingToSleep(), *spoken(1, 1)[1:-1], HELD_OFF_LONG_ENOUGH, WokeUp()])
    assert [e.timer for e in effects if isinstance(e, StartTimer)].count(give_up) == 2
