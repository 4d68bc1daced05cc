"""Notifications over D-Bus: org.freedesktop.Notifications, on a bus that others use as well.

Everything but the three methods of `Notifier` runs on the thread `dbus`. There is at most one notification of ours: a
new one takes the place of the old, as long as the same service shows them. Its number comes with the service's answer,
so while an answer is awaited only the newest sentence is kept. Whoever starts the service may take their time; nobody
waits for it.
"""

import logging

from utterkey.autostart import APP_ID
from utterkey.desktop.dbus import Bus, Done
from utterkey.desktop.dbus_object import Remote, Values
from utterkey.desktop.markup import escaped
from utterkey.errors import BusError

log = logging.getLogger(__name__)

NAME = "org.freedesktop.Notifications"
_SERVICE = Remote(NAME, "/org/freedesktop/Notifications", NAME)

_APP = "utterkey"
_ICON = "audio-input-microphone"  # every icon theme has it (freedesktop's icon naming specification)
_BY_SERVER = -1  # the service decides how long it stays
_ANSWER_SECONDS = 10.0  # the bus may have to start the service first


class BusNotifier:
    name = "D-Bus notifications"

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._shown = 0
        self._asking = False
        bus.watch_name(NAME, self._owned)

    def notify(self, sentence: str) -> None:
        self._bus.run(lambda: self._show(sentence))

    def close(self) -> None:
        """What is shown stays: the last sentence of a program that ends may be the reason."""

    # --- the thread `dbus` -------------------------------------------------------------------------------------------

    def _owned(self, _owner: str) -> None:
        """Another service counts from the beginning: our number may be another program's there."""
        self._shown = 0

    def _show(self, sentence: str) -> None:
        self._next = sentence
        if not self._asking:
            self._asking = True
            self._ask("GetCapabilities", "", (), self._capable)

    def _capable(self, result: Values | BusError) -> None:
        if isinstance(result, BusError):
            self._failed(result)
            return
        sentence, self._next = self._next, ""
        body = escaped(sentence) if "body-markup" in result[0] else sentence
        hints: dict[str, tuple[str, object]] = {"desktop-entry": ("s", APP_ID)}
        values: Values = (_APP, self._shown, _ICON, _APP, body, [], hints, _BY_SERVER)
        self._ask("Notify", "susssasa{sv}i", values, self._answered)

    def _answered(self, result: Values | BusError) -> None:
        if isinstance(result, BusError):
            self._failed(result)
            return
        self._shown = result[0]
        self._asking = False
        if self._next:
            self._show(self._next)

    def _failed(self, error: BusError) -> None:
        """No service, or it hangs: what it would have said is in the log and in `status` anyway."""
        log.info("The desktop shows no notifications: %s", error)
        self._asking = False

    def _ask(self, member: str, signature: str, values: Values, done: Done) -> None:
        self._bus.send(_SERVICE, member, signature, values, done, _ANSWER_SECONDS)
