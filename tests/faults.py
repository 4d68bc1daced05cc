"""What can go wrong with the service, as data. `service.py` plays it.

A fault strikes once, at one place of one session: at the upgrade, before Begin, when so much audio has arrived, or when
the client asks for the end. The last group is not a moment but a way to answer, for the whole session.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from random import Random


class At(Enum):
    UPGRADE = auto()
    BEFORE_BEGIN = auto()
    MID_SPEECH = auto()
    """When `Fault.audio_ms` of audio have arrived."""
    AFTER_RELEASE = auto()
    """At the first ForceEndpoint or Terminate, before it is answered."""


class Kind(Enum):
    # Before there is a session.
    REFUSE = auto()
    """The port is closed for `seconds`: from the start if first in line, else once the fault before it has struck."""
    HTTP = auto()
    """`status` instead of the upgrade. At.UPGRADE only."""
    SLOW_BEGIN = auto()
    """Begin comes after `seconds`."""

    # At any place (RESET and SILENCE at the upgrade too, where SILENCE means no answer).
    RESET = auto()
    SILENCE = auto()
    """The connection stays, but nothing is answered any more: no message, no close, no pong."""
    CLOSE = auto()
    """Close with `code`, without an Error message."""
    ERROR = auto()
    """An Error message with `code` and `text`, then close."""
    ERROR_WITHOUT_CLOSE = auto()
    ERROR_WITHOUT_TYPE = auto()
    INVALID_JSON = auto()
    UNKNOWN_TYPE = auto()
    TURN_WITHOUT_FIELDS = auto()
    HUGE_MESSAGE = auto()
    """10 MB of a type nobody knows."""
    STOP_READING = auto()
    """Reads nothing for `seconds`, then goes on."""

    # For the whole session.
    SILENT_AFTER_FIRST_TURN = auto()
    """No turn after the first final; Termination as usual."""
    NO_TERMINATION = auto()
    NO_FINAL = auto()
    EMPTY_FINAL = auto()
    DUPLICATE_FINAL = auto()
    FINAL_WITHOUT_TIMES = auto()
    """Each final has its text, but no word says when it was spoken."""
    RAW_THEN_FORMATTED = auto()
    """Each final comes raw first, then formatted."""
    PARTIALS_ONLY = auto()
    """Each final comes as one more partial."""
    DROPS_WORDS = auto()
    """No word that ends after `audio_ms` is ever told."""


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Kind
    at: At = At.MID_SPEECH
    audio_ms: int = 1000
    code: int = 1011
    text: str = "Session Cancelled: An error occurred"
    status: int = 503
    seconds: float = 1.0


def at_random(seed: int, faults: Sequence[Fault], one_in: int = 5) -> Iterator[Fault | None]:
    """Fail one session in so many, for ever; the same seed gives the same faults."""
    rng = Random(seed)
    while True:
        yield rng.choice(faults) if rng.randrange(one_in) == 0 else None
