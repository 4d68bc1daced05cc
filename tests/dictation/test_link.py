"""The way to the service: sessions that are lost, tried again and given up, and those that linger."""

from dataclasses import replace

import pytest

from dictation.scenarios import (
    F9,
    KEPT,
    LINGERING,
    LOST,
    NO_ANSWER,
    PLAIN,
    SENTENCE,
    START,
    STOP,
    TWO_SECONDS,
    burst,
    dictation,
    done,
    essence,
    final,
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
    ReuseSession,
    SetStatus,
    StartTimer,
    StopCapture,
)
from utterkey.dictation.events import (
    AS_SET,
    AudioSent,
    Cancelled,
    CaptureEnded,
    CaptureStarted,
    Event,
    Pressed,
    QuitRequested,
    Released,
    RetryRequested,
    SessionBegan,
    SessionEnded,
    SessionFailed,
    SessionTimer,
    SpeechStarted,
    TextInserted,
    TimedOut,
    Trigger,
    UtteranceTimer,
    Wishes,
)
from utterkey.dictation.press import HUNG
from utterkey.dictation.state import IdleSession
from utterkey.errors import KeyRefused, SessionLimited
from utterkey.settings import ServiceSettings

REFUSED = KeyRefused("The key is wrong: set another.")

FAULTS: dict[str, tuple[list[Event], list[Effect]]] = {
    "a lost session is opened again while the microphone goes on": (
        [*pressed(), SessionFailed(1, 1, LOST), over(1, "retry")],
        [*START, OpenSession(2, 1, 0, AS_SET)],
    ),
    "from the last final on": (
        [*pressed(), final(1, 1, SENTENCE, end_ms=800), partial(1, 1, "and", 1, 1000), SessionFailed(1, 1, LOST),
         over(1, "retry"), *spoken(1, 2), final(1, 2, "Then the rest of it.", 0, 1900, 1000), TextInserted(1)],
        [*START, OpenSession(2, 1, 800, AS_SET), SetStatus(1, "finishing"), StopCapture(1),
         FinishSession(2, "terminate"), *done(SENTENCE + " Then the rest of it.")],
    ),
    "a session that breaks while its text is inserted does not insert it again": (
        [*pressed(), *spoken(1, 1), final(1, 1, SENTENCE), SessionFailed(1, 1, LOST), TextInserted(1)],
        [*START, *STOP, *done(SENTENCE)],
    ),
    "what the lost session still says is ignored": (
        [*pressed(), SessionFailed(1, 1, LOST), over(1, "retry"), final(1, 1, "Ghost words are these.", order=1),
         *spoken(1, 2), final(1, 2, SENTENCE), TextInserted(1)],
        [*START, OpenSession(2, 1, 0, AS_SET), SetStatus(1, "finishing"), StopCapture(1), FinishSession(2, "terminate"),
         *done(SENTENCE)],
    ),
    "a session that ends in the middle is lost": (
        [*pressed(), SessionEnded(1, 1, 2), over(1, "retry")],
        [*START, OpenSession(2, 1, 0, AS_SET)],
    ),
    "lost after release: again, and asked to finish at once": (
        [*pressed(), *spoken(1, 1), SessionFailed(1, 1, LOST), over(1, "retry")],
        [*START, *STOP, OpenSession(2, 1, 0, AS_SET), FinishSession(2, "terminate")],
    ),
    "lost when all text was there: nothing is missing": (
        [*pressed(), final(1, 1, SENTENCE), *spoken(1, 1), SessionFailed(1, 1, LOST), TextInserted(1)],
        [*START, *STOP, *done(SENTENCE)],
    ),
    "lost before a word was heard: not taken for silence": (
        [*pressed(), *spoken(1, 1, voice=()), SessionFailed(1, 1, LOST), over(1, "retry")],
        [*START, *STOP, OpenSession(2, 1, 0, AS_SET), FinishSession(2, "terminate")],
    ),
    "two sessions that fall silent without a word do not show that nobody spoke": (
        [*pressed(), *spoken(1, 1, voice=()), over(1, "stall"), AudioSent(1, 2), over(1, "stall")],
        [*START, *STOP, AbortSession(1), OpenSession(2, 1, 0, AS_SET), FinishSession(2, "terminate"),
         AbortSession(2), SetStatus(1, "failed", "", NO_ANSWER, repaired=True), Notify(f"{NO_ANSWER} {KEPT}")],
    ),
    "no session to be had: kept": (
        [Pressed(F9), *spoken(1, 1)[:-1], over(1, "give_up")],
        [*START, *STOP, AbortSession(1),
         SetStatus(1, "failed", "", "The service does not answer: check the network connection."),
         Notify(f"The service does not answer: check the network connection. {KEPT}")],
    ),
    "a connection that is not answered after the release is tried again": (
        [Pressed(F9), *spoken(1, 1)[:-1], over(1, "stall"), over(1, "retry"), over(1, "give_up")],
        [*START, *STOP, AbortSession(1), OpenSession(2, 1, 0, AS_SET), FinishSession(2, "terminate"), AbortSession(2),
         SetStatus(1, "failed", "", NO_ANSWER), Notify(f"{NO_ANSWER} {KEPT}")],
    ),
    "one that was answered meanwhile is left alone": (
        [Pressed(F9), *spoken(1, 1)[:-1], SessionBegan(1, 1), over(1, "stall")],
        [*START, *STOP],
    ),
    "given up between two attempts: the reason is told": (
        [Pressed(F9), *spoken(1, 1)[:-1], SessionFailed(1, 1, LOST), over(1, "give_up"), over(1, "retry")],
        [*START, *STOP, SetStatus(1, "failed", "", str(LOST)), Notify(f"{LOST} {KEPT}")],
    ),
    "a wrong key is told at once and not tried again": (
        [Pressed(F9), SessionFailed(1, 1, REFUSED), Released(F9), over(1, "tail"), CaptureEnded(1, 2000, TWO_SECONDS)],
        [*START, Notify(f"{REFUSED} {KEPT}"), SetStatus(1, "finishing"), StopCapture(1),
         SetStatus(1, "failed", "", str(REFUSED))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str) -> None:
    events, expected = FAULTS[name]
    _, effects = run(events)
    assert essence(effects) == expected


def test_attempts_after_release_are_bounded() -> None:
    events: list[Event] = [*pressed(), *spoken(1, 1)]
    for session in range(1, 10):
        events += [SessionFailed(1, session, LOST), over(1, "retry")]
    state, effects = run(events)
    assert state.utterances == ()
    assert sum(isinstance(e, OpenSession) for e in effects) == 6
    assert SetStatus(1, "failed", "", str(LOST)) in effects


def test_the_session_of_a_repair_is_not_waited_for_longer_than_the_first() -> None:
    """The utterance may have been given up for good by then, had it had no session: that timer is over."""
    repair = [*pressed(), final(1, 1, SENTENCE, end_ms=1000), *spoken(1, 1, ((100, 4000),)), over(1, "give_up"),
              SessionEnded(1, 1, 4)]  # fmt: skip
    state, effects = run(repair)
    assert StartTimer(UtteranceTimer(1, "give_up"), 7.0) in effects[-6:]
    _, effects = run([over(1, "give_up")], state=state)
    assert SetStatus(1, "failed", SENTENCE, NO_ANSWER, repaired=True) in effects


def test_a_recording_that_still_grows_is_not_given_up() -> None:
    """What the microphone had not handed over yet would be missing from what is kept."""
    events: list[Event] = [*pressed(), CaptureStarted(1), Released(F9), over(1, "tail")]
    for session in range(1, 8):
        events += [SessionFailed(1, session, LOST), over(1, "retry")]
    growing, effects = run(events)
    assert not [e for e in effects if isinstance(e, SetStatus) and e.status == "failed"]
    _, effects = run([CaptureEnded(1, 2000, TWO_SECONDS), SessionFailed(1, 8, LOST)], state=growing)
    assert SetStatus(1, "failed", "", str(LOST)) in effects
    _, effects = run([over(1, "capture")], state=growing)
    assert SetStatus(1, "failed", "", HUNG) in effects, "not for ever"


def test_a_session_that_brings_nothing_new_counts_as_an_attempt() -> None:
    """Whatever finals it has: empty ones, or such as say nothing of where they were spoken."""
    for text in ("", "Words of no time."):
        events: list[Event] = [*pressed(), *spoken(1, 1)[:-1]]
        for session in range(1, 10):
            events += [final(1, session, text, end_ms=0), SessionFailed(1, session, LOST), over(1, "retry")]
        _, effects = run(events)
        assert sum(isinstance(e, OpenSession) for e in effects) == 6


def test_a_session_that_never_began_is_tried_again_sooner() -> None:
    """Twice within the time after which the utterance is kept."""
    stalls = [Pressed(F9), *spoken(1, 1), over(1, "stall"), AudioSent(1, 2)]
    _, effects = run(stalls)
    waits = [e.seconds for e in effects if isinstance(e, StartTimer) and e.timer == UtteranceTimer(1, "stall")]
    assert waits == [3.0] * 4  # from the release, and from the last of the audio
    _, effects = run([*stalls, SessionBegan(1, 2)])
    assert [e.seconds for e in effects if isinstance(e, StartTimer) and e.timer.name == "stall"] == [
        *waits,
        4.25,  # it has a pause
    ]


def test_a_program_that_brings_a_token_has_its_time() -> None:
    """Before it has ended nothing is connected that could be dead: another try would only begin it anew."""
    with_token = replace(PLAIN, service=ServiceSettings(token_command="get-token"))
    events: list[Event] = [Pressed(F9), *spoken(1, 1)[:-1]]
    state, effects = run(events, with_token)
    assert StartTimer(UtteranceTimer(1, "stall"), 3.0) not in effects
    _, effects = run([over(1, "give_up")], with_token, state)
    assert SetStatus(1, "failed", "", NO_ANSWER) in effects, "but not for ever"


def test_a_replay_is_given_the_time_of_its_longest_pause() -> None:
    """It is decoded no faster than it was spoken; but a service that is silent while somebody speaks has stalled."""
    voice = ((0, 10_000), (50_000, 59_000))
    _, effects = run([RetryRequested(1, 60_000, voice), SessionBegan(1, 1), AudioSent(1, 1)])
    assert StartTimer(UtteranceTimer(1, "stall"), 4.0 + 40.0) in effects
    _, effects = run([RetryRequested(1, 60_000, ((0, 60_000),)), SessionBegan(1, 1), AudioSent(1, 1)])
    assert StartTimer(UtteranceTimer(1, "stall"), 4.0) in effects


def test_who_releases_between_two_attempts_does_not_wait_for_the_next() -> None:
    """It may have been ten seconds away: later than the utterance is given up."""
    limited = SessionLimited("Too many.")
    events: list[Event] = [Pressed(F9)]
    for session in range(1, 7):
        events += [SessionFailed(1, session, limited), over(1, "retry")]
    state, _ = run([*events, SessionFailed(1, 7, limited), Released(F9)])
    state, effects = run([over(1, "tail"), CaptureEnded(1, 2000, TWO_SECONDS)], state=state)
    assert OpenSession(8, 1, 0, AS_SET) in effects
    _, effects = run([SessionFailed(1, 8, limited)], state=state)
    assert StartTimer(UtteranceTimer(1, "retry"), 1.0) in effects


def test_who_releases_during_an_attempt_gets_another_one() -> None:
    """However often it failed while the key was held."""
    events: list[Event] = [Pressed(F9)]
    for session in range(1, 6):
        events += [SessionFailed(1, session, LOST), over(1, "retry")]
    events += [Released(F9), over(1, "tail"), CaptureEnded(1, 2000, TWO_SECONDS), over(1, "stall"), over(1, "retry")]
    _, effects = run(events)
    assert essence(effects)[-3:-1] == [AbortSession(6), OpenSession(7, 1, 0, AS_SET)]


def test_a_rate_limit_backs_off_longer() -> None:
    _, plain = run([*pressed(), SessionFailed(1, 1, LOST)])
    _, limited = run([*pressed(), SessionFailed(1, 1, SessionLimited("Too many."))])
    assert StartTimer(UtteranceTimer(1, "retry"), 0.25) in plain
    assert StartTimer(UtteranceTimer(1, "retry"), 1.0) in limited


# --- bursts --------------------------------------------------------------------------------------------------------


def test_the_fourth_session_within_a_minute_lingers_and_serves_the_next_press() -> None:
    state, effects = run(dictation(4, 4), state=burst())
    assert FinishSession(4, "linger") in effects
    assert state.idle_session == IdleSession(4, AS_SET)
    state, effects = run([Pressed(F9)], state=state)
    assert ReuseSession(4, 5) in effects
    assert state.idle_session is None


def test_a_key_with_other_languages_or_prompt_does_not_get_it() -> None:
    """It goes on lingering for those whose it is."""
    state, _ = run(dictation(4, 4), state=burst())
    for other in (Trigger("f8", wishes=Wishes(("de",))), Trigger("f8", wishes=Wishes(prompt="Notes."))):
        _, effects = run([Pressed(other)], state=state)
        assert OpenSession(5, 5, 0, other.wishes) in effects
        between, _ = run([Pressed(other), Cancelled()], state=state)
        _, effects = run([Pressed(F9)], state=between)
        assert ReuseSession(4, 6) in effects
    _, effects = run([Pressed(Trigger("f8", output="clipboard"))], state=state)
    assert ReuseSession(4, 5) in effects


def test_the_session_of_the_last_key_is_the_one_that_lingers() -> None:
    """Else each press of that key would open a new one, and none of them be closed for fear of the limit."""
    german = Trigger("f8", wishes=Wishes(("de",)))
    state, _ = run(dictation(4, 4), state=burst())
    state, effects = run(dictation(5, 5, german), state=state)
    assert state.idle_session == IdleSession(5, german.wishes)
    assert [e for e in effects if isinstance(e, AbortSession)] == [AbortSession(4)]
    _, effects = run([Pressed(german)], state=state)
    assert ReuseSession(5, 6) in effects


def test_it_is_closed_when_a_new_one_may_be_opened() -> None:
    state, _ = run(dictation(4, 4), state=burst())
    state, effects = run([TimedOut(SessionTimer(1, "window"))], state=state)
    assert effects == [AbortSession(4)]
    assert state.idle_session is None


def test_a_lingering_session_that_breaks_is_forgotten() -> None:
    state, _ = run([*dictation(4, 4), SessionFailed(4, 4, LOST)], state=burst())
    _, effects = run([Pressed(F9)], state=state)
    assert OpenSession(5, 5, 0, AS_SET) in effects


def test_it_is_closed_at_quit() -> None:
    state, _ = run(dictation(4, 4), state=burst())
    _, effects = run([QuitRequested()], state=state)
    assert AbortSession(4) in effects


LINGERED: dict[str, tuple[list[Event], list[Effect]]] = {
    "voice after the last final: only the end of the session says that it was none": (
        [final(1, 1, SENTENCE, end_ms=1000), *spoken(1, 1), over(1, "quiet"), SessionEnded(1, 1, 3), TextInserted(1)],
        [FinishSession(1, "terminate"), *done(SENTENCE)],
    ),
    "speech without words": (
        [final(1, 1, SENTENCE), SpeechStarted(1, 1), *spoken(1, 1), over(1, "quiet"), SessionEnded(1, 1, 3),
         TextInserted(1)],
        [FinishSession(1, "terminate"), *done(SENTENCE)],
    ),
    "silence": (
        [*spoken(1, 1, voice=()), over(1, "quiet"), over(1, "quiet"), SessionEnded(1, 1, 3)],
        [FinishSession(1, "terminate"), ForgetUtterance(1)],
    ),
    "words that come after all": (
        [*spoken(1, 1), over(1, "quiet"), final(1, 1, SENTENCE), TextInserted(1)],
        [FinishSession(1, "terminate"), *done(SENTENCE)],
    ),
    "words whose final is still to come are waited for": (
        [partial(1, 1, "This is"), *spoken(1, 1), over(1, "quiet"), final(1, 1, SENTENCE), TextInserted(1)],
        done(SENTENCE),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINGERED)
def test_what_a_lingering_session_leaves_open_is_not_waited_for_long(name: str) -> None:
    events, expected = LINGERED[name]
    state, effects = run([*pressed(), *events], LINGERING)
    assert essence(effects) == [*START, *STOP[:-1], FinishSession(1, "linger"), *expected]
    assert (state.idle_session is None) == (FinishSession(1, "terminate") in effects)


def test_linger_by_seconds() -> None:
    state, effects = run(dictation(1, 1), LINGERING)
    assert StartTimer(SessionTimer(1, "linger"), 30.0) in effects
    _, effects = run([TimedOut(SessionTimer(1, "linger"))], LINGERING, state)
    assert effects == [AbortSession(1)]
