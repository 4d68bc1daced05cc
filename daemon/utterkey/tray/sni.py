"""The icon as a StatusNotifierItem, with its menu, over D-Bus: KDE, Xfce, GNOME with its extension, waybar and others.

Lives on the bus it is given; everything but `show` and `close` runs on the thread `dbus`. Panels come and go: whenever
somebody takes the watcher's name, the item is announced anew. That nobody has it is a normal state.
"""

import logging
import os
from collections.abc import Callable
from functools import partial

from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Interface, Method, Property, Remote, Values
from utterkey.desktop.markup import escaped
from utterkey.dictation.events import Post
from utterkey.dictation.view import View
from utterkey.errors import BusError
from utterkey.tray import icon
from utterkey.tray.dbusmenu import INTERFACE as MENU_INTERFACE
from utterkey.tray.dbusmenu import DbusMenu
from utterkey.tray.menu import APP, face

log = logging.getLogger(__name__)

WATCHER = "org.kde.StatusNotifierWatcher"
INTERFACE = "org.kde.StatusNotifierItem"
PATH = "/StatusNotifierItem"
MENU_PATH = "/MenuBar"

NO_WATCHER = "No panel here takes icons over D-Bus."
REFUSED = "The panel refused the tray icon; restart the panel, or use the command utterkey instead."

_Pixmaps = list[tuple[int, int, bytes]]


class SniTray:
    name = "StatusNotifierItem"
    bubble = None

    def __init__(
        self, bus: Bus, post: Post, no_watcher: str = NO_WATCHER, taken: Callable[[bool], None] = lambda _: None
    ) -> None:
        """`no_watcher` is the sentence for when nobody watches for icons. `taken` is told, on the thread `dbus`,
        whether a panel has the icon: soon, and whenever that changes."""
        self._problem = self._no_watcher = no_watcher
        self._taken = taken
        self._bus = bus
        self._post = post
        self._service = f"{INTERFACE}-{os.getpid()}-1"
        self._watcher: str | None = None  # not known yet
        self._shown = self._face = face(View())
        self._update_ordered = False
        self._menu = DbusMenu(self._face.items, post)
        bus.export(PATH, self._interface())
        bus.export(MENU_PATH, self._menu.interface())
        bus.request_name(self._service)
        bus.watch_name(WATCHER, self._watcher_changed)

    @property
    def problem(self) -> str:
        return self._bus.problem or self._problem

    def show(self, view: View) -> None:
        """On one thread only, always the same; returns at once."""
        new = face(view)
        if new != self._shown:
            self._shown = new
            if not self._update_ordered:  # one that waits will find the latest
                self._update_ordered = True
                self._bus.run(self._update)

    def close(self) -> None:
        """The panels drop an icon whose name is gone; the bus itself is not ours."""
        self._bus.release_name(self._service)

    # --- the thread `dbus` -------------------------------------------------------------------------------------------

    def _update(self) -> None:
        self._update_ordered = False  # first: what is shown after this line orders another
        old, new = self._face, self._shown
        self._face = new
        if new.look != old.look:
            self._emit("NewIcon")
            if "attention" in (new.look, old.look):
                self._emit("NewAttentionIcon")
                self._emit("NewStatus", "s", (self._status(),))
        if new.title != old.title:
            self._emit("NewTitle")
        if new.tooltip != old.tooltip:
            self._emit("NewToolTip")
        for member, signature, values in self._menu.update(new.items):
            self._bus.emit(MENU_PATH, MENU_INTERFACE, member, signature, values)

    def _emit(self, member: str, signature: str = "", values: Values = ()) -> None:
        self._bus.emit(PATH, INTERFACE, member, signature, values)

    def _watcher_changed(self, owner: str) -> None:
        if owner == self._watcher:
            return
        self._watcher = owner
        if not owner:
            self._settle(self._no_watcher)
            return
        watcher = Remote(WATCHER, "/StatusNotifierWatcher", WATCHER)
        self._bus.send(watcher, "RegisterStatusNotifierItem", "s", (self._service,), partial(self._registered, owner))

    def _registered(self, owner: str, result: Values | BusError) -> None:
        if owner != self._watcher:  # it ended before it answered, which the bus tells afterwards
            return
        if isinstance(result, BusError):
            log.warning("The panel refused the tray icon: %s", result)
            self._settle(REFUSED)
        else:
            self._settle("")

    def _settle(self, problem: str) -> None:
        self._problem = problem
        self._taken(not problem)

    def _interface(self) -> Interface:
        def nothing(*_values: object) -> Values:
            return ()

        return Interface(
            INTERFACE,
            methods={
                "Activate": Method("ii", "", self._clicked),
                "SecondaryActivate": Method("ii", "", nothing),
                "ContextMenu": Method("ii", "", nothing),  # panels open the menu themselves
                "Scroll": Method("is", "", nothing),
                "ProvideXdgActivationToken": Method("s", "", nothing),
            },
            properties={
                "Category": Property("s", lambda: "ApplicationStatus"),
                "Id": Property("s", lambda: APP),
                "Title": Property("s", lambda: self._face.title),
                "Status": Property("s", self._status),
                "WindowId": Property("i", lambda: 0),
                "IconThemePath": Property("s", str),
                "IconName": Property("s", str),
                "IconPixmap": Property("a(iiay)", lambda: icon.pixmaps(self._face.look)),
                "OverlayIconName": Property("s", str),
                "OverlayIconPixmap": Property("a(iiay)", list),
                "AttentionIconName": Property("s", str),
                "AttentionIconPixmap": Property("a(iiay)", lambda: icon.pixmaps("attention")),
                "AttentionMovieName": Property("s", str),
                "ToolTip": Property("(sa(iiay)ss)", self._tooltip),
                "ItemIsMenu": Property("b", lambda: False),  # a click toggles; the menu is the other button's
                "Menu": Property("o", lambda: MENU_PATH),
            },
            signals={
                "NewIcon": "",
                "NewAttentionIcon": "",
                "NewStatus": "s",
                "NewTitle": "",
                "NewToolTip": "",
            },
        )

    def _clicked(self, _x: int, _y: int) -> Values:
        self._post(self._face.click)
        return ()

    def _status(self) -> str:
        return "NeedsAttention" if self._face.look == "attention" else "Active"

    def _tooltip(self) -> tuple[str, _Pixmaps, str, str]:
        """Panels read both texts as markup."""
        return "", [], APP, escaped(self._face.tooltip)
