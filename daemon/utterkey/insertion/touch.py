"""Whether the user has touched the keyboard or the mouse since a text was inserted.

Runs on the insertion thread, on its connection. Raw events of XInput 2 tell of every press, whoever has the focus or a
grab; they are ordered only while there is a text that could be scratched, so that nothing wakes us otherwise. Our own
strokes come through XTEST as those of remote desktops do, so they are told apart by not listening while they are
struck: the server carries out the requests of a connection in their order.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from Xlib.display import Display
from Xlib.ext import xinput
from Xlib.protocol import rq

from utterkey.desktop.x11 import XInput

_MOST = 16
"""More presses than this cannot all have been the hotkey: the text is past scratching."""

_PRESSES = xinput.RawKeyPressMask | xinput.RawButtonPressMask


class Touch:
    """What counts are presses of keys, without modifiers, which do nothing alone, and of buttons."""

    def __init__(self, display: Display, xinput: XInput) -> None:
        self._display = display
        self._xinput = xinput
        self._watching = False
        self._presses = 0

    def watch(self) -> None:
        """Count from now on."""
        self._presses = 0
        self._select(True)

    def is_untouched(self, hotkey_presses: int) -> bool:
        """Have there been no more presses than those of the hotkey since `watch`?"""
        return self._presses <= min(hotkey_presses, _MOST)

    def rest(self) -> None:
        """Let the user type unheard."""
        self._select(False)

    @contextmanager
    def ourselves(self) -> Iterator[None]:
        """What is struck meanwhile is not the user's."""
        watching = self._watching
        self._select(False)
        try:
            yield
        finally:
            self._select(watching)

    def take_event(self, happened: rq.Event) -> None:
        raw = self._xinput.raw(happened)
        if raw is None or not self._watching:
            return
        if raw.kind == xinput.RawButtonPress or raw.detail not in self._modifiers():
            self._presses += 1
        if self._presses > _MOST:
            self.rest()

    def _select(self, on: bool) -> None:
        if on != self._watching:
            self._xinput.select(_PRESSES if on else 0)
            self._watching = on

    def _modifiers(self) -> set[int]:
        return {code for codes in self._display.get_modifier_mapping() for code in codes}
