"""When an utterance reached which stage, as events and effects pass by at made-up moments."""

from __future__ import annotations

from utterkey.dictation import effects as do
from utterkey.dictation import events as ev
from utterkey.dictation.effects import Effect
from utterkey.dictation.events import AS_SET, Event
from utterkey.dictation.transcript import Turn
from utterkey.errors import SessionLost
from utterkey.measured import STAGES
from utterkey.stages import REMEMBERED, StageClock

Step = tuple[Event, list[Effect]]
PRESS: Step = (ev.Pressed(), [do.StartCapture(1), do.BeginUtterance(1, AS_SET), do.OpenSession(1, 1, 0, AS_SET)])
RELEASE: Step = (ev.Released(), [do.SetStatus(1, "finishing")])


def final(order: int = 0) -> Event:
    return ev.TurnReceived(1, 1, Turn(order, "Hello.", final=True))


def fed(*steps: tuple[float, Event, list[Effect]]) -> StageClock:
    clock = StageClock()
    for at, event, effects in steps:
        clock.saw(at, event)
        clock.did(at, effects)
    return clock


DICTATION: tuple[tuple[float, Event, list[Effect]], ...] = (
    (10.000, *PRESS),
    (10.031, ev.CaptureStarted(1), []),
    (10.080, ev.SocketOpened(1, 1), []),
    (10.130, ev.SessionBegan(1, 1), []),
    (11.000, ev.TurnReceived(1, 1, Turn(0, "Hel", final=False)), []),
    (12.000, *RELEASE),
    (12.150, ev.AudioSent(1, 1), []),
    (12.350, final(), [do.InsertText(1, "Hello. ")]),
    (12.358, ev.TextInserted(1), []),
)


def test_every_stage_is_reached_in_its_order() -> None:
    clock = fed(*DICTATION)
    stages, sessions = clock.finish(1)
    assert sessions == 1
    assert stages == {
        "first_frame": 31, "socket_open": 80, "begin": 130, "key_up": 2000, "audio_sent": 2150, "final": 2350,
        "inserted": 2350, "receipt": 2358,
    }  # fmt: skip
    clock.saw(12.9, ev.SessionEnded(1, 1, 3))
    assert clock.of(1)["closed"] == 2900
    assert tuple(clock.of(1)) == STAGES


def test_once_it_is_over_only_the_close_counts() -> None:
    clock = fed(*DICTATION)
    clock.finish(1)
    clock.saw(13.0, final(1))
    clock.did(13.0, [do.CopyText(1, "again")])
    assert clock.of(1)["final"] == 2350
    assert clock.of(1)["inserted"] == 2350


def test_a_second_session_keeps_the_first_connect_and_moves_the_end() -> None:
    clock = fed(
        *DICTATION[:6],
        (12.05, ev.SessionFailed(1, 1, SessionLost("Lost.")), []),
        (12.30, ev.TimedOut(ev.UtteranceTimer(1, "retry")), [do.OpenSession(2, 1, 0, AS_SET)]),
        (12.40, ev.SocketOpened(1, 2), []),
        (12.50, ev.AudioSent(1, 2), []),
    )
    stages, sessions = clock.finish(1)
    assert (stages["socket_open"], stages["audio_sent"], sessions) == (80, 2500, 2)


def test_an_utterance_that_is_sent_again_has_no_key_and_no_stages() -> None:
    clock = fed(
        (5.0, ev.RetryRequested(1, 2000, ()), [do.SetStatus(1, "finishing"), do.OpenSession(1, 1, 0, AS_SET)]),
        (5.4, ev.TextCopied(1), []),
    )
    assert clock.finish(1) == ({}, 1)
    assert clock.finish(1) == ({}, 0), "sessions are told once"


def test_what_belongs_to_no_utterance_leaves_nothing() -> None:
    clock = fed((1.0, ev.CopyRequested("old"), [do.CopyText(0, "old")]), (1.1, ev.TextCopied(0), []))
    assert clock.of(0) == {}


def test_how_long_the_key_is_down() -> None:
    clock = fed((10.0, ev.Pressed(), [do.StartCapture(1)]))
    assert clock.held_for(1, 10.25) == 0.25
    assert clock.held_for(2, 10.25) == 0.0


def test_a_session_that_does_not_tell_is_billed_in_begun_seconds() -> None:
    clock = fed(*DICTATION)
    assert clock.take_seconds_open(1, 13.0) == 3
    assert clock.take_seconds_open(1, 13.0) == 0, "once"
    assert clock.take_seconds_open(2, 13.0) == 0, "it never began"


def test_forgotten_and_old_utterances_take_no_room() -> None:
    clock = fed(*DICTATION, (13.0, ev.Cancelled(), [do.ForgetUtterance(1)]))
    assert clock.of(1) == {}
    for number in range(2, REMEMBERED + 3):
        clock.did(float(number), [do.StartCapture(number)])
        clock.saw(number + 0.1, ev.CaptureStarted(number))
    assert clock.of(2) == {}
    assert clock.of(3) == {"first_frame": 100}
