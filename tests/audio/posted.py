"""What the microphone has posted, for tests to wait for."""

from __future__ import annotations

import threading
from typing import TypeVar

from utterkey.dictation.events import Event

AnyEvent = TypeVar("AnyEvent")


class Posted:
    """The events in their order. Any thread may post, any may wait."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait(self, kind: type[AnyEvent], utterance: int | None = None, seconds: float = 10) -> AnyEvent:
        """The first event of that kind (of that utterance)."""
        with self._news:
            assert self._news.wait_for(lambda: self._find(kind, utterance), seconds), f"no {kind}: {self.events}"
            return self._find(kind, utterance)[0]

    def kinds(self, utterance: int) -> list[str]:
        """The names of what was posted of an utterance."""
        return [type(event).__name__ for event in self.events if getattr(event, "utterance", None) == utterance]

    def _find(self, kind: type[AnyEvent], utterance: int | None) -> list[AnyEvent]:
        return [
            event
            for event in self.events
            if isinstance(event, kind) and utterance in (None, getattr(event, "utterance", None))
        ]
