"""Before the computer sleeps: end what is being spoken, finish what is in hand, then let it sleep. Pure, a part of
machine.py.

Sleep is held off from the start of the program on, so that it cannot come between hearing of it and acting on it. It
is let go as soon as no utterance is alive and no session is open: a session that sleeps with us would be billed until
the service notices. What takes longer than the desktop waits goes on after the wake: its audio is on the disk, and a
session that did not survive is opened again.
"""

from utterkey.dictation import link
from utterkey.dictation.effects import DelaySleep, StartTimer
from utterkey.dictation.events import ProgramTimer
from utterkey.dictation.move import Move

HOLD_OFF_SECONDS = 4.0
"""logind waits for 5 s (InhibitDelayMaxSec in logind.conf(5)) and then sleeps anyway: let go before, and of our own."""


def going(move: Move) -> None:
    """The press has been released."""
    link.drop_idle_session(move)
    move.change(power="falling asleep")
    move.do(StartTimer(ProgramTimer("sleep"), HOLD_OFF_SECONDS))


def allow_when_done(move: Move) -> None:
    state = move.state
    if state.power == "falling asleep" and not state.utterances and not state.open_sessions:
        _allow(move)


def timed_out(move: Move) -> None:
    if move.state.power == "falling asleep":
        _allow(move)


def woke(move: Move) -> None:
    """Hold off the next sleep. The network needs a moment after a wake: nothing is given up meanwhile."""
    move.change(power="awake")
    move.do(DelaySleep(True))
    link.be_patient(move)


def _allow(move: Move) -> None:
    move.change(power="asleep")
    move.do(DelaySleep(False))
