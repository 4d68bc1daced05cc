"""The overlay on a real X11 desktop, with and without a compositor: seen, and in nobody's way.

The pictures are left in tests/artefacts/overlay; two of them are in the README.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from Xlib import X, Xatom
from Xlib.display import Display

from asleep import Sleeper
from desktop import Desktop, await_true
from overlay.seen import LISTENING, SCENES, Eyes, colours_of, play, save, voice
from utterkey.desktop.x11 import Connection
from utterkey.dictation.events import Event, PartFailed
from utterkey.dictation.view import View
from utterkey.errors import OverlayError
from utterkey.overlay import Overlay, choose
from utterkey.overlay import x11 as x11_overlay
from utterkey.overlay.picture import HEADER, WIDTH
from utterkey.overlay.scene import DARK, LIGHT, NOTICE_SECONDS, Scene
from utterkey.overlay.theme import Theme
from utterkey.overlay.x11 import _Stage
from utterkey.overlay.x11_window import MARGIN, OverlayWindow, Screen
from utterkey.settings import OverlaySettings

pytestmark = pytest.mark.system("linux")

GROUND = (91, 125, 154)
WIDE, TALL = 1280, 800
SETTINGS = OverlaySettings(theme="dark")


@pytest.fixture(params=["plain", "picom"])
def stage(request: pytest.FixtureRequest, x11: Desktop) -> Desktop:
    """An empty desktop of one colour."""
    if request.param == "picom":
        start_picom(x11)
    return x11


def start_picom(desktop: Desktop) -> None:
    display = Display(desktop.display)
    desktop.start(["picom", "--config", "/dev/null", "--backend", "xrender"])
    manager = display.intern_atom("_NET_WM_CM_S0")
    await_true(lambda: not isinstance(display.get_selection_owner(manager), int), 20, "a compositor")
    display.close()


@pytest.fixture
def eyes(x11: Desktop, tmp_path: Path) -> Iterator[Eyes]:
    eyes = Eyes(x11, tmp_path / "screen.png")
    yield eyes
    eyes.close()


@pytest.fixture
def overlay(x11: Desktop) -> Iterator[Overlay]:
    found = choose(SETTINGS, voice, None, fail)
    assert (found.name, found.problem) == ("X11", "")
    yield found
    found.close()


def fail(event: Event) -> None:
    raise AssertionError(f"the overlay told {event}")


class Ground:
    """A window of one colour below the overlay, which tells the clicks that it gets."""

    def __init__(self, desktop: Desktop) -> None:
        self._display = Display(desktop.display)
        red, green, blue = GROUND
        window = self._display.screen().root.create_window(
            0, 0, WIDE, TALL, 0, X.CopyFromParent,
            override_redirect=True, background_pixel=red << 16 | green << 8 | blue, event_mask=X.ButtonPressMask,
        )  # fmt: skip
        self._clicks: list[tuple[int, int]] = []
        window.map()
        self._display.sync()

    def clicks(self) -> list[tuple[int, int]]:
        """Where, so far."""
        for _ in range(self._display.pending_events()):
            event = self._display.next_event()
            if event.type == X.ButtonPress:
                self._clicks.append((event.root_x, event.root_y))
        return self._clicks

    def close(self) -> None:
        self._display.close()


@pytest.fixture
def ground(stage: Desktop) -> Iterator[Ground]:
    ground = Ground(stage)
    yield ground
    ground.close()


def test_every_scene_is_seen(
    stage: Desktop,
    ground: Ground,
    eyes: Eyes,
    overlay: Overlay,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(x11_overlay, "NOTICE_SECONDS", 60.0)  # to look at it takes a busy machine seconds
    kind = request.node.callspec.id
    for name, shown in SCENES.items():
        play(overlay, shown)
        card = eyes.await_shown(shown, GROUND)
        left, top, width, height = eyes.box()
        assert (width, left, top + height) == (WIDTH, (WIDE - WIDTH) // 2, TALL - MARGIN)
        if kind == "picom":
            edge = colours_of(card.crop((0, 0, 6, 6)))
            assert any(DARK.rim[2] < blue < GROUND[2] for _, _, blue in edge), "the edge is half transparent"
        save(eyes.screen().crop((left - 40, top - 40, left + width + 40, TALL - MARGIN + 40)), f"{kind}-{name}")
        overlay.show(View(state="recording"))  # each scene is of a dictation of its own
        overlay.show(View())
        eyes.await_gone()


def test_it_takes_no_focus_no_keys_and_no_clicks(stage: Desktop, ground: Ground, eyes: Eyes, overlay: Overlay) -> None:
    target = stage.open_target("tk")
    focused = [stage.focused_window()]
    play(overlay, SCENES["partial"])
    eyes.await_shown(SCENES["partial"])
    focused.append(stage.focused_window())
    stage.type_text("typed while it is shown")
    target.wait_text("typed while it is shown")
    left, top, width, height = eyes.box()
    places = [(left + width // 2, top + height // 2), (left + 40, top + 20), (left + 1, top + 1)]
    for place in places:
        stage.point_at(*place)
        stage.button_down(1)
        stage.button_up(1)
    await_true(lambda: ground.clicks() == places, 5, "the clicks below")
    focused.append(stage.focused_window())
    overlay.show(View())
    eyes.await_gone()
    focused.append(stage.focused_window())
    assert focused == [target.window] * 4


def test_no_taskbar_lists_it(x11: Desktop, eyes: Eyes, overlay: Overlay) -> None:
    play(overlay, SCENES["partial"])
    eyes.await_shown(SCENES["partial"])
    window = eyes.window()
    assert window is not None
    display = Display(x11.display)
    try:
        listed = display.screen().root.get_full_property(display.intern_atom("_NET_CLIENT_LIST"), Xatom.WINDOW)
        assert listed is not None
        assert window.id not in listed.value
        assert window.get_attributes().override_redirect
    finally:
        display.close()


def test_partials_are_replaced_in_place(x11: Desktop, eyes: Eyes, overlay: Overlay) -> None:
    """After a hundred views it looks as if it had shown the last one only."""
    words = [f"word{number}" for number in range(30)]
    for number in range(100):
        text = " ".join(words[: number % 30])
        overlay.show(replace(LISTENING, partial=text, settled=text[: len(text) // 2].rpartition(" ")[0]))
    for shown in (SCENES["two-turns"], SCENES["partial"]):
        play(overlay, shown)
        card = eyes.await_shown(shown)
    other = choose(SETTINGS, voice, None, fail)
    overlay.show(View())
    eyes.await_gone()
    play(other, SCENES["partial"])
    below_header = (0, HEADER, WIDTH, card.height)
    assert eyes.await_shown(SCENES["partial"]).crop(below_header).tobytes() == card.crop(below_header).tobytes()
    other.close()


@pytest.mark.parametrize("side", ["left", "right"])
def test_it_is_on_the_monitor_of_the_focused_window(x11: Desktop, eyes: Eyes, overlay: Overlay, side: str) -> None:
    x11.run(["xrandr", "--setmonitor", "left", "700/185x800/211+0+0", "screen"])
    x11.run(["xrandr", "--setmonitor", "right", "580/153x800/211+700+0", "none"])
    target = x11.open_target("xterm")
    x = 10 if side == "left" else 740
    x11.run(["xdotool", "windowmove", "--sync", str(target.window), str(x), "100"])
    play(overlay, SCENES["partial"])
    eyes.await_shown(SCENES["partial"])
    left, _, width, _ = eyes.box()
    assert left + width // 2 == (350 if side == "left" else 990)


def test_it_follows_the_scale_of_the_desktop(x11: Desktop, eyes: Eyes, overlay: Overlay) -> None:
    display = Display(x11.display)
    display.screen().root.change_property(
        Xatom.RESOURCE_MANAGER, Xatom.STRING, 8, b"Xft.antialias:\t1\nXft.dpi:\t192\n"
    )
    display.sync()
    display.close()
    play(overlay, SCENES["waiting"])
    await_true(lambda: eyes.window() is not None, 10, "the overlay")
    left, top, width, height = eyes.box()
    assert (width, height) == (2 * WIDTH, 2 * HEADER)
    assert (left + width // 2, top + height) == (WIDE // 2, TALL - 2 * MARGIN)


def test_it_can_stand_at_the_top_and_be_light(x11: Desktop, eyes: Eyes) -> None:
    overlay = choose(OverlaySettings(position="top", theme="light"), voice, None, fail)
    play(overlay, SCENES["waiting"])
    await_true(lambda: eyes.window() is not None, 10, "the overlay")
    assert eyes.box()[1] == MARGIN
    assert LIGHT.card in colours_of(eyes.card())
    overlay.close()


def test_at_rest_there_is_no_window_and_no_thread_awake(x11: Desktop, eyes: Eyes, overlay: Overlay) -> None:
    play(overlay, SCENES["partial"])
    eyes.await_shown(SCENES["partial"])
    overlay.show(View())
    eyes.await_gone()
    thread = Sleeper("overlay")
    thread.await_rest()
    before = thread.switches()
    for _ in range(20):
        overlay.show(View(recent=("nothing that is to be seen",)))
    overlay.show(View(state="paused"))
    threading.Event().wait(0.5)
    assert thread.switches() == before


def test_at_most_twenty_pictures_a_second_and_only_on_change(x11: Desktop) -> None:
    """By the clock that is given to it: 2 s in which everything changes all the time, and 2 s in which nothing does."""
    heard: list[int] = []

    def level() -> int:
        heard.append(len(heard))  # it is asked once for each picture while somebody speaks
        return -60

    connection = Connection(OverlayError)
    stage = _Stage(Screen(connection.display), SETTINGS, Theme("dark", None), level)
    for step in range(2000):
        text = " ".join(["word"] * (step % 50))
        stage.play(Scene(look="listening", title="Listening", open=text), step / 1000)
    assert 30 <= len(heard) <= 42
    scene, due = Scene(look="finishing", title="Finishing …"), []
    for step in range(2000, 4000):
        due.append(stage.play(scene, step / 1000))
    assert due[-1] is None, "nothing is drawn and nothing is waited for"
    notice = Scene(look="notice", title="That did not work")
    assert stage.play(notice, 4.0) == NOTICE_SECONDS
    assert stage.play(notice, 4.0 + NOTICE_SECONDS) is None
    assert stage.play(replace(notice, number=2), 5.0 + NOTICE_SECONDS) == NOTICE_SECONDS, "the same trouble again"
    connection.close()


def test_words_that_keep_changing_are_drawn_while_finishing(x11: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock that is given to it: a word every 40 ms, as when what was lost is sent again."""
    painted: list[float] = []
    now = 0.0
    monkeypatch.setattr(OverlayWindow, "paint", lambda *_: painted.append(now))
    connection = Connection(OverlayError)
    stage = _Stage(Screen(connection.display), SETTINGS, Theme("dark", None), voice)
    stage.play(Scene(look="listening", title="Listening"), now)
    finishing = Scene(look="finishing", title="Finishing …")
    for step in range(50):
        for part in range(4):  # it looks again when it said that there may be more to draw
            now = 1 + (4 * step + part) / 100
            stage.play(replace(finishing, settled=" ".join(["word"] * step)), now)
    connection.close()
    later = [at - 1 for at in painted if at >= 1]
    assert later[0] <= 0.07, "the first once the passing is over"
    assert len(later) >= 30
    assert all(later - earlier >= 0.0499 for earlier, later in pairwise(later)), "and at most 20 a second"


def test_a_notice_goes_by_itself(x11: Desktop, eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x11_overlay, "NOTICE_SECONDS", 0.5)
    overlay = choose(SETTINGS, voice, None, fail)
    eyes.watch()
    play(overlay, SCENES["kept"])
    await_true(lambda: eyes.appearances() == 1, 10, "the notice")
    eyes.await_gone()
    play(overlay, SCENES["partial"])
    eyes.await_shown(SCENES["partial"])
    overlay.close()


def test_a_connection_that_is_killed_is_told(x11: Desktop, eyes: Eyes) -> None:
    told: list[Event] = []
    overlay = choose(SETTINGS, voice, None, told.append)
    play(overlay, SCENES["partial"])
    eyes.await_shown(SCENES["partial"])
    window = eyes.window()
    assert window is not None
    window.kill_client()
    eyes.window()  # a round trip: it is sent
    overlay.show(View())
    await_true(lambda: told, 10, "the end of the connection")
    (event,) = told
    assert isinstance(event, PartFailed)
    assert overlay.problem == str(event.error)
    overlay.show(LISTENING)
    overlay.close()
