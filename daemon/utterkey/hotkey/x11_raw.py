"""XInput 2, without which no raw event tells when a key goes up. On the thread that owns the connection."""

from utterkey.desktop.x11 import Connection, XInput
from utterkey.errors import HotkeyError


class XInputError(HotkeyError):
    """The X server has no XInput 2."""


def find_xinput(connection: Connection) -> XInput:
    found = XInput.find(connection.display)
    if found is None:
        raise XInputError("This X server has no XInput 2, which tells when a key goes up; use another X server.")
    return found
