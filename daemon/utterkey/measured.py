"""What is measured of an utterance, and what many of them come to. Pure.

It holds no word of what was said, so it outlives the transcripts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from utterkey import prices

Stage = Literal["first_frame", "socket_open", "begin", "key_up", "audio_sent", "final", "inserted", "receipt", "closed"]
"""In the order of a usual dictation. audio_sent: the last of it. inserted: the text is handed over. receipt: the window
has taken it, or the clipboard has."""

STAGES: tuple[Stage, ...] = get_args(Stage)

Stages = Mapping[Stage, int]
"""Milliseconds from key-down; what was not reached is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`started` is ISO 8601; `seconds` and `words` are 0 unless it was delivered; `sessions` is over how many it was
    sent."""

    started: str
    model: str
    seconds: float = 0.0
    words: int = 0
    billed_seconds: int = 0
    repaired: bool = False
    sessions: int = 0
    stages: Stages = field(default_factory=dict)

    @property
    def release_to_text_ms(self) -> int | None:
        """None where nobody waited for it: it was not delivered, or only later."""
        if not self.seconds or "receipt" not in self.stages or "key_up" not in self.stages:
            return None
        return self.stages["receipt"] - self.stages["key_up"]

    @property
    def retries(self) -> int:
        return max(0, self.sessions - 1 - self.repaired)


@dataclass(frozen=True, slots=True)
class Today:
    """What was dictated today, and its cost in dollars: None if it has no known price."""

    seconds: float = 0.0
    cost: float | None = 0.0

    def plus(self, seconds: float = 0.0, cost: float | None = 0.0) -> "Today":
        both = None if self.cost is None or cost is None else self.cost + cost
        return Today(self.seconds + seconds, both)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one model did in a day or a month (`period`). `cost` is in dollars, None where no price is known."""

    period: str
    model: str
    utterances: int
    minutes: float
    billed_seconds: int
    cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Times are None if there is none to tell of; `timed` is of how many utterances they are."""

    utterances: int
    minutes: float
    words: int
    words_per_minute: float | None
    timed: int
    release_to_text_p50_ms: int | None
    release_to_text_p95_ms: int | None
    repairs: int
    retries: int
    days: list[Spent]
    months: list[Spent]


def summarise(measured: Sequence[Measured]) -> Summary:
    delivered = [each for each in measured if each.seconds]
    minutes = sum(each.seconds for each in delivered) / 60
    words = sum(each.words for each in delivered)
    waits = sorted(wait for each in delivered if (wait := each.release_to_text_ms) is not None)
    return Summary(
        utterances=len(delivered),
        minutes=minutes,
        words=words,
        words_per_minute=words / minutes if minutes else None,
        timed=len(waits),
        release_to_text_p50_ms=percentile(waits, 50),
        release_to_text_p95_ms=percentile(waits, 95),
        repairs=sum(each.repaired for each in measured),
        retries=sum(each.retries for each in measured),
        days=spent(measured, lambda started: started[:10]),
        months=spent(measured, lambda started: started[:7]),
    )


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The smallest value that so many percent do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def spent(measured: Iterable[Measured], period: Callable[[str], str]) -> list[Spent]:
    """By period and model, the latest first. What was neither delivered nor billed counts for nothing."""
    groups: dict[tuple[str, str], list[Measured]] = {}
    for each in measured:
        if each.seconds or each.billed_seconds:
            groups.setdefault((period(each.started), each.model), []).append(each)
    return [_spent(*key, groups[key]) for key in sorted(groups, reverse=True)]


def _spent(period: str, model: str, group: list[Measured]) -> Spent:
    billed_seconds = sum(each.billed_seconds for each in group)
    return Spent(
        period=period,
        model=model,
        utterances=sum(each.seconds > 0 for each in group),
        minutes=sum(each.seconds for each in group) / 60,
        billed_seconds=billed_seconds,
        cost=prices.cost(model, billed_seconds),
    )
