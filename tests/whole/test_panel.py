"""The menu in a real panel, with the whole program behind it: opened with the mouse, chosen from with the keys."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageChops, ImageGrab

from conftest import Figure
from desktop import Desktop, Target, await_true, end
from panels import Menu, await_icon, await_no_icon
from program import Program
from service import Service
from tray.test_sni import press, start_panel
from utterkey.dictation.view import View
from utterkey.tray.item import Item
from utterkey.tray.menu import menu
from whole.test_live_settings import SPOKEN_MS, TEXT, WORDS, await_setting, dictate, f9_to, settings_file

FIVE = 5


def walk(desktop: Desktop, lines: tuple[Item, ...], wanted: str) -> None:
    """Press Down until this line of a menu that was just opened is marked; what cannot be chosen is passed over."""
    for line in lines:
        if line.enabled:
            desktop.tap("Down")
        if line.id == wanted:
            return
    raise AssertionError(f"no line {wanted}")


def looks_changed(desktop: Desktop, before: Image.Image, pixels: int) -> bool:
    """Whether the desktop is another one in so many pixels, as it is when a menu has opened."""
    difference = ImageChops.difference(before, grab(desktop)).convert("L").point(lambda value: 255 * (value > 0))
    return difference.histogram()[255] > pixels


def grab(desktop: Desktop) -> Image.Image:
    return ImageGrab.grab(xdisplay=desktop.display).convert("RGB")


def test_a_setting_is_chosen_in_the_panel(
    desktop: Desktop, target: Target, picture: Callable[[str, Image.Image], Path]
) -> None:
    panel = start_panel(desktop)
    with Service(WORDS) as service, Program(desktop, **f9_to(service)) as program:
        place = await_icon(desktop.display, "idle")
        desktop.key_down("F9")
        service.wait_session(1).wait_audio(SPOKEN_MS)
        place = await_icon(desktop.display, "recording")  # the panel may still have made room for others
        desktop.key_up("F9")
        target.wait_text(f"{TEXT} ", 10)
        await_icon(desktop.display, "idle", place)

        before = grab(desktop)
        press(desktop, place, 3)
        await_true(lambda: looks_changed(desktop, before, 30_000), 20, "the open menu", every=0.05)
        shown = menu(View(recent=(TEXT,)))
        (output,) = (line for line in shown if line.id == "output")
        walk(desktop, shown, "output")
        before = grab(desktop)
        desktop.tap("Right")
        await_true(lambda: looks_changed(desktop, before, 20_000), 20, "the open submenu", every=0.05)
        walk(desktop, output.items[1:], "output.method=type")
        picture("menu", grab(desktop).crop((560, 0, 1280, 590)))
        desktop.tap("Return")
        await_setting(program, "output.method", "type")
        assert tomllib.loads(settings_file(desktop).read_text())["output"]["method"] == "type"
        dictate(desktop, service, 2)
        target.wait_text(f"{TEXT} {TEXT} ", 10)
        end(panel)


def test_the_icon_is_back_when_the_panel_is(desktop: Desktop, room: None, figure: Figure) -> None:
    panel = start_panel(desktop)
    with Program(desktop, service={"endpoint": "offline"}) as program:
        await_icon(desktop.display, "idle")
        end(panel)
        await_no_icon(desktop.display, "idle")
        started = time.monotonic()
        panel = start_panel(desktop)
        await_icon(desktop.display, "idle")
        back = time.monotonic() - started
        figure("panel started again -> icon back (2000 wanted)", back)
        assert back < FIVE * 2
        assert "dictation" in Menu(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], program.process.pid).layout()
        end(panel)
