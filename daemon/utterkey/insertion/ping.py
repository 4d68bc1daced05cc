"""Asking a window whether it has come so far: _NET_WM_PING of the Extended Window Manager Hints.

Runs on the insertion thread, on its connection, which hands the events in. A client answers a ping once it has taken in
all events before it; most do, Tk and xterm do not. The answer goes to the root window, where we listen meanwhile.
"""

from collections.abc import Callable

from Xlib import X, Xatom
from Xlib.error import XError
from Xlib.protocol import event
from Xlib.xobject.drawable import Window

from utterkey.insertion.selection import Own


class Ping:
    """One question at a time. `time` asks the server for its time."""

    def __init__(self, own: Own, time: Callable[[], int]) -> None:
        self._own = own
        self._time = time
        self._stamp: int | None = None

    def ask(self, window: int) -> bool:
        """False if the window is not one that answers."""
        asked: Window = self._own.display.create_resource_object("window", window)
        try:
            found = asked.get_full_property(self._own.atom("WM_PROTOCOLS"), Xatom.ATOM)
        except XError:  # it is gone
            return False
        ping = self._own.atom("_NET_WM_PING")
        if found is None or ping not in found.value:
            return False
        self._stamp = self._time()
        self._listen(X.SubstructureNotifyMask)
        data = [ping, self._stamp, window, 0, 0]
        asked.send_event(event.ClientMessage(window=asked, client_type=self._own.atom("WM_PROTOCOLS"), data=(32, data)))
        self._own.display.flush()
        return True

    @property
    def open(self) -> bool:
        """Whether there is a question without an answer."""
        return self._stamp is not None

    def take_event(self, message: event.ClientMessage) -> None:
        if message.client_type != self._own.atom("WM_PROTOCOLS") or message.data[0] != 32:
            return
        if tuple(message.data[1][:2]) == (self._own.atom("_NET_WM_PING"), self._stamp):
            self.end()

    def end(self) -> None:
        """Wait for no answer any more."""
        if self._stamp is not None:
            self._stamp = None
            self._listen(X.NoEventMask)
            self._own.display.flush()

    def _listen(self, mask: int) -> None:
        self._own.display.screen().root.change_attributes(event_mask=mask)
