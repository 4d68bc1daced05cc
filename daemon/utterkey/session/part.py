"""The utterances of a session, one after the other, cut into frames. Used by the connection's thread.

Other threads append to the recordings, add parts to the list and set how a part ends; all else is the `Feeder`'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from utterkey.dictation.effects import Ending
from utterkey.session.parameters import Parameters
from utterkey.session.protocol import Framing, Hearing, wait_for_lead


class Recording(Protocol):
    """The audio of one utterance, growing while it is read: mono s16le, addressed in bytes."""

    @property
    def sample_rate(self) -> int: ...
    @property
    def length(self) -> int: ...
    @property
    def completed(self) -> bool:
        """Nothing more is appended. It becomes true after the last append, never before."""

    def read(self, start: int, size: int) -> bytes: ...
    def watch(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each append and at completion, from whatever thread does it."""

    def unwatch(self, wake: Callable[[], None]) -> None: ...


@dataclass(slots=True)
class Part:
    """One utterance's part in a session."""

    utterance: int
    recording: Recording
    from_ms: int
    ending: Ending | None = None


class Feeder:
    """Begins with the first part. `wake` is called when there may be more to send."""

    def __init__(self, parts: Sequence[Part], parameters: Parameters, wake: Callable[[], None]) -> None:
        self._parts = parts
        self._wake = wake
        self._index = 0
        self._framing = Framing(parameters.sample_rate)
        self._cursor = 0
        self.sent_seconds = 0.0
        self.hearing = Hearing(parameters.formatted_finals, from_ms=self.part.from_ms)
        self._open()

    @property
    def part(self) -> Part:
        return self._parts[self._index]

    @property
    def fits(self) -> bool:
        """A session has one sample rate, recordings may have another if the microphone was changed."""
        return self.part.recording.sample_rate == self._framing.sample_rate

    @property
    def exhausted(self) -> bool:
        """All of this part's recording is taken, and it does not grow any more."""
        return self.part.recording.completed and not self._size()

    def due_in(self, session_seconds: float) -> float | None:
        """In how many seconds the next frame may be sent; None if there is none yet."""
        size = self._size()
        return wait_for_lead(self.sent_seconds, session_seconds, self._framing.seconds(size)) if size else None

    def take(self) -> bytes:
        """The next frame."""
        audio = self.part.recording.read(self._cursor, self._size())
        self._cursor += len(audio)
        return self._framing.frame(audio)

    def count(self, frame: bytes) -> None:
        """Whatever audio is sent moves the session's time on, silence too."""
        self.sent_seconds += self._framing.seconds(len(frame))

    def advance(self) -> bool:
        """Go over to the next part, if there is one."""
        if self._index + 1 >= len(self._parts):
            return False
        self.close()
        self._index += 1
        self.hearing = self.hearing.next(round(self.sent_seconds * 1000), self.part.from_ms)
        self._open()
        return True

    def close(self) -> None:
        self.part.recording.unwatch(self._wake)

    def _open(self) -> None:
        self._cursor = self._framing.offset(self.part.from_ms)
        self.part.recording.watch(self._wake)

    def _size(self) -> int:
        complete = self.part.recording.completed  # asked first: nothing is appended after it
        return self._framing.take(max(0, self.part.recording.length - self._cursor), complete)
