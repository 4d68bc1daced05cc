"""The icon in a real XEmbed tray, and among those who never were one."""

from __future__ import annotations

import subprocess
import threading

import psutil
import pytest
from PIL import Image, ImageGrab
from Xlib import X
from Xlib.display import Display
from Xlib.xobject.drawable import Window

from desktop import Desktop, await_true, end
from panels import Clicks, await_icon, await_no_icon, open_files
from utterkey.dictation.events import PartFailed, ResumeRequested, Toggled
from utterkey.dictation.view import State, View
from utterkey.errors import TrayError
from utterkey.tray.xembed import NO_TRAY, XEmbedTray

pytestmark = pytest.mark.system("linux")

STATES: tuple[State, ...] = ("idle", "recording", "finishing", "paused")
TRAYERS_GREY = (220, 218, 213)


@pytest.fixture
def clicks() -> Clicks:
    return Clicks()


def start_trayer(desktop: Desktop, *look: str) -> subprocess.Popen[bytes]:
    trayer = desktop.start(["trayer", "--edge", "top", "--align", "right", "--widthtype", "request", *look])
    await_true(lambda: has_tray(desktop), 20, "the tray")
    return trayer


def has_tray(desktop: Desktop) -> bool:
    return desktop.selection_owner("_net_system_tray_s0") != X.NONE


def press(desktop: Desktop, place: tuple[int, int], button: int) -> None:
    desktop.point_at(*place)
    desktop.button_down(button)
    desktop.button_up(button)


def test_a_tray_that_comes_later_gets_the_icon(x11: Desktop, clicks: Clicks) -> None:
    changes = threading.Semaphore(0)
    tray = XEmbedTray(clicks.post, changes.release)
    assert changes.acquire(timeout=5)
    assert tray.problem == NO_TRAY
    tray.show(View(state="recording"))
    start_trayer(x11)
    assert changes.acquire(timeout=10)
    assert tray.problem == ""
    await_icon(x11.display, "recording")
    tray.close()


def test_the_icon_is_taken_away_and_put_back(x11: Desktop, clicks: Clicks) -> None:
    """As where a panel shows it with its menu meanwhile; a new tray changes nothing about that."""
    trayer = start_trayer(x11)
    tray = XEmbedTray(clicks.post)
    tray.show(View(state="recording"))
    await_icon(x11.display, "recording")
    tray.want(False)
    await_no_icon(x11.display, "recording")
    end(trayer)
    start_trayer(x11)
    assert tray.problem == NO_TRAY
    tray.want(True)
    await_icon(x11.display, "recording")
    tray.close()


def test_without_a_display_there_is_none(monkeypatch: pytest.MonkeyPatch, clicks: Clicks) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(TrayError, match="DISPLAY"):
        XEmbedTray(clicks.post)


def test_each_state_is_seen_and_a_click_toggles(x11: Desktop, clicks: Clicks) -> None:
    start_trayer(x11)
    tray = XEmbedTray(clicks.post)
    tray.show(View(state="recording"))
    place = await_icon(x11.display, "recording")
    tray.show(View(state="finishing"))
    await_icon(x11.display, "finishing", place)
    tray.show(View(last_error="No microphone."))
    await_icon(x11.display, "attention", place)
    tray.show(View())
    await_icon(x11.display, "idle", place)
    for other in (2, 3, 4):
        press(x11, place, other)
    press(x11, place, 1)
    assert clicks.next() == Toggled()
    tray.show(View(state="paused"))
    await_icon(x11.display, "paused", place)
    press(x11, place, 1)
    assert clicks.next() == ResumeRequested()
    assert clicks.none()
    tray.close()
    await_no_icon(x11.display, "paused")


def test_the_panels_own_background_is_behind_the_icon(x11: Desktop, clicks: Clicks) -> None:
    start_trayer(x11)
    tray = XEmbedTray(clicks.post)
    tray.show(View(state="recording"))
    x, y = await_icon(x11.display, "recording")
    screen = ImageGrab.grab(xdisplay=x11.display).convert("RGB")
    assert screen.getpixel((x - 9, y - 9)) == screen.getpixel((x + 9, y + 9)) == TRAYERS_GREY
    tray.close()


def test_a_see_through_tray_gets_a_see_through_icon(x11: Desktop, clicks: Clicks) -> None:
    """Trays for composited desktops give a visual with an alpha channel, whose colours are multiplied by it."""
    display = Display()
    try:
        window = own_see_through_tray(display)
        tray = XEmbedTray(clicks.post)
        tray.show(View(state="recording"))
        icon = dock_next(display, window)
        image = await_painted(icon)
        assert image.getpixel((0, 0)) == (0, 0, 0, 0)
        assert image.getpixel((4, 12)) == (214, 40, 40, 255)
        assert all(colour <= alpha for *colours, alpha in pixels(image) for colour in colours)
        tray.close()
    finally:
        display.close()


def own_see_through_tray(display: Display) -> Window:
    screen = display.screen()
    visual = next(depth.visuals[0].visual_id for depth in screen.allowed_depths if depth.depth == 32)
    colormap = screen.root.create_colormap(visual, X.AllocNone)
    window: Window = screen.root.create_window(
        0, 0, 24, 24, 0, 32, X.InputOutput, visual, colormap=colormap, border_pixel=0, background_pixel=0
    )
    name = display.intern_atom("_NET_SYSTEM_TRAY_VISUAL")
    window.change_property(name, display.intern_atom("VISUALID"), 32, [visual])
    window.set_selection_owner(display.intern_atom("_NET_SYSTEM_TRAY_S0"), X.CurrentTime)
    window.change_attributes(override_redirect=True)
    window.map()
    display.sync()
    return window


def dock_next(display: Display, tray: Window) -> Window:
    while True:
        event = display.next_event()
        if event.type == X.ClientMessage:
            icon: Window = display.create_resource_object("window", event.data[1][2])
            icon.reparent(tray.id, 0, 0)
            icon.map()
            display.sync()
            return icon


def await_painted(icon: Window) -> Image.Image:
    images: list[Image.Image] = []

    def painted() -> bool:
        data = icon.get_image(0, 0, 22, 22, X.ZPixmap, 0xFFFFFFFF).data
        images.append(Image.frombytes("RGBA", (22, 22), data, "raw", "BGRA"))
        return images[-1].getpixel((12, 12)) != (0, 0, 0, 0)

    await_true(painted, 5, "the icon painted", every=0.02)
    return images[-1]


def pixels(image: Image.Image) -> list[tuple[int, ...]]:
    data = image.tobytes()
    return [tuple(data[start : start + 4]) for start in range(0, len(data), 4)]


def test_the_icon_returns_with_the_next_tray(x11: Desktop, clicks: Clicks) -> None:
    trayer = start_trayer(x11)
    tray = XEmbedTray(clicks.post)
    tray.show(View(state="recording"))
    await_icon(x11.display, "recording")
    for _ in range(3):
        end(trayer)
        await_true(lambda: tray.problem == NO_TRAY, 10, "the tray's end noticed")
        trayer = start_trayer(x11)
        place = await_icon(x11.display, "recording")
        assert tray.problem == ""
    press(x11, place, 1)
    assert clicks.next() == Toggled()
    tray.close()


def test_a_thousand_changes_cost_nothing_lasting(x11: Desktop, clicks: Clicks) -> None:
    start_trayer(x11)
    tray = XEmbedTray(clicks.post)
    tray.show(View(state="recording"))
    place = await_icon(x11.display, "recording")
    here = psutil.Process()

    def change(rounds: int) -> tuple[int, int]:
        for _ in range(rounds):
            for state in STATES:
                tray.show(View(state=state))
        tray.show(View(state="recording"))
        await_icon(x11.display, "recording", place)
        return open_files(), here.memory_full_info().uss

    change(100)
    descriptors, memory = change(10)
    descriptors_after, memory_after = change(250)
    assert descriptors_after == descriptors
    assert memory_after - memory < 500_000
    tray.close()


def test_a_display_that_dies_is_told_once(clicks: Clicks, monkeypatch: pytest.MonkeyPatch) -> None:
    with Desktop(audio=False, bus=False) as desktop:
        monkeypatch.setenv("DISPLAY", desktop.display)
        start_trayer(desktop)
        tray = XEmbedTray(clicks.post)
    failed = clicks.next()
    assert isinstance(failed, PartFailed)
    assert failed.part == "tray"
    assert tray.problem == str(failed.error)
    tray.show(View(state="recording"))
    tray.close()
    assert clicks.none()
