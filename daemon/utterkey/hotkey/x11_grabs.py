"""Which keys are ours on an X server: passive grabs, and the auto-repeat that has to be off for them.

Runs on the thread that owns the connection. What was changed is put back by `release` and `release_all`. Which keys
do not repeat because of us is noted in a property of the root window, which lives as long as that state does: what a
crash left behind is put right at the next start.
"""

from collections.abc import Iterable

from Xlib import X, Xatom, error
from Xlib.display import Display

from utterkey.errors import HotkeyError
from utterkey.hotkey.keys import Combo, Hotkey
from utterkey.hotkey.x11_keyboard import Keyboard, Place, any_down

_NOTE = "_UTTERKEY_QUIET_KEYS"


class Grabs:
    def __init__(self, display: Display) -> None:
        self._display = display
        self._root = display.screen().root
        self._taken: dict[Place, list[tuple[int, int]]] = {}  # keycodes and masks as they were grabbed
        self._quiet: dict[Place, list[int]] = {}  # keycodes whose auto-repeat we switched off
        self._restore_left_over()

    def has(self, place: Place) -> bool:
        return place in self._taken

    def take(self, place: Place, hotkey: Hotkey, keyboard: Keyboard) -> None:
        """Grab a key whatever locks are on; a `HotkeyError` if another program has it."""
        if self.has(place):
            return
        mask = keyboard.mask(place.modifiers)
        grabs = [(keycode, mask | locks) for keycode in sorted(place.keycodes) for locks in keyboard.lock_masks]
        denied = error.CatchError(error.BadAccess)
        for keycode, modifiers in grabs:
            self._root.grab_key(keycode, modifiers, False, X.GrabModeAsync, X.GrabModeAsync, onerror=denied)
        self._display.sync()
        self._taken[place] = grabs
        if denied.get_error():
            self.release(place)
            raise HotkeyError(f"Another program already uses {hotkey.name}; free it there or choose another key.")
        if not isinstance(hotkey, Combo):
            self._quiet[place] = self._stop_repeat(place)

    def release(self, place: Place) -> None:
        for keycode, modifiers in self._taken.pop(place, []):
            self._root.ungrab_key(keycode, modifiers)
        self._repeat(self._quiet.pop(place, []))

    def release_all(self) -> None:
        for place in list(self._taken):
            self.release(place)

    def _stop_repeat(self, place: Place) -> list[int]:
        repeating = self._display.get_keyboard_control().auto_repeats
        keycodes = [keycode for keycode in sorted(place.keycodes) if any_down(repeating, [keycode])]
        self._note(self._noted() | set(keycodes))
        for keycode in keycodes:
            self._display.change_keyboard_control(key=keycode, auto_repeat_mode=X.AutoRepeatModeOff)
        return keycodes

    def _repeat(self, keycodes: Iterable[int]) -> None:
        for keycode in keycodes:
            self._display.change_keyboard_control(key=keycode, auto_repeat_mode=X.AutoRepeatModeOn)
        if keycodes:
            self._note(self._noted() - set(keycodes))

    def _restore_left_over(self) -> None:
        """A noted key that nobody grabs was left by a daemon that is gone."""
        left = set()
        for keycode in self._noted():
            denied = error.CatchError(error.BadAccess)
            self._root.grab_key(keycode, 0, False, X.GrabModeAsync, X.GrabModeAsync, onerror=denied)
            self._display.sync()
            if not denied.get_error():
                self._root.ungrab_key(keycode, 0)
                left.add(keycode)
        self._repeat(left)

    def _noted(self) -> set[int]:
        note = self._root.get_full_property(self._display.get_atom(_NOTE), Xatom.CARDINAL)
        return set(note.value) if note else set()

    def _note(self, keycodes: set[int]) -> None:
        if keycodes:
            self._root.change_property(self._display.get_atom(_NOTE), Xatom.CARDINAL, 32, sorted(keycodes))
        else:
            self._root.delete_property(self._display.get_atom(_NOTE))
