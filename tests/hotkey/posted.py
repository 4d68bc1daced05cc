"""What a hotkey mechanism has posted, in order, for tests to wait for."""

from __future__ import annotations

import threading
import time
from queue import Empty, Queue

import pytest

from utterkey.dictation.events import (
    Cancelled,
    Event,
    InsertLastRequested,
    PartFailed,
    PartWell,
    Pressed,
    Released,
    Toggled,
)


class Posted:
    """Call it to post. Events are compared by kind and hotkey: `press f9`, `cancel`."""

    def __init__(self) -> None:
        self._queue: Queue[Event] = Queue()
        self._ignored: set[str] = set()
        self.threads: set[str] = set()
        self.well: list[str] = []

    def __call__(self, event: Event) -> None:
        self.threads.add(threading.current_thread().name)
        if isinstance(event, PartWell):  # no key's doing, and beside the order of those
            self.well.append(event.part)
        else:
            self._queue.put(event)

    def expect(self, *expected: str, deadline: float = 5.0) -> None:
        """The next events are exactly these."""
        got = [brief(self.next(deadline)) for _ in expected]
        assert got == list(expected), got

    def ignore(self, told: str) -> None:
        """From now on such an event is none, be it posted already or later."""
        self._ignored.add(told)

    def expect_nothing(self, seconds: float = 0.0) -> None:
        """No event is there, and none comes within this time."""
        try:
            event = self._get(seconds)
        except Empty:
            return
        pytest.fail(f"posted {event}")

    def next(self, deadline: float = 5.0) -> Event:
        try:
            return self._get(deadline)
        except Empty:
            pytest.fail(f"nothing was posted within {deadline:g} s")

    def _get(self, seconds: float) -> Event:
        limit = time.monotonic() + seconds
        while True:
            left = limit - time.monotonic()
            event = self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait()
            if brief(event) not in self._ignored:
                return event

    def next_failure(self) -> PartFailed:
        event = self.next()
        assert isinstance(event, PartFailed)
        return event


def brief(event: Event) -> str:
    match event:
        case Pressed(trigger):
            return f"press {trigger.name}"
        case Released(trigger):
            return f"release {trigger.name if trigger else 'all'}"
        case Toggled(trigger):
            return f"toggle {trigger.name}"
        case Cancelled(trigger):
            return f"cancel {trigger.name if trigger else 'all'}"
        case InsertLastRequested():
            return "insert last"
        case _:
            return str(event)
