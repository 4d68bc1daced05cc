"""What happens next: `step(state, event, settings) -> (state, effects)`. Pure.

The life of an utterance, with the function that moves it on:

    press ──> Arming ──> Recording ──> Trailing ──> Finishing ──> Ready ──> Delivering ──> over
              (a lone     begin         release      stop          settle    advance        delivered
              modifier)                          (completeness.py)           (delivery.py)

The first half is in press.py. Beside it runs its link to the service (Unlinked, Connecting, Connected, AllSent, Ended,
Refused; see link.py and answers.py), so that a lost session does not disturb the recording. Events of an utterance that
is over, or of a session that no longer serves it, are ignored.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from utterkey.dictation import answers, delivery, link, press, sleep
from utterkey.dictation.effects import (
    AdoptSettings,
    ClearHistory,
    CopyText,
    Effect,
    Exit,
    InsertText,
    ListenForHotkeys,
    MarkTarget,
    Notify,
    PlayCue,
    PrepareInsertion,
    RecallLast,
    Run,
    SetStatus,
    StartTimer,
    StopCapture,
)
from utterkey.dictation.events import (
    Asked,
    AudioSent,
    Cancelled,
    CaptureEnded,
    CaptureFailed,
    CaptureStarted,
    CaptureWarned,
    ClearRequested,
    CopyRequested,
    DesktopGone,
    Event,
    GoingToSleep,
    InsertionFailed,
    InsertionUnderWay,
    InsertLastRequested,
    InsertRequested,
    LookedAround,
    NotScratched,
    PartFailed,
    PartWell,
    PauseRequested,
    Pressed,
    ProgramTimer,
    QuitRequested,
    Released,
    ResumeRequested,
    RetryRequested,
    Scratched,
    ScreenLocked,
    ScreenUnlocked,
    SessionBegan,
    SessionEnded,
    SessionFailed,
    SessionTimer,
    SettingsChanged,
    SocketOpened,
    SpeechStarted,
    TargetMarked,
    TextCopied,
    TextInserted,
    TimedOut,
    Toggled,
    Trigger,
    TurnReceived,
    UtteranceTimer,
    WokeUp,
)
from utterkey.dictation.move import Move
from utterkey.dictation.state import Arming, Finishing, Recorded, Recording, State, Trailing, Utterance
from utterkey.errors import UtterkeyError
from utterkey.settings import Settings

QUIT_SECONDS = 1.8
"""For what is in hand. With the end of the sessions and of the parts a quit takes less than three seconds."""


def step(state: State, event: Event, settings: Settings) -> tuple[State, tuple[Effect, ...]]:
    """Decide what `event` changes and what is to be done about it. Does nothing itself."""
    if state.mode == "gone":
        return state, ()
    move = Move(state, settings)
    _count_presses(move, event)
    _apply(move, event)
    delivery.advance(move)
    press.mind_media(move)
    if move.state.coming is not None and not move.state.utterances:
        _adopt(move, move.state.coming)
    sleep.allow_when_done(move)
    if move.state.mode == "quitting" and not move.state.utterances:
        move.change(mode="gone")
        move.do(Exit())
    return move.state, tuple(move.effects)


def _count_presses(move: Move, event: Event) -> None:
    """Whoever is to know whether the user has touched the keyboard sees the hotkey's presses too."""
    match event:
        case Pressed(trigger) | Toggled(trigger) if trigger.strikes:
            move.change(hotkey_presses=move.state.hotkey_presses + 1)
        case TextInserted():
            move.change(hotkey_presses=0)


def _apply(move: Move, event: Event) -> None:  # noqa: C901 - one flat table of events
    match event:
        case Pressed(trigger):
            press.press(move, trigger)
        case Released(trigger):
            press.release(move, trigger)
        case Toggled(trigger):
            if move.state.held is None:
                press.press(move, trigger)
            else:
                press.release(move, None)
        case Cancelled(trigger):
            press.cancel(move, trigger)
        case PauseRequested():
            _pause(move)
        case ResumeRequested():
            if move.state.mode == "paused":
                move.change(mode="listening")
                move.do(ListenForHotkeys(True))
        case RetryRequested():
            _retry(move, event)
        case CopyRequested(text):
            move.do(CopyText(0, text))
        case InsertRequested(text):
            _insert_again(move, text)
        case InsertLastRequested():
            if move.state.screen == "open":
                move.do(RecallLast())
        case ClearRequested(what):
            move.do(ClearHistory(what))
        case Asked(errand):
            move.do(Run(errand))
        case SettingsChanged(changed):
            move.change(coming=changed)
        case LookedAround(surroundings):
            move.change(surroundings=surroundings)
        case ScreenLocked():
            press.release(move, None)
            move.change(screen="locked")
        case ScreenUnlocked():
            move.change(screen="open")
        case GoingToSleep():
            press.release(move, None)
            sleep.going(move)
        case WokeUp():
            sleep.woke(move)
        case QuitRequested():
            _quit(move)
        case CaptureStarted(number):
            _with(move, number, lambda u: press.capture_started(move, u))
        case SocketOpened():
            pass  # the controller stamps it; nothing hangs on it here
        case CaptureEnded(number, ms, voice):
            _with(move, number, lambda u: press.capture_ended(move, u, Recorded(ms, voice)))
        case CaptureFailed(number, error) | CaptureWarned(number, error):
            _with(move, number, lambda u: move.put(replace(u, warning=str(error))))
            move.tell(error)
        case PartFailed():
            _part_failed(move, event)
        case PartWell(part):
            _part_is_well(move, part)
        case DesktopGone(error):
            _tell_once(move, error)
            _quit(move)
        case SessionBegan() | SpeechStarted() | TurnReceived() | AudioSent() | SessionEnded() | SessionFailed():
            answers.receive(move, event)
        case TargetMarked(number, window):
            _with(move, number, lambda u: move.put(replace(u, window=window)))
        case InsertionUnderWay(number):
            _with(move, number, lambda u: delivery.under_way(move, u))
        case TextInserted(number, window):
            _with(move, number, lambda u: delivery.inserted(move, u, window))
        case TextCopied(0) if move.state.screen == "locked":
            move.do(Notify("The screen is locked: the text is on the clipboard."))
        case TextCopied(number):
            _with(move, number, lambda u: delivery.copied(move, u))
        case InsertionFailed(number, error, on_clipboard):
            delivery.failed(move, number, error, on_clipboard)
        case Scratched(number):
            _with(move, number, lambda u: delivery.scratched(move, u))
        case NotScratched(number, error):
            _with(move, number, lambda u: delivery.not_scratched(move, u, error))
        case TimedOut(timer):
            _timed_out(move, timer)
        case _:
            assert_never(event)


def _with(move: Move, number: int, action: Callable[[Utterance], object]) -> None:
    """Do something to an utterance, if it is still alive."""
    utterance = move.state.find(number)
    if utterance is not None:
        action(utterance)


def _tell_once(move: Move, error: UtterkeyError) -> None:
    """A part that goes on failing is told of once until something goes well, and so is what several parts meet."""
    if str(error) != move.state.last_error:
        move.tell(error)


def _part_failed(move: Move, failure: PartFailed) -> None:
    """Who has asked for something gets an answer each time."""
    move.change(last_failure=failure)
    if failure.part == "errands":
        move.tell(failure.error)
    else:
        _tell_once(move, failure.error)


def _part_is_well(move: Move, part: str) -> None:
    """What something else has told since stays."""
    failure = move.state.last_failure
    if failure is not None and failure.part == part:
        still_told = move.state.last_error == str(failure.error)
        move.change(last_failure=None, last_error="" if still_told else move.state.last_error)


# --- the program as a whole ----------------------------------------------------------------------------------------


def _insert_again(move: Move, text: str) -> None:
    """Asked for in the menu, by its key, or by a command, which may come from elsewhere while the screen is locked."""
    if move.state.screen == "locked":
        move.do(CopyText(0, text))
        return
    move.do(InsertText(0, text + move.settings.output.trailing))  # unmarked: into whichever window it is
    move.change(last_insertion=None)  # so what stands before the next text is not known


def _pause(move: Move) -> None:
    if move.state.mode == "listening":
        press.release(move, None)
        move.change(mode="paused")
        move.do(ListenForHotkeys(False))


def _retry(move: Move, event: RetryRequested) -> None:
    """A kept recording goes the same way again, from where the microphone would have stopped."""
    if move.state.mode == "quitting" or move.state.find(event.utterance) is not None:
        return
    u = Utterance(
        event.utterance,
        Trigger("retry", wishes=event.wishes),
        phase=Finishing(),
        output="insert" if event.insert else "clipboard",
        replayed=True,
        recorded=Recorded(event.recording_ms, event.voice),
        lateness="overdue",  # nobody waits for it
    )
    move.put(u)
    move.do(SetStatus(u.number, "finishing"))
    if event.insert:
        move.do(PrepareInsertion(u.number), MarkTarget(u.number))
    move.do(StartTimer(UtteranceTimer(u.number, "give_up"), link.GIVE_UP_SECONDS))
    link.connect(move, u)


def _quit(move: Move) -> None:
    """Asked for, or because the desktop is gone. A daemon is one login session's: without its display it hears no key
    and reaches no window, and it would stand in the way of the one that the next login starts, for there is one daemon
    a user. So it finishes what is in hand, as for any other end."""
    if move.state.mode == "quitting":
        return
    press.release(move, None)
    move.change(mode="quitting")
    link.drop_idle_session(move)
    move.do(ListenForHotkeys(False), StartTimer(ProgramTimer("quit"), QUIT_SECONDS))


def _adopt(move: Move, settings: Settings) -> None:
    """Nothing is being said: other settings may count from here on, and nobody is caught between old and new ones."""
    move.change(coming=None)
    if move.state.mode == "quitting":
        return
    link.drop_idle_session(move)  # it was opened with the old ones
    move.do(AdoptSettings(settings))
    if move.state.mode == "paused":
        move.do(ListenForHotkeys(False))  # new ones listen from their start


# --- time ----------------------------------------------------------------------------------------------------------


def _timed_out(move: Move, timer: UtteranceTimer | SessionTimer | ProgramTimer) -> None:
    match timer:
        case UtteranceTimer(number, _):
            _with(move, number, lambda u: _utterance_timed_out(move, u, timer))
        case SessionTimer():
            link.session_timed_out(move, timer)
        case ProgramTimer():
            _program_timed_out(move, timer)
        case _:
            assert_never(timer)


def _program_timed_out(move: Move, timer: ProgramTimer) -> None:
    if timer.name == "sentence":
        move.change(last_insertion=None)
    elif timer.name == "sleep":
        sleep.timed_out(move)
    else:
        _give_up(move)


def _give_up(move: Move) -> None:
    """Quit: what is not finished by now is offered again at the next start."""
    for u in move.state.utterances:
        if isinstance(u.phase, Trailing):
            move.do(StopCapture(u.number))
        link.abandon(move, u)
        move.do(SetStatus(u.number, "interrupted", u.heard.text))
        move.drop(u)


def _utterance_timed_out(move: Move, u: Utterance, timer: UtteranceTimer) -> None:  # noqa: C901 - one flat table
    match timer.name, u.phase:
        case "arm", Arming():
            press.begin(move, u)
        case "cue", Recording():
            move.do(PlayCue("start"))
        case "capture", _:
            press.capture_overdue(move, u)
        case "limit", Recording():
            move.do(Notify(f"The longest utterance is {move.settings.audio.max_seconds} seconds: this one ends here."))
            press.release(move, None)
        case "tail", Trailing():
            press.stop(move, u)
        case "overdue", _:
            move.put(replace(u, lateness="overdue"))
        case "late", Trailing() | Finishing():
            move.put(replace(u, lateness="late"))
        case (("quiet" | "stall" | "give_up"), Finishing()):  # not once the text is complete: it would be so twice
            answers.timed_out(move, u, timer)
        case "retry", Recording() | Trailing() | Finishing():
            answers.timed_out(move, u, timer)
        case "deliver", _:
            delivery.timed_out(move, u)
        case _:
            pass  # a timer of a phase that is over
