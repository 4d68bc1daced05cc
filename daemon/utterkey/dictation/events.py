"""What can happen. The counterpart of effects.py.

Any thread may post an event; only the controller reads them. Everything about one utterance carries its number,
everything about one session carries the session's number too, so that what comes late can be told and ignored.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from utterkey.dictation.errand import Errand, Surroundings
from utterkey.dictation.transcript import Turn
from utterkey.errors import SessionError, UtterkeyError
from utterkey.settings import ServiceSettings, Settings

Span = tuple[int, int]
"""A stretch of audio: (start, end) in milliseconds from the start of the utterance."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an utterance's sessions are to be opened with; None: as the settings say."""

    languages: tuple[str, ...] | None = None
    prompt: str | None = None

    def over(self, service: ServiceSettings) -> ServiceSettings:
        """These settings with the wishes in their place."""
        return replace(
            service,
            languages=service.languages if self.languages is None else self.languages,
            prompt=service.prompt if self.prompt is None else self.prompt,
        )


AS_SET = Wishes()


@dataclass(frozen=True, slots=True)
class Trigger:
    """What started an utterance, and what it wants different from the settings.

    `alone` is a modifier that is the whole hotkey: only being held alone for a moment tells it from a shortcut.
    `blocks_insertion` says that a modifier is down while this trigger is held, so that no text can be inserted.
    `strikes` says that a key beside the modifiers, or a mouse button, goes down with each press.
    """

    name: str
    alone: bool = False
    blocks_insertion: bool = False
    strikes: bool = False
    output: Literal["insert", "clipboard"] | None = None
    wishes: Wishes = AS_SET


COMMAND = Trigger("command")
"""The command line and the tray: no key is held."""


# --- the user ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pressed:
    trigger: Trigger = COMMAND


@dataclass(frozen=True, slots=True)
class Released:
    """The end of what `trigger` started; `None` ends whatever is being recorded."""

    trigger: Trigger | None = None


@dataclass(frozen=True, slots=True)
class Toggled:
    """Press if nothing is being recorded, release if something is."""

    trigger: Trigger = COMMAND


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Throw away what is being recorded.

    `trigger` is the hotkey that turned out to begin a shortcut, or was let go too soon: only what it started is meant.
    `None` is the cancel key.
    """

    trigger: Trigger | None = None


@dataclass(frozen=True, slots=True)
class PauseRequested:
    pass


@dataclass(frozen=True, slots=True)
class ResumeRequested:
    pass


@dataclass(frozen=True, slots=True)
class RetryRequested:
    """Send a kept utterance again; `recording_ms` is its length, `wishes` are those of the key that began it."""

    utterance: int
    recording_ms: int
    voice: tuple[Span, ...]
    insert: bool = False
    wishes: Wishes = AS_SET


@dataclass(frozen=True, slots=True)
class CopyRequested:
    """Put an older transcript on the clipboard."""

    text: str


@dataclass(frozen=True, slots=True)
class InsertRequested:
    """Put an older transcript into the window that has the focus."""

    text: str


@dataclass(frozen=True, slots=True)
class InsertLastRequested:
    """The same with the last transcript, whatever that is."""


@dataclass(frozen=True, slots=True)
class ClearRequested:
    """Forget texts that were delivered, or throw away for good the utterances that were not."""

    what: Literal["delivered", "kept"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that is no dictation is to be done beside it."""

    errand: Errand


@dataclass(frozen=True, slots=True)
class ScreenLocked:
    """Nobody is there to speak, and no window is there to take a text."""


@dataclass(frozen=True, slots=True)
class ScreenUnlocked:
    pass


@dataclass(frozen=True, slots=True)
class GoingToSleep:
    """The computer is about to be suspended."""


@dataclass(frozen=True, slots=True)
class WokeUp:
    """The computer was suspended, or was not after all."""


@dataclass(frozen=True, slots=True)
class QuitRequested:
    pass


# --- the microphone ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaptureStarted:
    """The first block of audio is there."""

    utterance: int


@dataclass(frozen=True, slots=True)
class CaptureEnded:
    """The recording is complete: no more audio follows. `voice` is where somebody spoke."""

    utterance: int
    recording_ms: int
    voice: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class CaptureFailed:
    """The microphone could not be opened or stopped delivering. `CaptureEnded` follows with what there is."""

    utterance: int
    error: UtterkeyError


@dataclass(frozen=True, slots=True)
class CaptureWarned:
    """The dictation goes on, but the user should know: all-zero audio, a full disk."""

    utterance: int
    error: UtterkeyError


# --- the session ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SocketOpened:
    """The service has taken the connection; audio may be sent, but nothing says yet that it is welcome."""

    utterance: int
    session: int


@dataclass(frozen=True, slots=True)
class SessionBegan:
    """`Begin` was received: only now is the session authorised."""

    utterance: int
    session: int


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The service hears speech that has no words yet: a turn is open."""

    utterance: int
    session: int


@dataclass(frozen=True, slots=True)
class TurnReceived:
    """Times in the turn are milliseconds from the start of the utterance, whatever the session's own clock says."""

    utterance: int
    session: int
    turn: Turn


@dataclass(frozen=True, slots=True)
class AudioSent:
    """Everything of the complete recording is sent, and so is the request to finish."""

    utterance: int
    session: int


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session ended as it should. `billed_seconds` is what the service counted, if it said so."""

    utterance: int
    session: int
    billed_seconds: int | None


@dataclass(frozen=True, slots=True)
class SessionFailed:
    """The session is gone. `SessionRefused` means another try is useless."""

    utterance: int
    session: int
    error: SessionError


# --- insertion -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TargetMarked:
    """The window that had the focus when the key was let go; "" if there was none."""

    utterance: int
    window: str


@dataclass(frozen=True, slots=True)
class InsertionUnderWay:
    """Posted every few seconds while a text waits for its turn or takes its time: it is not forgotten."""

    utterance: int


@dataclass(frozen=True, slots=True)
class TextInserted:
    """`window` is where it went, if that is not the window that was marked."""

    utterance: int
    window: str = ""


@dataclass(frozen=True, slots=True)
class TextCopied:
    """The text is on the clipboard, as asked."""

    utterance: int


@dataclass(frozen=True, slots=True)
class InsertionFailed:
    """The text could not be put into a window. It is on the clipboard, unless `on_clipboard` is false."""

    utterance: int
    error: UtterkeyError
    on_clipboard: bool = True


@dataclass(frozen=True, slots=True)
class Scratched:
    """The last insertion is removed from its window."""

    utterance: int


@dataclass(frozen=True, slots=True)
class NotScratched:
    """Nothing was removed, and why."""

    utterance: int
    error: UtterkeyError


# --- time and the program itself -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UtteranceTimer:
    """What an utterance waits for.

    arm: is a lone modifier still alone? cue: is it more than a slip of the finger, and worth a sound? capture: does the
    microphone answer? limit: the longest utterance. tail: the microphone after key-up. overdue: it stops holding back
    later texts. late: too late to be inserted. quiet: no more words are coming. stall: the service says nothing.
    retry: the next attempt. give_up: no session can be had. deliver: the insertion answers.
    """

    utterance: int
    name: Literal[
        "arm", "cue", "capture", "limit", "tail", "overdue", "late", "quiet", "stall", "retry", "give_up", "deliver"
    ]


@dataclass(frozen=True, slots=True)
class SessionTimer:
    """window: a minute since the session was opened. linger: an idle session has waited long enough."""

    session: int
    name: Literal["window", "linger"]


@dataclass(frozen=True, slots=True)
class ProgramTimer:
    """sentence: the last insertion is too old to be continued. quit: time to go. sleep: it is held off no longer."""

    name: Literal["sentence", "quit", "sleep"]


Timer = UtteranceTimer | SessionTimer | ProgramTimer


@dataclass(frozen=True, slots=True)
class TimedOut:
    timer: Timer


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The settings file says something else now."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class LookedAround:
    surroundings: Surroundings


@dataclass(frozen=True, slots=True)
class PartFailed:
    """A part of the program broke (a thread ended with an exception, a mechanism went away)."""

    part: str
    error: UtterkeyError


@dataclass(frozen=True, slots=True)
class PartWell:
    """What the last `PartFailed` of this part told of is put right: a mistake in the settings file, for one."""

    part: str


@dataclass(frozen=True, slots=True)
class DesktopGone:
    """The display that the program served is there no more: the login session is over, or its X server crashed."""

    error: UtterkeyError


Event = (
    Pressed | Released | Toggled | Cancelled | PauseRequested | ResumeRequested | RetryRequested | CopyRequested
    | InsertRequested | InsertLastRequested | ClearRequested | Asked | SettingsChanged | LookedAround | ScreenLocked
    | ScreenUnlocked | GoingToSleep | WokeUp | QuitRequested | CaptureStarted | CaptureEnded | CaptureFailed
    | CaptureWarned | SocketOpened | SessionBegan | SpeechStarted | TurnReceived | AudioSent | SessionEnded
    | SessionFailed | TargetMarked | InsertionUnderWay | TextInserted | TextCopied | InsertionFailed | Scratched
    | NotScratched | TimedOut | PartFailed | PartWell | DesktopGone
)  # fmt: skip

Post = Callable[[Event], None]
"""Hands an event to the controller, from any thread, without blocking."""
