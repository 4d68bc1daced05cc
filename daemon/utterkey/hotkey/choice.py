"""Which hotkey somebody means who presses one: from keys going down and up to its name in the settings. Pure.

A key, alone or with modifiers, is meant when it goes down; a modifier is, when it goes up and nothing else was pressed
meanwhile. The choice is over when what is meant is up again, so that no repeat of it gets to an application.
"""

from dataclasses import dataclass

from utterkey.errors import HotkeyError
from utterkey.hotkey.keys import LONE_MODIFIERS, MODIFIERS, ModifierName, parse_hotkey

GIVEN_UP = "No key was chosen: the hotkey stays as it is."
UNKNOWN = (
    "That key has no name that the settings know: press another one, for example right Ctrl, Pause or F9, or a "
    "combination with Ctrl, Alt or Super."
)
NO_MODIFIER = "AltGr writes characters and cannot be part of a combination: use Ctrl, Alt, Shift or Super."

GIVING_UP = ("esc", "ctrl+c")
"""Escape, and what ends a program in the terminal, which nobody can do without as a hotkey."""

FIRST_SPARE_BUTTON = 8
"""Those before click, paste and scroll, and go on doing so."""


@dataclass(frozen=True, slots=True)
class Part:
    """A key or a button. `name` is "" where the settings have none for it; `modifier` is what it does to other keys."""

    name: str
    modifier: ModifierName | None = None


class Choice:
    """`over` says that there is nothing more to wait for."""

    def __init__(self) -> None:
        self.over = False
        self._held: list[Part] = []
        self._alone = True
        self._meant: tuple[Part, str | HotkeyError] | None = None

    def down(self, part: Part) -> None:
        """A key went down. The same one again is auto-repeat."""
        if self._meant is not None or part in self._held:
            return
        if part.name in LONE_MODIFIERS:
            self._alone = not self._held
            self._held.append(part)
        else:
            self._meant = part, self._judged(part)

    def button_down(self, number: int) -> None:
        if number >= FIRST_SPARE_BUTTON:
            self.down(Part(f"mouse{number}"))
        else:
            self._alone = False  # a click with a modifier held

    def up(self, part: Part) -> None:
        """A key or a button went up. One that went down before this began is nobody's business."""
        if self._meant is not None:
            self.over = self.over or part == self._meant[0]
        elif part in self._held:
            self._held.remove(part)
            if self._alone and not self._held:
                self._meant, self.over = (part, part.name), True
            self._alone = not self._held

    def result(self) -> str | None:
        """The hotkey's name as the settings write it, None while there is none. Raises `HotkeyError` for a key that
        cannot be one, with the reason, and if the choice was given up."""
        if self._meant is None:
            return None
        name = self._meant[1]
        if isinstance(name, HotkeyError):
            raise name
        return name

    def _judged(self, part: Part) -> str | HotkeyError:
        if not part.name:
            return HotkeyError(UNKNOWN)
        if any(held.modifier is None for held in self._held):
            return HotkeyError(NO_MODIFIER)
        down = {held.modifier for held in self._held}
        name = "+".join([*(modifier for modifier in MODIFIERS if modifier in down), part.name])
        if name in GIVING_UP:
            return HotkeyError(GIVEN_UP)
        try:
            return parse_hotkey(name).name
        except HotkeyError as error:
            return error
