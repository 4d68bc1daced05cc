"""Light or dark: what the settings say, else what the desktop says, else dark.

The desktop's word is the portal's `color-scheme`, over D-Bus; it is asked when the portal is there and followed from
then on. Receives on the thread `dbus`; read by the thread that draws.
"""

from typing import TYPE_CHECKING, Literal

from utterkey.desktop.dbus_object import Remote, Signal, Values
from utterkey.errors import BusError
from utterkey.overlay.scene import DARK, LIGHT, Colours

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus

PORTAL = "org.freedesktop.portal.Desktop"
SETTINGS = Remote(PORTAL, "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings")
NAMESPACE = "org.freedesktop.appearance"
KEY = "color-scheme"

_PREFERS_LIGHT = 2  # 1 is dark, 0 no preference


class Theme:
    def __init__(self, wanted: Literal["auto", "light", "dark"], bus: "Bus | None") -> None:
        self.colours: Colours = LIGHT if wanted == "light" else DARK
        self._bus = bus
        if wanted == "auto" and bus is not None:
            bus.subscribe(Signal(SETTINGS.interface, "SettingChanged", sender=PORTAL, arg0=NAMESPACE), self._changed)
            bus.watch_name(PORTAL, self._portal)

    def _portal(self, owner: str) -> None:
        """Ask a portal that runs. To start one, and all that it starts, is not worth a colour."""
        if owner and self._bus is not None:
            self._bus.send(SETTINGS, "Read", "ss", (NAMESPACE, KEY), self._answered)

    def _answered(self, answer: Values | BusError) -> None:
        if not isinstance(answer, BusError):
            self._take(answer[0])

    def _changed(self, values: Values) -> None:
        if values[1] == KEY:
            self._take(values[2])

    def _take(self, value: object) -> None:
        while isinstance(value, tuple):  # a variant is (signature, value), and `Read` gives one within another
            value = value[1]
        self.colours = LIGHT if value == _PREFERS_LIGHT else DARK
