"""`stats`, read from a journal as the daemon writes it."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from cli.conftest import CommandLine
from utterkey import paths
from utterkey.history import History
from utterkey.measured import Stages


@pytest.fixture
def measured(utterkey: CommandLine) -> None:
    def write(number: int, day: int, model: str, billed: int, stages: Stages) -> None:
        journal.begin(number, datetime(2026, 11, day, 15, 30, tzinfo=UTC), "engine", model)
        journal.set_figures(number, seconds=30.0, words=60, repaired=number == 1)
        journal.add_billed(number, billed, model)
        journal.set_stages(number, stages, sessions=2)
        journal.remove(number)

    with closing(History.open(paths.journal_file())) as journal:
        write(1, 21, "universal-3-6-pro", 80, {"key_up": 30000, "receipt": 30360})
        write(2, 22, "universal-3-6-pro", 160, {"key_up": 30000, "receipt": 30520})
        write(3, 22, "offline", 32, {})


def test_without_a_journal_there_is_nothing(utterkey: CommandLine) -> None:
    told = utterkey("stats")
    assert (told.returncode, told.stdout, told.stderr) == (0, "Nothing was dictated yet.\n", "")
    assert json.loads(utterkey("stats", "--json").stdout)["release_to_text_p50_ms"] is None


@pytest.mark.usefixtures("measured")
def test_stats_outlive_the_transcripts(utterkey: CommandLine) -> None:
    assert utterkey("history").stdout == ""
    assert utterkey("stats").stdout.splitlines() == [
        "Dictated: 1.5 minutes in 3 dictations, 180 words, 120 words per minute",
        "From release to text: half of them within 0.36 s, 95 of 100 within 0.52 s",
        "Repaired: 1, sent again: 2",
        "",
        "day         model              utterances  minutes  billed s    cost",
        "2026-11-22  universal-3-6-pro           1      0.5       160   $0.02",
        "2026-11-22  offline                     1      0.5         -   $0.00",
        "2026-11-21  universal-3-6-pro           1      0.5        80   $0.01",
        "",
        "month       model              utterances  minutes  billed s    cost",
        "2026-11     universal-3-6-pro           2      1.0       240   $0.03",
        "2026-11     offline                     1      0.5         -   $0.00",
        "",
        "Costs: AssemblyAI's list prices of September 2026, per hour that a session is open, without add-ons and "
        "discounts.",
    ]


@pytest.mark.usefixtures("measured")
def test_stats_as_json(utterkey: CommandLine) -> None:
    told = json.loads(utterkey("stats", "--json").stdout)
    assert (told["release_to_text_p50_ms"], told["release_to_text_p95_ms"], told["timed"]) == (360, 520, 2)
    assert told["months"][0] == {
        "period": "2026-11", "model": "universal-3-6-pro", "utterances": 2, "minutes": 1.0, "billed_seconds": 240,
        "cost": pytest.approx(0.03),
    }  # fmt: skip
    assert told["prices"]["as_of"] == "2026-09"


def test_a_model_without_a_known_price_has_no_cost(utterkey: CommandLine) -> None:
    with closing(History.open(paths.journal_file())) as journal:
        journal.begin(1, datetime(2026, 11, 22, 15, 30, tzinfo=UTC), "engine", "a-model\x1b[31m")
        journal.add_billed(1, 3600, "a-model\x1b[31m")
    lines = utterkey("stats").stdout.splitlines()
    assert lines[-1] == "No price is known for a-model [31m."
    assert lines[4].endswith("      ?")
    assert not any("\x1b" in line for line in lines)
