"""Recognisers whose words are known beforehand, for tests.

`Script` puts words at times of a session's audio. `Marks` reads them out of the audio itself, which `marked_speech`
made: the words stay true when audio is sent again, in another session, from another position.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from utterkey.offline.dialogue import Hypothesis, Word
from utterkey.offline.parameters import Parameters

ScriptedWords = Sequence[tuple[int, int, str]]
"""(start_ms, end_ms, text) of each word, in the audio of one session."""

HELLO: ScriptedWords = ((300, 600, "Hello"), (700, 1100, "world."))

_LOUDNESS = 4000
_STEP = 8
_SOUND_MS = 40  # a word moves from sound to sound: one that is held is music, not a voice
_SOUNDS = (1, 2, 3)  # half a period of their square waves in ms
_HEARD_MS = 60


def marked_speech(
    indices: Sequence[int], *, sample_rate: int = 16000, word_ms: int = 200, gap_ms: int = 100, lead_ms: int = 100
) -> bytes:
    """Audio that says the words of these numbers (0 to 2000), which `Marks` hears as w0, w1, ..."""
    audio = array("h", bytes(2 * (sample_rate * lead_ms // 1000)))
    each_ms = sample_rate // 1000
    for index in indices:
        loud = _LOUDNESS + _STEP * index
        for ms in range(word_ms):
            half_wave = _SOUNDS[ms // _SOUND_MS % len(_SOUNDS)]
            audio.extend([loud if ms // half_wave % 2 == 0 else -loud] * each_ms)
        audio.extend(array("h", bytes(2 * (sample_rate * gap_ms // 1000))))
    return audio.tobytes()


class Source(Protocol):
    def hear(self, audio: bytes) -> list[Word]:
        """Take the next audio; all words of the session so far."""


class Script:
    """A word is heard once half of it has passed."""

    def __init__(self, words: ScriptedWords, sample_rate: int) -> None:
        self._words = [Word(text, start, end) for start, end, text in words]
        self._bytes_per_ms = 2 * sample_rate / 1000
        self._passed_ms = 0.0

    def hear(self, audio: bytes) -> list[Word]:
        self._passed_ms += len(audio) / self._bytes_per_ms
        return [word for word in self._words if (word.start_ms + word.end_ms) / 2 <= self._passed_ms]


class Marks:
    """Looks at one sample of each millisecond of `marked_speech`."""

    def __init__(self, sample_rate: int) -> None:
        self._samples_per_ms = sample_rate // 1000
        self._rest = b""
        self._passed_ms = 0
        self._run: tuple[int, int] | None = None  # the word that sounds: its number and where it began
        self._words: list[Word] = []

    def hear(self, audio: bytes) -> list[Word]:
        audio = self._rest + audio
        whole = len(audio) // (2 * self._samples_per_ms)
        self._rest = audio[whole * 2 * self._samples_per_ms :]
        samples = array("h", audio[: whole * 2 * self._samples_per_ms])
        for sample in samples[self._samples_per_ms // 2 :: self._samples_per_ms]:
            self._look(abs(sample))
            self._passed_ms += 1
        return list(self._words)

    def _look(self, loudness: int) -> None:
        if loudness < _LOUDNESS - _STEP:
            self._run = None
            return
        index = round((loudness - _LOUDNESS) / _STEP)
        if self._run is None or self._run[0] != index:
            self._run = (index, self._passed_ms)
            return
        began = self._run[1]
        if self._passed_ms - began < _HEARD_MS:
            return
        word = Word(f"w{index}", began, self._passed_ms + 1)
        if self._words and self._words[-1].start_ms == began:
            self._words[-1] = word
        else:
            self._words.append(word)


@dataclass(slots=True)
class ScriptedRecognizer:
    """Turns a source of words into turns: one ends after `pause_ms` without a word, None: as the session asked."""

    source: Source
    parameters: Parameters
    pause_ms: float | None = None
    _passed_ms: float = 0.0
    _words: list[Word] = field(default_factory=list)
    _told: int = 0
    _shown: int = 0

    def feed(self, audio: bytes) -> list[Hypothesis]:
        self._passed_ms += len(audio) / (2 * self.parameters.sample_rate) * 1000
        self._words = self.source.hear(audio)
        open_words = tuple(self._words[self._told :])
        if not open_words:
            return []
        pause = self.parameters.turn_silence_ms[1] if self.pause_ms is None else self.pause_ms
        if self._passed_ms - open_words[-1].end_ms >= pause:
            ended = self.end_turn()
            return [] if ended is None else [ended]
        if len(self._words) == self._shown:
            return []
        self._shown = len(self._words)
        return [Hypothesis(open_words)]

    def end_turn(self) -> Hypothesis | None:
        words = tuple(self._words[self._told :])
        self._told = self._shown = len(self._words)
        return Hypothesis(words, final=True) if words else None

    def configure(self, parameters: Parameters) -> None:
        self.parameters = parameters

    def close(self) -> None:
        pass
