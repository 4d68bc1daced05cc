"""`stats`: how fast it is, how much was dictated, and what it cost. Read from the journal, with or without a daemon."""

from argparse import Namespace
from contextlib import closing
from dataclasses import asdict

from utterkey import paths, prices
from utterkey.cli.terminal import on_one_line, say, say_json
from utterkey.history import History
from utterkey.measured import Spent, Summary, summarise

DAYS_SHOWN = 14


def stats(options: Namespace) -> int:
    with closing(History.open(paths.journal_file(), readonly=True)) as journal:
        summary = summarise(journal.measured())
    if options.json:
        known = {"as_of": prices.AS_OF, "source": prices.SOURCE, "dollars_per_hour": prices.DOLLARS_PER_HOUR}
        say_json({**asdict(summary), "prices": known})
    else:
        for line in _lines(summary):
            say(line)
    return 0


def _lines(summary: Summary) -> list[str]:
    if not summary.days:
        return ["Nothing was dictated yet."]
    spent = [*summary.days[:DAYS_SHOWN], *summary.months]
    return [
        *_totals(summary),
        "",
        *_table("day", summary.days[:DAYS_SHOWN]),
        "",
        *_table("month", summary.months),
        "",
        *([f"Costs: {prices.SOURCE}"] if any(each.cost for each in spent) else []),
        *([f"No price is known for {', '.join(_unknown(spent))}."] if _unknown(spent) else []),
    ]


def _totals(summary: Summary) -> list[str]:
    lines = [f"Dictated: {summary.minutes:.1f} minutes in {summary.utterances} dictations, {summary.words} words"]
    if summary.words_per_minute is not None:
        lines[0] += f", {summary.words_per_minute:.0f} words per minute"
    if summary.release_to_text_p50_ms is not None and summary.release_to_text_p95_ms is not None:
        p50, p95 = summary.release_to_text_p50_ms / 1000, summary.release_to_text_p95_ms / 1000
        lines.append(f"From release to text: half of them within {p50:.2f} s, 95 of 100 within {p95:.2f} s")
    return [*lines, f"Repaired: {summary.repairs}, sent again: {summary.retries}"]


def _table(period: str, spent: list[Spent]) -> list[str]:
    width = max(len(each.model) for each in spent)
    return [
        f"{period:<10}  {'model':<{width}}  utterances  minutes  billed s    cost",
        *(
            f"{each.period:<10}  {on_one_line(each.model):<{width}}  {each.utterances:>10}  {each.minutes:>7.1f}  "
            f"{_billed(each):>8}  {_dollars(each.cost):>6}"
            for each in spent
        ),
    ]


def _billed(spent: Spent) -> str:
    """Nobody bills the time of the engine on this machine."""
    return "-" if spent.model == prices.OFFLINE else str(spent.billed_seconds)


def _dollars(cost: float | None) -> str:
    return "?" if cost is None else f"${cost:.2f}"


def _unknown(spent: list[Spent]) -> list[str]:
    return sorted({on_one_line(each.model) or "an unknown model" for each in spent if each.cost is None})
