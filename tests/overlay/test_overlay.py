"""Which overlay is chosen, and why there may be none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from desktop import Desktop
from utterkey.dictation.view import View
from utterkey.overlay import OFF, choose
from utterkey.settings import OverlaySettings

pytestmark = pytest.mark.system("linux")


def silence() -> int:
    return -99


def test_without_a_display_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    found = choose(OverlaySettings(), silence, None, lambda _: None)
    assert found.name == ""
    assert "DISPLAY" in found.problem
    found.show(View(state="recording"))
    found.close()


def test_it_can_be_switched_off(x11: Desktop) -> None:
    found = choose(OverlaySettings(show=False), silence, None, lambda _: None)
    assert (found.name, found.problem) == ("", OFF)


def test_a_display_is_enough_whatever_else_is_there(x11: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
    found = choose(OverlaySettings(), silence, None, lambda _: None)
    assert found.name == "X11"
    found.close()


def test_pillow_is_not_loaded_before_there_is_something_to_show(x11: Desktop) -> None:
    script = (
        "import sys; from utterkey.overlay import choose; from utterkey.settings import OverlaySettings;"
        "found = choose(OverlaySettings(), lambda: -99, None, print); print(found.name, 'PIL' in sys.modules);"
        "found.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={**x11.environment, "PYTHONPATH": "daemon"}, capture_output=True, timeout=20
    )
    assert done.stdout == b"X11 False\n"
