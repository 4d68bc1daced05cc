"""The overlay of the whole program: there while somebody dictates, in nobody's way, and not before it is sure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop import Desktop, Target, await_true
from overlay.seen import Eyes, colours_of
from program import Program
from service import Policy, Service
from utterkey.overlay import OFF
from utterkey.overlay.picture import BAR
from utterkey.overlay.scene import BARS, DARK
from utterkey.overlay.x11_window import MARGIN

pytestmark = pytest.mark.system("linux")

WORDS = ((100, 200, "Hello"), (300, 400, "there"), (500, 600, "dear"), (700, 800, "friends."))
SPOKEN = "Hello there dear friends. "
USUAL = Policy(begin_delay_s=0.05, final_delay_s=0.2, termination_delay_s=0.3)


FLAT = BARS * BAR * BAR
"""So many pixels a meter has in silence."""


@pytest.fixture
def target(desktop: Desktop) -> Iterator[Target]:
    hiss = desktop.folder / "hiss.wav"
    desktop.run(
        ["sox", "-n", "-r", "16000", "-b", "16", "-c", "1", str(hiss), "synth", "60", "whitenoise", "vol", "0.1"]
    )
    desktop.speak(hiss)
    window = desktop.open_target("tk")
    yield window
    window.close()


@pytest.fixture
def eyes(desktop: Desktop, tmp_path: Path) -> Iterator[Eyes]:
    eyes = Eyes(desktop, tmp_path / "screen.png")
    yield eyes
    eyes.close()


def meter_pixels(eyes: Eyes) -> int:
    return sum(count for count, colour in eyes.card().getcolors(1 << 20) or () if colour == DARK.meter)


def test_keys_typed_while_it_is_shown_reach_the_window(desktop: Desktop, target: Target, eyes: Eyes) -> None:
    with (
        Service(WORDS, policy=USUAL) as service,
        Program(desktop, hotkey={"key": "f9", "mode": "toggle"}, service={"endpoint": service.url}),
    ):
        focused = [desktop.focused_window()]
        desktop.tap("F9")
        service.wait_session(1).wait_audio(1000)
        await_true(lambda: eyes.window() is not None, 5, "the overlay")
        await_true(lambda: DARK.open in colours_of(eyes.card()), 5, "words")
        await_true(lambda: meter_pixels(eyes) > 2 * FLAT, 5, "the level of the microphone")
        desktop.type_text("typed while it is shown, ")
        target.wait_text("typed while it is shown, ")
        focused.append(desktop.focused_window())
        desktop.tap("F9")
        target.wait_text("typed while it is shown, " + SPOKEN)
        eyes.await_gone()
        focused.append(desktop.focused_window())
        assert focused == [target.window] * 3


def test_a_lone_modifier_shows_it_when_it_is_a_dictation(desktop: Desktop, target: Target, eyes: Eyes) -> None:
    with Service(WORDS, policy=USUAL) as service, Program(desktop, service={"endpoint": service.url}) as program:
        eyes.watch()
        desktop.tap("Control_R", "c")  # in one go: were this process held up in between, it would be a dictation
        program.wait_state("idle")
        assert eyes.appearances() == 0, "a shortcut shows nothing"
        pressed = time.monotonic()
        desktop.key_down("Control_R")
        await_true(lambda: eyes.appearances() == 1, 5, "the overlay")
        assert time.monotonic() - pressed >= 0.2
        desktop.key_up("Control_R")
        eyes.await_gone()


def test_it_is_switched_on_and_moved_while_the_daemon_runs(desktop: Desktop, target: Target, eyes: Eyes) -> None:
    file = desktop.folder / "settings.toml"
    with (
        Service(WORDS, policy=USUAL) as service,
        Program(
            desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, overlay={"show": False, "position": "top"}
        ) as program,
    ):
        eyes.watch()
        desktop.key_down("F9")
        service.wait_session(1).wait_audio(1000)
        desktop.key_up("F9")
        target.wait_text(SPOKEN)
        program.wait_state("idle")
        assert eyes.appearances() == 0
        assert program.status()["overlay"] == OFF
        file.write_text(file.read_text().replace("show = false", "show = true"))
        await_true(lambda: program.status()["settings"]["overlay.show"] is True, 10, "the setting")
        assert program.status()["overlay"] == "X11"
        desktop.key_down("F9")
        await_true(lambda: eyes.window() is not None, 5, "the overlay")
        assert eyes.box()[1] == MARGIN
        desktop.key_up("F9")
        eyes.await_gone()
