"""Requests to xdg-desktop-portal: the pattern that all its interfaces share, and who we are to it.

Everything runs on the thread `dbus` (desktop/dbus.py); an answer may take as long as a dialog is open. What is asked is
for its users to know.
"""

import itertools
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from utterkey import paths
from utterkey.autostart import APP_ID, entry, program
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import PROPERTIES, Remote, Signal, Values
from utterkey.errors import BusError

log = logging.getLogger(__name__)

NAME = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
DECLINED = "org.freedesktop.portal.Error.Cancelled"
"""The name of the error for a request that the user has declined: nothing else is an answer of theirs."""

_REGISTRY = Remote(NAME, PATH, "org.freedesktop.host.portal.Registry")
_VERSION_SECONDS = 5.0  # the bus may have to start the portal first
_CALL_SECONDS = 10.0
_DECLINED = 1  # of a Response; 2 is that it ended in any other way
_TOKENS = itertools.count(1)

Results = Mapping[str, Any]
"""Of a request, without the signatures of their variants."""

Answered = Callable[[Results | BusError], None]


def interface(name: str) -> Remote:
    return Remote(NAME, PATH, f"org.freedesktop.portal.{name}")


def version(bus: Bus, of: Remote) -> int:
    """Of one of its interfaces. Raises BusError where the portal, or the desktop behind it, does not have it."""
    properties = Remote(NAME, PATH, PROPERTIES)
    answer = bus.call(properties, "Get", "ss", (of.interface, "version"), seconds=_VERSION_SECONDS)
    return int(answer[0][1])


def register(bus: Bus, done: Callable[[], None]) -> None:
    """Say who we are, before anything else is asked on this connection.

    From 1.21 on the portal answers no program without a name that it knows a desktop entry of; before 1.20 it cannot be
    told one, and needs none.
    """
    _install_entry()

    def told(result: Values | BusError) -> None:
        if isinstance(result, BusError):
            log.info("The portal does not take our name: %s", result)
        done()

    bus.send(_REGISTRY, "Register", "sa{sv}", (APP_ID, {}), told, _CALL_SECONDS)


def request(
    bus: Bus, to: Remote, member: str, signature: str, values: Values, options: Results, answered: Answered
) -> None:
    """Make a request; `options`, with the signatures of their variants, are its last argument (a{sv})."""
    token = f"utterkey{next(_TOKENS)}"
    sender = bus.name.removeprefix(":").replace(".", "_")
    path = f"{PATH}/request/{sender}/{token}"

    def responded(response: Values) -> None:
        leave()
        code, results = response
        if code == _DECLINED:
            answered(BusError("The desktop declined, or its dialog was closed.", DECLINED))
        elif code:
            answered(BusError("The desktop could not do it."))
        else:
            answered({name: value for name, (_, value) in results.items()})

    def called(result: Values | BusError) -> None:
        if isinstance(result, BusError):
            leave()
            answered(result)

    # Before the call: the answer may come before the call's own.
    leave = bus.subscribe(Signal("org.freedesktop.portal.Request", "Response", path=path), responded)
    whole = {**options, "handle_token": ("s", token)}
    bus.send(to, member, f"{signature}a{{sv}}", (*values, whole), called, _CALL_SECONDS)


class InOrder:
    """Calls of which each waits for the answer to the one before.

    The portal serves every call in a thread of its own: of two that are sent together the second may be first, and the
    key of a chord goes up before it went down.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: deque[tuple[Remote, str, str, Values]] = deque()
        self._busy = False

    def send(self, to: Remote, member: str, signature: str, values: Values) -> None:
        """From any thread. What comes of it is not told."""
        self._bus.run(lambda: self._add((to, member, signature, values)))

    def _add(self, call: tuple[Remote, str, str, Values]) -> None:
        self._waiting.append(call)
        if not self._busy:
            self._next(())

    def _next(self, result: Values | BusError) -> None:
        if isinstance(result, BusError):
            log.info("The portal refused a call: %s", result)
        self._busy = bool(self._waiting)
        if self._busy:
            to, member, signature, values = self._waiting.popleft()
            self._bus.send(to, member, signature, values, self._next, _CALL_SECONDS)


def _install_entry() -> None:
    """The desktop entry of this installation, unless a package has brought one."""
    name = f"{APP_ID}.desktop"
    if any((folder / name).exists() for folder in paths.applications_folders()):
        return
    file = paths.applications_folders()[0] / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(entry([*program(), "run"]), encoding="utf-8")
    except OSError as error:
        log.info("%s cannot be written: %s", file, error)
