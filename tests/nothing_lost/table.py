"""What the fault matrix came to, for the end of the run. A cell travels as text with the report of its test."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from nothing_lost.matrix import LEFT_OUT, PLACES, Result

TITLE = "faults: plain / TLS, delivered (ok) or kept, seconds after the release"
SHORT = {"delivered": "ok", "kept": "kept"}
WIDTH = 24


def as_text(result: Result) -> str:
    return json.dumps([result.cell.row, result.cell.place, result.transport, result.outcome, round(result.seconds, 1)])


def lines(texts: Sequence[str]) -> Iterator[str]:
    """A row a fault, a column a place."""
    found: dict[tuple[str, str, str], tuple[str, float]] = {}
    for row, place, transport, outcome, seconds in map(json.loads, texts):
        found[row, place, transport] = outcome, seconds
    yield f"{'':{WIDTH}}" + "".join(f"{place:>{WIDTH}}" for place in PLACES)
    for row in sorted({row for row, _, _ in found}):
        yield f"{row:{WIDTH}}" + "".join(f"{_cell(found, row, place):>{WIDTH}}" for place in PLACES)
    counts = Counter((outcome, transport) for (_, _, transport), (outcome, _) in found.items())
    for (outcome, transport), count in sorted(counts.items()):
        yield f"{count:4} cells {outcome}, {transport}"
    yield "left out:"
    for cell, reason in LEFT_OUT.items():
        yield f"  {cell}: {reason}"


def _cell(found: dict[tuple[str, str, str], tuple[str, float]], row: str, place: str) -> str:
    cells = [found[row, place, transport] for transport in ("plain", "TLS") if (row, place, transport) in found]
    return " / ".join(f"{SHORT[outcome]} {seconds:.1f}" for outcome, seconds in cells) or "-"
