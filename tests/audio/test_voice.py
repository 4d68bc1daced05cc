"""Where somebody spoke: real recordings and a synthetic voice, with and without what is not a voice."""

from __future__ import annotations

import math
import random
import subprocess
import time
from array import array
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from music import SOLO, TRIAD, WAVES, play
from utterkey.audio.voice import VoiceDetector
from utterkey.audio.wav import open_wav
from utterkey.dictation.completeness import REPAIR_MS, WORD_MS
from utterkey.dictation.events import Span

RATE = 16000
RECORDINGS = Path("/usr/share/pocketsphinx/test/data")

Sound = list[float]


def spans(audio: bytes, rate: int = RATE, block: int = 640) -> tuple[Span, ...]:
    detector = VoiceDetector(rate)
    for start in range(0, len(audio), block):
        detector.feed(audio[start : start + block])
    return detector.spans()


def voiced_ms(found: tuple[Span, ...], start: float = 0, end: float = math.inf) -> float:
    return sum(max(0, min(b, end) - max(a, start)) for a, b in found)


# --- what is not a voice -------------------------------------------------------------------------------------------


def hiss(seconds: float, level: float, smooth: float = 0.0, seed: int = 1) -> Sound:
    """Noise of that level (full scale is 1); `smooth` near 1 is a rumble, 0 is white."""
    chance, value, out = random.Random(seed), 0.0, []
    gain = level * math.sqrt(1 - smooth**2)
    for _ in range(int(seconds * RATE)):
        value = smooth * value + gain * chance.gauss(0, 1)
        out.append(value)
    return out


def shaped(sound: Sound, envelope: Callable[[float], float]) -> Sound:
    return [x * envelope(i / RATE) for i, x in enumerate(sound)]


def silence(seconds: float) -> Sound:
    return [0.0] * int(seconds * RATE)


def breathing(seconds: float) -> Sound:
    """In and out every two seconds, as loud as soft speech."""
    return shaped(hiss(seconds, 0.03, smooth=0.7), lambda t: max(0.0, math.sin(t * math.pi)) ** 2)


def typing(seconds: float) -> Sound:
    """Eight keys a second, each a loud knock of 25 ms."""
    return shaped(hiss(seconds, 0.5), lambda t: math.exp(-(t % 0.125) * 200) if t % 0.125 < 0.025 else 0.0)


def fan(seconds: float) -> Sound:
    return [a + 0.01 * math.sin(i / RATE * 2 * math.pi * 120) for i, a in enumerate(hiss(seconds, 0.05, smooth=0.95))]


def hum(seconds: float) -> Sound:
    return [0.05 * math.sin(i / RATE * 2 * math.pi * 100) for i in range(int(seconds * RATE))]


def song(seconds: float) -> Sound:
    """Chords of four tones, two a second, that never pause."""
    chords = [(220.0, 277.2, 329.6, 440.0), (196.0, 246.9, 293.7, 392.0), (174.6, 220.0, 261.6, 349.2)]
    out = []
    for i in range(int(seconds * RATE)):
        t = i / RATE
        fade = 0.5 + 0.5 * math.exp(-(t % 0.5) * 6)
        out.append(0.04 * fade * sum(math.sin(2 * math.pi * f * t) for f in chords[int(t * 2) % 3]))
    return out


NOISES = {"breathing": breathing, "typing": typing, "fan": fan, "hum": hum, "silence": silence}

ROOM = hiss(12, 0.0008, smooth=0.5, seed=9)
"""The quiet of a room, -62 dB."""


def in_room(sound: Sound) -> bytes:
    return array(
        "h", [max(-32768, min(32767, round((x + y) * 32767))) for x, y in zip(sound, ROOM, strict=False)]
    ).tobytes()


def as_sound(audio: bytes) -> Sound:
    return [x / 32767 for x in array("h", audio)]


def resampled(audio: bytes, rate: int) -> bytes:
    samples = array("h", audio)
    return array("h", [samples[i * RATE // rate] for i in range(len(samples) * rate // RATE)]).tobytes()


# --- scenarios -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", NOISES)
def test_no_noise_after_the_last_word_is_a_voice(noise: str, speech: bytes) -> None:
    said = as_sound(speech)
    found = spans(in_room(said + silence(0.2) + NOISES[noise](4)))
    end = len(said) / RATE * 1000
    assert voiced_ms(found, end + 300) <= 200
    assert voiced_ms(found, 0, end) >= 0.8 * end


@pytest.mark.parametrize("noise", NOISES)
def test_no_noise_before_the_first_word_is_a_voice(noise: str, speech: bytes) -> None:
    said = as_sound(speech)
    found = spans(in_room(NOISES[noise](3) + silence(0.2) + said))
    assert voiced_ms(found, 0, 3000) <= 200
    assert voiced_ms(found, 3200) >= 0.8 * len(said) / RATE * 1000


@pytest.mark.parametrize("noise", ["fan", "hum"])
def test_a_voice_is_heard_through_steady_noise(noise: str, speech: bytes) -> None:
    said = as_sound(speech)
    through = [a + b / 4 for a, b in zip(silence(1) + said + silence(1.5), NOISES[noise](10), strict=False)]
    found = spans(in_room(through))
    end = 1000 + len(said) / RATE * 1000
    assert voiced_ms(found, 0, 1000) + voiced_ms(found, end + 300) <= 200
    assert voiced_ms(found, 1000, end) >= 0.6 * (end - 1000)


def test_music_that_goes_on_after_the_last_word_is_not_repaired_for(speech: bytes) -> None:
    """It never pauses, which tells it from a voice; at its start that is not known."""
    said = as_sound(speech)
    found = spans(in_room(said + silence(0.2) + song(5)))
    assert voiced_ms(found, len(said) / RATE * 1000 + 300) < REPAIR_MS


@pytest.mark.parametrize("level", [0.05, 0.3])
@pytest.mark.parametrize(("wave", "chord"), [*((wave, SOLO) for wave in WAVES), ("sine", TRIAD), ("triangle", TRIAD)])
def test_held_notes_after_the_last_word_are_not_repaired_for(
    wave: str, chord: tuple[int, ...], level: float, speech: bytes
) -> None:
    said = as_sound(speech)
    words = spans(in_room(said))
    end = len(said) / RATE * 1000
    for note_ms in (250, 400, 600):
        found = spans(in_room(said + silence(0.3) + play(4, wave, note_ms, chord, level)))
        assert voiced_ms(found, end + 300) < REPAIR_MS, note_ms
        assert voiced_ms(found, 0, end) >= voiced_ms(words, 0, end) - 150


def test_rich_chords_are_taken_for_a_voice(speech: bytes) -> None:
    """Their tones beat against each other and never sound the same: a session too many, but no word lost."""
    said = as_sound(speech)
    found = spans(in_room(said + silence(0.3) + play(4, "organ", 300, TRIAD)))
    assert voiced_ms(found, len(said) / RATE * 1000 + 300) >= REPAIR_MS


def test_music_alone_is_no_voice() -> None:
    assert voiced_ms(spans(in_room(silence(0.5) + play(4, "organ", 250)))) < WORD_MS


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_held_notes_are_no_voice_at_other_sample_rates(rate: int, speech: bytes) -> None:
    samples = in_room(as_sound(speech) + silence(0.3) + play(4, "sine", 300, TRIAD))
    assert voiced_ms(spans(resampled(samples, rate), rate), len(speech) / 2 / RATE * 1000 + 300) < REPAIR_MS


@pytest.mark.parametrize("stretch", ["1.0", "1.3"])
@pytest.mark.parametrize("voice", ["rms", "slt", "awb", "kal"])
def test_words_on_one_note_are_a_voice(voice: str, stretch: str, tmp_path: Path) -> None:
    """Synthetic speech without a melody is the nearest to held notes that speech comes."""
    path = tmp_path / "said.wav"
    text = "We were never really alone; many men and women ran along, and nobody knew why."
    flat = ["--setf", "int_f0_target_stddev=0", "--setf", f"duration_stretch={stretch}"]
    subprocess.run(["flite", "-voice", voice, *flat, "-t", text, "-o", str(path)], check=True, timeout=60)
    said = open_wav(path)
    audio = b"".join(said.blocks())
    assert voiced_ms(spans(audio, said.sample_rate)) >= 0.7 * len(audio) / 2 / said.sample_rate * 1000


def test_a_word_between_melodies_is_a_voice(speech: bytes) -> None:
    said = as_sound(speech)
    found = spans(in_room(play(2, "organ", 300) + said + play(2, "organ", 300)))
    start = len(play(2, "organ", 300)) / RATE * 1000
    words = voiced_ms(spans(in_room(said)))
    assert voiced_ms(found, start, start + len(said) / RATE * 1000) >= 0.9 * words


def test_speech_that_starts_and_ends_with_the_recording_is_found(speech: bytes) -> None:
    middle = speech[RATE : len(speech) - RATE]  # without the half seconds at both ends
    found = spans(middle)
    length = len(middle) / 2 / RATE * 1000
    assert found[0][0] <= 100
    assert found[-1][1] >= length - 250
    assert voiced_ms(found) >= 0.9 * length


def test_a_pause_between_sentences_is_not_voice_and_a_short_one_is(speech: bytes) -> None:
    said = as_sound(speech)[RATE // 2 : -RATE // 2]
    length = len(said) * 1000 // RATE
    found = spans(in_room(said + silence(2) + said))
    assert voiced_ms(found, length + 100, length + 1900) == 0
    assert voiced_ms(spans(in_room(said[:RATE] + silence(0.1) + said[RATE : 2 * RATE]))) > 1900


def test_whispering_is_a_voice_when_there_is_no_other() -> None:
    words = shaped(hiss(3, 0.05, smooth=0.3), lambda t: 1.0 if t % 0.4 < 0.25 else 0.02)
    assert voiced_ms(spans(in_room(silence(1) + words + silence(1))), 1000, 4000) >= 1500


@pytest.mark.parametrize("name", ["cards/001.wav", "cards/005.wav", "goforward.raw", "numbers.raw", "something.raw"])
def test_real_people_are_heard(name: str) -> None:
    path = RECORDINGS / name
    audio = b"".join(open_wav(path).blocks()) if path.suffix == ".wav" else path.read_bytes()
    rate = open_wav(path).sample_rate if path.suffix == ".wav" else RATE
    length = len(audio) / 2 / rate * 1000
    found = spans(audio, rate)
    assert voiced_ms(found) >= 0.5 * length
    assert found[0][0] >= 60  # they all begin with a breath of silence
    assert all(a < b for a, b in found)
    assert all(b < c for (_, b), (c, _) in pairwise(found))


def test_the_size_of_blocks_does_not_matter(speech: bytes) -> None:
    assert spans(speech, block=len(speech)) == spans(speech, block=640) == spans(speech, block=1002)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_other_sample_rates_find_the_same(rate: int, speech: bytes) -> None:
    assert voiced_ms(spans(resampled(speech, rate), rate)) == pytest.approx(voiced_ms(spans(speech)), rel=0.1)


@pytest.mark.parametrize("audio", [b"", bytes(2), bytes(640 * 100)])
def test_without_sound_there_is_no_voice(audio: bytes) -> None:
    assert spans(audio) == ()


def test_a_constant_offset_is_no_sound() -> None:
    assert spans(array("h", [3000] * RATE).tobytes()) == ()


def test_it_costs_far_less_than_the_audio_takes(speech: bytes) -> None:
    started = time.process_time()
    spans(speech)
    per_block = (time.process_time() - started) / (len(speech) / 640)
    assert per_block < 5 * 0.00015
