"""What a text waits for before it goes into a window. Runs on the insertion thread."""

import time
from collections.abc import Callable

from utterkey.errors import InsertionError
from utterkey.insertion.orders import Wait
from utterkey.insertion.paste import SETTLED_SECONDS, Paste

MODIFIER_SECONDS = 3.0
_MODIFIER_POLL = 0.01  # only while a text waits for a modifier to be let go


class Modifiers:
    """Those that the user holds down: with one, text becomes shortcuts. The program's end is not held up for them."""

    def __init__(self, held: Callable[[], bool], closing: Callable[[], bool], wait: Wait) -> None:
        self._held = held
        self._closing = closing
        self._wait = wait

    def gone(self) -> bool:
        """Wait until none is held, or the program is closing; whether it came to that."""
        return self._wait(lambda: self._closing() or not self._held(), MODIFIER_SECONDS, _MODIFIER_POLL)

    def let_go(self) -> None:
        """Wait until none is held. Raises InsertionError if one is for too long, or if the program is closing."""
        gone = self.gone()
        if self._closing():
            raise InsertionError("utterkey is ending.")
        if not gone:
            raise InsertionError("A modifier key is held down.")


def let_settle(last: Paste | None, wait: Wait) -> None:
    """A second request for the text before would get the next one."""
    if last:
        wait(lambda: time.monotonic() - last.asked >= SETTLED_SECONDS, SETTLED_SECONDS, 0.01)
