"""The selections between us and the user: what is theirs, what is ours for a moment, and how it goes back.

Runs on the insertion thread, which hands the events in; nothing here waits. A selection is in one of three states:
somebody else's; ours for good (a text that stays, or what was given back); ours for a moment, with what it held before
kept by its side. Several texts in a row go through one such moment: what was there is read once and given back once.
"""

import time
from collections.abc import Iterable

from Xlib import X
from Xlib.ext import xfixes
from Xlib.protocol import event, rq

from utterkey.insertion.content import CLIPBOARD, PRIMARY, Content, Result, Unreadable
from utterkey.insertion.former import Former, Reading
from utterkey.insertion.selection import Own, Ownership, Served, number


class Lending:
    def __init__(self, own: Own, served: Served) -> None:
        self._own = own
        self._ours = {name: Ownership(own, name, served) for name in (CLIPBOARD, PRIMARY)}
        self._former = {name: Former(own, name) for name in self._ours}
        self._lent: dict[str, Content] = {}  # selection that is ours for a moment -> what it held before
        self._watch_owners()

    # --- what was there ----------------------------------------------------------------------------------------------

    def look(self, names: Iterable[str]) -> None:
        """Begin to read what is on these selections, unless it is known."""
        for name in names:
            if self._ours[name].content is None:
                self._former[name].refresh()

    def look_again(self, names: Iterable[str]) -> None:
        """As `look`, and give an owner that could not be read another chance."""
        for name in names:
            if isinstance(self._former[name].result, Unreadable):
                self._former[name].forget()
        self.look(names)

    def before(self, name: str) -> Result | None:
        """What is to be given back after we take this selection; None while it is still being read."""
        if name in self._lent:
            return self._lent[name]
        if (content := self._ours[name].content) is not None:
            return content
        return self._former[name].result

    def read_no_more(self) -> None:
        """Nobody wants to know what is there any more."""
        for former in self._former.values():
            former.forget()

    @property
    def awaits(self) -> bool:
        """Whether an owner was asked for something and has not answered."""
        return bool(self._awaited())

    # --- taking and giving back --------------------------------------------------------------------------------------

    def lend(self, name: str, content: Content, before: Content, now: int) -> bool:
        """Take a selection for a moment. False if another program was quicker."""
        self._former[name].forget()
        self._lent.pop(name, None)
        if not self._ours[name].take(content, now):
            return False
        self._lent[name] = before
        return True

    def keep(self, content: Content, now: int) -> bool:
        """Take the clipboard for good, and give back what else is lent. False if another program was quicker."""
        self._former[CLIPBOARD].forget()
        self._lent.pop(CLIPBOARD, None)
        self.give_back(now)
        return self._ours[CLIPBOARD].take(content, now)

    def serves(self, client: int) -> bool:
        """Whether this client is taking something from us in parts, and has not stopped to."""
        return any(ours.serves(client) for ours in self._ours.values())

    def stay(self, name: str) -> None:
        """What is ours for a moment stays."""
        self._lent.pop(name, None)

    @property
    def lent(self) -> bool:
        return bool(self._lent)

    def give_back(self, now: int) -> None:
        """Own what was there before, in all its forms, if the selection is still ours."""
        for name, content in self._lent.items():
            if content:
                self._ours[name].take(content, now)
            else:
                self._ours[name].let_go(now)
        self._lent.clear()
        self._own.display.flush()

    @property
    def clipboard(self) -> Content | None:
        """What we have on the clipboard, if it is ours."""
        return self._ours[CLIPBOARD].content

    # --- events ------------------------------------------------------------------------------------------------------

    def take_event(self, happened: rq.Event) -> None:
        if isinstance(happened, event.SelectionRequest):
            if ours := self._selection(happened.selection):
                ours.requested(happened)
        elif isinstance(happened, event.SelectionClear):
            if ours := self._selection(happened.atom):
                ours.cleared()
                if ours.content is None:
                    self._lent.pop(ours.selection, None)
        elif isinstance(happened, event.SelectionNotify):
            for reading in self._awaited():
                reading.answered(happened)
        elif isinstance(happened, event.PropertyNotify):
            self._property(happened)
        elif isinstance(happened, xfixes.SelectionNotify):
            self._owner_changed(happened)

    def limit(self) -> float | None:
        """When `expire` is to be called at the latest."""
        return min((reading.limit for reading in self._readings()), default=None)

    def expire(self) -> None:
        for reading in self._readings():
            if reading.limit <= time.monotonic():
                reading.expire()

    # --- details -----------------------------------------------------------------------------------------------------

    def _watch_owners(self) -> None:
        display = self._own.display
        if display.has_extension("XFIXES"):
            display.xfixes_query_version()
            mask = (
                xfixes.XFixesSetSelectionOwnerNotifyMask
                | xfixes.XFixesSelectionWindowDestroyNotifyMask
                | xfixes.XFixesSelectionClientCloseNotifyMask
            )
            for name in self._ours:
                display.xfixes_select_selection_input(self._own.window, self._own.atom(name), mask)

    def _owner_changed(self, change: xfixes.SelectionNotify) -> None:
        ours = self._selection(change.selection)
        if ours and number(change.owner) != self._own.window.id:
            self._former[ours.selection].forget()

    def _property(self, change: event.PropertyNotify) -> None:
        window = change.window.id
        if change.state == X.PropertyDelete:
            for ours in self._ours.values():
                ours.property_deleted(window, change.atom)
        else:
            for reading in self._awaited():
                reading.property_written(window, change.atom)

    def _selection(self, atom: int) -> Ownership | None:
        return next((ours for name, ours in self._ours.items() if self._own.atom(name) == atom), None)

    def _awaited(self) -> list[Reading]:
        return [reading for former in self._former.values() for reading in former.awaited]

    def _readings(self) -> list[Reading]:
        return [former.reading for former in self._former.values() if former.reading is not None]
