"""A recording while it is captured: which events, in which order, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audio.posted import Posted
from utterkey.audio.recording import Recording
from utterkey.audio.take import Take
from utterkey.dictation.events import CaptureEnded, CaptureWarned, Event
from utterkey.errors import MicrophoneError

RATE = 16000
SILENCE = bytes(640)
SOUND = b"\1\0" * 320


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    made = Recording.create(tmp_path, 3, RATE)
    yield made
    made.discard()


WARNINGS = {
    "silence for a second": ([SILENCE] * 50, 1),
    "silence for two seconds": ([SILENCE] * 100, 1),
    "a little less": ([SILENCE] * 49, 0),
    "sound, and then silence: a gate, or a mute of the user's own": ([SOUND] + [SILENCE] * 100, 0),
    "silence, and sound just in time": ([SILENCE] * 49 + [SOUND] + [SILENCE] * 100, 0),
    "sound": ([SOUND] * 100, 0),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_silence_from_the_start_on_is_told_once(name: str, recording: Recording, posted: Posted) -> None:
    blocks, warnings = WARNINGS[name]
    take = Take(recording, posted)
    for block in blocks:
        take.feed(block, "Blue Yeti")
    assert posted.kinds(3) == ["CaptureStarted"] + ["CaptureWarned"] * warnings
    if warnings:
        assert "Blue Yeti gives only silence" in str(posted.wait(CaptureWarned).error)


def test_the_end_is_posted_before_the_session_can_know(recording: Recording) -> None:
    completed: list[bool] = []
    events: list[Event] = []

    def post(event: Event) -> None:
        events.append(event)
        completed.append(recording.completed)

    take = Take(recording, post)
    take.feed(SOUND, "any")
    take.end()
    assert events[-1] == CaptureEnded(3, 20, ())
    assert completed == [False, False]
    assert recording.completed


def test_a_failure_ends_it_with_what_there_is(recording: Recording, posted: Posted) -> None:
    take = Take(recording, posted)
    take.feed(SOUND, "any")
    take.fail(MicrophoneError("It went away."))
    assert posted.kinds(3) == ["CaptureStarted", "CaptureFailed", "CaptureEnded"]
    assert recording.read(0, 640) == SOUND


def test_a_disk_that_refuses_is_a_warning(tmp_path: Path, posted: Posted) -> None:
    (tmp_path / "file").touch()
    take = Take(Recording.create(tmp_path / "file", 3, RATE), posted)
    take.feed(SOUND, "any")
    take.feed(SOUND, "any")
    take.end()
    assert posted.kinds(3) == ["CaptureStarted", "CaptureWarned", "CaptureEnded"]
    assert posted.wait(CaptureEnded).recording_ms == 40
