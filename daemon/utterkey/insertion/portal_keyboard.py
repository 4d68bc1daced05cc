"""Paste chords by the RemoteDesktop portal. Runs on the insertion thread.

Only chords: a character that the user's layout lacks is dropped by Mutter without a word, so no text is typed.
"""

import time
from collections.abc import Sequence

from utterkey.errors import InsertionError
from utterkey.insertion.orders import Wait
from utterkey.insertion.portal_session import Closed, Open, PortalSession, Refused

_OPEN_SECONDS = 5.0
"""For the user to answer the desktop's question. Longer than that and the text is better on the clipboard."""
_IDLE_SECONDS = 30.0
"""A session in which nothing happens is closed; a long recording opens another when it ends."""

_LINGER_SECONDS = 3.0
"""After a text: until the window has had all of it, and a clipboard manager what is given back."""

_KEYSYMS = {
    "Control_L": 0xFFE3, "Shift_L": 0xFFE1, "Alt_L": 0xFFE9, "Super_L": 0xFFEB, "Insert": 0xFF63,
    "XF86Paste": 0x1008FF6D,
}  # fmt: skip


class PortalKeyboard:
    """See `Keyboard` in wayland_delivery.py."""

    def __init__(self, session: PortalSession) -> None:
        self._session = session
        self._until = 0.0

    @property
    def ready(self) -> bool:
        return isinstance(self._session.state, Open)

    def begin(self) -> None:
        self._until = time.monotonic() + _IDLE_SECONDS
        self._session.open()

    def make_ready(self, wait: Wait) -> None:
        self.begin()
        wait(lambda: isinstance(self._session.state, Open | Refused | Closed), _OPEN_SECONDS, None)
        if isinstance(self._session.state, Refused):
            reason = self._session.state.reason
            raise InsertionError(
                f"The desktop does not let utterkey paste ({reason}); to be asked again, restart utterkey."
            )
        if isinstance(self._session.state, Closed):
            reason = self._session.state.reason or "it ended the session"
            raise InsertionError(f"The desktop did not let utterkey paste this time ({reason}).")
        if not self.ready:
            raise InsertionError("The desktop has not let utterkey paste: allow it when asked.")

    def can_strike(self, keys: Sequence[str]) -> bool:
        return all(key in _KEYSYMS or len(key) == 1 for key in keys)

    def strike_chord(self, keys: Sequence[str]) -> None:
        self._session.strike([_KEYSYMS.get(key) or ord(key) for key in keys])

    def done(self) -> None:
        self._until = time.monotonic() + _LINGER_SECONDS

    def limit(self) -> float | None:
        return self._until if self.ready else None

    def expire(self) -> None:
        if self.ready and self._until <= time.monotonic():
            self._session.close()

    def end(self) -> None:
        self._session.close()
