"""The overlay on a Wayland compositor, through XWayland: seen, and without the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from Xlib.error import xerror_class
from Xlib.protocol import display, event

from desktop import await_true
from overlay.seen import SCENES, Eyes, play, save, voice
from sway import Sway
from utterkey.dictation.events import Event
from utterkey.dictation.view import View
from utterkey.overlay import Overlay, choose
from utterkey.overlay import x11 as x11_overlay
from utterkey.overlay.picture import WIDTH
from utterkey.overlay.x11_window import MARGIN
from utterkey.settings import OverlaySettings

pytestmark = pytest.mark.system("linux")

GROUND = (0x20, 0x30, 0x40)
WIDE, TALL = 1280, 720


@pytest.fixture(autouse=True)
def another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-xlib keeps the numbers of extension events for all servers together; XWayland's are not Xvfb's."""
    monkeypatch.setattr(display.Display, "event_classes", event.event_class.copy())
    monkeypatch.setattr(display.Display, "error_classes", xerror_class.copy())


@pytest.fixture
def sway(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sway]:
    """A Wayland desktop with XWayland, nothing else."""
    with Sway(audio=False, bus=False) as desktop:
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.setenv(name, desktop.environment[name])
        yield desktop


@pytest.fixture
def overlay(sway: Sway) -> Iterator[Overlay]:
    found = choose(OverlaySettings(theme="dark"), voice, None, fail)
    assert (found.name, found.problem) == ("X11", "")
    yield found
    found.close()


@pytest.fixture
def eyes(overlay: Overlay, sway: Sway, tmp_path: Path) -> Iterator[Eyes]:
    """After the overlay: the compositor starts XWayland with the first connection."""
    eyes = Eyes(sway, tmp_path / "screen.png")
    yield eyes
    eyes.close()


def fail(event: Event) -> None:
    raise AssertionError(f"the overlay told {event}")


def test_every_scene_is_seen(sway: Sway, eyes: Eyes, overlay: Overlay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x11_overlay, "NOTICE_SECONDS", 60.0)  # to look at it takes a busy machine seconds
    for name, shown in SCENES.items():
        play(overlay, shown)
        eyes.await_shown(shown, GROUND)
        left, top, width, height = eyes.box()
        assert (width, left, top + height) == (WIDTH, (WIDE - WIDTH) // 2, TALL - MARGIN)
        save(eyes.screen().crop((left - 40, top - 40, left + width + 40, TALL - MARGIN + 40)), f"sway-{name}")
        overlay.show(View(state="recording"))  # each scene is of a dictation of its own
        overlay.show(View())
        eyes.await_gone()


def test_it_takes_neither_focus_nor_keys(sway: Sway, eyes: Eyes, overlay: Overlay) -> None:
    target = sway.open_target("foot")
    focused = [sway.focused_window()]
    play(overlay, SCENES["partial"])
    await_true(lambda: eyes.window() is not None, 10, "the overlay")
    focused.append(sway.focused_window())
    sway.run(["wtype", "-s", "50", "typed while it is shown"])
    target.wait_text("typed while it is shown")
    focused.append(sway.focused_window())
    overlay.show(View())
    eyes.await_gone()
    focused.append(sway.focused_window())
    assert focused == [target.window] * 4
