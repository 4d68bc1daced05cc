"""`last` and `history`, read from a journal as the daemon writes it."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from cli.conftest import CommandLine
from utterkey import paths
from utterkey.history import History

SAID = "Hello,\x1b[31m “naïve” 日本語"


@pytest.fixture
def journal(utterkey: CommandLine) -> None:
    with closing(History.open(paths.journal_file())) as journal:
        journal.begin(1, datetime(2026, 11, 22, 15, 30, tzinfo=UTC), "offline engine")
        journal.set_status(1, "delivered", seconds=2.5, text=SAID)
        journal.begin(2, datetime(2026, 11, 22, 15, 31, tzinfo=UTC), "offline engine")
        journal.set_status(2, "failed", seconds=4, error="No network.")


def test_without_a_journal_there_is_nothing(utterkey: CommandLine) -> None:
    last = utterkey("last")
    assert (last.returncode, last.stdout, last.stderr) == (1, "", "utterkey: There is no transcript yet.\n")
    history = utterkey("history")
    assert (history.returncode, history.stdout, history.stderr) == (0, "", "")
    assert utterkey("history", "--json").stdout == "[]\n"


@pytest.mark.usefixtures("journal")
def test_last_prints_the_last_transcript(utterkey: CommandLine) -> None:
    assert utterkey("last").stdout == SAID + "\n"


@pytest.mark.usefixtures("journal")
def test_history_is_the_newest_first(utterkey: CommandLine) -> None:
    assert utterkey("history").stdout.splitlines() == [
        "    2  2026-11-22 15:31    4.0 s  failed       No network.",
        "    1  2026-11-22 15:30    2.5 s  delivered    Hello, [31m “naïve” 日本語",
    ]
    newest, oldest = json.loads(utterkey("history", "--json").stdout)
    assert (newest["id"], newest["status"], newest["error"]) == (2, "failed", "No network.")
    assert {name: oldest[name] for name in ("id", "status", "text", "seconds", "started")} == {
        "id": 1,
        "status": "delivered",
        "text": SAID,
        "seconds": 2.5,
        "started": "2026-11-22T15:30:00.000+00:00",
    }


@pytest.mark.usefixtures("journal")
def test_a_terminal_without_the_characters_is_no_fault(utterkey: CommandLine) -> None:
    done = utterkey("last", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, "Hello,\x1b[31m ?na?ve? ???\n")


@pytest.mark.system("linux")  # elsewhere the system can
@pytest.mark.usefixtures("journal")
def test_copying_where_nothing_can_copy_is_one_sentence(utterkey: CommandLine) -> None:
    done = utterkey("last", "--copy", PATH="/nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("utterkey: There is no program that can write the clipboard;")
