"""The computer's sleep: told before it comes, and held off until we are ready. On Linux, by logind over D-Bus.

logind holds its sleep off as long as somebody has a descriptor open that it gave out as an inhibitor in "delay" mode,
but no longer than InhibitDelayMaxSec (systemd's "Inhibitor Locks"). Without one, the announcement is only news: the
network may be gone before `Terminate` is sent. Called from any thread, told on the thread `dbus`.
"""

import logging
from threading import Lock

from jeepney.fds import FileDescriptor

from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Remote, Signal, Values
from utterkey.dictation.events import GoingToSleep, Post, WokeUp
from utterkey.errors import BusError

log = logging.getLogger(__name__)

LOGIND = "org.freedesktop.login1"
MANAGER = Remote(LOGIND, "/org/freedesktop/login1", f"{LOGIND}.Manager")

_WHAT_WHO_WHY_MODE = ("sleep", "utterkey", "A dictation is finished first", "delay")


class SleepDelay:
    """Holds sleep off from the start. A system without logind sleeps when it likes."""

    def __init__(self, system_bus: Bus, post: Post) -> None:
        self._bus = system_bus
        self._post = post
        self._lock = Lock()  # guards the two below: an inhibitor may come when it is no longer wanted
        self._wanted = False
        self._inhibitor: FileDescriptor | None = None
        system_bus.subscribe(Signal(MANAGER.interface, "PrepareForSleep", sender=LOGIND), self._prepare)
        self.hold(True)

    def hold(self, on: bool) -> None:
        """Hold the next sleep off, or let it come."""
        with self._lock:
            ask = on and not self._wanted
            self._wanted = on
            if not on:
                self._let_go()
        if ask:
            self._bus.send(MANAGER, "Inhibit", "ssss", _WHAT_WHO_WHY_MODE, self._given)

    def _prepare(self, values: Values) -> None:
        self._post(GoingToSleep() if values[0] else WokeUp())

    def _given(self, answer: Values | BusError) -> None:
        if isinstance(answer, BusError):
            log.info("Sleep does not wait for the end of a dictation: %s", answer)
            with self._lock:
                self._wanted = False  # the next wake is the next try
            return
        with self._lock:
            self._let_go()
            self._inhibitor = answer[0]
            if not self._wanted:
                self._let_go()

    def _let_go(self) -> None:
        if self._inhibitor is not None:
            self._inhibitor.close()
            self._inhibitor = None
