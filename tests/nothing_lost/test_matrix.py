"""Whatever the service does wrong, wherever: the text is delivered once and whole, or kept and delivered on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nothing_lost import table
from nothing_lost.matrix import PLACES, Cell, Result, Transport, cells, run
from session.conftest import Authority

AT_ONCE = 20
"""Most of a cell's time is waiting."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("transport", ["plain", "TLS"])
def test_faults(
    transport: Transport,
    tmp_path: Path,
    right: Authority,
    wrong: Authority,
    record_property: Callable[[str, object], None],
) -> None:
    chosen = list(_possible(transport))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {
            cell: pool.submit(run, cell, transport, tmp_path / str(number), right, wrong)
            for number, cell in enumerate(chosen)
        }
    faults = []
    for cell, future in futures.items():
        error = future.exception()
        if error is None:
            record_property("fault", table.as_text(future.result()))
            faults += _unexpected(future.result())
        else:
            faults.append(f"{cell}: {type(error).__name__}: {error}")
    assert not faults, "\n".join(faults)


def _possible(transport: Transport) -> Iterator[Cell]:
    for place in reversed(PLACES):  # the slow ones first
        yield from (cell for cell in cells(place) if transport == "TLS" or cell.wrong_certificate is None)


def _unexpected(result: Result) -> list[str]:
    expected = result.cell.expected
    return [] if result.outcome == expected else [f"{result.cell}: {result.outcome}, not {expected}"]
