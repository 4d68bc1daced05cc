"""An X server with nothing on it, for a test to end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from virtual_desktop import end


@contextmanager
def bare_x_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """Its number is its own. A server is else given the lowest that is free, so one that another test starts just then
    would answer in the place of the one that has ended."""
    arguments = ["Xvfb", f":{1000 + os.getpid()}", "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    server = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        output: IO[bytes] | None = server.stdout
        assert output is not None
        with output:
            monkeypatch.setenv("DISPLAY", f":{int(output.readline())}")
        yield server
    finally:
        end(server)
