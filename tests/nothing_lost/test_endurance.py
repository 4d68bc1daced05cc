"""Many dictations, and a long one: in order, whole, and with nothing left of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from faults import At, Fault, Kind, at_random
from nothing_lost.child import report
from nothing_lost.dictator import MOST_WORDS, words_of
from service import Policy, Service

MB = 1 << 20
JOURNAL_GROWTH = 5_000_000
"""SQLite lets its write-ahead log become 4 MB; the figures of 2,000 utterances are a third of one."""
GROWTH = 10 * MB

FAULTS = (
    Fault(Kind.HTTP, At.UPGRADE, status=503),
    Fault(Kind.RESET, At.BEFORE_BEGIN),
    Fault(Kind.RESET, At.MID_SPEECH, audio_ms=300),
    Fault(Kind.RESET, At.AFTER_RELEASE),
    Fault(Kind.ERROR, At.BEFORE_BEGIN, code=1011),
    Fault(Kind.ERROR, At.MID_SPEECH, audio_ms=300, code=3005),
    Fault(Kind.CLOSE, At.MID_SPEECH, audio_ms=300, code=1013),
    Fault(Kind.ERROR_WITHOUT_CLOSE, At.AFTER_RELEASE, code=3005),
    Fault(Kind.SILENCE, At.MID_SPEECH, audio_ms=300),
    Fault(Kind.ERROR, At.BEFORE_BEGIN, code=3009, text="Too many concurrent sessions"),
    Fault(Kind.HUGE_MESSAGE, At.MID_SPEECH, audio_ms=300),
    Fault(Kind.NO_FINAL),
    Fault(Kind.EMPTY_FINAL),
    Fault(Kind.DUPLICATE_FINAL),
    Fault(Kind.PARTIALS_ONLY),
    Fault(Kind.NO_TERMINATION),
    Fault(Kind.DROPS_WORDS, audio_ms=0),
)


@pytest.mark.timeout(1800)
def test_one_session_in_five_fails(tmp_path: Path, counts: Callable[[int, int], int]) -> None:
    count = counts(60, 2000)
    with Service(faults=at_random(2026, FAULTS), keep_audio=False) as service:
        found = report(service.url, tmp_path, "many", count)
    texts = {index: text for index, text, _ in found["texts"]}
    assert len(found["texts"]) == len(texts), "a text came twice"
    assert texts == {index: " ".join(f"w{word}" for word in words_of(index)) for index in range(count)}
    in_time = [index for index, _, _ in found["texts"] if index not in found["overdue"]]
    assert in_time == sorted(in_time), "texts are out of order"
    assert len(in_time) >= 0.9 * count, f"{found['kept']} kept, {len(found['overdue'])} overdue"
    _left_as_found(found)
    assert found["after"]["memory"] - found["before"]["memory"] < GROWTH


@pytest.mark.timeout(1800)
def test_an_hour_of_talking(tmp_path: Path, counts: Callable[[int, int], int]) -> None:
    seconds = counts(240, 3600)
    with Service(policy=Policy(look_ahead_s=1e9), keep_audio=False) as service:
        found = report(service.url, tmp_path, "long", seconds)
    assert found["text"].split() == [f"w{index % MOST_WORDS}" for index in range(seconds)]
    _left_as_found(found)
    assert found["most"] - found["at_first"] < GROWTH
    assert found["after"]["memory"] - found["before"]["memory"] < GROWTH


def _left_as_found(found: dict[str, Any]) -> None:
    before, after = found["before"], found["after"]
    for what in ("threads", "descriptors", "files", "disk"):
        assert after[what] <= before[what], f"{what}: {before[what]} before, {after[what]} after"
    assert after["journal"] - before["journal"] < JOURNAL_GROWTH
