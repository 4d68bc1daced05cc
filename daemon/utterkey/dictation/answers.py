"""What a session says, or does not say in time, and what follows for its utterance. Pure, a part of machine.py."""

from dataclasses import replace

from utterkey.dictation import completeness, link
from utterkey.dictation.completeness import NO_ANSWER
from utterkey.dictation.effects import StartTimer
from utterkey.dictation.events import (
    AudioSent,
    SessionBegan,
    SessionEnded,
    SessionFailed,
    SpeechStarted,
    TurnReceived,
    UtteranceTimer,
)
from utterkey.dictation.move import Move
from utterkey.dictation.state import (
    AllSent,
    Connected,
    Connecting,
    Delivering,
    Ended,
    Finishing,
    Ready,
    Refused,
    Unlinked,
    Utterance,
)
from utterkey.errors import SessionError, SessionLost, SessionRefused

QUIET_SECONDS = 0.3
LINGERING_QUIET_SECONDS = 0.5
"""Where something is missing and the session is to live on: `ForceEndpoint` is answered within 0.35 s, if at all."""
STALL_SECONDS = 4.0

SessionEvent = SessionBegan | SpeechStarted | TurnReceived | AudioSent | SessionEnded | SessionFailed


def receive(move: Move, event: SessionEvent) -> None:  # noqa: C901 - one flat table of events
    if isinstance(event, SessionEnded | SessionFailed):
        move.change(open_sessions=move.state.open_sessions - {event.session})
        idle = move.state.idle_session
        if idle is not None and event.session == idle.session:
            move.change(idle_session=None)
    u = move.state.find(event.utterance)
    if u is None or u.session != event.session:
        return
    match event:
        case SessionEnded() | SessionFailed() if isinstance(u.phase, Ready | Delivering):
            move.put(replace(u, link=Ended()))  # it has said what was wanted
        case SessionBegan():
            if isinstance(u.link, AllSent):
                _heard(move, replace(u, link=AllSent(event.session, began=True)))
            else:
                move.put(replace(u, link=Connected(event.session)))
        case SpeechStarted():
            _heard(move, replace(u, heard=u.heard.speaking()))
        case TurnReceived(turn=turn):
            heard = u.heard.receive(turn)
            got_on = heard.covered_ms > u.heard.covered_ms
            u = replace(u, heard=heard, attempts=0 if got_on else u.attempts)
            _heard(move, u)
            if turn.final and turn.settled:
                completeness.settle(move, u)  # after AllSent it is the answer to the request to finish: no quiet wait
        case AudioSent():
            _heard(move, replace(u, link=AllSent(event.session, began=isinstance(u.link, Connected))))
        case SessionEnded():
            if isinstance(u.link, AllSent):
                completeness.settle(move, move.put(replace(u, link=Ended())))
            else:
                _lost(move, u, SessionLost("The service ended the session in the middle."))
        case SessionFailed(error=SessionRefused() as error):
            completeness.tell_kept(move, error)  # at once: the user may still be speaking, to no avail
            completeness.settle(move, move.put(replace(u, link=Refused(error))))
        case SessionFailed(error=error):
            _lost(move, u, error)


def _heard(move: Move, u: Utterance) -> None:
    """Something came from the service: once everything is sent, wait anew for the next."""
    move.put(u)
    if isinstance(u.link, AllSent):
        move.do(
            StartTimer(UtteranceTimer(u.number, "quiet"), _quiet_seconds(u)),
            StartTimer(UtteranceTimer(u.number, "stall"), _stall_seconds(u)),
        )


def _quiet_seconds(u: Utterance) -> float:
    return LINGERING_QUIET_SECONDS if u.ending == "linger" and not completeness.is_complete(u) else QUIET_SECONDS


def _stall_seconds(u: Utterance) -> float:
    """How long silence is normal. A replayed recording is decoded no faster than it was spoken: no words come from its
    pauses."""
    if isinstance(u.link, AllSent) and not u.link.began and not u.heard.turns:
        return link.BEGIN_SECONDS
    pause_ms = u.recorded.longest_pause_after(u.heard.heard_ms) if u.replayed and u.recorded else 0
    return STALL_SECONDS + max(0, pause_ms) / 1000


def _lost(move: Move, u: Utterance, error: SessionError) -> None:
    """Try again, unless nothing is missing or it was tried often enough. A recording that still grows is not given up
    for that: its end is near, or `capture_overdue`."""
    if isinstance(u.link, AllSent) and completeness.is_complete(u):
        completeness.complete(move, move.put(replace(u, link=Ended())))
    elif isinstance(u.phase, Finishing) and u.recorded and u.attempts >= len(link.BACKOFF_SECONDS):
        completeness.fail(move, replace(u, heard=u.heard.finals_only()), error)
    else:
        link.connect_later(move, u, error)


# --- time ----------------------------------------------------------------------------------------------------------


def timed_out(move: Move, u: Utterance, timer: UtteranceTimer) -> None:
    match timer.name, u.link:
        case "retry", Unlinked():
            link.connect(move, u)
        case "quiet", AllSent(session):
            if u.ending == "linger" and not u.heard.unfinished and not completeness.is_complete(u):
                link.end(move, u, session)
            else:
                completeness.settle(move, u)
        case "stall", Connecting():
            link.abandon(move, u)
            _lost(move, u, SessionLost(NO_ANSWER))
        case "stall", AllSent():
            if u.recorded is not None:
                link.abandon(move, u)
                completeness.judge(move, move.put(replace(u, link=Ended())), answered=False)
        case "give_up", Unlinked(error):
            completeness.fail(move, u, error or SessionLost(NO_ANSWER))
        case "give_up", Connecting():
            link.abandon(move, u)
            completeness.fail(move, u, SessionLost(NO_ANSWER))
        case _:
            pass
