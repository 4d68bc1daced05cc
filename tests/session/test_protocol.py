"""Recordings to frames, frames in time, turns to utterances."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utterkey.dictation.effects import Ending
from utterkey.dictation.transcript import Turn
from utterkey.session import messages
from utterkey.session.messages import FORCE_ENDPOINT, TERMINATE, SpeechStarted, Word
from utterkey.session.parameters import Parameters
from utterkey.session.protocol import Framing, Hearing, finishing, wait_for_lead

PRO = Parameters(model="universal-3-6-pro", sample_rate=16000)
RATES = st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000, 96000]) | st.integers(8000, 96000)

TAKES: dict[str, tuple[int, bool, int]] = {
    "nothing": (0, False, 0),
    "40 ms of a growing recording wait": (1280, False, 0),
    "50 ms go": (1600, False, 1600),
    "60 ms go as they are": (1920, False, 1920),
    "a second goes": (32000, False, 32000),
    "a backlog goes in seconds": (320_000, False, 32000),
    "the last 40 ms go": (1280, True, 1280),
    "half a sample is none": (1601, False, 1600),
    "nothing is left": (0, True, 0),
    "only half a sample is left": (1, True, 0),
}


@pytest.mark.parametrize(("available", "complete", "size"), TAKES.values(), ids=TAKES)
def test_next_frame(available: int, complete: bool, size: int) -> None:
    assert Framing(16000).take(available, complete) == size


@given(RATES, st.lists(st.integers(0, 300_000), max_size=20))
def test_frames_of_a_growing_recording(rate: int, growth: list[int]) -> None:
    """However it grows, at any rate: every frame is 50 to 1000 ms and under 128 KB, and they are the recording."""
    framing = Framing(rate)
    recording = b"".join(bytes([1 + index % 255]) * (size // 2 * 2) for index, size in enumerate(growth))
    frames: list[bytes] = []
    cursor = length = 0
    for size in [*(size // 2 * 2 for size in growth), None]:
        complete = size is None
        length += size or 0
        while taken := framing.take(length - cursor, complete):
            frames.append(framing.frame(recording[cursor : cursor + taken]))
            cursor += taken
    for frame in frames:
        assert 0.050 <= framing.seconds(len(frame)) <= 1.000
        assert len(frame) % 2 == 0
        assert len(frame) <= 128_000
    sent = b"".join(frames)
    assert sent.startswith(recording)
    assert set(sent[len(recording) :]) <= {0}
    assert len(sent) - len(recording) < framing.shortest


@given(RATES, st.integers(1, 5000))
def test_silence_is_framed_too(rate: int, ms: int) -> None:
    framing = Framing(rate)
    frames = list(framing.silence(ms))
    assert all(0.050 <= framing.seconds(len(frame)) <= 1.000 for frame in frames)
    assert framing.seconds(sum(map(len, frames))) * 1000 >= ms - 1


PACES: dict[str, tuple[float, float, float, float]] = {
    "nothing sent": (0, 0, 1, 0),
    "239 s ahead, one more": (239, 0, 1, 0),
    "240 s ahead": (240, 0, 1, 1),
    "240 s ahead, an hour later": (3840, 3600, 0.5, 0.5),
    "behind the clock": (10, 100, 1, 0),
}


@pytest.mark.parametrize(("sent", "session", "frame", "wait"), PACES.values(), ids=PACES)
def test_pace(sent: float, session: float, frame: float, wait: float) -> None:
    assert wait_for_lead(sent, session, frame) == pytest.approx(wait)


ENDINGS: dict[str, tuple[str, Ending, tuple[str, ...]]] = {
    "pro": ("universal-3-6-pro", "terminate", (FORCE_ENDPOINT, TERMINATE)),
    "pro lingers": ("universal-3-6-pro", "linger", (FORCE_ENDPOINT,)),
    "older pro": ("u3-rt-pro", "terminate", (FORCE_ENDPOINT, TERMINATE)),
    "English": ("universal-streaming-english", "terminate", (TERMINATE,)),
    "another": ("whisper-rt", "terminate", (TERMINATE,)),
}


@pytest.mark.parametrize(("model", "ending", "said"), ENDINGS.values(), ids=ENDINGS)
def test_finishing(model: str, ending: Ending, said: tuple[str, ...]) -> None:
    assert finishing(replace(PRO, model=model), ending) == said


def test_a_model_that_cannot_be_told_hears_silence_when_it_lingers() -> None:
    silence = finishing(replace(PRO, model="universal-streaming-english"), "linger")
    assert all(isinstance(frame, bytes) and not any(frame) for frame in silence)
    assert sum(map(len, silence)) >= 1280 * 32


# --- turns ---------------------------------------------------------------------------------------------------------


def turn(order: int, *words: tuple[int, int, str], final: bool = False, formatted: bool = True) -> messages.Turn:
    heard = tuple(Word(text, start, end, final) for start, end, text in words)
    return messages.Turn(order, " ".join(word.text for word in heard), final, formatted, heard)


def test_times_are_those_of_the_utterance() -> None:
    fresh = Hearing(formatted_finals=True)
    assert fresh.turn(turn(0, (100, 300, "a"), (400, 700, "b"))) == Turn(0, "a b", False, True, 100, 700)
    again = Hearing(formatted_finals=True, from_ms=5000)
    assert again.turn(turn(0, (100, 300, "a"), final=True)) == Turn(0, "a", True, True, 5100, 5300)


def test_a_session_that_serves_another_utterance() -> None:
    first = Hearing(formatted_finals=True)
    assert first.turn(turn(0, (0, 300, "a"), final=True)) is not None
    assert first.turn(turn(1, (400, 900, "b"))) is not None
    second = first.next(first_ms=2000, from_ms=0)
    assert second.turn(turn(1, (400, 2100, "b"), final=True)) is None, "a late final of the first, padded to the right"
    assert second.turn(turn(2, (1800, 1990, "c"), final=True)) is None, "a turn of the first that was never seen before"
    assert not second.speech(SpeechStarted(1500))
    assert second.speech(SpeechStarted(2100))
    assert second.turn(turn(3, (1500, 2600, "d"))) == Turn(3, "d", False, True, 0, 600), "padded to the left"
    third = second.next(first_ms=9000, from_ms=0)
    assert third.turn(turn(3, (1500, 2600, "d"), final=True)) is None
    assert third.turn(turn(4, (9100, 9200, "e"), final=True)) == Turn(4, "e", True, True, 100, 200)


SETTLED: dict[str, tuple[bool, messages.Turn, bool]] = {
    "a formatted final": (True, turn(0, (0, 1, "a"), final=True), True),
    "a raw final that a formatted one follows": (True, turn(0, (0, 1, "a"), final=True, formatted=False), False),
    "a raw final of a model that has no other": (False, turn(0, (0, 1, "a"), final=True, formatted=False), True),
    "an empty final": (True, turn(0, final=True, formatted=False), True),
}


@pytest.mark.parametrize(("formatted_finals", "heard", "settled"), SETTLED.values(), ids=SETTLED)
def test_settled(formatted_finals: bool, heard: messages.Turn, settled: bool) -> None:
    translated = Hearing(formatted_finals).turn(heard)
    assert translated is not None
    assert translated.settled == settled
