"""Telling the user a sentence: which way is chosen here.

A notification is never the only place a sentence stands in: it is in the log, the tray and `status` as well, so a
desktop without notifications is a normal state.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus

log = logging.getLogger(__name__)


class Notifier(Protocol):
    @property
    def name(self) -> str:
        """The mechanism, for `status`."""

    def notify(self, sentence: str) -> None:
        """Show one sentence in place of the one before. From any thread; never waits, never raises."""

    def close(self) -> None: ...


def choose(bus: "Bus | None", bubble: Callable[[str], None] | None) -> Notifier:
    """Notifications over the session bus, where there is one; else a balloon at the tray icon; else the log."""
    if bus:
        from utterkey.notify.dbus import BusNotifier

        return BusNotifier(bus)
    return BubbleNotifier(bubble) if bubble else LogNotifier()


class BubbleNotifier:
    """The tray icon's own way (Windows, macOS)."""

    name = "tray"

    def __init__(self, bubble: Callable[[str], None]) -> None:
        self._bubble = bubble

    def notify(self, sentence: str) -> None:
        self._bubble(sentence)

    def close(self) -> None:
        """The icon is not ours."""


class LogNotifier:
    name = "log"

    def notify(self, sentence: str) -> None:
        log.info("%s", sentence)

    def close(self) -> None: ...
