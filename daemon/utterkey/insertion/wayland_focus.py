"""Which window has the keyboard on Wayland, and what program it belongs to.

wlr-foreign-toplevel-management tells every window's app id and which one is activated: one protocol for sway, Hyprland,
river, niri, labwc and Wayfire, where each has a socket of its own with a language of its own for the same. For a window
of XWayland the app id is its class. Compositors without it (GNOME, KDE, COSMIC) tell nobody; then the focus is unknown.
"""

import struct
from dataclasses import dataclass
from itertools import count

from utterkey.desktop.wayland import Connection

_MANAGER = "zwlr_foreign_toplevel_manager_v1"
_DESTROY = 7
_ACTIVATED = 2


@dataclass(frozen=True, slots=True)
class Focused:
    """A window: a name that no other window gets, and its app id, "" if it has none."""

    window: str
    app: str


@dataclass(slots=True)
class _Window:
    name: str
    app: str = ""
    activated: bool = False
    new_app: str = ""
    new_activated: bool = False


class Focus:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._windows: dict[int, _Window] = {}
        self._names = count(1)  # the compositor gives the number of a closed window to the next one
        self.known = _MANAGER in connection.globals
        if self.known:
            connection.bind(_MANAGER, 3, ("n", self._opened), ("", self._finished))

    def now(self) -> Focused | None:
        """The window that has the keyboard; None if none has, or if that is not known here."""
        for window in self._windows.values():
            if window.activated:
                return Focused(window.name, window.app)
        return None

    def _opened(self, number: int) -> None:
        window = self._windows[number] = _Window(str(next(self._names)))

        def named(app: str) -> None:
            window.new_app = app

        def changed(states: bytes) -> None:
            window.new_activated = _ACTIVATED in struct.unpack(f"={len(states) // 4}I", states)

        def done() -> None:
            window.app, window.activated = window.new_app, window.new_activated

        def closed() -> None:
            self._windows.pop(number, None)
            self._connection.send(number, _DESTROY)
            self._connection.forget(number)

        ignored = ("o", None)
        self._connection.adopt(
            number, ("s", None), ("s", named), ignored, ignored, ("a", changed), ("", done), ("", closed), ignored
        )

    def _finished(self) -> None:
        self.known = False
        self._windows.clear()
