"""The program's limits of time: on a machine that is busy with other tests, everybody may be seconds late."""

from __future__ import annotations

import pytest

from conftest import SYSTEM

PATIENCE_SECONDS = 15.0
LIMITS = {
    "former.READ_SECONDS": PATIENCE_SECONDS,
    "reading.READ_SECONDS": PATIENCE_SECONDS,
    "delivery.READ_SECONDS": PATIENCE_SECONDS,
    "wayland_delivery.READ_SECONDS": PATIENCE_SECONDS,
    "delivery.RECEIPT_SECONDS": PATIENCE_SECONDS,
    "wayland_delivery.RECEIPT_SECONDS": PATIENCE_SECONDS,
    "waits.MODIFIER_SECONDS": PATIENCE_SECONDS,
    "portal_keyboard._OPEN_SECONDS": PATIENCE_SECONDS,
}
"""What is waited for: the clipboard's owner, the window, the user who holds a modifier, the desktop's permission."""


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that is about a limit asks for `usual_limits`."""
    if SYSTEM == "linux" and "usual_limits" not in request.fixturenames:
        for name, seconds in LIMITS.items():
            monkeypatch.setattr(f"utterkey.insertion.{name}", seconds)


@pytest.fixture
def usual_limits() -> None:
    """Those of the program."""
