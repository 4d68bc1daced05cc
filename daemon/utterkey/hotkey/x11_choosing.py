"""Choosing a hotkey by pressing it, on X11: a listener of its own, for as long as that takes.

It holds the keyboard meanwhile, so that what is pressed does nothing else: no letter is typed, no shortcut of the
desktop runs. What happens is told by raw events, which come whoever has the keyboard, from all keys and buttons alike.
Runs on the thread that calls it.
"""

import time
from collections.abc import Callable
from contextlib import closing

from Xlib import X
from Xlib.ext import xinput

from utterkey.desktop.x11 import Connection, XInput
from utterkey.errors import HotkeyError
from utterkey.hotkey.choice import Choice, Part
from utterkey.hotkey.x11_keyboard import Keyboard
from utterkey.hotkey.x11_raw import find_xinput

_EVENTS = (
    xinput.RawKeyPressMask | xinput.RawKeyReleaseMask | xinput.RawButtonPressMask | xinput.RawButtonReleaseMask
)  # fmt: skip

_TRIES = 10
_TRY_SECONDS = 0.1


def choose(listening: Callable[[], None], seconds: float) -> str:
    """Wait for a hotkey to be pressed and let go; its name. Raises `HotkeyError`: none in time, or none that can be."""
    with (
        closing(Connection(HotkeyError)) as connection,
        closing(Connection(HotkeyError)) as holder,
        connection.errors(),
    ):
        devices = find_xinput(connection)
        devices.select(_EVENTS)
        connection.display.sync()
        _hold_keyboard(holder)
        listening()
        return _listen(connection, devices, time.monotonic() + seconds)


def _hold_keyboard(holder: Connection) -> None:
    """On a connection of its own: who holds the keyboard is told of its keys by that alone, with auto-repeat that looks
    like a key going up. Closing the connection gives the keyboard back."""
    root = holder.display.screen().root
    for _ in range(_TRIES):  # a menu that was clicked to get here lets go of it in a moment
        if root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime) == X.GrabSuccess:
            return
        holder.wait(_TRY_SECONDS)
    raise HotkeyError("Another program holds the keyboard, for instance an open menu: close it and try again.")


def _listen(connection: Connection, devices: XInput, deadline: float) -> str:
    keyboard = Keyboard(connection.display)
    choice = Choice()
    while not choice.over and (left := deadline - time.monotonic()) > 0:
        for event in connection.wait(left):
            if raw := devices.raw(event):
                _tell(choice, keyboard, raw.kind, raw.detail)
    name = choice.result()
    if name is None:
        raise HotkeyError("No key was pressed in time: the hotkey stays as it is.")
    return name


def _tell(choice: Choice, keyboard: Keyboard, kind: int, detail: int) -> None:
    match kind:
        case xinput.RawKeyPress:
            choice.down(_part(keyboard, detail))
        case xinput.RawKeyRelease:
            choice.up(_part(keyboard, detail))
        case xinput.RawButtonPress:
            choice.button_down(detail)
        case xinput.RawButtonRelease:
            choice.up(Part(f"mouse{detail}"))


def _part(keyboard: Keyboard, keycode: int) -> Part:
    return Part(keyboard.name_of(keycode), keyboard.modifier_of(keycode))
