"""The configured hotkey, pressed as a keyboard would press it (XTEST). On the command's only thread."""

from Xlib import X
from Xlib.ext import xtest

from utterkey.desktop.x11 import Connection
from utterkey.errors import HotkeyError
from utterkey.hotkey.keys import LoneModifier, parse_hotkey
from utterkey.hotkey.x11_keyboard import Keyboard


class HotkeyPresser:
    def __init__(self, name: str) -> None:
        """Raises HotkeyError if this keyboard has no such key, or there is no X11 desktop."""
        self._connection = Connection(HotkeyError)
        try:
            keyboard = Keyboard(self._connection.display)
            place = keyboard.find(parse_hotkey(name))
            modifiers = [keyboard.find(LoneModifier(f"left_{name}")) for name in sorted(place.modifiers)]
        except BaseException:
            self._connection.close()
            raise
        self._keys = [min(key.keycodes) for key in (*modifiers, place) if key.keycodes]
        self._button = place.button
        self._down = False

    def press(self) -> None:
        self._down = True
        for keycode in self._keys:
            self._strike(X.KeyPress, keycode)
        if self._button:
            self._strike(X.ButtonPress, self._button)

    def release(self) -> None:
        """Harmless if it is up."""
        if not self._down:
            return
        self._down = False
        if self._button:
            self._strike(X.ButtonRelease, self._button)
        for keycode in reversed(self._keys):
            self._strike(X.KeyRelease, keycode)

    def close(self) -> None:
        """Whatever happened, no key stays down."""
        self.release()
        self._connection.close()

    def _strike(self, kind: int, detail: int) -> None:
        with self._connection.errors():
            xtest.fake_input(self._connection.display, kind, detail)
            self._connection.display.sync()
