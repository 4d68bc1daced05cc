"""What is to be done. The counterpart of events.py: the machine orders, the controller performs.

Performing an effect takes no time: what could block is handed to the thread that owns the part.
"""

from dataclasses import dataclass
from typing import Literal

from utterkey.dictation.errand import Errand
from utterkey.dictation.events import Timer, Wishes
from utterkey.settings import Settings

Status = Literal["recording", "finishing", "delivered", "failed", "interrupted", "cancelled"]
"""What the journal says of an utterance. The first two are of a living one, the others are final."""

Cue = Literal["start", "stop"]

Ending = Literal["terminate", "linger"]
"""How a session's part in an utterance ends: for good, or with the socket left open for the next press."""


@dataclass(frozen=True, slots=True)
class StartCapture:
    """Open the microphone into a new recording."""

    utterance: int


@dataclass(frozen=True, slots=True)
class StopCapture:
    """Complete the recording; `CaptureEnded` follows."""

    utterance: int


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Connect, and send the utterance's recording from `from_ms` on, as it grows."""

    session: int
    utterance: int
    from_ms: int
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class ReuseSession:
    """Send another utterance's recording over a session that lingers."""

    session: int
    utterance: int


@dataclass(frozen=True, slots=True)
class FinishSession:
    """Once all of the recording is sent, ask for the last words; `AudioSent` follows. Closing is the session's duty."""

    session: int
    ending: Ending


@dataclass(frozen=True, slots=True)
class AbortSession:
    """End the session now, politely (`Terminate`) if it can be, and expect nothing more of it."""

    session: int


@dataclass(frozen=True, slots=True)
class PrepareInsertion:
    """Recording began: read what is on the clipboard now, so that it need not be read when every millisecond counts."""

    utterance: int


@dataclass(frozen=True, slots=True)
class MarkTarget:
    """Remember which window has the focus; `TargetMarked` follows."""

    utterance: int


@dataclass(frozen=True, slots=True)
class InsertText:
    """Put the text into the window that was marked; `TextInserted` or `InsertionFailed` follows."""

    utterance: int
    text: str


@dataclass(frozen=True, slots=True)
class CopyText:
    """Put the text on the clipboard and leave it there; `TextCopied` or `InsertionFailed` follows."""

    utterance: int
    text: str


@dataclass(frozen=True, slots=True)
class ScratchLast:
    """Remove the last insertion, if it is the last thing that happened in the utterance's window; `Scratched` or
    `NotScratched` follows. `hotkey_presses` of the keys that went down since were the hotkey."""

    utterance: int
    hotkey_presses: int


@dataclass(frozen=True, slots=True)
class RecallLast:
    """Look up the last transcript; `InsertRequested` follows if there is one."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Post `TimedOut(timer)` after `seconds`. An equal timer that still runs is replaced."""

    timer: Timer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimers:
    """Forget all timers of this utterance: it is over."""

    utterance: int


@dataclass(frozen=True, slots=True)
class BeginUtterance:
    """Write a new utterance into the journal, as being recorded. `wishes` are for whoever sends it again."""

    utterance: int
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Write the utterance's state into the journal. With a final status its recording is kept (failed, interrupted,
    cancelled) or deleted (delivered). `repaired`: a stretch that the service had passed over was sent again."""

    utterance: int
    status: Status
    text: str = ""
    error: str = ""
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class ForgetUtterance:
    """It never was one (a shortcut, a slip of the finger, silence): delete its recording and its journal entry."""

    utterance: int


@dataclass(frozen=True, slots=True)
class ClearHistory:
    """Forget all delivered texts, or throw away all that was kept."""

    what: Literal["delivered", "kept"]


@dataclass(frozen=True, slots=True)
class AdoptSettings:
    """From the next step on these count. Nothing is being said: the parts that depend on them are made anew."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Run:
    """Have an errand done, beside the dictation."""

    errand: Errand


@dataclass(frozen=True, slots=True)
class WatchCancelKey:
    """Grab the cancel key while there is something to cancel."""

    on: bool


@dataclass(frozen=True, slots=True)
class ListenForHotkeys:
    on: bool


@dataclass(frozen=True, slots=True)
class PlayCue:
    """Let the user hear that the microphone listens, or that it no longer does."""

    cue: Cue


@dataclass(frozen=True, slots=True)
class PauseMedia:
    """Somebody speaks: what plays music or films pauses."""


@dataclass(frozen=True, slots=True)
class ResumeMedia:
    """Nobody speaks any more: what was paused plays on."""


@dataclass(frozen=True, slots=True)
class DelaySleep:
    """Hold off the computer's sleep, from now on, or let it come. It is held off when the program starts."""

    on: bool


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the user one sentence; a newer one replaces it."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Exit:
    pass


Effect = (
    StartCapture | StopCapture | OpenSession | ReuseSession | FinishSession | AbortSession | PrepareInsertion
    | MarkTarget | InsertText | CopyText | ScratchLast | RecallLast | StartTimer | StopTimers
    | BeginUtterance | SetStatus | ForgetUtterance | WatchCancelKey | ListenForHotkeys | PlayCue | PauseMedia
    | ResumeMedia | DelaySleep | ClearHistory | AdoptSettings | Run | Notify | Exit
)  # fmt: skip
