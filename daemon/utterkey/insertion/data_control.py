"""The selections of a Wayland compositor by ext-data-control-v1, or its elder wlr-data-control, which are alike.

Runs on the insertion thread. A client without a window may own the selections and read them; `wl-copy` uses it too.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from utterkey.desktop import descriptors
from utterkey.desktop.wayland import Connection
from utterkey.insertion.content import CLIPBOARD, PRIMARY
from utterkey.insertion.held import Clipboard

_MANAGERS = ("ext_data_control_manager_v1", "zwlr_data_control_manager_v1")
_WITH_PRIMARY = {"ext_data_control_manager_v1": 1, "zwlr_data_control_manager_v1": 2}
_CREATE_SOURCE, _GET_DEVICE = 0, 1
_OFFER, _DESTROY_SOURCE = 0, 1
_RECEIVE, _DESTROY_OFFER = 0, 1
_SET = {CLIPBOARD: 0, PRIMARY: 2}
_NOBODY = 0


def offered_here(connection: Connection) -> bool:
    """Whether the compositor lets a program without a window own the clipboard."""
    return any(name in connection.globals for name in _MANAGERS) and "wl_seat" in connection.globals


@dataclass(slots=True)
class _Offer:
    """What somebody has on a selection."""

    number: int
    kinds: list[str] = field(default_factory=list)


class DataControl:
    """See `Selections`."""

    inheritable = True
    ready = True
    patience = 2.0
    asked = False

    def __init__(self, connection: Connection, seat: int) -> None:
        self._connection = connection
        self._offers: dict[int, _Offer] = {}
        self._current: dict[str, _Offer | None] = {CLIPBOARD: None, PRIMARY: None}
        name = next(name for name in _MANAGERS if name in connection.globals)
        self.has_primary = connection.globals[name].version >= _WITH_PRIMARY[name]
        self._manager = connection.bind(name, 2)
        self._device = connection.new(
            ("n", self._offer_made),
            ("o", lambda offer: self._selected(CLIPBOARD, offer)),
            ("", None),
            ("o", lambda offer: self._selected(PRIMARY, offer)),
        )
        connection.send(self._manager, _GET_DEVICE, "no", self._device, seat)

    def listen(self, clipboard: Clipboard) -> None:
        self._clipboard = clipboard

    def take(self, name: str, kinds: Sequence[str]) -> int:
        connection = self._connection

        def wanted(kind: str, descriptor: int) -> None:
            self._clipboard.wanted(source, kind, descriptor, lambda complete: None)

        source = connection.new(("sh", wanted), ("", lambda: self._clipboard.lost(source)))
        connection.send(self._manager, _CREATE_SOURCE, "n", source)
        for kind in kinds:
            connection.send(source, _OFFER, "s", kind)
        connection.send(self._device, _SET[name], "o", source)
        return source

    def settled(self, done: Callable[[], None]) -> None:
        self._connection.ask(done)

    def drop(self, number: int) -> None:
        self._connection.send(number, _DESTROY_SOURCE)
        self._connection.forget(number)

    def clear(self, name: str) -> None:
        self._connection.send(self._device, _SET[name], "o", _NOBODY)

    def offered(self, name: str) -> Sequence[str] | None:
        offer = self._current[name]
        return offer.kinds if offer else None

    def read(self, name: str, kind: str, arrived: Callable[[int | None], None]) -> None:
        offer = self._current[name]
        assert offer, "what is not offered is not read"
        mine, theirs = descriptors.pipe()
        with suppress(OSError):  # the compositor has gone, which the connection tells
            self._connection.send(offer.number, _RECEIVE, "sh", kind, theirs)
        os.close(theirs)
        arrived(mine)

    def _offer_made(self, number: int) -> None:
        offer = self._offers[number] = _Offer(number)
        self._connection.adopt(number, ("s", offer.kinds.append))

    def _selected(self, name: str, number: int) -> None:
        self._clipboard.changed(name)
        if former := self._current[name]:
            del self._offers[former.number]
            self._connection.send(former.number, _DESTROY_OFFER)
            self._connection.forget(former.number)
        self._current[name] = self._offers.get(number)
