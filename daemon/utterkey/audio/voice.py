"""Where somebody spoke: stretches of voice in an utterance, measured against its own noise. Pure, no numpy.

Every 20 ms of audio become two numbers: how loud they are, and whether they swing at the pitch of a voice. At the end
the noise floor around each moment is known from both sides, and voice is what stands 10 dB above it and is at most
200 ms away from something with a pitch. So noise that goes on (a fan), noise without a pitch (breath) and noise that
is over at once (a key click) are not voice, but the consonants of a word are. Music has a pitch and moves, but it holds
its notes, and no mouth holds still: where most of what has a pitch sounds as it did 40 ms before, there is no voice.
Rich chords and fast ones do not hold still either and are taken for voice; words under music as loud are not counted.
Whispering has no pitch; an utterance without any is judged by its loudness alone.
"""

from array import array
from collections.abc import Iterator
from itertools import pairwise
from math import log10
from operator import mul, sub

from utterkey.dictation.events import Span

FRAME_MS = 20

ABOVE_NOISE = 10
"""Voice is this many dB louder than the noise around it."""

BELOW_VOICE = 25
"""What is this many dB softer than the loud parts of this voice is somebody, or something, further away."""

FAINTEST = -70
"""No noise floor is below this many dB of full scale: a gate or a virtual microphone gives exact silence."""

_GROUP = 25  # frames whose floor is taken together: half a second
_QUIET = 2  # in a group, this many frames may be lower than its floor: dropouts
_WINDOW = 4  # groups: in two seconds of talk there is always a pause or a closed mouth
_SHORTEST = 4  # frames: a key click is over sooner
_REACH = 10  # frames from something with a pitch to the consonants that belong to it
_GAP = 15  # frames: shorter pauses are inside of a stretch
_FEW_PITCHED = 5  # frames: with fewer the utterance counts as whispered

_PITCH_RATE = 2000  # Hz: enough for a pitch and cheap
_PITCH_LAGS = range(5, 27)  # 400 to 77 Hz at that rate
_PITCH_FRAMES = 3  # 60 ms: several periods of a low voice
_PERIODIC = 0.55

_NO_PITCH, _PITCH, _HELD = range(3)  # what is noted of a frame; held: it sounds like the one that was asked before it
_SAME = 0.15  # no likeness of a held note changes by more
_MELODY = 12  # so many more are held than not where it is music; drawling on one note a synthetic voice gets to 9
_SPOKEN = 5  # so many fewer than before, and somebody speaks between the notes


class VoiceDetector:
    """Takes the audio as it comes, about 0.1 ms for 20 ms of it; one thread."""

    def __init__(self, sample_rate: int) -> None:
        self._frame_bytes = sample_rate * FRAME_MS // 1000 * 2
        self._decimation = max(1, round(sample_rate / _PITCH_RATE))
        self._rest = b""
        self._levels = array("b")
        self._pitched = bytearray()
        self._recent: list[list[int]] = []
        self._likeness: list[float] = []
        self._lowest = 0

    def feed(self, block: bytes) -> None:
        data = self._rest + block
        end = len(data) - len(data) % self._frame_bytes
        for start in range(0, end, self._frame_bytes):
            self._measure(array("h", data[start : start + self._frame_bytes]))
        self._rest = data[end:]

    def spans(self) -> tuple[Span, ...]:
        """Where there was voice so far, in order, without overlaps."""
        merged: list[Span] = []
        for start, end in find_voice(self._levels, self._pitched):
            if merged and start - merged[-1][1] < _GAP:
                merged[-1] = (merged[-1][0], end)
            else:
                merged.append((start, end))
        return tuple((start * FRAME_MS, end * FRAME_MS) for start, end in merged)

    def _measure(self, samples: "array[int]") -> None:
        level = loudness(samples)
        step = self._decimation
        coarse = [sum(samples[at : at + step]) for at in range(0, len(samples) - step + 1, step)]
        self._recent = [*self._recent[1 - _PITCH_FRAMES :], coarse]
        self._levels.append(level)
        self._lowest = min(self._lowest, level)
        loud = level > max(self._lowest, FAINTEST) + ABOVE_NOISE or len(self._levels) < _GROUP
        # Every second frame is asked, and answers for the one before as well: a pitch lasts longer than that.
        if len(self._levels) % 2:
            self._pitched.append(_NO_PITCH)
            return
        before, self._likeness = self._likeness, []
        pitch = _NO_PITCH
        if loud and level > FAINTEST:
            likeness = likeness_to_itself([x for part in self._recent for x in part])
            if is_periodic(likeness):
                self._likeness = likeness
                pitch = _HELD if is_same(likeness, before) else _PITCH
        self._pitched[-1] = pitch
        self._pitched.append(pitch)


def loudness(samples: "array[int]") -> int:
    """The level in dB of full scale, without the constant part that cheap sound cards add."""
    count = len(samples)
    power = sum(map(mul, samples, samples)) / count - (sum(samples) / count) ** 2
    return max(-99, round(10 * log10(power / 32768**2))) if power > 0 else -99


def likeness_to_itself(wave: list[int]) -> list[float]:
    """The normalised autocorrelation at each distance at which a voice may repeat itself; empty if nothing is heard."""
    # The difference of neighbours takes away rumble, which resembles itself at any short distance.
    edge = [b - a for a, b in pairwise(wave)]
    width = len(edge) - _PITCH_LAGS.stop
    if width <= 0:
        return []
    head = edge[:width]
    energy = sum(map(mul, head, head))
    if not energy:
        return []
    likeness = []
    shifted_energy = sum(map(mul, edge[_PITCH_LAGS.start :][:width], edge[_PITCH_LAGS.start :][:width]))
    for lag in _PITCH_LAGS:
        product = sum(map(mul, head, edge[lag : lag + width]))
        likeness.append(product / (energy * shifted_energy) ** 0.5 if shifted_energy > 0 else 0.0)
        shifted_energy += edge[lag + width] ** 2 - edge[lag] ** 2
    return likeness


def is_periodic(likeness: list[float]) -> bool:
    """Does it repeat itself at the pitch of a voice? (Has the likeness a peak?)"""
    before = 1.0
    rising = False
    for here in likeness:
        rising = rising or here > before
        if rising and here > _PERIODIC:
            return True
        before = here
    return False


def is_same(likeness: list[float], before: list[float]) -> bool:
    """Is it still the sound of before? (Pitch and timbre: a chord is a sound as well.)"""
    return bool(before) and max(map(abs, map(sub, likeness, before))) < _SAME


def find_voice(levels: "array[int]", pitched: bytearray) -> Iterator[Span]:
    """The runs of frames that are voice, as (first, one past the last)."""
    floors = noise_floors(levels)
    whispered = len(pitched) - pitched.count(_NO_PITCH) < _FEW_PITCHED
    pitched = without_music(pitched)
    voiced = sorted(level for level, pitch in zip(levels, pitched, strict=True) if pitch)
    if not (voiced or whispered):
        return
    softest = -99 if whispered else voiced[len(voiced) * 9 // 10] - BELOW_VOICE
    for start, end in loud_runs(levels, floors, softest):
        if end - start < _SHORTEST:
            continue
        if whispered:
            yield start, end
        else:
            yield from near_pitch(pitched, start, end)


def without_music(pitched: bytearray) -> bytearray:
    """1 for each frame with the pitch of a voice."""
    voice = bytearray(map(bool, pitched))
    for start, end in find_music(pitched):
        voice[start:end] = bytes(end - start)
    return voice


def find_music(pitched: bytearray) -> Iterator[Span]:
    """Where held notes follow each other, from the start of the first to the end of the last.

    A balance goes up with each frame that is held and down with each that has a pitch and is not. In speech it never
    gets far; a melody takes it up by a little with each note. What has no pitch leaves it as it is.
    """
    start: int | None = None
    balance = highest = end = 0
    for at in range(1, len(pitched), 2):
        if pitched[at] == _HELD:
            if start is None:
                start, balance, highest = at - 3, 0, 0  # the frame that this one resembles belongs to the note
            balance += 1
            if balance > highest:
                highest, end = balance, at + 1
        elif pitched[at] and start is not None:
            balance -= 1
            if balance <= 0 or balance < highest - _SPOKEN:
                if highest >= _MELODY:
                    yield start, end
                start = None
    if start is not None and highest >= _MELODY:
        yield start, end


def noise_floors(levels: "array[int]") -> list[int]:
    """The noise around each half second: the lowest level in the two seconds before or after, whichever is higher.

    Both sides hold a pause when somebody speaks; a noise that begins and stays leaves no pause after it. At the ends of
    the utterance one side is too short to hold a pause, and only the other counts.
    """
    quiet = []
    for start in range(0, len(levels), _GROUP):
        group = sorted(levels[start : start + _GROUP])
        quiet.append(max(FAINTEST, group[min(_QUIET, len(group) - 1)]))
    floors = []
    for at in range(len(quiet)):
        sides = []
        if at >= _WINDOW:
            sides.append(min(quiet[at - _WINDOW : at]))
        if at + _WINDOW < len(quiet):
            sides.append(min(quiet[at + 1 : at + 1 + _WINDOW]))
        floors.append(max(sides) if sides else min(quiet))
    return floors


def loud_runs(levels: "array[int]", floors: list[int], softest: int) -> Iterator[Span]:
    start: int | None = None
    for group, floor in enumerate(floors):
        threshold = max(floor + ABOVE_NOISE, softest)
        for at in range(group * _GROUP, min(len(levels), (group + 1) * _GROUP)):
            if levels[at] >= threshold:
                start = at if start is None else start
            elif start is not None:
                yield start, at
                start = None
    if start is not None:
        yield start, len(levels)


def near_pitch(pitched: bytearray, start: int, end: int) -> Iterator[Span]:
    """The parts of a run that are within reach of a pitch."""
    first = pitched.find(1, start, end)
    while first >= 0:
        begin = last = first
        while 0 <= (following := pitched.find(1, last + 1, end)) <= last + 2 * _REACH:
            last = following
        yield max(start, begin - _REACH), min(end, last + 1 + _REACH)
        first = following
