"""Music that nobody shall take for a voice: notes that are held, with short rests between them."""

import math
from collections.abc import Callable, Sequence

RATE = 16000
REST_MS = 50
SOLO = (0,)
TRIAD = (0, 4, 7)

_MELODY = (-5, -2, 0, 3, 2, -2, 7, 5, 12, 0, 4, 9)  # semitones from 220 Hz
_FADE_MS = 10


def _sine(phase: float) -> float:
    return math.sin(2 * math.pi * phase)


def _triangle(phase: float) -> float:
    return 4 * abs(phase % 1 - 0.5) - 1


def _organ(phase: float) -> float:
    return sum(_sine(k * phase) for k in (1, 2, 3, 4)) / 4


WAVES: dict[str, Callable[[float], float]] = {"sine": _sine, "triangle": _triangle, "organ": _organ}


def play(seconds: float, wave: str, note_ms: int, chord: Sequence[int] = SOLO, level: float = 0.2) -> list[float]:
    """At least so many seconds of a melody, full scale is 1; a `chord` is the semitones that sound at once."""
    played: list[float] = []
    number = 0
    while len(played) < seconds * RATE:
        hertz = [220 * 2 ** ((_MELODY[number % len(_MELODY)] + tone) / 12) for tone in chord]
        count = note_ms * RATE // 1000
        for i in range(count):
            fade = min(1.0, i / RATE * 1000 / _FADE_MS, (count - i) / RATE * 1000 / _FADE_MS)
            played.append(fade * level * sum(WAVES[wave](f * i / RATE) for f in hertz) / len(hertz))
        played.extend([0.0] * (REST_MS * RATE // 1000))
        number += 1
    return played
