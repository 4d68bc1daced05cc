"""The inserter that is chosen, and the queue of its events."""

from __future__ import annotations

from queue import Queue

from utterkey import insertion
from utterkey.dictation.effects import InsertText, MarkTarget, PrepareInsertion
from utterkey.dictation.events import Event, TargetMarked, TextInserted
from utterkey.insertion import Inserter
from utterkey.settings import OutputSettings


class Inserting:
    def __init__(self, **output: object) -> None:
        self.events: Queue[Event] = Queue()
        settings = OutputSettings(**output)  # type: ignore[arg-type]  # checked where they are read
        self.inserter: Inserter = insertion.choose(settings, self.events.put)

    def __enter__(self) -> Inserting:
        return self

    def __exit__(self, *_: object) -> None:
        self.inserter.close()

    def mark(self) -> None:
        self.inserter.order(PrepareInsertion(1))
        self.inserter.order(MarkTarget(1))
        assert isinstance(self.next(), TargetMarked)

    def insert(self, words: str) -> Event:
        self.inserter.order(InsertText(1, words))
        return self.next()

    def dictate(self, words: str) -> None:
        self.mark()
        assert self.insert(words) == TextInserted(1)

    def next(self) -> Event:
        return self.events.get(timeout=10)
