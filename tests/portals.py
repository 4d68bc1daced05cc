"""The desktop portal of the tests: the real frontend, and backends that are driven by the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from panels import never_lost
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Interface, Method, Property, Values
from utterkey.desktop.portal import NAME, PATH
from utterkey.desktop.wayland import Connection
from utterkey.insertion.wayland_keyboard import VirtualKeyboard
from virtual_desktop import START_SECONDS, VirtualDesktop, await_true

FRONTEND = "/usr/libexec/xdg-desktop-portal"
_BACKEND = "org.freedesktop.impl.portal.desktop.fake"
_IMPL = "org.freedesktop.impl.portal"


class Backend:
    """What a desktop has behind the frontend. `interfaces` are exported together at the place all backends have."""

    def __init__(self, address: str, *interfaces: Interface) -> None:
        self.bus = Bus(address, never_lost)
        self.bus.export(PATH, *interfaces)
        self.bus.request_name(_BACKEND)
        self.bus.has_owner(_BACKEND)

    def close(self) -> None:
        self.bus.close()


class Shortcuts:
    """GlobalShortcuts: gives every key that is wanted, as `trigger_description` says, or none at all."""

    def __init__(self) -> None:
        self.wanted: dict[str, str] = {}
        self.sessions: list[str] = []
        self.gives = True
        self.bound = threading.Event()
        self.interface = Interface(
            f"{_IMPL}.GlobalShortcuts",
            methods={
                "CreateSession": Method("oosa{sv}", "ua{sv}", self._create),
                "BindShortcuts": Method("ooa(sa{sv})sa{sv}", "ua{sv}", self._bind),
                "ListShortcuts": Method("oo", "ua{sv}", lambda *_: (0, {})),
            },
            properties={"version": Property("u", lambda: 1)},
            signals={"Activated": "osta{sv}", "Deactivated": "osta{sv}"},
        )

    def _create(self, _handle: str, session: str, _app: str, _options: object) -> Values:
        self.sessions.append(session)
        return 0, {}

    def _bind(
        self, _handle: str, _session: str, wanted: list[tuple[str, dict[str, tuple[str, str]]]], *_: object
    ) -> Values:
        self.wanted = {name: about["preferred_trigger"][1] for name, about in wanted}
        given = [
            (name, {"description": about["description"], "trigger_description": ("s", self.wanted[name])})
            for name, about in wanted
            if self.gives
        ]
        self.bound.set()
        return 0, {"shortcuts": ("a(sa{sv})", given)}

    def press(self, bus: Bus, name: str = "dictate") -> None:
        self._emit(bus, "Activated", name)

    def release(self, bus: Bus, name: str = "dictate") -> None:
        self._emit(bus, "Deactivated", name)

    def _emit(self, bus: Bus, member: str, name: str) -> None:
        bus.emit(PATH, self.interface.name, member, "osta{sv}", (self.sessions[-1], name, 0, {}))


@contextmanager
def real_portal(desktop: VirtualDesktop, *interfaces: Interface) -> Iterator[Backend]:
    """xdg-desktop-portal itself on this desktop's bus, before a backend with these interfaces."""
    folder = desktop.folder / "portals"
    folder.mkdir()
    names = ";".join(interface.name for interface in interfaces)
    (folder / "fake.portal").write_text(f"[portal]\nDBusName={_BACKEND}\nInterfaces={names};\nUseIn=fake\n")
    address = desktop.environment["DBUS_SESSION_BUS_ADDRESS"]
    backend = Backend(address, *interfaces)
    try:
        start_frontend(desktop, folder, backend.bus)
        yield backend
    finally:
        backend.close()


def start_frontend(desktop: VirtualDesktop, folder: Path, bus: Bus) -> None:
    environment = {"XDG_CURRENT_DESKTOP": "fake", "XDG_DESKTOP_PORTAL_DIR": str(folder)}
    desktop.start([FRONTEND], environment=environment)
    await_true(lambda: bus.has_owner(NAME), START_SECONDS, "the portal")


class RemoteKeyboard:
    """RemoteDesktop's backend: what is struck is struck for real, with a virtual keyboard of this compositor."""

    def __init__(self, *, answers: bool = True) -> None:
        self.sessions: list[str] = []
        self.ends: Bus | None = None
        """Where to tell that the session ended instead of striking a key."""
        self._keyboard: VirtualKeyboard | None = None
        self._answers = answers
        self._down: list[str] = []
        close = Method("", "", lambda: ())
        self.session = Interface(f"{_IMPL}.Session", {"Close": close}, {"version": Property("u", lambda: 1)})
        self.interface = Interface(
            f"{_IMPL}.RemoteDesktop",
            methods={
                "CreateSession": Method("oosa{sv}", "ua{sv}", self._create),
                "SelectDevices": Method("oosa{sv}", "ua{sv}", lambda *_: (0, {})),
                "Start": Method("oossa{sv}", "ua{sv}", self._start),
                "NotifyKeyboardKeysym": Method("oa{sv}iu", "", self._strike),
            },
            properties={"version": Property("u", lambda: 1), "AvailableDeviceTypes": Property("u", lambda: 1)},
        )

    def close(self) -> None:
        if self._keyboard:
            self._connection.close()

    def _create(self, _handle: str, session: str, _app: str, _options: object) -> Values:
        self.sessions.append(session)
        return 0, {}

    def _start(self, *_: object) -> Values:
        if not self._answers:
            return 1, {}
        if self._keyboard is None:
            self._connection = Connection()
            seat = self._connection.bind("wl_seat", 1, ("u", None), ("s", None))
            self._keyboard = VirtualKeyboard(self._connection, seat)
        return 0, {"devices": ("u", 1)}

    def _strike(self, _session: str, _options: object, keysym: int, down: int) -> Values:
        name = {0xFFE1: "Shift_L", 0xFFE3: "Control_L", 0xFF63: "Insert"}.get(keysym) or chr(keysym)
        if self.ends:
            self.ends.emit(self.sessions[-1], self.session.name, "Closed", "", ())
        elif down:
            self._down.append(name)
        elif self._down and self._keyboard:
            self._keyboard.strike_chord(self._down)
            self._down = []
        return ()
