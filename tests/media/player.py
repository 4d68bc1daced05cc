"""A player as the MPRIS specification has it, which plays nothing."""

from __future__ import annotations

from functools import partial
from types import TracebackType
from typing import Self

from panels import never_lost
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import PEER, PROPERTIES, Interface, Method, Property, Remote, Values
from utterkey.errors import BusError
from utterkey.media.mpris import PATH, PLAYER, PREFIX


class Player:
    """`told` are the orders it got; one that refuses obeys none."""

    def __init__(self, address: str, name: str, status: str, *, refuses: bool = False) -> None:
        self.status = status
        self.told: list[str] = []
        self._refuses = refuses
        self._bus = Bus(address, never_lost)
        self.remote = Remote(self._bus.name, PATH, PEER)
        methods = {order: Method("", "", partial(self._obey, order)) for order in ("Pause", "Play")}
        properties = {"PlaybackStatus": Property("s", lambda: self.status)}
        self._bus.export(PATH, Interface(PLAYER, methods, properties))
        self._bus.request_name(PREFIX + name)
        self._bus.has_owner(PREFIX + name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bus.close()

    def by_the_user(self, status: str) -> None:
        self._bus.run(lambda: self._become(status))

    def _obey(self, order: str) -> Values:
        self.told.append(order)
        if self._refuses:
            raise BusError("It does not.", "org.example.Error")
        self._become({"Pause": "Paused", "Play": "Playing"}[order])
        return ()

    def _become(self, status: str) -> None:
        self.status = status
        changed = {"PlaybackStatus": ("s", status)}
        self._bus.emit(PATH, PROPERTIES, "PropertiesChanged", "sa{sv}as", (PLAYER, changed, []))
