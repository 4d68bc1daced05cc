"""Starts a dictator (dictator.py) and ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]


@contextmanager
def dictator(url: str, folder: Path, mode: str, count: int) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, "-m", "nothing_lost.dictator", url, str(folder), mode, str(count)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent / "daemon")])}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def report(url: str, folder: Path, mode: str, count: int) -> dict[str, Any]:
    """What a dictator tells at its end."""
    with dictator(url, folder, mode, count) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        assert process.wait(30) == 0
    found: dict[str, Any] = json.loads(said)
    return found
