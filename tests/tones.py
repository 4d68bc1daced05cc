"""Words that survive a loudspeaker, a microphone and a resampler: each is a tone, and its pitch says which.

`scripted.marked_speech` is exact and therefore only for audio that arrives unchanged.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from utterkey.offline.dialogue import Word

LOWEST_HZ = 300
STEP_HZ = 30
WORD_MS = 200
GAP_MS = 150
_LOUD = 2000
_WINDOW_MS = 10


def write_tones(path: Path, words: Sequence[int], sample_rate: int = 48000) -> Path:
    """A WAV file that says the words of these numbers (0 to 100)."""
    audio = array("h", bytes(2 * (sample_rate * GAP_MS // 1000)))
    for number in words:
        step = 2 * math.pi * (LOWEST_HZ + STEP_HZ * number) / sample_rate
        audio.extend(round(10000 * math.sin(step * n)) for n in range(sample_rate * WORD_MS // 1000))
        audio.extend(array("h", bytes(2 * (sample_rate * GAP_MS // 1000))))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, sample_rate, 0, "NONE", ""))
        file.writeframes(audio.tobytes())
    return path


class Tones:
    """Hears w0, w1, ... in what a microphone made of `write_tones`. A `scripted.Source`."""

    def __init__(self, sample_rate: int) -> None:
        self._window = sample_rate * _WINDOW_MS // 1000
        self._rest = array("h")
        self._passed_ms = 0
        self._sounding = array("h")
        self._rate = sample_rate
        self._words: list[Word] = []

    def hear(self, audio: bytes) -> list[Word]:
        self._rest.frombytes(audio)
        while len(self._rest) >= self._window:
            window, self._rest = self._rest[: self._window], self._rest[self._window :]
            self._passed_ms += _WINDOW_MS
            if max(map(abs, window)) >= _LOUD:
                self._sounding.extend(window)
            elif self._sounding:
                self._end_word()
        return list(self._words)

    def _end_word(self) -> None:
        ms = len(self._sounding) * 1000 // self._rate
        middle = self._sounding[self._rate * 30 // 1000 : -self._rate * 30 // 1000]
        self._sounding = array("h")
        if ms < WORD_MS // 2:
            return  # the end of a word whose beginning was not recorded
        number = round((pitch(middle, self._rate) - LOWEST_HZ) / STEP_HZ)
        end = self._passed_ms - _WINDOW_MS
        self._words.append(Word(f"w{number}", end - ms, end))


def pitch(samples: Sequence[int], rate: int) -> float:
    """In Hz, from the usual time between two upward crossings of zero: a busy machine may have dropped some audio."""
    crossings = [n + a / (a - b) for n, (a, b) in enumerate(pairwise(samples)) if a < 0 <= b]
    return rate / median(b - a for a, b in pairwise(crossings))
