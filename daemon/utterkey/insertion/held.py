"""The clipboard and PRIMARY on Wayland: what is on them, ours for a moment, and given back with all its types.

Runs on the insertion thread; nothing here waits. How a selection is owned and read is the desktop's: data_control.py or
portal_clipboard.py. With both we are asked for what we offer type by type and give it through a pipe, so we see it
being taken: that is the receipt. (`wl-copy` offers one type and tells nobody; told to be read once, it gives the text
to a clipboard manager, which reads first.)
"""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from utterkey.desktop import descriptors
from utterkey.desktop.wayland import Connection
from utterkey.insertion.content import CLIPBOARD, PRIMARY, READ_SECONDS, Content, Result, Unreadable
from utterkey.insertion.reading import Readable, Reading

_PART = 65536
_GIVING_SECONDS = 10.0  # a reader that stopped to read

Served = Callable[[str], None]
"""Somebody takes a type of what we own, or has all of it by now."""

Given = Callable[[bool], None]
"""Whether all of it was given."""


class Selections(Readable, Protocol):
    """How a desktop lets us own and read its selections. Events go to the `Clipboard` that was told to `listen`."""

    has_primary: bool

    inheritable: bool
    """Whether another program can own them after us in the same way."""

    @property
    def ready(self) -> bool:
        """Whether they can be owned and read now: a portal's session may be closed."""

    patience: float
    """How long to wait for `settled` at most, in seconds."""

    @property
    def asked(self) -> bool:
        """Whether somebody has asked for something that is not yet being given."""

    def listen(self, clipboard: "Clipboard") -> None: ...

    def take(self, name: str, kinds: Sequence[str]) -> int:
        """Own a selection; the number under which it will be asked for."""

    def settled(self, done: Callable[[], None]) -> None:
        """Have `done` called when what was taken is the desktop's: whoever reads what is new may do so from then on."""

    def drop(self, number: int) -> None:
        """What had this number is not to be had any more."""

    def clear(self, name: str) -> None:
        """Leave a selection empty."""


@dataclass(slots=True)
class _Ours:
    """What we have on a selection. `before` is given back when it was only lent."""

    number: int
    content: Content
    before: Content | None = None


@dataclass(slots=True)
class _Selection:
    ours: _Ours | None = None
    reading: Reading | None = None


class Clipboard:
    def __init__(self, connection: Connection, selections: Selections, served: Served) -> None:
        self._connection = connection
        self._desktop = selections
        self._served = served
        self._selections = {CLIPBOARD: _Selection(), PRIMARY: _Selection()}
        self._gifts: dict[int, _Gift] = {}
        self.has_primary = selections.has_primary
        self.inheritable = selections.inheritable
        self.patience = selections.patience
        self.settled = selections.settled
        selections.listen(self)

    # --- what is there -----------------------------------------------------------------------------------------------

    def look(self, names: Iterable[str]) -> None:
        """Begin to read what is on these selections, unless it is known. What could not be read is tried again."""
        for name in names:
            selection = self._selections[name]
            known = selection.reading is not None and not isinstance(selection.reading.result, Unreadable)
            if selection.ours is None and not known:
                selection.reading = Reading(self._connection, self._desktop, name)

    def before(self, name: str) -> Result | None:
        """What is to be given back after we take this selection; None while it is still being read."""
        selection = self._selections[name]
        if ours := selection.ours:
            return ours.content if ours.before is None else ours.before
        return selection.reading.result if selection.reading else None

    # --- taking and giving back --------------------------------------------------------------------------------------

    def lend(self, name: str, content: Content, before: Content) -> None:
        """Take a selection for a moment."""
        self._take(name, content, before)

    def keep(self, content: Content) -> None:
        """Take the clipboard for good, and give back what else is lent."""
        self.stay(CLIPBOARD)
        self.give_back()
        self._take(CLIPBOARD, content, None)

    def stay(self, name: str) -> None:
        """What is ours for a moment stays."""
        if ours := self._selections[name].ours:
            ours.before = None

    @property
    def ready(self) -> bool:
        """Whether anything can be taken now."""
        return self._desktop.ready

    @property
    def lent(self) -> bool:
        return any(each.ours and each.ours.before is not None for each in self._selections.values())

    def give_back(self) -> None:
        """Own what was there before, in all its types, where the selection is still ours."""
        for name, selection in self._selections.items():
            if (ours := selection.ours) and ours.before is not None:
                if ours.before:
                    self._take(name, ours.before, None)
                else:
                    self._drop(selection)
                    self._desktop.clear(name)

    @property
    def clipboard(self) -> Content | None:
        """What we have on the clipboard, if it is ours."""
        ours = self._selections[CLIPBOARD].ours
        return ours.content if ours else None

    @property
    def gives(self) -> bool:
        """Whether somebody is taking something from us right now."""
        return bool(self._gifts) or self._desktop.asked

    def limit(self) -> float | None:
        """When `expire` is to be called at the latest."""
        readings = [reading.limit for reading in self._readings()]
        return min([*readings, *(gift.limit for gift in self._gifts.values())], default=None)

    def expire(self) -> None:
        now = time.monotonic()
        for reading in self._readings():
            if reading.limit <= now:
                reading.end(Unreadable(f"not all of it within {READ_SECONDS} s"))
        for gift in [each for each in self._gifts.values() if each.limit <= now]:
            self._given(gift)

    # --- events ------------------------------------------------------------------------------------------------------

    def changed(self, name: str) -> None:
        """Somebody has put something on a selection; it may be we ourselves, who need not read it."""
        selection = self._selections[name]
        if selection.reading:
            selection.reading.end(Unreadable("it changed meanwhile"))
            selection.reading = None

    def wanted(self, number: int, kind: str, descriptor: int, given: Given) -> None:
        """Somebody wants a type of what we have."""
        ours = next((each.ours for each in self._selections.values() if each.ours and each.ours.number == number), None)
        piece = ours.content.get(kind) if ours else None
        if piece is None:
            os.close(descriptor)
            given(False)
            return
        self._served(kind)
        gift = _Gift(descriptor, kind, memoryview(piece.data), given)
        try:
            self._connection.watch(descriptor, writable=True, ready=lambda: self._give(gift))
        except OSError:  # a file, which cannot be waited for and makes nobody wait
            self._write_out(gift)
        else:
            self._gifts[descriptor] = gift

    def lost(self, number: int) -> None:
        """Another program has put something there."""
        for selection in self._selections.values():
            if selection.ours and selection.ours.number == number:
                self._drop(selection)

    def _give(self, gift: "_Gift") -> None:
        if self._gifts.get(gift.descriptor) is not gift:
            return  # it ended in the same moment
        try:
            gift.left = gift.left[descriptors.write(gift.descriptor, gift.left[:_PART]) :]
        except BlockingIOError:
            return
        except OSError:  # the reader has had enough
            gift.left = gift.left[:0]
        gift.limit = time.monotonic() + _GIVING_SECONDS
        if not gift.left:
            self._given(gift)
            self._served(gift.kind)

    def _write_out(self, gift: "_Gift") -> None:
        with suppress(OSError):  # no room for it, or not to be written to
            while gift.left:
                gift.left = gift.left[descriptors.write(gift.descriptor, gift.left) :]
        os.close(gift.descriptor)
        gift.given(not gift.left)
        self._served(gift.kind)

    def _given(self, gift: "_Gift") -> None:
        del self._gifts[gift.descriptor]
        self._connection.leave(gift.descriptor)
        gift.given(not gift.left)

    # --- details -----------------------------------------------------------------------------------------------------

    def _take(self, name: str, content: Content, before: Content | None) -> None:
        selection = self._selections[name]
        former, selection.ours = selection.ours, _Ours(self._desktop.take(name, list(content)), content, before)
        if former:
            self._desktop.drop(former.number)
        self.changed(name)

    def _drop(self, selection: _Selection) -> None:
        if selection.ours:
            self._desktop.drop(selection.ours.number)
            selection.ours = None

    def _readings(self) -> list[Reading]:
        found = [each.reading for each in self._selections.values()]
        return [each for each in found if each is not None and each.result is None]


@dataclass(slots=True)
class _Gift:
    """A type of ours on its way to somebody."""

    descriptor: int
    kind: str
    left: memoryview
    given: Given
    limit: float = field(default_factory=lambda: time.monotonic() + _GIVING_SECONDS)
