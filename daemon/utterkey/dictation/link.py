"""An utterance's way to the service: opening a session, asking it to finish, letting it linger, trying again.

Pure, a part of machine.py. What a session says is in answers.py, when the text is complete in completeness.py.
"""

from dataclasses import replace

from utterkey.dictation.effects import AbortSession, Ending, FinishSession, OpenSession, ReuseSession, StartTimer
from utterkey.dictation.events import SessionTimer, UtteranceTimer, Wishes
from utterkey.dictation.move import Move
from utterkey.dictation.state import Connected, Connecting, Finishing, IdleSession, Unlinked, Utterance
from utterkey.errors import SessionError, SessionLimited

BEGIN_SECONDS = 3.0
"""`Begin` usually comes within a third of a second. A connection without it so long after the release, or so long after
all of the audio is written (the system takes it for a dead one too), is given up for another: sooner than one that is
known to listen, and so that two fit into the ten seconds after which the user is told one way or the other. Not after
the release where a program brings a token first, which may take longer: each try would kill it and begin anew."""
GIVE_UP_SECONDS = 7.0
"""No more attempts fit into those ten seconds: the next ones would be 8.75 s after the first, and 11 s where the number
of sessions is limited."""
WINDOW_SECONDS = 60.0
BURST_SESSIONS = 4
"""From this many new sessions within the window on, a session lingers: a free account may open five."""

BACKOFF_SECONDS = (0.25, 0.5, 1.0, 2.0, 2.5)
"""The last try of those that count from the release comes 6.25 s after it: within `GIVE_UP_SECONDS`."""
LIMITED_BACKOFF_SECONDS = (1.0, 2.0, 3.0, 5.0, 10.0)


def connect(move: Move, u: Utterance) -> None:
    """Send the recording from the last final on: over the session that lingers, if it would do, else over a new one."""
    state = move.state
    idle, from_ms = state.idle_session, u.heard.covered_ms
    if idle is not None and idle.wishes == u.trigger.wishes and from_ms == 0:
        move.change(idle_session=None)
        u = move.put(replace(u, link=Connected(idle.session), ending=None))
        move.do(ReuseSession(idle.session, u.number))
    else:
        session = state.next_session
        move.change(
            next_session=session + 1,
            recent_sessions=state.recent_sessions | {session},
            open_sessions=state.open_sessions | {session},
        )
        u = move.put(replace(u, link=Connecting(session), ending=None))
        move.do(
            OpenSession(session, u.number, from_ms, u.trigger.wishes),
            StartTimer(SessionTimer(session, "window"), WINDOW_SECONDS),
        )
    if isinstance(u.phase, Finishing):
        finish(move, u)


def finish(move: Move, u: Utterance) -> None:
    """The recording will not grow any more: ask for the last words."""
    if u.session is not None:
        ending = _ending(move)
        move.put(replace(u, ending=ending))
        move.do(FinishSession(u.session, ending))
        if isinstance(u.link, Connecting) and not move.settings.service.token_command:
            move.do(StartTimer(UtteranceTimer(u.number, "stall"), BEGIN_SECONDS))


def end(move: Move, u: Utterance, session: int) -> None:
    """It was to linger, but nothing would say that there are no more words: its end does."""
    move.put(replace(u, ending="terminate"))
    move.do(FinishSession(session, "terminate"))


def _ending(move: Move) -> Ending:
    linger = move.settings.service.linger_seconds
    wanted = len(move.state.recent_sessions) >= BURST_SESSIONS if linger == "auto" else linger > 0
    return "linger" if wanted and _another_may_follow(move) else "terminate"


def _another_may_follow(move: Move) -> bool:
    return move.state.mode == "listening" and move.state.power == "awake"


def abandon(move: Move, u: Utterance) -> None:
    """Nothing is wanted of its session any more."""
    if u.session is not None:
        move.do(AbortSession(u.session))


# --- trying again --------------------------------------------------------------------------------------------------


def connect_later(move: Move, u: Utterance, error: SessionError) -> None:
    """The session is gone; the recording is not. The next try begins with the last final, after a moment."""
    attempts = u.attempts + 1
    move.put(replace(u, link=Unlinked(error), heard=u.heard.finals_only(), attempts=attempts, replayed=True))
    move.change(last_error=str(error))
    delays = LIMITED_BACKOFF_SECONDS if isinstance(error, SessionLimited) else BACKOFF_SECONDS
    move.do(StartTimer(UtteranceTimer(u.number, "retry"), delays[min(attempts, len(delays)) - 1]))


def be_patient(move: Move) -> None:
    """Begin anew to wait for a session."""
    for u in move.state.utterances:
        if isinstance(u.phase, Finishing) and isinstance(u.link, Unlinked | Connecting):
            move.do(StartTimer(UtteranceTimer(u.number, "give_up"), GIVE_UP_SECONDS))


# --- lingering -----------------------------------------------------------------------------------------------------


def let_linger(move: Move, session: int, wishes: Wishes) -> None:
    """Unless such a one lingers already, or none needs to. One with other wishes gives way: the next press is more
    likely one like this, and two would be billed."""
    linger, idle = move.settings.service.linger_seconds, move.state.idle_session
    crowded = len(move.state.recent_sessions) >= BURST_SESSIONS
    there_is_one = idle is not None and idle.wishes == wishes
    if not _another_may_follow(move) or there_is_one or (linger == "auto" and not crowded):
        move.do(AbortSession(session))
        return
    drop_idle_session(move)
    move.change(idle_session=IdleSession(session, wishes))
    if linger != "auto":
        move.do(StartTimer(SessionTimer(session, "linger"), linger))


def session_timed_out(move: Move, timer: SessionTimer) -> None:
    """A lingering session is closed as soon as a new one could be opened without fear of the limit."""
    if timer.name == "window":
        move.change(recent_sessions=move.state.recent_sessions - {timer.session})
    auto = move.settings.service.linger_seconds == "auto"
    idle = move.state.idle_session
    its_time = idle is not None and timer == SessionTimer(idle.session, "linger")
    if len(move.state.recent_sessions) < BURST_SESSIONS if auto else its_time:
        drop_idle_session(move)


def drop_idle_session(move: Move) -> None:
    if move.state.idle_session is not None:
        move.do(AbortSession(move.state.idle_session.session))
        move.change(idle_session=None)
