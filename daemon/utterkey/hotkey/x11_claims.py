"""Which keys of an X server are ours: where the hotkeys are, which of them are grabbed, what has to be observed.

Runs on the thread that owns the connection.
"""

import logging

from Xlib.display import Display
from Xlib.ext import xinput

from utterkey.errors import HotkeyError
from utterkey.hotkey.keys import Combo, Key
from utterkey.hotkey.plan import Binding, Plan, first_key
from utterkey.hotkey.x11_grabs import Grabs
from utterkey.hotkey.x11_keyboard import Keyboard, Keymap, Place

log = logging.getLogger(__name__)


class Claims:
    """`keyboard` is the present mapping. Nothing is claimed before `claim`, and nothing after `drop`."""

    def __init__(self, display: Display, plan: Plan) -> None:
        self.keyboard = Keyboard(display)
        self._display = display
        self._plan = plan
        self._grabs = Grabs(display)
        self._places: dict[Binding, Place] = {}
        self._cancel: Place | None = None
        self._claiming = False
        self._watching = False

    def __bool__(self) -> bool:
        """Is there a hotkey at all?"""
        return bool(self._places)

    @property
    def key(self) -> str:
        """The first hotkey that starts a dictation; "" if there is none."""
        return first_key(self._places)

    # --- changing it -----------------------------------------------------------------------------------------------

    def claim(self) -> list[HotkeyError]:
        """Find all hotkeys and grab those that can be; what cannot be had."""
        self._claiming = True
        refused = []
        for binding in self._plan.bindings:
            try:
                place = self.keyboard.find(binding.hotkey)
                if self._plan.grab and isinstance(binding.hotkey, Key | Combo):
                    self._grabs.take(place, binding.hotkey, self.keyboard)
                self._places[binding] = place
            except HotkeyError as problem:
                refused.append(problem)
        try:
            self._cancel = self.keyboard.find(self._plan.cancel) if self._plan.cancel else None
        except HotkeyError as problem:
            self._cancel = None
            refused.append(problem)
        self.watch_cancel(self._watching)
        return refused

    def drop(self) -> None:
        """Give everything back."""
        self._claiming = False
        self._places = {}
        self._grabs.release_all()

    def watch_cancel(self, on: bool) -> None:
        self._watching = on
        if self._cancel is None or self._plan.cancel is None:
            return
        if not on:
            self._grabs.release(self._cancel)
        elif self._claiming:
            try:
                self._grabs.take(self._cancel, self._plan.cancel, self.keyboard)
            except HotkeyError as problem:  # it still cancels, but its press reaches the other program too
                log.info("the cancel key is only observed: %s", problem)

    def remap(self) -> list[HotkeyError] | None:
        """The keyboard mapping may have changed. Grabs are by keycode, so if keys moved they are taken anew: what then
        cannot be had. None if all is as it was.

        The server says so quite often: whenever another keyboard is used, and when somebody types by rebinding keys.
        """
        before, self.keyboard = self.keyboard, Keyboard(self._display)
        if not self._claiming or self.keyboard.same_places(before, self._plan.hotkeys):
            return None
        self.drop()
        return self.claim()

    # --- asking about it -------------------------------------------------------------------------------------------

    def place(self, binding: Binding) -> Place:
        """Where a hotkey is; nowhere if the keyboard has no such key any more."""
        return self._places.get(binding, Place())

    def grabbed(self, keycode: int, state: int) -> Binding | None:
        """The hotkey that this press through a grab is."""
        modifiers = state & self.keyboard.all_modifiers
        for binding, place in self._places.items():
            wanted = self.keyboard.mask(place.modifiers)
            if keycode in place.keycodes and modifiers == wanted and self._grabs.has(place):
                return binding
        return None

    def may_be_observed(self, keycode: int) -> bool:
        return any(keycode in place.keycodes and not self._grabs.has(place) for place in self._places.values())

    def observed(self, keycode: int, keymap: Keymap) -> Binding | None:
        """The hotkey that this press is, with these keys down."""
        for binding, place in self._places.items():
            own = place.keycodes if binding.alone else frozenset()
            modifiers = self.keyboard.modifiers_down(keymap, apart_from=own)
            if keycode in place.keycodes and modifiers == place.modifiers and not self._grabs.has(place):
                return binding
        return None

    def button(self, number: int) -> Binding | None:
        return next((binding for binding, place in self._places.items() if place.button == number), None)

    def cancels(self, keycode: int, *, grabbed: bool) -> bool:
        """Is this press one of the cancel key while it is watched? Grabbed or not, it is told in one way only."""
        key = self._cancel
        return self._watching and key is not None and keycode in key.keycodes and self._grabs.has(key) == grabbed

    def raw_events(self, held: bool) -> int:
        """The raw events that are needed, as a mask; `held` says that a key-up is waited for."""
        mask = xinput.RawKeyReleaseMask if held else 0
        for binding, place in self._places.items():
            if binding.alone:
                mask |= xinput.RawButtonPressMask
            if place.button:
                mask |= xinput.RawButtonPressMask | xinput.RawButtonReleaseMask
            elif not self._grabs.has(place):
                mask |= xinput.RawKeyPressMask | xinput.RawKeyReleaseMask
        if self._claiming and self._watching and self._cancel is not None and not self._grabs.has(self._cancel):
            mask |= xinput.RawKeyPressMask
        return mask
