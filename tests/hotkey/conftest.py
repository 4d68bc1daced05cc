"""Mechanisms under test: started on the test's desktop, closed after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from desktop import Desktop
from hotkey.posted import Posted
from utterkey.hotkey import Hotkeys, choose
from utterkey.settings import HotkeySettings


@pytest.fixture
def posted() -> Posted:
    return Posted()


@pytest.fixture
def start(x11: Desktop, posted: Posted) -> Iterator[Callable[[HotkeySettings], Hotkeys]]:
    """Start what the settings ask for."""
    with ExitStack() as started:
        yield lambda settings: started.enter_context(closing(choose(settings, posted)))
