"""How loud it is, from the blocks of the microphone."""

from __future__ import annotations

import timeit
from array import array
from time import thread_time

from utterkey.audio.level import SILENCE_DB, Level


def block(peak: int) -> bytes:
    """20 ms of a square wave at 16 kHz."""
    return array("h", [peak, peak, peak, peak, -peak, -peak, -peak, -peak] * 40).tobytes()


def test_the_peak_since_it_was_last_asked() -> None:
    level = Level()
    assert level.take() == SILENCE_DB
    level.feed(block(16384))
    level.feed(block(100))
    assert level.take() == -6
    assert level.take() == SILENCE_DB
    level.feed(block(32767))
    assert level.take() == 0


def test_a_swing_downwards_counts() -> None:
    level = Level()
    level.feed(array("h", [-32768, 0, 0, 0] * 80).tobytes())
    assert level.take() == 0


def test_an_empty_block_is_silence() -> None:
    level = Level()
    level.feed(b"")
    assert level.take() == SILENCE_DB


def test_it_costs_the_microphone_nothing() -> None:
    """50 blocks a second: 5 ms of them would be half a percent of a processor."""
    level, audio = Level(), block(1000)
    assert min(timeit.repeat(lambda: level.feed(audio), timer=thread_time, number=50, repeat=5)) < 0.005
