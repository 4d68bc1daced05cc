"""The journal of utterances: what was said, and what became of it. One SQLite file, owner-only.

The daemon writes it from the controller's thread; the command line reads it from a process of its own, also while the
daemon runs, which is what the write-ahead log is for. The audio of what is not delivered lies beside it, one file an
utterance, under the same number (audio/recording.py). What was measured of an utterance has a table of its own, which
holds none of its words and stays when its line goes.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from utterkey.dictation.effects import Status
from utterkey.dictation.events import AS_SET, Wishes
from utterkey.errors import UtterkeyError
from utterkey.measured import STAGES, Measured, Stage, Stages

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS utterance (
    id             INTEGER PRIMARY KEY,      -- the utterance's number, and its recording's
    status         TEXT NOT NULL,
    started        TEXT NOT NULL,            -- ISO 8601 with offset
    seconds        REAL NOT NULL DEFAULT 0,  -- length of the recording
    text           TEXT NOT NULL DEFAULT '',
    error          TEXT NOT NULL DEFAULT '',
    engine         TEXT NOT NULL DEFAULT '',
    billed_seconds INTEGER NOT NULL DEFAULT 0,
    repaired       INTEGER NOT NULL DEFAULT 0,  -- a stretch that the service had passed over was sent again
    languages      TEXT,                     -- that its key asks for, with spaces between; NULL: as the settings say
    prompt         TEXT                      -- likewise
);
CREATE TABLE IF NOT EXISTS measured (
    id             INTEGER PRIMARY KEY,      -- the utterance's number
    started        TEXT NOT NULL,
    model          TEXT NOT NULL,            -- that it was billed as
    seconds        REAL NOT NULL DEFAULT 0,
    words          INTEGER NOT NULL DEFAULT 0,
    billed_seconds INTEGER NOT NULL DEFAULT 0,
    repaired       INTEGER NOT NULL DEFAULT 0,
    sessions       INTEGER NOT NULL DEFAULT 0,
    {", ".join(f"{stage} INTEGER" for stage in STAGES)}  -- ms from key-down
);
"""
TABLES = ("utterance", "measured")
RETRIABLE: tuple[Status, ...] = ("failed", "interrupted", "cancelled")


DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class HistoryError(UtterkeyError):
    code = "history"


class DamagedHistory(HistoryError):
    """What is in the file is no journal any more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `started` is ISO 8601, `seconds` the length of the recording."""

    id: int
    status: Status
    text: str
    seconds: float
    started: str
    error: str
    engine: str
    billed_seconds: int
    repaired: bool
    wishes: Wishes = AS_SET
    stages: Stages = field(default_factory=dict)


class History:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False) -> Self:
        """Open the journal, and make it unless `readonly`.

        Raises:
            HistoryError: it cannot be read or made.
        """
        if readonly and not path.exists():
            return cls(_empty())
        try:
            connection = _connect(path, readonly)
            with ExitStack() as on_failure:
                on_failure.callback(connection.close)
                _prepare(connection, readonly)
                on_failure.pop_all()
        except (sqlite3.Error, OSError) as error:
            kind = DamagedHistory if getattr(error, "sqlite_errorcode", None) in DAMAGE else HistoryError
            raise kind(f"The journal {path} cannot be opened ({error}): move it away to begin a new one.") from error
        return cls(connection)

    @classmethod
    def open_or_begin_anew(cls, path: Path) -> tuple[Self, HistoryError | None]:
        """As `open`, but a damaged one is moved aside: then what to tell the user comes with the new one."""
        try:
            return cls.open(path), None
        except DamagedHistory:
            aside = path.with_name(f"{path.name}.damaged-{datetime.now():%Y%m%d-%H%M%S}")
            for suffix in ("-wal", "-shm", ""):  # the file last: without it the other two mean nothing
                with suppress(OSError):  # what is still in the way is told by the next try
                    os.replace(f"{path}{suffix}", f"{aside}{suffix}")
            warning = HistoryError(
                f"The journal was damaged and is now {aside}; a new one is begun, and audio that was kept can still be "
                "sent again with `utterkey retry`."
            )
            return cls.open(path), warning

    def close(self) -> None:
        self._connection.close()

    # --- reading -----------------------------------------------------------------------------------------------

    def entries(self, limit: int | None = None) -> list[Entry]:
        """The newest first."""
        return self._select("ORDER BY id DESC LIMIT ?", -1 if limit is None else limit)

    def find(self, number: int) -> Entry | None:
        return next(iter(self._select("WHERE id = ?", number)), None)

    def texts(self, limit: int) -> list[str]:
        """The latest transcripts, the newest first."""
        return [entry.text for entry in self._select("WHERE text <> '' ORDER BY id DESC LIMIT ?", limit)]

    def retriable(self) -> list[Entry]:
        """What was kept and can be sent again, the newest first."""
        return self._select("WHERE status IN (?, ?, ?) ORDER BY id DESC", *RETRIABLE)

    def measured(self, since: str = "") -> list[Measured]:
        """Of every utterance since that moment or day (ISO 8601), the oldest first."""
        columns = "started, model, seconds, words, billed_seconds, repaired, sessions"
        query = f"SELECT {columns}, {', '.join(STAGES)} FROM measured WHERE started >= ? ORDER BY id"
        with _errors_told("read"):
            rows = self._connection.execute(query, (since,)).fetchall()
        return [
            Measured(
                started=row[0], model=row[1], seconds=row[2], words=row[3], billed_seconds=row[4],
                repaired=bool(row[5]), sessions=row[6], stages=_stages(row[7:]),
            )
            for row in rows
        ]  # fmt: skip

    def next_number(self) -> int:
        """Above every number that was ever in use and still has a line, or figures."""
        query = "SELECT max(coalesce((SELECT max(id) FROM utterance), 0), coalesce((SELECT max(id) FROM measured), 0))"
        with _errors_told("read"):
            (highest,) = self._connection.execute(query).fetchone()
        return int(highest) + 1

    def _select(self, rest: str, *values: int | str) -> list[Entry]:
        query = f"SELECT {_ENTRY}, {', '.join(STAGES)} FROM utterance LEFT JOIN measured USING (id) {rest}"
        with _errors_told("read"):
            rows = self._connection.execute(query, values).fetchall()
        return [Entry(*(*row[:8], bool(row[8]), _wishes(*row[9:11]), _stages(row[11:]))) for row in rows]

    # --- writing -----------------------------------------------------------------------------------------------

    def begin(self, number: int, started: datetime, engine: str, model: str = "", wishes: Wishes = AS_SET) -> None:
        moment = started.isoformat(timespec="milliseconds")
        languages = None if wishes.languages is None else " ".join(wishes.languages)
        with _errors_told("written"):
            self._connection.execute(
                "INSERT OR REPLACE INTO utterance (id, status, started, engine, languages, prompt) "
                "VALUES (?, 'recording', ?, ?, ?, ?)",
                (number, moment, engine, languages, wishes.prompt),
            )
            self._connection.execute(
                "INSERT OR IGNORE INTO measured (id, started, model) VALUES (?, ?, ?)", (number, moment, model)
            )

    def set_status(
        self,
        number: int,
        status: Status,
        *,
        seconds: float | None = None,
        text: str = "",
        error: str = "",
        repaired: bool = False,
    ) -> None:
        """Without `seconds` the length stays what it was."""
        with _errors_told("written"):
            self._connection.execute(
                "UPDATE utterance SET status = ?, seconds = coalesce(?, seconds), text = ?, error = ?, repaired = ? "
                "WHERE id = ?",
                (status, seconds, text, error, repaired, number),
            )

    def add_billed(self, number: int, seconds: int, model: str) -> None:
        with _errors_told("written"):
            self._connection.execute(
                "UPDATE utterance SET billed_seconds = billed_seconds + ? WHERE id = ?", (seconds, number)
            )
            self._connection.execute(
                "UPDATE measured SET billed_seconds = billed_seconds + ?, model = ? WHERE id = ?",
                (seconds, model, number),
            )

    def set_stages(self, number: int, stages: Stages, sessions: int) -> None:
        """A stage that is missing stays what it was; `sessions` are added."""
        assignments = ", ".join(f"{stage} = coalesce(?, {stage})" for stage in STAGES)
        with _errors_told("written"):
            self._connection.execute(
                f"UPDATE measured SET sessions = sessions + ?, {assignments} WHERE id = ?",
                (sessions, *(stages.get(stage) for stage in STAGES), number),
            )

    def set_figures(self, number: int, *, seconds: float, words: int, repaired: bool) -> None:
        with _errors_told("written"):
            self._connection.execute(
                "UPDATE measured SET seconds = ?, words = ?, repaired = ? WHERE id = ?",
                (seconds, words, repaired, number),
            )

    def forget_measured(self, before: str) -> None:
        """Of everything before that day (ISO 8601)."""
        with _errors_told("written"):
            self._connection.execute("DELETE FROM measured WHERE started < ?", (before,))

    def remove(self, number: int) -> None:
        with _errors_told("written"):
            self._connection.execute("DELETE FROM utterance WHERE id = ?", (number,))

    def interrupt_living(self) -> None:
        """At start: whatever was being recorded or finished when the program ended was interrupted."""
        with _errors_told("written"):
            self._connection.execute(
                "UPDATE utterance SET status = 'interrupted' WHERE status IN ('recording', 'finishing')"
            )

    def trim(self, keep: int) -> None:
        """Forget the oldest delivered transcripts beyond `keep`. What can be retried stays."""
        with _errors_told("written"):
            self._connection.execute(
                "DELETE FROM utterance WHERE status = 'delivered' AND id NOT IN "
                "(SELECT id FROM utterance WHERE status = 'delivered' ORDER BY id DESC LIMIT ?)",
                (keep,),
            )


_ENTRY = ", ".join(
    f"utterance.{column}"
    for column in (
        "id", "status", "text", "seconds", "started", "error", "engine", "billed_seconds", "repaired", "languages",
        "prompt",
    )
)  # fmt: skip


def _wishes(languages: str | None, prompt: str | None) -> Wishes:
    return Wishes(None if languages is None else tuple(languages.split()), prompt)


def _stages(values: Sequence[int | None]) -> Stages:
    reached: dict[Stage, int] = {}
    for stage, value in zip(STAGES, values, strict=True):
        if value is not None:
            reached[stage] = value
    return reached


def _connect(path: Path, readonly: bool) -> sqlite3.Connection:
    if readonly:
        return sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=1, isolation_level=None)
    path.touch(mode=0o600)
    os.chmod(path, 0o600)
    # Opened by the composition root, used by the controller's thread alone.
    return sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, readonly: bool) -> None:
    if not readonly:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        ((verdict,),) = connection.execute("PRAGMA quick_check(1)").fetchall()  # some milliseconds, once
        if verdict != "ok":
            raise DamagedHistory(f"The journal is damaged ({verdict}): move it away to begin a new one.")
    _bring_up_to_date(connection)
    if readonly:
        connection.execute("PRAGMA query_only = ON")


def _empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    return connection


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make the tables, and the columns that an older program's file lacks."""
    with closing(_empty()) as wanted:
        for table in TABLES:
            there = {column[1] for column in connection.execute(f"PRAGMA table_info({table})")}
            columns = wanted.execute(f"PRAGMA table_info({table})").fetchall()
            missing = [column for column in columns if column[1] not in there]
            if not there:
                connection.executescript(SCHEMA)
            elif missing:
                for _, name, kind, needed, default, _ in missing:
                    rule = f"NOT NULL DEFAULT {default or repr('')}" if needed else ""
                    connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind} {rule}")


@contextmanager
def _errors_told(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise HistoryError(f"The journal cannot be {what} ({error}): is the disk full?") from error
