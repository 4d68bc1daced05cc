"""What stands in for a panel in the tests, and how an icon is found in a real one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageGrab

from buses import gdbus
from desktop import await_true
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Interface, Method, Values
from utterkey.dictation.errand import LookAround
from utterkey.dictation.events import Asked, Event
from utterkey.errors import BusError
from utterkey.tray.menu import Look
from utterkey.tray.sni import INTERFACE, MENU_PATH

WATCHER = "org.kde.StatusNotifierWatcher"

Place = tuple[int, int]
Found = TypeVar("Found")

COLOURS: dict[Look, tuple[int, int, int]] = {
    "idle": (255, 255, 255),
    "recording": (214, 40, 40),
    "finishing": (30, 105, 190),
    "paused": (128, 132, 140),
    "attention": (255, 190, 30),
}
"""What an icon has most of; nothing else on the empty desktop has it, but for text, which may be white."""


def never_lost(error: BusError) -> None:
    raise AssertionError(f"the bus was lost: {error}")


def open_files() -> int:
    """How many file descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


class Clicks:
    """Events that arrive from the tray; `looked` counts how often it asked what the menu is to show."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self.looked = 0

    def post(self, event: Event) -> None:
        if event == Asked(LookAround()):
            self.looked += 1
        else:
            self._events.append(event)

    def next(self) -> Event:
        await_true(lambda: self._events, 10, "an event from the tray")
        return self._events.popleft()

    def none(self) -> bool:
        return not self._events


class Menu:
    """The menu of the program with this number, as a panel on the bus reads and clicks it."""

    def __init__(self, address: str, pid: int) -> None:
        self._address = address
        self._service = f"{INTERFACE}-{pid}-1"

    def call(self, member: str, *values: str) -> str:
        place = ["-d", self._service, "-o", MENU_PATH, "-m", f"com.canonical.dbusmenu.{member}"]
        return gdbus(self._address, "call", *place, "--", *values)

    def layout(self) -> str:
        return self.call("GetLayout", "0", "-1", "[]")

    def line(self, label: str) -> str:
        """The number and the properties of the line with this label, as GLib prints them; it may be about to come."""
        before, after = await_found(lambda: self._around(label), 10, f"the line '{label}' in the menu")
        return before.rsplit("<(", 1)[-1].rsplit("(", 1)[-1] + after.partition("}")[0]

    def _around(self, label: str) -> tuple[str, str] | None:
        before, found, after = self.layout().partition(f"'label': <'{label}'>")
        return (before, after) if found else None

    def click(self, label: str) -> None:
        self.call("Event", self.line(label).partition(",")[0], "clicked", "<0>", "0")

    def open(self) -> None:
        """What a panel says before it shows the menu."""
        self.call("AboutToShow", "0")


class FakeWatcher:
    """A panel's half of the protocol: it only writes down who registers."""

    def __init__(self, address: str) -> None:
        self.registered: list[str] = []
        self.bus = Bus(address, never_lost)
        register = Method("s", "", self._register)
        self.bus.export("/StatusNotifierWatcher", Interface(WATCHER, {"RegisterStatusNotifierItem": register}))
        self.bus.request_name(WATCHER)

    def _register(self, service: str) -> Values:
        self.registered.append(service)
        return ()


@contextmanager
def fake_watcher(address: str) -> Iterator[FakeWatcher]:
    watcher = FakeWatcher(address)
    try:
        yield watcher
    finally:
        watcher.bus.close()


def find_icon(display: str, look: Look, around: Place | None = None) -> Place | None:
    return icon_in(ImageGrab.grab(xdisplay=display).convert("RGB"), look, around)


def icon_in(picture: Image.Image, look: Look, around: Place | None = None) -> Place | None:
    """The middle of this icon in a panel at the top, None if it is not there. `around` is where to look only."""
    left, right = (around[0] - 14, around[0] + 14) if around else (0, 1280)
    panel = picture.crop((left, 0, right, 40))
    wanted = COLOURS[look]
    if look == "idle" and any(icon_in(picture, other, around) for other in COLOURS if other != "idle"):
        return None  # they are drawn on the same white
    pixels = [(x, y) for x in range(panel.width) for y in range(panel.height) if panel.getpixel((x, y)) == wanted]
    if len(pixels) < 20:
        return None
    return left + sum(x for x, _ in pixels) // len(pixels), sum(y for _, y in pixels) // len(pixels)


def await_icon(display: str, look: Look, around: Place | None = None, seconds: float = 20.0) -> Place:
    """Wait until the icon is to be seen; where it is."""
    return await_found(lambda: find_icon(display, look, around), seconds, f"the icon for {look}")


def await_found(find: Callable[[], Found | None], seconds: float, what: str) -> Found:
    """Wait until there is something to be found; what it is."""
    found: list[Found] = []

    def seen() -> bool:
        thing = find()
        found.extend([thing] if thing else [])
        return bool(found)

    await_true(seen, seconds, what, every=0.02)
    return found[-1]


def await_no_icon(display: str, look: Look) -> None:
    await_true(lambda: find_icon(display, look) is None, 20, f"the end of the icon for {look}", every=0.05)
