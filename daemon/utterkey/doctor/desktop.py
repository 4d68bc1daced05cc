"""How `doctor` looks at the desktop: display, hotkey, insertion, tray, overlay, clipboard programs, notifications.

Runs on the command's only thread, and undoes what it tries at once. A mechanism is tried only where no daemon has it:
a hotkey that the daemon holds would look like one that another program holds.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

from utterkey import autostart, hotkey, insertion, overlay
from utterkey.audio.level import Level
from utterkey.dictation.events import Event, PartFailed
from utterkey.doctor.facts import Display, Mechanism
from utterkey.errors import BusError, HotkeyError, InsertionError, MechanismError
from utterkey.hotkey.bindings import BY_PORTAL, Advice, advise, portal_gives_keys
from utterkey.hotkey.plan import plan
from utterkey.insertion.clipboard import ClipboardInserter
from utterkey.settings import HotkeySettings, OutputSettings, OverlaySettings
from utterkey.tray.advice import is_wayland, no_icon, no_menu

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus
    from utterkey.desktop.x11 import Connection

SYSTEM: str = sys.platform  # noqa: TID251 - elsewhere than on a free desktop most of this belongs to the system
NO_PLAYERS = "Players cannot be paused on this system; switch audio.pause_media off."
SECURE_INPUT = (
    "A program keeps the keyboard for itself (secure input), so no hotkey is heard and no text taken: leave the "
    "password field, or switch off Secure Keyboard Entry in the terminal's menu."
)
NO_NOTIFICATIONS = "No program here shows notifications; install one, for example dunst or notification-daemon."


def display() -> Display:
    desktop = os.environ.get("XDG_CURRENT_DESKTOP") or os.environ.get("XDG_SESSION_DESKTOP") or ""
    if name := os.environ.get("WAYLAND_DISPLAY", ""):
        return Display(kind="Wayland", name=name, desktop=desktop)
    if SYSTEM != "linux":
        return Display(kind="the system's", name=SYSTEM, problem=_secure_input())
    from utterkey.desktop.x11 import Connection

    try:
        connection = Connection()
    except MechanismError as error:
        return Display(kind="none", problem=str(error))
    with closing(connection):
        x = connection.display
        return Display(kind="X11", name=x.get_display_name(), desktop=desktop or x.display.info.vendor)


def _secure_input() -> str:
    """What keeps every program on a Mac from hearing keys."""
    if SYSTEM == "darwin":
        from utterkey.desktop.macos import secure_input

        return SECURE_INPUT if secure_input() else ""
    return ""


def try_hotkey(settings: HotkeySettings) -> Mechanism:
    """Take the hotkeys for a moment: what another program holds is refused.

    The portal is only asked whether it is there, for it may show a dialog.
    """
    if os.environ.get("WAYLAND_DISPLAY") and not settings.evdev and portal_gives_keys(os.environ) and _has_portal():
        return Mechanism(name=BY_PORTAL)
    inbox: SimpleQueue[Event] = SimpleQueue()
    try:
        with closing(hotkey.choose(settings, inbox.put)) as hotkeys:
            name = hotkeys.name
    except HotkeyError as error:
        return Mechanism(problem=str(error))
    return Mechanism(name=name, refused=_refused(inbox))


def _refused(inbox: "SimpleQueue[Event]") -> tuple[str, ...]:
    refused = []
    while not inbox.empty():
        if isinstance(event := inbox.get(), PartFailed):
            refused.append(str(event.error))
    return tuple(refused)


def _has_portal() -> bool:
    with _session_bus() as bus:
        if bus is None:
            return False
        from utterkey.hotkey.portal import require

        try:
            require(bus)
        except HotkeyError:
            return False
        return True


@contextmanager
def _session_bus() -> "Iterator[Bus | None]":
    """For what works with it and also without."""
    try:
        from utterkey.desktop.dbus import Bus, session_address  # needs jeepney, which is for Linux

        bus = Bus(session_address(), lambda _: None)
    except (BusError, ImportError):
        yield None
        return
    with closing(bus):
        yield bus


def bindings(settings: HotkeySettings) -> Advice | None:
    """What to bind on a Wayland compositor, whether or not a daemon runs there."""
    try:
        return advise(os.environ, plan(settings), autostart.program())
    except HotkeyError:
        return None


def try_insertion(settings: OutputSettings) -> Mechanism:
    inbox: SimpleQueue[Event] = SimpleQueue()
    try:
        with _session_bus() as bus, closing(insertion.choose(settings, inbox.put, bus)) as inserter:
            reasons = (inserter.reason,) if isinstance(inserter, ClipboardInserter) and inserter.reason else ()
            return Mechanism(name=inserter.name, refused=(*reasons, *_refused(inbox)))
    except InsertionError as error:
        return Mechanism(problem=str(error))


def try_overlay(settings: OverlaySettings) -> Mechanism:
    """Nothing is shown: nobody dictates."""
    with closing(overlay.choose(settings, Level().take, None, lambda _: None)) as found:
        return Mechanism(name=found.name, problem=found.problem)


def clipboard_tools() -> tuple[str, ...]:
    return tuple(name for name in ("wl-copy", "xclip", "xsel") if shutil.which(name))


def has_clipboard_manager() -> bool:
    """Whether somebody takes over what was copied when the program it came from ends (ClipboardManager, freedesktop).
    Where that is not an X11 desktop's business, yes."""
    if SYSTEM != "linux" or os.environ.get("WAYLAND_DISPLAY"):
        return True
    from utterkey.desktop.x11 import Connection

    try:
        with closing(Connection()) as connection:
            return _is_owned(connection, "CLIPBOARD_MANAGER")
    except MechanismError:
        return True  # without a display there is more to tell than this


def on_the_bus() -> tuple[Mechanism, Mechanism, Mechanism]:
    """Whether anybody here shows icons, who shows notifications, and which players there are. No icon is made, nothing
    is shown, no player is told anything."""
    if SYSTEM != "linux":
        return Mechanism(name="the system"), Mechanism(name="Balloons at the tray icon"), Mechanism(problem=NO_PLAYERS)
    from utterkey.desktop.dbus import Bus, session_address

    try:
        with closing(Bus(session_address(), lambda _: None)) as bus:
            return _tray(bus), _notifications(bus), _players(bus)
    except BusError as error:
        return _xembed(str(error)), Mechanism(problem=str(error)), Mechanism(problem=str(error))


def _tray(bus: "Bus") -> Mechanism:
    from utterkey.tray.sni import WATCHER

    return Mechanism(name="StatusNotifierItem") if bus.has_owner(WATCHER) else _xembed(no_icon(os.environ))


def _xembed(otherwise: str) -> Mechanism:
    if is_wayland(os.environ):
        return Mechanism(problem=otherwise)
    from utterkey.desktop.x11 import Connection

    try:
        connection = Connection()
    except MechanismError:
        return Mechanism(problem=otherwise)
    with closing(connection):
        owned = _is_owned(connection, f"_NET_SYSTEM_TRAY_S{connection.display.get_default_screen()}")
        return Mechanism(name="XEmbed", note=no_menu(os.environ)) if owned else Mechanism(problem=otherwise)


def _is_owned(connection: "Connection", selection: str) -> bool:
    x = connection.display
    return not isinstance(x.get_selection_owner(x.intern_atom(selection)), int)  # X.NONE is a number


def _notifications(bus: "Bus") -> Mechanism:
    from utterkey.desktop.dbus import DRIVER
    from utterkey.desktop.dbus_object import Remote
    from utterkey.notify.dbus import NAME

    if bus.has_owner(NAME):
        about = bus.call(Remote(NAME, "/org/freedesktop/Notifications", NAME), "GetServerInformation")
        return Mechanism(name=f"Shown by {about[0]} {about[2]}")
    if NAME in bus.call(DRIVER, "ListActivatableNames")[0]:
        return Mechanism(name="Shown by a program that the bus starts on demand")
    return Mechanism(problem=NO_NOTIFICATIONS)


def _players(bus: "Bus") -> Mechanism:
    from utterkey.desktop.dbus import DRIVER
    from utterkey.media.mpris import PREFIX, players

    found = players(bus.call(DRIVER, "ListNames"))
    return Mechanism(name=", ".join(sorted(name.removeprefix(PREFIX) for name in found)) or "none at the moment")
