"""How a recording becomes frames, when they may be sent, and whose turns come back. Pure: no clock, no socket.

The service takes frames of 50 to 1000 ms and messages of at most 128 KB, counts audio that arrives faster than it was
spoken and closes the session at about 300 s of lead. Turns and times count from the session's first audio; a session
may serve several utterances, one after the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from utterkey.dictation.effects import Ending
from utterkey.dictation.transcript import Turn
from utterkey.session import messages
from utterkey.session.messages import FORCE_ENDPOINT, TERMINATE
from utterkey.session.parameters import Parameters

SAMPLE_BYTES = 2
SHORTEST_FRAME_MS = 50
LONGEST_FRAME_MS = 1000
LONGEST_FRAME_BYTES = 120_000
"""Below the service's limit of 128 KB a message, which a second of audio at 96 kHz would exceed."""

MOST_LEAD_SECONDS = 240.0
ENDING_SILENCE_MS = 1500
"""More than the 1280 ms of silence after which a Universal-Streaming model ends a turn by default."""


# --- audio to frames -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Framing:
    """Sizes in bytes of mono 16 bit audio at this sample rate."""

    sample_rate: int

    @property
    def shortest(self) -> int:
        return -(-self.sample_rate * SHORTEST_FRAME_MS // 1000) * SAMPLE_BYTES  # rounded up to a whole sample

    @property
    def longest(self) -> int:
        return min(self.sample_rate * LONGEST_FRAME_MS // 1000 * SAMPLE_BYTES, LONGEST_FRAME_BYTES)

    def take(self, available: int, complete: bool) -> int:
        """How much of the recording the next frame holds; 0 if it is to be waited for more, or if there is none."""
        available -= available % SAMPLE_BYTES
        if available < self.shortest and not complete:
            return 0
        return min(available, self.longest)

    def frame(self, audio: bytes) -> bytes:
        """The frame of this audio: only the last piece of a recording is short, and is filled up with silence."""
        return audio.ljust(self.shortest, b"\0")

    def silence(self, ms: int) -> Iterator[bytes]:
        left = self.offset(ms)
        while left > 0:
            size = max(self.shortest, min(left, self.longest))
            yield bytes(size)
            left -= size

    def offset(self, ms: int) -> int:
        """Where in a recording this time is."""
        return ms * self.sample_rate // 1000 * SAMPLE_BYTES

    def seconds(self, size: int) -> float:
        return size / (SAMPLE_BYTES * self.sample_rate)


def wait_for_lead(sent_seconds: float, session_seconds: float, frame_seconds: float) -> float:
    """How long the next frame has to wait so that the audio sent stays within the lead; 0 if it may go now."""
    return max(0.0, sent_seconds + frame_seconds - session_seconds - MOST_LEAD_SECONDS)


# --- the end of an utterance ---------------------------------------------------------------------------------------


def finishing(parameters: Parameters, ending: Ending) -> tuple[str | bytes, ...]:
    """What is sent after the last audio: text messages, and frames of silence.

    `ForceEndpoint` and `Terminate` back to back bring the final of the open turn and then the end. Without
    `Terminate` the session lives on: there a model that cannot be told to end the turn hears silence until it does.
    """
    match parameters.family, ending:
        case "u3", "terminate":
            return (FORCE_ENDPOINT, TERMINATE)
        case "u3", "linger":
            return (FORCE_ENDPOINT,)
        case _, "terminate":
            return (TERMINATE,)
        case _:
            return tuple(Framing(parameters.sample_rate).silence(ENDING_SILENCE_MS))


# --- turns to the utterance they belong to -------------------------------------------------------------------------


@dataclass(slots=True)
class Hearing:
    """Which turns of a session belong to the utterance that is being sent, and where in it they are.

    `first_ms` is the session's time of the utterance's first audio, `from_ms` the utterance's time of the same: an
    utterance that is sent again may begin at its last final. `after` is the highest order of earlier utterances.
    """

    formatted_finals: bool
    first_ms: int = 0
    from_ms: int = 0
    after: int = -1
    highest: int = -1

    def next(self, first_ms: int, from_ms: int) -> "Hearing":
        """Another utterance begins: every turn seen so far, and all that was spoken before, is an earlier one's."""
        return Hearing(self.formatted_finals, first_ms, from_ms, self.highest, self.highest)

    def turn(self, turn: messages.Turn) -> Turn | None:
        """The turn in the utterance's own time; None if it is an earlier utterance's."""
        self.highest = max(self.highest, turn.order)
        if turn.order <= self.after:
            return None
        if turn.words and turn.words[-1].end_ms <= self.first_ms:
            return None  # a turn that was so short that its late final is the first that is heard of it
        return Turn(
            order=turn.order,
            text=turn.transcript,
            final=turn.end_of_turn,
            settled=turn.formatted or not turn.transcript or not self.formatted_finals,
            start_ms=self._utterance_ms(turn.words[0].start_ms) if turn.words else 0,
            end_ms=self._utterance_ms(turn.words[-1].end_ms) if turn.words else 0,
        )

    def speech(self, started: messages.SpeechStarted) -> bool:
        """Is it this utterance's speech?"""
        return started.timestamp_ms >= self.first_ms

    def _utterance_ms(self, session_ms: int) -> int:
        """The service pads a turn's first word to the left by up to a second, even over what was sent before it."""
        return max(session_ms - self.first_ms, 0) + self.from_ms
