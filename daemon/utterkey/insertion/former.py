"""Reading what lies on a selection before we take it, all of it, within limits.

Runs on the insertion thread, which hands the events in; nothing here waits. A reading is a small machine of its own:
it asks the owner for its targets, then for each in turn (owners that serve one requestor at a time exist: xclip), and
ends with the content or with the finding that it cannot be read within the limits.
"""

import logging
import time
from collections import deque

from Xlib import X
from Xlib.error import XError
from Xlib.protocol import event

from utterkey.insertion.content import MOST_BYTES, READ_SECONDS, Piece, Result, Unreadable, worth_reading
from utterkey.insertion.selection import Own

log = logging.getLogger(__name__)

_MOST_LATE = 8  # of an owner that hangs there is one for each dictation
_MOST_TARGETS = 300  # a browser offers about 10, an office program about 30
_PART = 2**16  # 32-bit units of a property read at once: python-xlib joins what it receives in quadratic time


class Reading:
    """Its window is its own, so that a late answer of an owner meets nobody. It stays until that answer is there: an
    owner that writes to a window that is gone may die of it, and the clipboard's content with it (xclip)."""

    def __init__(self, own: Own, selection: str) -> None:
        self.result: Result | None = None
        self.limit = time.monotonic() + READ_SECONDS
        self._own = own
        self._selection = own.atom(selection)
        self._waiting: deque[str] = deque()
        self._asked = "TARGETS"
        self._read: dict[str, Piece] = {}
        self._size = 0
        self._parts: list[bytes] | None = None  # not None: the answer comes in parts (INCR)
        self.awaited = False
        """Whether the owner has still to write something, be it over or not."""
        if own.display.get_selection_owner(self._selection) == X.NONE:
            self.result = {}
            return
        self._window = own.display.screen().root.create_window(
            0, 0, 1, 1, 0, 0, X.InputOnly, X.CopyFromParent, event_mask=X.PropertyChangeMask
        )
        self._property = own.atom("UTTERKEY_FORMER")
        self._ask("TARGETS")

    # --- events ------------------------------------------------------------------------------------------------------

    def answered(self, answer: event.SelectionNotify) -> None:
        """A SelectionNotify that may be ours."""
        if not self._is_mine(answer.requestor.id):
            return
        self.awaited = False
        if self.result is not None:
            self.leave()
        elif answer.property == X.NONE:
            self._refused()
        elif (piece := self._take()) is not None:
            self._arrived(piece)

    def property_written(self, window: int, prop: int) -> None:
        """A new part of an answer in parts; an empty one ends it."""
        if self._parts is None or not self._is_mine(window) or prop != self._property:
            return
        if self.result is not None:
            self.leave()
            return
        piece = self._take()
        if piece is None or piece.data:
            return
        self.awaited = False
        data, self._parts = b"".join(self._parts), None
        self._arrived(Piece(piece.kind, piece.bits, data))

    def expire(self) -> None:
        """To be called when `limit` has passed."""
        if self.result is None:
            self._end(Unreadable(f"no answer for {self._asked} within {READ_SECONDS} s"))

    def abandon(self) -> None:
        if self.result is None:
            self._end(Unreadable("it changed meanwhile"))

    # --- steps -------------------------------------------------------------------------------------------------------

    def _is_mine(self, window: int) -> bool:
        """Whether it is our window, and awaits something."""
        return self.awaited and window == self._window.id

    def _ask(self, target: str) -> None:
        self._asked = target
        self.awaited = True
        self._window.convert_selection(self._selection, self._own.atom(target), self._property, X.CurrentTime)
        self._own.display.flush()

    def _take(self) -> Piece | None:
        """Read and delete the property; None while there is more to come, or when it was too much."""
        try:
            return self._fetch()
        except XError:
            self._have_enough("the server does not give it out")
            return None

    def _fetch(self) -> Piece | None:
        head = self._window.get_property(self._property, X.AnyPropertyType, 0, 0)
        if head is None:
            return None if self._parts is not None else Piece("NULL", 8, b"")
        kind = self._own.name(head.property_type)
        if kind == "INCR":
            announced = self._window.get_property(self._property, X.AnyPropertyType, 0, 1)
            if self._account(next(iter(announced.value), 0) if announced else 0, kept=False):
                self._parts = []
                self._have_next_part()
            return None
        if not self._account(head.bytes_after, kept=True):
            return None
        parts = []
        offset = 0
        while True:
            part = self._window.get_property(self._property, X.AnyPropertyType, offset, _PART)
            if part is None:
                break
            parts.append(part.value if isinstance(part.value, bytes) else part.value.tobytes())
            offset += _PART
            if not part.bytes_after:
                break
        piece = Piece(kind, head.format, b"".join(parts))
        if self._parts is not None:
            self._parts.append(piece.data)
        if self._parts is not None and piece.data:
            self._have_next_part()
        else:
            self._window.delete_property(self._property)
            self._own.display.flush()
        return piece

    def _have_next_part(self) -> None:
        """Taken away, a part is followed by the next one."""
        self.awaited = True
        self._window.delete_property(self._property)
        self._own.display.flush()

    def _account(self, size: int, *, kept: bool) -> bool:
        """Whether that much more still fits; the size announced for an answer in parts counts when it arrives."""
        if self._size + size > MOST_BYTES:
            self._have_enough(f"more than {MOST_BYTES >> 20} MB")
            return False
        if kept:
            self._size += size
        return True

    def _have_enough(self, why: str) -> None:
        """What is there is not taken away, so the owner writes no more."""
        self.awaited = False
        self._end(Unreadable(why))

    def _arrived(self, piece: Piece) -> None:
        if self.result is not None:
            return
        if self._asked == "TARGETS":
            atoms = memoryview(piece.data).cast("I") if piece.bits == 32 else ()
            if len(atoms) > _MOST_TARGETS:
                self._end(Unreadable(f"{len(atoms)} targets"))
                return
            self._waiting.extend(worth_reading([name for atom in atoms if (name := self._own.name(atom))]))
        else:
            self._read[self._asked] = piece
        self._next()

    def _refused(self) -> None:
        """One target that an owner offers and does not give is no loss; an owner without TARGETS may have a text."""
        if self._asked == "TARGETS":
            self._waiting.extend(("UTF8_STRING", "STRING"))
        self._next()

    def _next(self) -> None:
        if self._waiting:
            self._ask(self._waiting.popleft())
        else:
            self._end(self._read or Unreadable("its owner gives nothing out"))

    def _end(self, result: Result) -> None:
        self.result = result
        if isinstance(result, Unreadable):
            log.debug("The selection cannot be read: %s", result.why)
            self._read, self._parts = {}, None if self._parts is None else []
        if not self.awaited:
            self.leave()

    def leave(self) -> None:
        """It is not awaited any more."""
        self.awaited = False
        self._window.destroy()
        self._own.display.flush()


class Former:
    """What lies on one selection while others own it: read when asked to, forgotten when its owner changes."""

    def __init__(self, own: Own, selection: str) -> None:
        self._own = own
        self._selection = selection
        self._reading: Reading | None = None
        self._late: list[Reading] = []  # forgotten, but awaited
        self._trusted = own.display.has_extension("XFIXES")

    def refresh(self) -> None:
        """Begin to read unless what we know is current. Without XFixes nobody tells us of changes: read again."""
        if self._reading is not None and self._reading.result is not None and not self._trusted:
            self.forget()
        if self._reading is None:
            self._reading = Reading(self._own, self._selection)

    def forget(self) -> None:
        """The owner changed, or we take the selection ourselves."""
        if self._reading is not None:
            self._reading.abandon()
            late = [each for each in (*self._late, self._reading) if each.awaited]
            self._late, given_up = late[-_MOST_LATE:], late[:-_MOST_LATE]
            for each in given_up:
                each.leave()
            self._reading = None

    @property
    def reading(self) -> Reading | None:
        """The one under way."""
        return self._reading if self._reading is not None and self._reading.result is None else None

    @property
    def awaited(self) -> list[Reading]:
        """Those whose owner has still to answer, though nobody may want to know any more."""
        readings = self._late if self._reading is None else [*self._late, self._reading]
        return [each for each in readings if each.awaited]

    @property
    def result(self) -> Result | None:
        return self._reading.result if self._reading is not None else None
