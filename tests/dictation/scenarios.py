"""What the machine's tests tell their scenarios with: events of a dictation, and what is looked for in the effects."""

from dataclasses import replace

from utterkey.dictation.effects import (
    BeginUtterance,
    Effect,
    FinishSession,
    InsertText,
    MarkTarget,
    OpenSession,
    PlayCue,
    PrepareInsertion,
    SetStatus,
    StartCapture,
    StartTimer,
    StopCapture,
    StopTimers,
    WatchCancelKey,
)
from utterkey.dictation.events import (
    AS_SET,
    AudioSent,
    CaptureEnded,
    Event,
    Pressed,
    Released,
    SessionBegan,
    SessionEnded,
    Span,
    TargetMarked,
    TextInserted,
    TimedOut,
    Trigger,
    TurnReceived,
    UtteranceTimer,
)
from utterkey.dictation.machine import step
from utterkey.dictation.state import State
from utterkey.dictation.transcript import Turn
from utterkey.errors import SessionLost
from utterkey.settings import ServiceSettings, Settings

F9 = Trigger("f9")
RIGHT_CTRL = Trigger("right_ctrl", alone=True, blocks_insertion=True)
PLAIN = Settings()
LINGERING = replace(PLAIN, service=ServiceSettings(linger_seconds=30.0))
TWO_SECONDS: tuple[Span, ...] = ((100, 1900),)
SENTENCE = "This is a whole sentence."
KEPT = "What you said is kept: `utterkey retry` sends it again."
LOST = SessionLost("The connection broke.")
NO_ANSWER = "The service does not answer: check the network connection."

BOOK_KEEPING = (StartTimer, StopTimers, WatchCancelKey, PrepareInsertion, MarkTarget, PlayCue)


def over(n: int, name: str) -> TimedOut:
    return TimedOut(UtteranceTimer(n, name))  # type: ignore[arg-type]  # the tables name timers as text


def final(n: int, s: int, text: str, order: int = 0, end_ms: int = 1900, start_ms: int = 100) -> TurnReceived:
    return TurnReceived(n, s, Turn(order, text, final=True, start_ms=start_ms, end_ms=end_ms))


def partial(n: int, s: int, text: str, order: int = 0, end_ms: int = 900) -> TurnReceived:
    return TurnReceived(n, s, Turn(order, text, final=False, start_ms=100, end_ms=end_ms))


def spoken(n: int, s: int, voice: tuple[Span, ...] = TWO_SECONDS) -> list[Event]:
    """Key-up to the moment when everything is sent."""
    return [Released(F9), TargetMarked(n, "w"), over(n, "tail"), CaptureEnded(n, 2150, voice), AudioSent(n, s)]


def pressed(s: int = 1, n: int = 1) -> list[Event]:
    return [Pressed(F9), SessionBegan(n, s)]


def dictation(n: int, s: int, trigger: Trigger = F9) -> list[Event]:
    spoken_with = [Released(trigger), *spoken(n, s)[1:]]
    return [Pressed(trigger), SessionBegan(n, s), *spoken_with, final(n, s, SENTENCE, order=n), TextInserted(n)]


def run(events: list[Event], settings: Settings = PLAIN, state: State | None = None) -> tuple[State, list[Effect]]:
    state = state or State()
    effects: list[Effect] = []
    for event in events:
        state, more = step(state, event, settings)
        effects += more
    return state, effects


def burst() -> State:
    state, _ = run([e for n in (1, 2, 3) for e in [*dictation(n, n), SessionEnded(n, n, 3)]])
    return state


def essence(effects: list[Effect]) -> list[Effect]:
    """What matters in most scenarios: without timers and book-keeping."""
    return [e for e in effects if not isinstance(e, BOOK_KEEPING)]


def inserted(effects: list[Effect]) -> list[int]:
    return [e.utterance for e in effects if isinstance(e, InsertText)]


START: list[Effect] = [StartCapture(1), BeginUtterance(1, AS_SET), OpenSession(1, 1, 0, AS_SET)]
STOP: list[Effect] = [SetStatus(1, "finishing"), StopCapture(1), FinishSession(1, "terminate")]


def done(text: str, n: int = 1, composed: str | None = None, *, repaired: bool = False) -> list[Effect]:
    return [InsertText(n, composed or text + " "), SetStatus(n, "delivered", text, repaired=repaired)]
