"""What is started at login, and what the systems' ways of doing so have in common."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from utterkey import child

APP_ID = "io.github.utterkey.Utterkey"
"""The name of the desktop entry, by which portals and desktops know the program: it must never change."""


@dataclass(frozen=True, slots=True)
class Autostart:
    """`path` is the file that decides, "" if there is none; `problem` why it does not work although it is there."""

    on: bool
    path: str = ""
    problem: str = ""


def command() -> list[str]:
    """How this very installation starts its daemon, whatever PATH is at login."""
    return [*program(), "run"]


def program() -> list[str]:
    """How to start this very installation, whatever PATH is."""
    if bundled := child.bundle():
        return [bundled]
    beside = Path(sys.executable).with_name("utterkey")
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "utterkey"]


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")  # desktops read files that end in .desktop only
    try:
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    except BaseException:
        with suppress(FileNotFoundError):
            new.unlink()
        raise
