"""The disk fills up in the middle of a dictation.

To a process that may not write files beyond a size a disk is full that has so much room for each: the first part of a
write is taken, and then nothing, for whoever runs it and without a file system of one's own.
"""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from desktop import Desktop, Target, await_true
from program import Program, say_to
from service import Policy, Service

WORDS = ((300, 600, "Hello"), (700, 1100, "there"), (1200, 1500, "everybody."), (1600, 1900, "Bye."))
TEXT = "Hello there everybody. Bye."
USUAL = Policy(final_delay_s=0.1, termination_delay_s=0.1)


def room(program: Program, size: int) -> None:
    """How large files may become; -1 is any size."""
    resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (size, -1))


def recording(desktop: Desktop) -> Path | None:
    return next(Path(desktop.environment["XDG_STATE_HOME"]).rglob("*.wav"), None)


def dictate(desktop: Desktop, service: Service, meanwhile: Callable[[], None] = lambda: None) -> None:
    number = len(service.sessions) + 1
    desktop.key_down("F9")
    session = service.wait_session(number)
    session.wait_audio(800)
    meanwhile()
    session.wait_audio(2100)
    desktop.key_up("F9")


def statuses(desktop: Desktop) -> list[tuple[str, str]]:
    entries = json.loads(say_to(desktop, "history", "--json").stdout)
    return [(entry["status"], entry["text"]) for entry in entries]


@pytest.mark.parametrize("journal", ["the journal too", "only the audio"])
def test_the_disk_fills_up(desktop: Desktop, target: Target, journal: str) -> None:
    """What was said arrives all the same, and so does the next; the user is told; then there is room again."""

    def fills_up() -> None:
        await_true(lambda: recording(desktop), 5, "a recording")
        audio = recording(desktop)
        assert audio is not None
        room(program, 3000 if journal == "the journal too" else max(audio.stat().st_size, 40_000))

    with (
        Service(WORDS, policy=USUAL) as service,
        Program(
            desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, output={"sentence": "keep"}
        ) as program,
    ):
        dictate(desktop, service, fills_up)
        await_true(lambda: "kept in memory only" in program.log(), 5, "a sentence about the recording")
        target.wait_text(f"{TEXT} ")
        program.wait_state("idle")
        dictate(desktop, service)
        target.wait_text(f"{TEXT} " * 2)
        program.wait_state("idle")
        if journal == "the journal too":
            await_true(lambda: "The journal cannot be written" in program.log(), 5, "a sentence about the journal")
        assert say_to(desktop, "last", "--copy").returncode == 0
        await_true(
            lambda: desktop.clipboard() == TEXT, 5, "the last transcript, which the daemon has if no disk has it"
        )
        room(program, -1)
        dictate(desktop, service)
        target.wait_text(f"{TEXT} " * 3)
        await_true(lambda: statuses(desktop) == [("delivered", TEXT)] * 3, 5, "all three in the history")
        assert "Traceback" not in program.log()
        assert recording(desktop) is None, "delivered audio is deleted"
        assert program.quit() == 0
    (file,) = Path(desktop.environment["XDG_STATE_HOME"]).rglob("history.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
