"""A private KDE: headless KWin, the real portal and KDE's real backend of it. And weston, which can do next to nothing.

KWin has no virtual keyboards and lets programs own the clipboard; weston's headless desktop has not even a seat.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from desktop import Target
from portals import FRONTEND
from utterkey.desktop.dbus import Bus
from utterkey.desktop.portal import NAME as PORTAL
from utterkey.desktop.wayland import Connection
from virtual_desktop import START_SECONDS, VirtualDesktop, await_true

BACKEND = "org.freedesktop.impl.portal.desktop.kde"
F9 = 67
"""Linux's number of the key."""

_AUTHENTICATE, _KEY = 0, 10


class Kwin(VirtualDesktop):
    """A context manager; without `portal` KDE's portal is not installed."""

    def __init__(self, *, portal: bool = True) -> None:
        super().__init__(window_manager=False, bus=False)
        self._portal = portal

    def _start_display(self) -> None:
        self.environment.pop("DISPLAY", None)
        self.environment |= {
            "XDG_SESSION_TYPE": "wayland", "XDG_CURRENT_DESKTOP": "KDE", "WAYLAND_DISPLAY": "wayland-k",
            "KWIN_COMPOSE": "Q", "GDK_BACKEND": "wayland", "KWIN_WAYLAND_NO_PERMISSION_CHECKS": "1",
        }  # fmt: skip
        if self._portal:
            del self.environment["XDG_DESKTOP_PORTAL_DIR"]
        self._start_bus()  # KWin's shortcuts are told over it
        program = self.folder / "kwin_wayland"
        shutil.copy("/usr/bin/kwin_wayland", program)  # the packaged file has a capability that not every machine gives
        size = ["--width", "1280", "--height", "720"]
        self.start([str(program), "--virtual", *size, "--no-lockscreen", "--socket", "wayland-k"])
        with_bus = Bus(self.environment["DBUS_SESSION_BUS_ADDRESS"], lambda _: None)
        try:
            await_true(lambda: with_bus.has_owner("org.kde.kglobalaccel"), START_SECONDS, "KWin's shortcuts")
            if self._portal:
                self._start_portal(with_bus)
        finally:
            with_bus.close()

    def _start_portal(self, with_bus: Bus) -> None:
        (backend,) = Path("/usr/lib").glob("*/libexec/xdg-desktop-portal-kde")
        self.start([str(backend)], environment={"QT_QPA_PLATFORM": "wayland"})
        await_true(lambda: with_bus.has_owner(BACKEND), START_SECONDS, "KDE's portal backend")
        self.start([FRONTEND])
        await_true(lambda: with_bus.has_owner(PORTAL), START_SECONDS, "the portal")

    def open_target(self, kind: str) -> Target:
        """Open a window, which KWin gives the keyboard."""
        return Target(self, kind, f"target-{kind}")

    def find_window(self, title: str) -> int:
        """KWin tells nobody; that the window is there, its text field tells."""
        return 1

    def focus(self, window: int) -> None:
        """The newest window has it."""


class Keys:
    """A keyboard by KWin's protocol for tests (org_kde_kwin_fake_input). Needs the desktop's environment here."""

    def __init__(self) -> None:
        self._connection = Connection()
        self._input = self._connection.bind("org_kde_kwin_fake_input", 4)
        self._connection.send(self._input, _AUTHENTICATE, "ss", "test", "test")
        self._connection.round_trip()

    def press(self, code: int) -> None:
        self._send(code, 1)

    def release(self, code: int) -> None:
        self._send(code, 0)

    def close(self) -> None:
        self._connection.close()

    def _send(self, code: int, state: int) -> None:
        self._connection.send(self._input, _KEY, "uu", code, state)
        self._connection.round_trip()


class Weston(VirtualDesktop):
    """A context manager."""

    def __init__(self) -> None:
        super().__init__(window_manager=False)

    def _start_display(self) -> None:
        self.environment.pop("DISPLAY", None)
        self.environment |= {"XDG_SESSION_TYPE": "wayland", "WAYLAND_DISPLAY": "wayland-w"}
        self.start(["weston", "--backend=headless-backend.so", "--socket=wayland-w"])
        await_true((self.folder / "run" / "wayland-w").exists, START_SECONDS, "weston")
