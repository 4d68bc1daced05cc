"""When each utterance reached which stage, read off the events and effects that pass by. Pure: the caller brings the
clock, in seconds of any monotonic one. The controller's thread feeds it, in one place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil

from utterkey.dictation import effects as do
from utterkey.dictation.effects import Effect
from utterkey.dictation.events import (
    AudioSent,
    CaptureStarted,
    Event,
    SessionBegan,
    SessionEnded,
    SessionFailed,
    SocketOpened,
    TextCopied,
    TextInserted,
    TurnReceived,
)
from utterkey.measured import Stage, Stages

REMEMBERED = 64
"""A session may be closed long after its utterance is over; so many of the latest utterances wait for that."""

ONCE: frozenset[Stage] = frozenset({"first_frame", "socket_open", "begin", "key_up"})
"""Of these the first counts, of others the last: the text is there when its last part is."""


@dataclass(slots=True)
class _Record:
    """`key_down` is None for what was sent again: nobody held a key then."""

    key_down: float | None = None
    reached: dict[Stage, float] = field(default_factory=dict)
    sessions: int = 0
    over: bool = False


class StageClock:
    def __init__(self) -> None:
        self._records: dict[int, _Record] = {}
        self._began: dict[int, float] = {}  # session -> when it began to be billed

    def saw(self, at: float, event: Event) -> None:
        """An event happened."""
        match event:
            case CaptureStarted(number):
                self._reach(number, "first_frame", at)
            case SocketOpened(number):
                self._reach(number, "socket_open", at)
            case SessionBegan(number, session):
                self._began[session] = at
                self._reach(number, "begin", at)
            case AudioSent(number):
                self._reach(number, "audio_sent", at)
            case TurnReceived(number, turn=turn) if turn.final:
                self._reach(number, "final", at)
            case TextInserted(number) | TextCopied(number):
                self._reach(number, "receipt", at)
            case SessionEnded(number) | SessionFailed(number):
                self._reach(number, "closed", at)
            case _:
                pass

    def did(self, at: float, effects: Iterable[Effect]) -> None:
        """These effects followed from the event of that moment."""
        for effect in effects:
            match effect:
                case do.StartCapture(number):
                    self._record(number).key_down = at
                case do.SetStatus(number, "finishing"):
                    self._reach(number, "key_up", at)
                case do.OpenSession(utterance=number) | do.ReuseSession(utterance=number):
                    self._record(number).sessions += 1
                case do.InsertText(number) | do.CopyText(number):
                    self._reach(number, "inserted", at)
                case do.ForgetUtterance(number):
                    self._records.pop(number, None)
                case _:
                    pass

    def held_for(self, number: int, now: float) -> float:
        """Seconds since the key went down."""
        record = self._records.get(number)
        return now - record.key_down if record is not None and record.key_down is not None else 0.0

    def finish(self, number: int) -> tuple[Stages, int]:
        """The utterance is over: what it has reached so far, and over how many sessions it was sent since it was
        asked last. From here on only the end of its session counts."""
        record = self._record(number)
        record.over = True
        sessions, record.sessions = record.sessions, 0
        return self.of(number), sessions

    def of(self, number: int) -> Stages:
        """Whole milliseconds from key-down; empty if no key went down."""
        record = self._records.get(number)
        if record is None or record.key_down is None:
            return {}
        return {stage: round((at - record.key_down) * 1000) for stage, at in record.reached.items()}

    def take_seconds_open(self, session: int, at: float) -> int:
        """For a session that ended without telling what is billed: how long it was open, in begun seconds."""
        began = self._began.pop(session, None)
        return ceil(at - began) if began is not None else 0

    def _reach(self, number: int, stage: Stage, at: float) -> None:
        record = self._records.get(number)
        if (
            record is not None
            and not (record.over and stage != "closed")
            and not (stage in ONCE and stage in record.reached)
        ):
            record.reached[stage] = at

    def _record(self, number: int) -> _Record:
        record = self._records.setdefault(number, _Record())
        while len(self._records) > REMEMBERED:
            del self._records[next(iter(self._records))]
        return record
