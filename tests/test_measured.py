"""What utterances come to: waits, words, days, months, and what they cost."""

from __future__ import annotations

import pytest

from utterkey import prices
from utterkey.measured import Measured, Spent, Stages, Today, percentile, spent, summarise

PRO = "universal-3-6-pro"


def one(
    started: str = "2026-11-22T10:00:00.000+01:00",
    *,
    model: str = PRO,
    seconds: float = 6.0,
    words: int = 12,
    billed: int = 8,
    wait: int | None = 400,
    repaired: bool = False,
    sessions: int = 1,
) -> Measured:
    stages: Stages = {} if wait is None else {"key_up": 6000, "receipt": 6000 + wait}
    return Measured(
        started=started, model=model, seconds=seconds, words=words, billed_seconds=billed, repaired=repaired,
        sessions=sessions, stages=stages,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 95, 7),
        ([1, 2], 50, 1),
        ([1, 2, 3], 50, 2),
        (list(range(1, 101)), 95, 95),
        (list(range(1, 21)), 95, 19),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[int], percent: int, expected: int | None) -> None:
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(
    ("model", "seconds", "expected"),
    [
        (PRO, 3600, 0.45),
        ("universal-streaming-english", 1800, 0.075),
        (prices.OFFLINE, 3600, 0.0),
        ("a-model-of-tomorrow", 1, None),
        ("a-model-of-tomorrow", 0, 0.0),
    ],
)
def test_what_a_session_costs(model: str, seconds: int, expected: float | None) -> None:
    assert prices.cost(model, seconds) == (None if expected is None else pytest.approx(expected))


def test_the_summary_of_nothing() -> None:
    nothing = summarise([])
    assert (nothing.utterances, nothing.words_per_minute, nothing.release_to_text_p50_ms) == (0, None, None)
    assert (nothing.days, nothing.months) == ([], [])


def test_the_summary() -> None:
    told = summarise(
        [
            one(wait=300),
            one(wait=500, sessions=3, repaired=True),  # one session more than the repair needs
            one(wait=None, sessions=2),  # sent again later: nobody waited
            one(seconds=0, words=0, billed=4, wait=9000, sessions=6),  # failed: billed, tried often, not dictated
        ]
    )
    assert (told.utterances, told.words) == (3, 36)
    assert (told.minutes, told.words_per_minute) == pytest.approx((0.3, 120))
    assert (told.timed, told.release_to_text_p50_ms, told.release_to_text_p95_ms) == (2, 300, 500)
    assert (told.repairs, told.retries) == (1, 1 + 1 + 5)


def test_days_and_months_by_model_the_latest_first() -> None:
    measured = [
        one("2026-10-31T23:59:00.000+01:00", billed=360),
        one("2026-11-01T09:00:00.000+01:00", billed=720),
        one("2026-11-01T10:00:00.000+01:00", model="mine at ws://127.0.0.1:9"),
        one("2026-11-01T11:00:00.000+01:00", seconds=0, billed=0),
    ]

    def of(period: str, model: str, billed: int, cost: float | None) -> Spent:
        return Spent(period=period, model=model, utterances=1, minutes=0.1, billed_seconds=billed, cost=cost)

    assert spent(measured, lambda started: started[:10]) == [
        of("2026-11-01", PRO, 720, 0.09),
        of("2026-11-01", "mine at ws://127.0.0.1:9", 8, None),
        of("2026-10-31", PRO, 360, 0.045),
    ]
    assert [each.period for each in spent(measured, lambda started: started[:7])] == ["2026-11", "2026-11", "2026-10"]


def test_today_adds_up_until_a_cost_is_not_known() -> None:
    today = Today().plus(seconds=4.0).plus(cost=0.01)
    assert today == Today(4.0, 0.01)
    assert today.plus(cost=None).plus(cost=0.01) == Today(4.0, None)
