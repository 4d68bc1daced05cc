"""`config set hotkey.key --press`: the hotkey is chosen by pressing it, while a running daemon listens for none."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from utterkey import hotkey
from utterkey.cli.terminal import remark
from utterkey.control import client
from utterkey.errors import DaemonError, DaemonNotRunning

_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Windows has no SIGHUP."""


def by_pressing() -> str:
    """The key's name, as the settings write it. Raises `HotkeyError` if none was chosen."""
    with _daemon_paused():
        return hotkey.choose_by_pressing(lambda: remark(hotkey.PROMPT))


@contextmanager
def _daemon_paused() -> Iterator[None]:
    """Keep a running daemon from taking what is pressed for a dictation. However this ends, it listens again."""
    try:
        paused_by_us = client.ask({"do": "status"})["state"] != "paused"
    except DaemonNotRunning:
        yield
        return
    before = [(number, signal.signal(number, _end)) for number in _ENDS]
    try:
        if paused_by_us:
            client.ask({"do": "pause"})
        yield
    finally:
        if paused_by_us:
            _resume()
        for number, action in before:
            signal.signal(number, action)


def _resume() -> None:
    try:
        client.ask({"do": "resume"})
    except DaemonError as error:  # it was ended meanwhile
        remark(f"utterkey: {error}")


def _end(number: int, _frame: FrameType | None) -> None:
    """Told to go, or the terminal was closed: by way of everything that has to be put right."""
    raise SystemExit(128 + number)
