"""The rule that says when the text of an utterance is complete.

Pure, a part of machine.py. The text is complete when the whole recording is sent, no turn is open, and no voice was
heard after the last final. An open turn waits for its final; with none open the text goes out after a quiet wait. The
end of the session is waited for only if there is voice without words, or no word at all, and not even that for ever.

That nobody spoke is for the service to say: the voice detector misses a short or a soft word. So an utterance without
a word is forgotten only when its session has ended as it should; it costs nobody time, for there is nothing to insert.
"""

from dataclasses import replace

from utterkey.dictation import link
from utterkey.dictation.effects import ForgetUtterance, Notify, SetStatus, StartTimer
from utterkey.dictation.events import UtteranceTimer
from utterkey.dictation.move import Move
from utterkey.dictation.state import VOICE_MARGIN_MS, AllSent, Ended, Finishing, Ready, Refused, Utterance
from utterkey.errors import SessionError, SessionLost, UtterkeyError

REPAIR_MS = 1500
"""So much voice without words is worth sending again."""
WORD_MS = 300
"""So much voice can be a word: sent again if the service heard nothing else, or never said that it was through."""
SLIP_MS = 300
"""A recording that is no longer holds no word."""

NO_ANSWER = "The service does not answer: check the network connection."
NO_WORDS = "The service recognised no words in what was recorded."


def settle(move: Move, u: Utterance) -> None:
    """Let the text go if it is complete, or the utterance if it is hopeless."""
    if not isinstance(u.phase, Finishing) or u.recorded is None:
        return
    match u.link:
        case AllSent():
            if is_complete(u):
                complete(move, u)
        case Ended():
            judge(move, u, answered=True)
        case Refused(error):
            _keep(move, u, error)  # it was told when it was refused
        case _:
            pass  # not everything is sent


def is_complete(u: Utterance) -> bool:
    """Is nothing more wanted of the session, which has all of the audio?"""
    if u.recorded is None or u.heard.open or u.unheard_ms:
        return False
    return u.heard.text != "" or u.recorded.ms <= SLIP_MS


def judge(move: Move, u: Utterance, *, answered: bool) -> None:
    """Nothing more will come of this session. Is what came the whole of it?

    What was spoken and has no words is sent again, as long as that brings more of them: a service that falls silent
    after a turn does so again after the next. Where a session finds none there are none to find, unless it fell silent
    before its end (not `answered`), or there are no words at all. With neither an answer nor a word it is not known
    whether anybody spoke.
    """
    assert u.recorded is not None
    heard, covered = u.heard.heard_ms, u.heard.covered_ms
    missing = u.recorded.voice_after(heard + VOICE_MARGIN_MS if heard else 0)
    helps = u.repaired_from is None or covered > u.repaired_from
    doubtful = not answered or not u.heard.text
    unknown = not answered and not u.heard.text and u.recorded.ms > SLIP_MS
    lacking = unknown or missing >= (WORD_MS if doubtful else REPAIR_MS)
    if helps and (lacking or (u.heard.open and missing > 0)):
        move.do(StartTimer(UtteranceTimer(u.number, "give_up"), link.GIVE_UP_SECONDS))
        link.connect(move, replace(u, heard=u.heard.finals_only(), repaired_from=covered, replayed=True))
    elif doubtful and lacking:
        fail(move, u, SessionError(NO_WORDS) if answered else SessionLost(NO_ANSWER))
    else:
        if lacking:
            move.do(Notify(_unheard(missing)))
        complete(move, u)


def _unheard(ms: int) -> str:
    seconds = round(ms / 1000)
    return f"The service heard no words in the last {seconds} s that you may have spoken: look at the text's end."


def complete(move: Move, u: Utterance) -> None:
    if isinstance(u.link, AllSent) and u.ending == "linger":
        link.let_linger(move, u.link.session, u.trigger.wishes)
    if u.heard.text:
        move.put(replace(u, phase=Ready(u.heard.said, u.heard.rest)))
    else:
        move.do(ForgetUtterance(u.number))
        move.drop(u)


def fail(move: Move, u: Utterance, error: UtterkeyError) -> None:
    """It could not be transcribed: its recording is kept."""
    _keep(move, u, error)
    tell_kept(move, error)


def tell_kept(move: Move, error: UtterkeyError) -> None:
    move.change(last_error=str(error))
    move.do(Notify(f"{error} What you said is kept: `utterkey retry` sends it again."))


def _keep(move: Move, u: Utterance, error: UtterkeyError) -> None:
    move.do(SetStatus(u.number, "failed", u.heard.text, str(error), u.repaired))
    move.drop(u)
