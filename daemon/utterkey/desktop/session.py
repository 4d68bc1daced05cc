"""What the login session tells: the screen is locked. On Linux, over D-Bus.

Posts on the thread `dbus` and has none of its own. Three sources, since no desktop uses all: logind's signals, which
`loginctl lock-session` sends; logind's `LockedHint`, which GNOME and Plasma set; and the session's screen saver. What
is told twice is the machine's to ignore.
"""

import logging
import os

from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Signal, Values
from utterkey.desktop.sleep import LOGIND, MANAGER
from utterkey.dictation.events import Post, ScreenLocked, ScreenUnlocked
from utterkey.errors import BusError

log = logging.getLogger(__name__)

_SESSION = f"{LOGIND}.Session"
SCREEN_SAVERS = tuple(f"org.{desktop}.ScreenSaver" for desktop in ("freedesktop", "gnome", "mate", "cinnamon"))


def system_address() -> str:
    """Where the system bus listens, by the D-Bus specification."""
    return os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or "unix:path=/run/dbus/system_bus_socket"


def watch_logind(system_bus: Bus, post: Post) -> None:
    """Follow this session's lock. On a system without logind only the screen saver tells of it."""

    def found(result: Values | BusError) -> None:
        if isinstance(result, BusError):
            log.info("Locking the screen is not noticed through logind: %s", result)
        else:
            _watch_session(system_bus, result[0], post)

    number = os.environ.get("XDG_SESSION_ID", "")
    if number:
        system_bus.send(MANAGER, "GetSession", "s", (number,), found)
    else:
        system_bus.send(MANAGER, "GetSessionByPID", "u", (os.getpid(),), found)


def _watch_session(bus: Bus, path: str, post: Post) -> None:
    def changed(values: Values) -> None:
        locked = values[1].get("LockedHint")
        if locked is not None:
            _tell(post, locked[1])

    bus.subscribe(Signal(_SESSION, "Lock", sender=LOGIND, path=path), lambda _: _tell(post, True))
    bus.subscribe(Signal(_SESSION, "Unlock", sender=LOGIND, path=path), lambda _: _tell(post, False))
    properties = "org.freedesktop.DBus.Properties"
    bus.subscribe(Signal(properties, "PropertiesChanged", sender=LOGIND, path=path, arg0=_SESSION), changed)


def watch_screen_saver(session_bus: Bus, post: Post) -> None:
    """Follow the desktop's own screen saver."""
    for name in SCREEN_SAVERS:
        session_bus.subscribe(Signal(name, "ActiveChanged"), lambda values: _tell(post, values[0]))


def _tell(post: Post, locked: bool) -> None:
    post(ScreenLocked() if locked else ScreenUnlocked())
