"""Insertion on Wayland: what this compositor and its portal offer, put together; the steps are wayland_delivery.py's.

Keys are struck by a virtual keyboard of our own, else by the RemoteDesktop portal; the clipboard is owned by a
data-control protocol, else by the Clipboard portal. Served by the thread of orders.py.
"""

import logging
from functools import partial

from utterkey import paths
from utterkey.desktop.dbus import Bus
from utterkey.desktop.wayland import Connection, Happened
from utterkey.dictation.events import Post
from utterkey.errors import InsertionError
from utterkey.insertion import portal_session, wayland_keyboard
from utterkey.insertion.clipboard import Copy, find_copy
from utterkey.insertion.data_control import DataControl, offered_here
from utterkey.insertion.held import Selections
from utterkey.insertion.orders import OrderedInserter, Wait
from utterkey.insertion.portal_clipboard import PortalSelections
from utterkey.insertion.portal_keyboard import PortalKeyboard
from utterkey.insertion.portal_session import PortalSession
from utterkey.insertion.wayland_delivery import Delivery, Keyboard
from utterkey.insertion.wayland_keyboard import VirtualKeyboard
from utterkey.settings import OutputSettings

log = logging.getLogger(__name__)

_NO_KEYS = "This compositor lets no program strike keys: it has neither virtual-keyboard-v1 nor a RemoteDesktop portal."
_NO_CLIPBOARD = "This compositor lets no program own the clipboard: it has neither data-control nor a Clipboard portal."


class WaylandInserter(OrderedInserter[Happened]):
    """See `Inserter`. Raises InsertionError where the compositor lacks what it takes."""

    def __init__(self, output: OutputSettings, post: Post, bus: Bus | None) -> None:
        connection = Connection(InsertionError)
        name = "wayland" if wayland_keyboard.offered_here(connection) else "RemoteDesktop portal"
        super().__init__(name, connection, partial(_set_up, connection, output, bus), output, post)


def _set_up(
    connection: Connection, output: OutputSettings, bus: Bus | None, chords: dict[str, tuple[str, ...]], wait: Wait
) -> Delivery:
    seat = connection.bind("wl_seat", 1, ("u", None), ("s", None)) if "wl_seat" in connection.globals else 0
    typist = VirtualKeyboard(connection, seat) if wayland_keyboard.offered_here(connection) else None
    session = _session(connection, bus) if typist is None else None
    keyboard: Keyboard | None = typist or (PortalKeyboard(session) if session else None)
    if keyboard is None:
        raise InsertionError(_NO_KEYS)
    selections, copy = _selections(connection, seat, session)
    delivery = Delivery(connection, selections, keyboard, typist, copy, output, chords, wait)
    connection.round_trip()
    return delivery


def _selections(connection: Connection, seat: int, session: PortalSession | None) -> tuple[Selections, Copy | None]:
    if offered_here(connection):
        return DataControl(connection, seat), None
    if session and session.has_clipboard:
        return PortalSelections(session, connection), _find_copy()
    raise InsertionError(_NO_CLIPBOARD)


def _find_copy() -> Copy | None:
    """Only for what is to stay on the clipboard: no text needs it to get into a window."""
    try:
        return find_copy()
    except InsertionError as error:
        log.info("%s", error)
        return None


def _session(connection: Connection, bus: Bus | None) -> PortalSession | None:
    if bus is None or not portal_session.offered_here(bus):
        return None
    return PortalSession(bus, connection, paths.state_folder() / "remote-desktop-token")
