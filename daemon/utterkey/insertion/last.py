"""The last insertion, while it is the last thing that happened in its window: what "scratch that" removes.

Runs on the insertion thread, on its connection. Nothing is remembered, and no press is listened to, unless spoken
commands are wanted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from utterkey.insertion.scratching import backspaces, refusal
from utterkey.insertion.touch import Touch


@dataclass(frozen=True, slots=True)
class Inserted:
    """A text as it went into a window: by the keys of its characters if it was `typed`, else pasted."""

    window: int
    text: str
    terminal: bool
    typed: bool


class Last:
    """`touch` is None where it cannot be known what the user touches."""

    def __init__(self, touch: Touch | None) -> None:
        self._touch = touch
        self._wanted = False
        self._inserted: Inserted | None = None

    def want(self, wanted: bool) -> None:
        self._wanted = wanted
        if not wanted:
            self.forget()

    @contextmanager
    def inserting(self) -> Iterator[None]:
        """Within this a text is put into a window and then noted. From its beginning on the user's presses count."""
        self._inserted = None
        if self._touch is not None and self._wanted:
            self._touch.watch()
        try:
            yield
        finally:
            if self._inserted is None:
                self.forget()

    @contextmanager
    def ourselves(self) -> Iterator[None]:
        """What is struck within this is not the user's."""
        if self._touch is None:
            yield
        else:
            with self._touch.ourselves():
                yield

    def note(self, inserted: Inserted) -> None:
        if self._wanted:
            self._inserted = inserted

    def forget(self) -> None:
        """There is nothing to scratch any more."""
        self._inserted = None
        if self._touch is not None:
            self._touch.rest()

    def backspaces(self, window: int | None, hotkey_presses: int) -> int:
        """How many of them remove it, if this window has the focus. Raises InsertionError that says why none may."""
        if self._touch is None:
            raise refusal("your keyboard and mouse cannot be watched here")
        if self._inserted is None:
            raise refusal("there is no text that was just inserted")
        if window != self._inserted.window:
            raise refusal("another window has the focus now")
        if not self._touch.is_untouched(hotkey_presses):
            raise refusal("a key or a mouse button was pressed since")
        inserted = self._inserted
        return backspaces(inserted.text, terminal=inserted.terminal, typed=inserted.typed)
