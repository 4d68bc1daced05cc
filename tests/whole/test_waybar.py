"""The tray on Wayland as people see it: the whole program on sway, its icon and menu in waybar, used with the mouse."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from PIL import Image

from conftest import Figure
from desktop import await_true, end
from panels import Place, await_found, icon_in, never_lost
from pointer import LEFT, RIGHT, Pointer
from program import Program, say_to
from service import Policy, Service
from sway import Sway
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Remote
from utterkey.tray.dbusmenu import INTERFACE as MENU
from utterkey.tray.menu import Look
from utterkey.tray.sni import INTERFACE, MENU_PATH

pytestmark = pytest.mark.system("linux")

WORDS = ((300, 500, "Hello"), (550, 750, "there"), (800, 950, "my"), (1000, 1100, "friend."))
BAR = {"layer": "top", "position": "top", "height": 32, "modules-right": ["tray"], "tray": {"icon-size": 24}}
STYLE = "* { font-family: DejaVu Sans; } window#waybar { background: #303030; }"
BEHIND = (0x20, 0x30, 0x40)
"""What the desktop shows where there is nothing."""

FIVE = 5


class Waybar:
    """The panel, and what is to be seen of it."""

    def __init__(self, desktop: Sway) -> None:
        self.desktop = desktop
        self._process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        folder = self.desktop.folder
        (folder / "bar.json").write_text(json.dumps(BAR))
        (folder / "bar.css").write_text(STYLE)
        # With a portal on the machine it would start that, and whatever that starts.
        nowhere = {"XDG_DESKTOP_PORTAL_DIR": str(folder), "GTK_USE_PORTAL": "0"}
        command = ["waybar", "-c", str(folder / "bar.json"), "-s", str(folder / "bar.css")]
        self._process = self.desktop.start(command, environment=nowhere)
        return self._process

    def kill(self) -> None:
        end(self._process)

    def picture(self) -> Image.Image:
        with Image.open(self.desktop.screenshot(self.desktop.folder / "screen.png")) as picture:
            return picture.convert("RGB")

    def await_icon(self, look: Look) -> Place:
        return await_found(lambda: icon_in(self.picture(), look), 20, f"the icon for {look}")

    def menu_is_open(self) -> bool:
        """Something large lies on the empty desktop; a tooltip is smaller."""
        below = self.picture().crop((0, 40, 1280, 720))
        empty = dict((colour, count) for count, colour in below.getcolors(below.width * below.height) or ())
        return below.width * below.height - empty.get(BEHIND, 0) > 20_000


def lines(bus: Bus, pid: int) -> list[str]:
    """The menu's lines from top to bottom, as the panel reads them; lines of submenus are not among them."""
    remote = Remote(f"{INTERFACE}-{pid}-1", MENU_PATH, MENU)
    root: Any = bus.call(remote, "GetLayout", "iias", (0, 1, []))[1]
    shown = [{name: value for name, (_, value) in line[1].items()} for _, line in root[2]]
    return [line["label"] for line in shown if line.get("type") != "separator" and line.get("visible", True)]


def heights(picture: Image.Image) -> list[int]:
    """Where each line of the open menu has its middle: the text is dark on white, a separator is next to white."""
    grey = picture.convert("L")
    left = (grey.point(lambda value: 255 if value == 255 else 0).crop((0, 40, 1280, 720)).getbbox() or (0,))[0]
    found: list[list[int]] = []
    for y in range(picture.height):
        text = grey.crop((left + 24, y, left + 250, y + 1))
        if picture.getpixel((left + 4, y)) == (255, 255, 255) and int(text.getextrema()[0]) < 200:  # type: ignore[arg-type]  # one band has one pair
            if found and found[-1][-1] == y - 1:
                found[-1].append(y)
            else:
                found.append([y])
    return [sum(rows) // len(rows) for rows in found]


@pytest.fixture
def wayland(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sway]:
    with Sway(xwayland=False) as whole:
        for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME"):
            monkeypatch.setenv(name, whole.environment[name])
        yield whole


def choose(panel: Waybar, pointer: Pointer, bus: Bus, pid: int, place: Place, label: str) -> None:
    """Open the menu with the right mouse button and click a line of it."""
    pointer.move(*place)
    pointer.click(RIGHT)
    await_true(panel.menu_is_open, 20, "the open menu", every=0.05)

    def seen() -> dict[str, int] | None:
        """Where each line is. There may be more of them when the program has looked around."""
        labels, rows = lines(bus, pid), heights(panel.picture())
        return dict(zip(labels, rows, strict=True)) if len(labels) == len(rows) else None

    pointer.move(place[0] - 200, await_found(seen, 20, "all lines of the menu")[label])
    pointer.click(LEFT)
    await_true(lambda: not panel.menu_is_open(), 20, "the closed menu", every=0.05)


def test_in_waybar(wayland: Sway, figure: Figure) -> None:
    """Icon of each state, menu opened and a line of it chosen, effects to be seen, panel killed and started again."""
    slow = Policy(final_delay_s=2.5)  # time for the icon to be seen
    panel = Waybar(wayland)
    with (
        Service(WORDS, policy=slow) as service,
        Program(
            wayland, hotkey={"key": "mouse8"}, service={"endpoint": service.url}, output={"mode": "clipboard"}
        ) as program,
        Pointer(Path(wayland.environment["XDG_RUNTIME_DIR"]) / wayland.environment["WAYLAND_DISPLAY"]) as pointer,
        closing(Bus(wayland.environment["DBUS_SESSION_BUS_ADDRESS"], never_lost)) as bus,
    ):
        pid = program.process.pid
        await_true(lambda: program.status()["tray"] == "StatusNotifierItem", 20, "waybar", every=0.02)
        say_to(wayland, "press")
        place = panel.await_icon("recording")
        service.wait_session(1).wait_audio(1300)
        say_to(wayland, "release")
        panel.await_icon("finishing")
        assert panel.await_icon("idle") == place
        assert lines(bus, pid)[0] == "Ready (F9)", "no compositor binds a mouse button, so this is the key"

        file = wayland.folder / "settings.toml"
        choose(panel, pointer, bus, pid, place, "Insert as you speak")
        await_true(lambda: program.status()["settings"]["output.as_you_speak"], 10, "the setting in force")
        assert tomlkit.parse(file.read_text()).unwrap()["output"]["as_you_speak"] is True
        choose(panel, pointer, bus, pid, place, "Pause dictation")
        assert panel.await_icon("paused") == place
        assert program.status()["state"] == "paused"
        choose(panel, pointer, bus, pid, place, "Resume dictation")
        program.wait_state("idle")

        pointer.move(*place)
        pointer.click(LEFT)
        panel.await_icon("recording")
        service.wait_session(2).wait_audio(1300)
        pointer.click(LEFT)
        panel.await_icon("finishing")
        program.wait_state("idle")
        pointer.move(600, 400)  # it is drawn over the icon
        file.write_text(file.read_text() + "\n[audio]\ntail_ms = -5\n")
        await_true(lambda: "audio.tail_ms" in program.status()["last_error"], 10, "the mistake is told")
        panel.await_icon("attention")

        panel.kill()
        await_true(lambda: program.status()["tray"] != "StatusNotifierItem", 10, "the panel's end noticed")
        started = time.monotonic()
        panel.start()
        panel.await_icon("attention")
        back = time.monotonic() - started
        figure("waybar killed and started again -> icon back", back)
        assert back < FIVE * 2
    panel.kill()
