"""Owning a selection: offering a content and serving it to whoever asks, as ICCCM section 2 says.

Runs on the insertion thread, which hands the events in. Who asked for what is told through `served`; what that means
is for the insertion to decide. Nothing here waits.
"""

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import XError
from Xlib.protocol import event, request, rq
from Xlib.xobject.drawable import Window

from utterkey.insertion.content import Content, Piece, offered

_READY_MS = 60_000  # a paste is ready long before, or not at all
_TRANSFER_SECONDS = 5.0  # an INCR transfer whose requestor takes nothing for so long is given up

Served = Callable[[int, str], None]
"""Told the requestor's window and the target, once the requestor has all of it."""


def number(resource: Any) -> int:
    """The number of what python-xlib returns for a window: an object, or one of the few meanings below 2 as it is."""
    return int(getattr(resource, "id", resource))


class Own:
    """Our window, and what all our selections share: atoms by name and the largest property written at once."""

    def __init__(self, display: Display) -> None:
        self.display = display
        root = display.screen().root
        self.window: Window = root.create_window(
            0, 0, 1, 1, 0, 0, X.InputOnly, X.CopyFromParent, event_mask=X.PropertyChangeMask
        )
        # A request, without BIG-REQUESTS, is 4 * max_request_length bytes; ChangeProperty's head is 24 of them.
        self.chunk = 4 * min(display.display.info.max_request_length, 65535) - 1024
        self.time: int | None = None
        self._names: dict[int, str] = {}

    def ask_time(self) -> None:
        """Have the server tell its time, in `time`: selections are owned from a real moment on, not CurrentTime."""
        self.time = None
        self.window.change_property(self.atom("UTTERKEY_TIME"), Xatom.INTEGER, 32, [], X.PropModeAppend)
        self.display.flush()

    def take_event(self, change: rq.Event) -> None:
        if not isinstance(change, event.PropertyNotify):
            return
        if change.window.id == self.window.id and change.atom == self.atom("UTTERKEY_TIME"):
            self.time = change.time

    def atom(self, name: str) -> int:
        return self.display.get_atom(name)

    def name(self, atom: int) -> str:
        """The name of an atom; "" if a careless program made it up."""
        if atom not in self._names:
            try:
                self._names[atom] = self.display.get_atom_name(atom)
            except XError:
                return ""
        return self._names[atom]

    def client(self, window: int) -> int:
        """Which client a window belongs to: its number without the bits that each client gives out by itself."""
        return window & ~int(self.display.display.info.resource_id_mask)


@dataclass(slots=True)
class _Transfer:
    """A piece on its way in parts (INCR): the requestor deletes the property when it wants the next one."""

    requestor: Window
    target: str
    piece: Piece
    sent: int
    limit: float


class Ownership:
    """One selection. `content` is what we offer, None while somebody else or nobody owns it."""

    def __init__(self, own: Own, selection: str, served: Served) -> None:
        self.selection = selection
        self.content: Content | None = None
        self._own = own
        self._served = served
        self._since = 0
        self._transfers: dict[tuple[int, int], _Transfer] = {}

    def take(self, content: Content, now: int) -> bool:
        """Own the selection from the server's time `now` on, or from what we did with it ourselves since. False if
        another program was quicker."""
        self._since = _later(now, self._since)
        atom = self._own.atom(self.selection)
        self._own.window.set_selection_owner(atom, self._since)
        owner = self._own.display.get_selection_owner(atom)
        taken = number(owner) == number(self._own.window)
        self.content = content if taken else None
        return taken

    def let_go(self, now: int) -> None:
        """Leave the selection without an owner, as it was."""
        if self.content is not None:
            self._since = _later(now, self._since)
            request.SetSelectionOwner(
                display=self._own.display.display,
                window=X.NONE,
                selection=self._own.atom(self.selection),
                time=self._since,
            )
        self.content = None

    def serves(self, client: int) -> bool:
        """Whether a piece is on its way to this client in parts."""
        self._forget_stuck()
        return any(self._own.client(requestor) == client for requestor, _ in self._transfers)

    # --- events ------------------------------------------------------------------------------------------------------

    def cleared(self) -> None:
        """Somebody else owns it now, or nobody, unless we have taken it again since: then the event is late. Its time
        does not tell: we may have let go of it and taken it again in the same moment."""
        owner = self._own.display.get_selection_owner(self._own.atom(self.selection))
        if number(owner) != number(self._own.window):
            self.content = None

    def requested(self, asked: event.SelectionRequest) -> None:
        target = self._own.name(asked.target)
        prop = asked.property or asked.target  # clients from before ICCCM give no property
        done = self._multiple(asked, prop) if target == "MULTIPLE" else self._deliver(asked.requestor, target, prop)
        asked.requestor.send_event(
            event.SelectionNotify(
                time=asked.time,
                requestor=asked.requestor,
                selection=asked.selection,
                target=asked.target,
                property=prop if done else X.NONE,
            )
        )
        self._own.display.sync()  # flush() may leave half of a large property unsent
        if done and (asked.requestor.id, prop) not in self._transfers:
            self._served(asked.requestor.id, target)

    def property_deleted(self, window: int, prop: int) -> None:
        """The requestor of a transfer took a part: send the next, and an empty one as the end."""
        transfer = self._transfers.get((window, prop))
        if transfer is None:
            return
        part = transfer.piece.data[transfer.sent : transfer.sent + self._own.chunk]
        transfer.requestor.change_property(prop, self._own.atom(transfer.piece.kind), transfer.piece.bits, part)
        transfer.sent += len(part)
        transfer.limit = time.monotonic() + _TRANSFER_SECONDS
        if not part:
            self._end_transfer((window, prop))
            self._served(window, transfer.target)
        self._own.display.sync()

    # --- serving -----------------------------------------------------------------------------------------------------

    def _multiple(self, asked: event.SelectionRequest, prop: int) -> bool:
        """Pairs of target and property; a pair that cannot be served gets its property replaced by None."""
        try:
            found = asked.requestor.get_full_property(prop, self._own.atom("ATOM_PAIR"))
        except XError:  # the requestor is gone
            return False
        if found is None:
            return False
        pairs = list(found.value)
        for index in range(0, len(pairs) - 1, 2):
            target = self._own.name(pairs[index])
            if not self._deliver(asked.requestor, target, pairs[index + 1]):
                pairs[index + 1] = X.NONE
            else:
                self._served(asked.requestor.id, target)
        asked.requestor.change_property(prop, self._own.atom("ATOM_PAIR"), 32, pairs)
        return True

    def _deliver(self, requestor: Window, target: str, prop: int) -> bool:
        """Write what `target` asks for into the requestor's property, or begin to."""
        piece = self._piece(target)
        if piece is None or prop == X.NONE:
            return False
        kind = self._own.atom(piece.kind)
        if len(piece.data) <= self._own.chunk:
            requestor.change_property(prop, kind, piece.bits, piece.data)
            return True
        self._forget_stuck()
        requestor.change_attributes(event_mask=X.PropertyChangeMask)
        requestor.change_property(prop, self._own.atom("INCR"), 32, [len(piece.data)])
        limit = time.monotonic() + _TRANSFER_SECONDS
        self._transfers[requestor.id, prop] = _Transfer(requestor, target, piece, 0, limit)
        return True

    def _piece(self, target: str) -> Piece | None:
        if self.content is None:
            return None
        if target == "TARGETS":
            return _numbers("ATOM", [self._own.atom(name) for name in offered(self.content)])
        if target == "TIMESTAMP":
            return _numbers("INTEGER", [self._since])
        return self.content.get(target)

    def _forget_stuck(self) -> None:
        for key in [key for key, transfer in self._transfers.items() if transfer.limit < time.monotonic()]:
            self._end_transfer(key)

    def _end_transfer(self, key: tuple[int, int]) -> None:
        transfer = self._transfers.pop(key)
        if not any(window == key[0] for window, _ in self._transfers):
            transfer.requestor.change_attributes(event_mask=X.NoEventMask)


def _later(now: int, since: int) -> int:
    """The later of two of the server's times; 0 is none, or CurrentTime.

    They are milliseconds in 32 bits, and come round again after 49 days: what seems to be much later than a `now` that
    was asked for just before is long ago.
    """
    return since if now and since and (since - now) & 0xFFFFFFFF < _READY_MS else now


def _numbers(kind: str, numbers: list[int]) -> Piece:
    return Piece(kind, 32, struct.pack(f"={len(numbers)}I", *numbers))
