"""What a process needs that is another Python with our own sources."""

import os
import subprocess
import sys
from pathlib import Path

import utterkey

NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # exists on Windows only


def bundle() -> str | None:
    """The program of the bundle that this is, None if it is none. On Windows a bundle has two: the one that talks to a
    console, and the daemon's, `utterkeyw`, for which Windows opens none.
    """
    if not getattr(sys, "frozen", False):
        return None
    own = Path(sys.executable)
    return str(own.with_name("utterkey.exe") if own.name == "utterkeyw.exe" else own)


def command(module: str) -> list[str]:
    """How to start one of our modules as a program of its own, without the working directory in its way."""
    if bundled := bundle():  # it knows -m and no other flag: packaging/bundled.py
        return [bundled, "-m", module]
    return [sys.executable, "-P", "-m", module]


def environment() -> dict[str, str]:
    """Ours, with the way to our sources."""
    root = str(Path(utterkey.__file__).parents[1])
    search = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": search}
