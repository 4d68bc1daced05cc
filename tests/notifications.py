"""What shows notifications on a desktop, for the tests: it writes down what it would show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from panels import never_lost
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Interface, Method, Values
from utterkey.notify.dbus import NAME


class Shown:
    """Shows what desktops show: one entry per number, replaced if the number is given."""

    def __init__(self, address: str, capabilities: list[str]) -> None:
        self.shown: dict[int, str] = {}
        self.history: list[str] = []
        self.replaced: list[int] = []
        self.bus = Bus(address, never_lost)
        methods = {
            "GetCapabilities": Method("", "as", lambda: (capabilities,)),
            "Notify": Method("susssasa{sv}i", "u", self._notify),
        }
        self.bus.export("/org/freedesktop/Notifications", Interface(NAME, methods))
        self.bus.request_name(NAME)
        self.bus.has_owner(NAME)

    def _notify(self, app: str, replaces: int, _icon: str, _title: str, body: str, *_rest: object) -> Values:
        number = replaces or len(self.shown) + 1
        if app == "utterkey":  # desktops have things of their own to tell
            self.shown[number] = body
            self.history.append(body)
            self.replaced.append(replaces)
        return (number,)


@contextmanager
def notification_service(address: str, capabilities: tuple[str, ...] = ("body", "body-markup")) -> Iterator[Shown]:
    running = Shown(address, list(capabilities))
    try:
        yield running
    finally:
        running.bus.close()
