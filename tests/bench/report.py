"""The figures: what was measured of whom, their medians, a table and JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured. The first contender is the baseline of the ratios; less is better, always."""

    name: str
    unit: str
    values: dict[str, list[float]]
    design: str = ""
    """The target, in words."""

    def medians(self) -> dict[str, float]:
        return {contender: median(values) for contender, values in self.values.items() if values}

    def ratios(self) -> dict[str, float | None]:
        """To the baseline; None where that has no meaning."""
        medians = self.medians()
        baseline = next(iter(medians.values()))
        comparable = baseline > 0 and min(medians.values()) >= 0
        return {contender: each / baseline if comparable else None for contender, each in medians.items()}

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name, "unit": self.unit, "design": self.design,
            "values": self.values, "median": self.medians(), "ratio": self.ratios(),
        }  # fmt: skip


HEAD = ("figure", "of", "median", "least - most", "n", "ratio", "design")


def table(figures: Sequence[Figure]) -> str:
    """In Markdown, padded so that a terminal shows it well too."""
    rows = [HEAD, *(row for figure in figures for row in _rows(figure))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def _rows(figure: Figure) -> Iterator[tuple[str, ...]]:
    ratios = figure.ratios()
    name = f"{figure.name}, {figure.unit}" if figure.unit else figure.name
    design = figure.design
    for contender, middle in figure.medians().items():
        values, ratio = figure.values[contender], ratios[contender]
        spread = f"{_short(min(values))} - {_short(max(values))}" if len(values) > 1 else ""
        times = "" if ratio is None else f"{ratio:.2f}"
        yield name, contender, _short(middle), spread, str(len(values)), times, design
        name = design = ""


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
