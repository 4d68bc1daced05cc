"""What the tests of the whole program share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop import Desktop, Target


@pytest.fixture
def target(desktop: Desktop, room: None) -> Iterator[Target]:
    """A window of another program that has the focus."""
    window = desktop.open_target("tk")
    yield window
    window.close()
