"""Press and release: an utterance from key-down until its recording is complete. Pure, a part of machine.py."""

from dataclasses import replace

from utterkey.dictation import completeness, link
from utterkey.dictation.effects import (
    BeginUtterance,
    ForgetUtterance,
    MarkTarget,
    Notify,
    PauseMedia,
    PlayCue,
    PrepareInsertion,
    ResumeMedia,
    SetStatus,
    StartCapture,
    StartTimer,
    StopCapture,
    WatchCancelKey,
)
from utterkey.dictation.events import COMMAND, Trigger, UtteranceTimer
from utterkey.dictation.move import Move
from utterkey.dictation.state import Arming, Finishing, Recorded, Recording, Trailing, Unlinked, Utterance
from utterkey.errors import MicrophoneError

ARM_SECONDS = 0.2
OVERDUE_SECONDS = 4.0
LATE_SECONDS = 5.0
OPENING_SECONDS = 4.0
"""A microphone that works, and one that does not and can say so, has answered by then."""
ENDING_SECONDS = 3.0
"""The same of the end of a recording, also of one that was released before the first audio came."""

HUNG = "The microphone does not answer: plug it in anew, or restart the sound server, then press the key again."


def press(move: Move, trigger: Trigger) -> None:
    state = move.state
    if state.mode == "paused":
        move.do(Notify("Dictation is paused: resume it in the tray or with `utterkey resume`."))
    away = state.screen == "locked" or state.power == "falling asleep"
    if state.mode != "listening" or away or state.held is not None:
        return
    number = state.next_utterance
    output = trigger.output or move.settings.output.mode
    in_parts = output == "insert" and move.settings.output.as_you_speak
    utterance = Utterance(number, trigger, phase=Arming(), output=output, in_parts=in_parts)
    move.change(next_utterance=number + 1)
    move.put(utterance)
    move.do(StartCapture(number))
    if trigger.alone:
        move.do(StartTimer(UtteranceTimer(number, "arm"), _slip_seconds(move, trigger)))
    else:
        begin(move, utterance)


def _slip_seconds(move: Move, trigger: Trigger) -> float:
    """A shorter press is not meant, or is the beginning of a shortcut."""
    if trigger == COMMAND:
        return 0.0
    return max(ARM_SECONDS if trigger.alone else 0.0, move.settings.hotkey.min_hold_ms / 1000)


def capture_started(move: Move, u: Utterance) -> None:
    """Now frames flow. The user hears of it once the press is certain to be meant."""
    move.put(replace(u, flowing=True))
    if u.held and move.settings.audio.cues:
        move.do(StartTimer(UtteranceTimer(u.number, "cue"), _slip_seconds(move, u.trigger)))


def begin(move: Move, u: Utterance) -> None:
    """It is a dictation: let the network, the journal and the clipboard know."""
    u = move.put(replace(u, phase=Recording()))
    move.do(BeginUtterance(u.number, u.trigger.wishes))
    link.connect(move, u)
    if u.output == "insert":
        move.do(PrepareInsertion(u.number))
    if u.in_parts:
        move.do(MarkTarget(u.number))  # the user speaks into this window; at the release it is asked for anew
    move.do(
        WatchCancelKey(True),
        StartTimer(UtteranceTimer(u.number, "limit"), move.settings.audio.max_seconds),
        StartTimer(UtteranceTimer(u.number, "capture"), OPENING_SECONDS),
    )


def release(move: Move, trigger: Trigger | None) -> None:
    u = move.state.held
    if u is None or (trigger is not None and trigger.name != u.trigger.name):
        return
    if isinstance(u.phase, Arming):
        move.do(StopCapture(u.number), ForgetUtterance(u.number))
        move.drop(u)
        return
    _let_go(move, u)
    move.put(replace(u, phase=Trailing()))
    move.do(StartTimer(UtteranceTimer(u.number, "tail"), move.settings.audio.tail_ms / 1000))


def _let_go(move: Move, u: Utterance) -> None:
    """The moment of release: what the user looks at now is where the text belongs."""
    if u.output == "insert":
        move.do(MarkTarget(u.number))
    move.do(
        WatchCancelKey(False),
        SetStatus(u.number, "finishing"),
        StartTimer(UtteranceTimer(u.number, "overdue"), OVERDUE_SECONDS),
        StartTimer(UtteranceTimer(u.number, "late"), LATE_SECONDS),
    )


def stop(move: Move, u: Utterance) -> None:
    """The tail is over. From now on the user waits: what failed before does not count, and what was to come later may
    be too late."""
    u = move.put(replace(u, phase=Finishing(), attempts=0))
    move.do(
        StopCapture(u.number),
        StartTimer(UtteranceTimer(u.number, "give_up"), link.GIVE_UP_SECONDS),
        StartTimer(UtteranceTimer(u.number, "capture"), ENDING_SECONDS),
    )
    if isinstance(u.link, Unlinked):
        link.connect(move, u)
    else:
        link.finish(move, u)


def capture_ended(move: Move, u: Utterance, recorded: Recorded) -> None:
    """Asked for after the tail, or brought about by a microphone that stopped: then this is the release."""
    if isinstance(u.phase, Arming):
        move.do(ForgetUtterance(u.number))
        move.drop(u)
        return
    if isinstance(u.phase, Recording):
        _let_go(move, u)
    if recorded.ms and move.settings.audio.cues and move.state.held in (None, u):  # not into the next recording
        move.do(PlayCue("stop"))
    u = move.put(replace(u, recorded=recorded))
    if isinstance(u.phase, Recording | Trailing):
        stop(move, u)
        u = move.living(u)
    if recorded.ms == 0 and not u.heard.text:
        link.abandon(move, u)
        move.do(ForgetUtterance(u.number))
        move.drop(u)
    else:
        completeness.settle(move, u)


def capture_overdue(move: Move, u: Utterance) -> None:
    """The sound system can hang where nothing wakes it. The user must not speak into it for long, and no session may be
    open for a recording that never ends."""
    error = MicrophoneError(HUNG)
    match u.phase:
        case Recording() if not u.flowing:
            move.put(replace(u, warning=str(error)))
            move.tell(error)
        case Finishing() if u.recorded is None and (u.flowing or u.heard.text):
            link.abandon(move, u)
            completeness.fail(move, u, error)
        case Finishing() if u.recorded is None:
            link.abandon(move, u)
            if u.warning != str(error):
                move.tell(error)
            move.do(ForgetUtterance(u.number))
            move.drop(u)
        case _:
            pass  # it has answered


def cancel(move: Move, trigger: Trigger | None) -> None:
    u = move.state.held
    if u is None or (trigger is not None and trigger.name != u.trigger.name):
        return
    move.do(StopCapture(u.number))
    if isinstance(u.phase, Arming):
        move.do(ForgetUtterance(u.number))
    else:
        link.abandon(move, u)
        move.do(WatchCancelKey(False), SetStatus(u.number, "cancelled"))
    move.drop(u)


def mind_media(move: Move) -> None:
    """What plays is silent from the first recording until the last of those that overlap is complete."""
    recorded = any(u.recorded_now for u in move.state.utterances)
    if recorded and move.state.media == "left alone" and move.settings.audio.pause_media:
        move.change(media="paused")
        move.do(PauseMedia())
    elif not recorded and move.state.media == "paused":
        move.change(media="left alone")
        move.do(ResumeMedia())
