"""What is on a selection of Wayland, read in all its types. Runs on the insertion thread; nothing here waits."""

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from utterkey.desktop.wayland import Connection
from utterkey.insertion.content import MOST_BYTES, READ_SECONDS, Piece, Result, Unreadable, worth_reading

log = logging.getLogger(__name__)

_PART = 65536


class Readable(Protocol):
    """How a desktop lets us read its selections."""

    def offered(self, name: str) -> Sequence[str] | None:
        """The types that another program has there; None if there is nothing."""

    def read(self, name: str, kind: str, arrived: Callable[[int | None], None]) -> None:
        """Ask for a type; `arrived` gets the end of a pipe to read it from, None if it is not to be had."""


class Reading:
    """One selection, one type after the other: there are owners that serve one reader at a time (xclip).

    `result` is None until it is over.
    """

    def __init__(self, connection: Connection, selections: Readable, name: str) -> None:
        offered = selections.offered(name)
        self.limit = time.monotonic() + READ_SECONDS
        self.result: Result | None = {} if offered is None else None
        self._connection = connection
        self._desktop = selections
        self._name = name
        self._waiting = deque(worth_reading(offered or ()))
        self._content: dict[str, Piece] = {}
        self._size = 0
        self._descriptor: int | None = None
        if offered is not None:
            self._next()

    def end(self, result: Result) -> None:
        if self.result is None:
            self.result = result
            if isinstance(result, Unreadable):
                log.debug("The selection cannot be read: %s", result.why)
        if self._descriptor is not None:
            self._connection.leave(self._descriptor)
            self._descriptor = None

    def _next(self) -> None:
        if self._waiting:
            self._kind = self._waiting.popleft()
            self._parts: list[bytes] = []
            self._desktop.read(self._name, self._kind, self._arrived)
        else:
            self.end(self._content or Unreadable("its owner gives nothing out"))

    def _arrived(self, descriptor: int | None) -> None:
        if self.result is not None:
            if descriptor is not None:
                os.close(descriptor)
        elif descriptor is None:
            self._next()
        else:
            try:
                self._connection.watch(descriptor, writable=False, ready=self._read)
            except OSError:  # not a pipe, so nothing that we can wait for
                os.close(descriptor)
                self._next()
            else:
                self._descriptor = descriptor

    def _read(self) -> None:
        if self._descriptor is None:
            return  # it ended in the same moment
        with suppress(BlockingIOError):
            part = os.read(self._descriptor, _PART)
            self._size += len(part)
            if self._size > MOST_BYTES:
                self.end(Unreadable(f"more than {MOST_BYTES >> 20} MB"))
            elif part:
                self._parts.append(part)
            else:
                self._connection.leave(self._descriptor)
                self._descriptor = None
                if self._parts:
                    self._content[self._kind] = Piece(self._kind, 8, b"".join(self._parts))
                self._next()
