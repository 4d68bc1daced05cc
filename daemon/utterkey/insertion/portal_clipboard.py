"""The clipboard by the portal of that name, in a session of the RemoteDesktop portal: GNOME, and KDE from 6.4 on.

State lives on the insertion thread; what arrives over D-Bus is handed over to it. The desktop asks for each type that
we offer (`SelectionTransfer`) and gives us a pipe to write it into. There is no PRIMARY. When the session is closed the
content is left to the desktop's clipboard manager, which Mutter and Plasma have built in.
"""

import itertools
from collections.abc import Callable, Sequence

from utterkey.desktop import portal
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Signal, Values
from utterkey.desktop.wayland import Connection
from utterkey.errors import BusError
from utterkey.insertion import content
from utterkey.insertion.held import Clipboard
from utterkey.insertion.portal_session import CLIPBOARD, Open, Opening, PortalSession, State

_UNTOLD = (
    "text/plain;charset=utf-8", "text/html", "text/rtf", "image/png", "text/uri-list", "x-special/gnome-copied-files",
)  # fmt: skip
"""Asked for where the desktop has not told what is there: it tells when it changes, and may not at the start."""
_NOTHING = "application/x-utterkey-nothing"


class PortalSelections:
    """See `Selections`."""

    has_primary = False
    inheritable = False
    patience = 0.5  # a desktop need not tell at all

    def __init__(self, session: PortalSession, connection: Connection) -> None:
        self._session = session
        self._bus: Bus = session.bus
        self._connection = connection
        self._numbers = itertools.count(1)
        self._current: int | None = None
        self._kinds: Sequence[str] | None = _UNTOLD
        self._taken: frozenset[str] = frozenset()
        self._settled: Callable[[], None] = lambda: None
        self._asked: set[int] = set()
        for member, happened in (("SelectionTransfer", self._wanted), ("SelectionOwnerChanged", self._changed)):
            signal = Signal(CLIPBOARD.interface, member, path=portal.PATH)
            self._bus.subscribe(signal, lambda values, told=happened: connection.call(lambda: told(values)))  # type: ignore[misc]
        session.watch(self._session_changed)

    @property
    def ready(self) -> bool:
        return isinstance(self._session.state, Open) and self._session.state.clipboard

    def listen(self, clipboard: Clipboard) -> None:
        self._clipboard = clipboard

    @property
    def asked(self) -> bool:
        return bool(self._asked)

    def take(self, name: str, kinds: Sequence[str]) -> int:
        self._current = next(self._numbers)
        self._set({"mime_types": ("as", list(kinds))})
        self._taken = frozenset(kinds)
        return self._current

    def settled(self, done: Callable[[], None]) -> None:
        """The portal answers before the desktop has done it. The desktop tells who owns the clipboard and only then
        lets anybody read it."""
        self._settled = done
        if not self._taken:
            done()

    def drop(self, number: int) -> None:
        if number == self._current:
            self._current = None

    def clear(self, name: str) -> None:
        # Mutter's clipboard manager keeps a text and puts it there when we leave: what it cannot keep makes it forget.
        self._set({"mime_types": ("as", [_NOTHING])})
        self._set({})  # none at all: an empty list is refused

    def offered(self, name: str) -> Sequence[str] | None:
        return self._kinds

    def read(self, name: str, kind: str, arrived: Callable[[int | None], None]) -> None:
        if not isinstance(self._session.state, Open):
            arrived(None)
            return

        def answered(result: Values | BusError) -> None:
            descriptor = None if isinstance(result, BusError) else result[0].to_raw_fd()
            self._connection.call(lambda: arrived(descriptor))

        self._bus.send(CLIPBOARD, "SelectionRead", "os", (self._session.state.session, kind), answered)

    # --- events ------------------------------------------------------------------------------------------------------

    def _wanted(self, values: Values) -> None:
        session, kind, serial = values
        if not isinstance(self._session.state, Open) or self._session.state.session != session:
            return
        number = self._current
        self._asked.add(serial)

        def answered(result: Values | BusError) -> None:
            descriptor = None if isinstance(result, BusError) else result[0].to_raw_fd()
            self._connection.call(lambda: give(descriptor))

        def give(descriptor: int | None) -> None:
            self._asked.discard(serial)
            if descriptor is not None:
                self._clipboard.wanted(number or 0, kind, descriptor, given)

        def given(complete: bool) -> None:
            self._bus.send(CLIPBOARD, "SelectionWriteDone", "oub", (session, serial, complete))

        self._bus.send(CLIPBOARD, "SelectionWrite", "ou", (session, serial), answered)

    def _changed(self, values: Values) -> None:
        session, about = values
        if not isinstance(self._session.state, Opening | Open) or self._session.state.session != session:
            return
        kinds = about.get("mime_types", ("as", []))[1]
        if kinds and not isinstance(kinds[0], str):  # a list in a structure, by some desktops
            kinds = kinds[0]
        if about.get("session_is_owner", ("b", False))[1]:
            if self._taken == frozenset(kinds):
                self._taken = frozenset()
                self._settled()
            return
        self._clipboard.changed(content.CLIPBOARD)
        self._kinds = list(kinds) or None
        if self._current is not None:
            self._clipboard.lost(self._current)

    def _session_changed(self, state: State) -> None:
        """What we had there is the desktop's now; what comes next is not known."""
        if not isinstance(state, Open):
            if self._current is not None:
                self._clipboard.lost(self._current)
            self._kinds = _UNTOLD
            self._asked.clear()
            self._taken = frozenset()
        self._clipboard.changed(content.CLIPBOARD)

    def _set(self, options: dict[str, tuple[str, object]]) -> None:
        if isinstance(self._session.state, Open):
            self._session.calls.send(CLIPBOARD, "SetSelection", "oa{sv}", (self._session.state.session, options))
