"""Which keys are down, by their names in the settings, and what their going down and up means. Pure.

For mechanisms that hear every key: they tell a `Watch` what they hear, post the events it gives back, and keep from the
applications what it calls swallowed. A swallowed press has its repeats and its key-up swallowed too, or programs would
see a key go up that never went down. Modifiers and mouse buttons are never swallowed: they are needed for other things.

Key-ups get lost: the lock screen and questions for an administrator's password have the keyboard for themselves. So
`is_down` asks the keyboard itself about a key, where the system can tell; a key that it has not got down is up.
"""

from collections.abc import Callable
from dataclasses import dataclass

from utterkey.hotkey.gesture import Events, Gesture
from utterkey.hotkey.keys import LONE_MODIFIERS, MODIFIERS, Combo, Hotkey, Key, LoneModifier, MouseButton
from utterkey.hotkey.plan import Binding, Plan


@dataclass(frozen=True, slots=True)
class Heard:
    """A key or button of this name went down, or up."""

    name: str
    down: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """`swallowed`: the applications must not see it. `hotkey` is the one that this press made complete."""

    events: Events = ()
    swallowed: bool = False
    hotkey: Hotkey | None = None


def unknown(name: str) -> bool:
    """`is_down` where the system does not tell: what was heard counts."""
    return True


class Watch:
    def __init__(self, plan: Plan, *, swallows: bool, is_down: Callable[[str], bool]) -> None:
        self._plan = plan
        self._swallows = swallows
        self._is_down = is_down
        self._gesture = Gesture(plan.min_hold)
        self._down: set[str] = set()
        self._swallowed: set[str] = set()
        self._listening = True
        self._watching = False

    @property
    def held(self) -> Binding | None:
        """The hotkey whose key-up has to be watched for."""
        return self._gesture.down_binding

    # --- orders ------------------------------------------------------------------------------------------------------

    def listen(self, on: bool, at: float) -> Events:
        self._listening = on
        return () if on else self._gesture.stop(at)

    def watch_cancel(self, on: bool) -> None:
        self._watching = on
        if not on:
            self._gesture.ended()

    # --- what is heard -----------------------------------------------------------------------------------------------

    def take(self, key: Heard, at: float) -> Outcome:
        """A key or button went down, repeats, or went up."""
        return self._went_down(key.name, at) if key.down else self._went_up(key.name, at)

    def joined(self) -> Events:
        """Something was clicked or scrolled."""
        return self._gesture.joined()

    def look(self, at: float) -> Events:
        """Ask the keyboard whether the held hotkey is still down. What was swallowed it never had."""
        self._forget_lost(self._down - self._swallowed)
        return self._reconcile(at)

    def forget(self, at: float) -> Events:
        """Nothing was heard for a while: whatever was down may be up."""
        self._down.clear()
        self._swallowed.clear()
        return self._reconcile(at)

    # --- details -----------------------------------------------------------------------------------------------------

    def _went_down(self, name: str, at: float) -> Outcome:
        repeated = name in self._down
        self._down.add(name)
        if not self._listening or repeated:
            return Outcome(swallowed=name in self._swallowed)
        self._forget_lost(set(LONE_MODIFIERS) - {name})
        if self._watching and self._plan.cancel is not None and name == self._plan.cancel.name:
            return Outcome(self._gesture.cancelled(), self._swallow(name))
        binding = next((b for b in self._plan.bindings if self._completes(b.hotkey, name)), None)
        if binding is None:
            return Outcome(self._gesture.joined())
        grabbed = self._plan.grab and isinstance(binding.hotkey, Key | Combo)
        return Outcome(self._gesture.down(binding, at), grabbed and self._swallow(name), binding.hotkey)

    def _went_up(self, name: str, at: float) -> Outcome:
        self._down.discard(name)
        swallowed = name in self._swallowed
        self._swallowed.discard(name)
        return Outcome(self._reconcile(at), swallowed)

    def _swallow(self, name: str) -> bool:
        if self._swallows:
            self._swallowed.add(name)
        return self._swallows

    def _forget_lost(self, names: set[str]) -> None:
        self._down -= {name for name in names & self._down if not self._is_down(name)}

    def _reconcile(self, at: float) -> Events:
        held = self._gesture.down_binding
        return () if held is None else self._gesture.reconcile(self._holds(held), at)

    def _completes(self, hotkey: Hotkey, name: str) -> bool:
        """Did this key make the hotkey complete, with no other modifier down?"""
        match hotkey:
            case MouseButton():
                return name == hotkey.name
            case LoneModifier():
                return name == hotkey.name and self._modifiers(self._down - {name}) == set()
            case Combo(modifiers, key):
                return name == key and self._modifiers(self._down) == set(modifiers)
        return name == hotkey.name and self._modifiers(self._down) == set()

    def _holds(self, binding: Binding) -> bool:
        match binding.hotkey:
            case Combo(modifiers, key) if binding.mode == "insert last":  # it waits for all of it
                return key in self._down or bool(self._modifiers(self._down).intersection(modifiers))
            case Combo(modifiers, key):
                return key in self._down and set(modifiers) <= self._modifiers(self._down)
            case hotkey:
                return hotkey.name in self._down

    @staticmethod
    def _modifiers(down: set[str]) -> set[str]:
        return {m for m in MODIFIERS if f"left_{m}" in down or f"right_{m}" in down}
