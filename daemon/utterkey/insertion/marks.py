"""Which window each utterance is meant for. Pure."""

from typing import Protocol, TypeVar

from utterkey.errors import InsertionError

OTHER_WINDOW = "Another window has the focus now."

_MOST = 64
"""An utterance may be inserted in parts, so its mark stays until so many later ones are there."""


class Window(Protocol):
    @property
    def window(self) -> str:
        """Its name, which no other has."""


Focused = TypeVar("Focused", bound=Window)


def destination(focused: Focused | None, mark: str | None, *, follow_focus: bool) -> Focused:
    """The window with the focus, if it is the marked one, or whichever it is where that is wanted or nothing is marked.

    Raises InsertionError that says why the text does not go there.
    """
    if focused is None:
        raise InsertionError("No window has the keyboard.")
    if mark not in (None, focused.window) and not follow_focus:
        raise InsertionError(OTHER_WINDOW)
    return focused


def elsewhere(window: str, mark: str | None) -> str:
    """The window that a text went into, if another one was marked for it; else ""."""
    return "" if mark in (None, window) else window


class Marks:
    def __init__(self) -> None:
        self._windows: dict[int, str] = {}

    def put(self, utterance: int, window: str) -> None:
        """`window` is its name; "" is none. An utterance that is marked again is the newest again."""
        self._windows.pop(utterance, None)
        self._windows[utterance] = window
        if len(self._windows) > _MOST:
            del self._windows[next(iter(self._windows))]

    def of(self, utterance: int) -> str | None:
        """None if it was never marked (its text is for whichever window has the focus), or too long ago."""
        return self._windows.get(utterance)
