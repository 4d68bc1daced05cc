"""Words that the service passed over are sent again before the text is inserted, and nothing else is."""

from __future__ import annotations

import subprocess
from array import array
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from faults import Fault, Kind
from music import SOLO, TRIAD, play
from rig import Rig, with_settings
from scripted import marked_speech
from service import Service

SPEECH = marked_speech(range(16))
TEXT = " ".join(f"w{n}" for n in range(16)) + " "
MS = 2 * 16


def sox(path: Path, seconds: float, *effects: str) -> bytes:
    generate = ["sox", "-R", "-n", "-r", "16000", "-b", "16", "-c", "1", "-e", "signed", "-t", "raw", str(path)]
    subprocess.run([*generate, "synth", str(seconds), *effects], check=True, timeout=20)
    return path.read_bytes()


def key_clicks(path: Path) -> bytes:
    """Somebody types: a click of 15 ms, five a second."""
    click = sox(path, 0.015, "whitenoise", "vol", "0.5")
    return (click + bytes(185 * MS)) * 20


def guitar(path: Path) -> bytes:
    """Four seconds of it."""
    notes = ("E3", "G3", "A3", "C4", "B3", "G3", "E3", "A3")
    return b"".join(sox(path, 0.5, "pluck", note, "vol", "0.3") for note in notes)


def played(wave: str, chord: tuple[int, ...]) -> bytes:
    return array("h", [round(32767 * x) for x in play(4, wave, 300, chord)]).tobytes()


SOUNDS: dict[str, Callable[[Path], bytes]] = {
    "breathing": lambda path: sox(path, 4, "brownnoise", "tremolo", "0.5", "90", "vol", "0.05"),
    "fan": lambda path: sox(path, 4, "pinknoise", "vol", "0.1"),
    "hiss": lambda path: sox(path, 4, "whitenoise", "vol", "0.02"),
    "key clicks": key_clicks,
    "guitar": guitar,
    "flute": lambda _: played("sine", SOLO),
    "organ": lambda _: played("organ", SOLO),
    "chords": lambda _: played("triangle", TRIAD),
}


def test_the_second_half_is_repaired(tmp_path: Path) -> None:
    """Only what has no words is sent again."""
    dropped_after = 2500
    with (
        Service(faults=[Fault(Kind.DROPS_WORDS, audio_ms=dropped_after)]) as service,
        Rig(service.url, tmp_path) as rig,
    ):
        number = rig.dictate(SPEECH)
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts == [TEXT]
        first, second = service.sessions
        assert bytes(first.audio[: len(SPEECH)]) == SPEECH
        padding = first.audio[len(SPEECH) :]  # of the last frame, where what was left for it is too short
        assert len(padding) < 50 * MS
        assert not any(padding)
        covered = second.audio_bytes
        assert bytes(second.audio) == SPEECH[-covered:]
        assert len(SPEECH) - dropped_after * MS <= covered <= len(SPEECH) - (dropped_after - 400) * MS
        assert rig.entry(number).repaired
        assert not rig.entry(rig_dictates_well(rig)).repaired


def rig_dictates_well(rig: Rig) -> int:
    number = rig.dictate(SPEECH)
    assert rig.wait_outcome(number) == "delivered"
    return number


def test_the_first_turn_and_then_nothing_is_repaired(tmp_path: Path) -> None:
    """A known fault of the service: it transcribes the first turn, then nothing, and ends as if all were well."""
    speech = marked_speech(range(4)) + bytes(600 * MS) + marked_speech(range(4, 16))
    with (
        Service(faults=[Fault(Kind.SILENT_AFTER_FIRST_TURN)], turn_pause_ms=400) as service,
        Rig(service.url, tmp_path) as rig,
    ):
        number = rig.dictate(speech)
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts == [TEXT]
        assert len(service.sessions) == 2
        assert rig.entry(number).repaired


def test_a_service_that_does_so_each_time_is_heard_to_the_end(tmp_path: Path) -> None:
    """Each session transcribes one turn more."""
    pause = bytes(600 * MS)
    speech = pause.join(marked_speech(range(first, first + 8)) for first in range(0, 32, 8))
    with (
        Service(faults=[Fault(Kind.SILENT_AFTER_FIRST_TURN)] * 3, turn_pause_ms=400) as service,
        Rig(service.url, tmp_path) as rig,
    ):
        number = rig.dictate(speech)
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts == [" ".join(f"w{n}" for n in range(32)) + " "]
        assert len(service.sessions) == 4
        assert rig.notifier.told == []


def test_a_voice_without_words_costs_a_lingering_session_but_no_time(tmp_path: Path) -> None:
    """Somebody coughs after the last word. The next press opens a session anew."""
    falling = [[3000] * half + [-3000] * half for half in range(20, 92)]  # from 400 to 90 Hz in half a second
    cough = array("h", chain.from_iterable(falling)).tobytes()
    with (
        Service() as service,
        Rig(service.url, tmp_path, settings=with_settings(service={"linger_seconds": 60.0})) as rig,
    ):
        for _ in range(2):
            number = rig.press()
            rig.speak(SPEECH + bytes(300 * MS) + cough)
            released = rig.release()
            assert rig.wait_outcome(number) == "delivered"
            assert rig.ended_at(number) - released < 3
        assert rig.window.texts == [TEXT, TEXT]
        assert len(service.sessions) == 2
        assert not rig.entry(number).repaired


@pytest.mark.parametrize("noise", SOUNDS)
def test_noise_after_the_last_word_is_not(noise: str, tmp_path: Path) -> None:
    """A healthy utterance is sent once."""
    after = SOUNDS[noise](tmp_path / "noise.raw")
    with Service() as service, Rig(service.url, tmp_path) as rig:
        number = rig.dictate(SPEECH + after)
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts == [TEXT]
        assert len(service.sessions) == 1
        assert not rig.entry(number).repaired
