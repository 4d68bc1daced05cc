"""One line of a menu, as a value, and how lines are worded. Pure."""

from dataclasses import dataclass, field
from typing import Literal

from utterkey.dictation.events import Event

Kind = Literal["plain", "check", "radio", "separator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`id` tells it from all others and stays the same when label, mark or action change.

    Without an action it cannot be chosen; with `items` it opens a submenu. Label and action may hold a transcript, so
    they are left out of `repr`.
    """

    id: str
    label: str = field(default="", repr=False)
    action: Event | None = field(default=None, repr=False)
    kind: Kind = "plain"
    checked: bool = False
    items: tuple["Item", ...] = ()

    @property
    def enabled(self) -> bool:
        return self.action is not None or bool(self.items)


def separator(name: str) -> Item:
    return Item(id=f"separator-{name}", kind="separator")


def key_label(key: str) -> str:
    """A key as people write it: right_ctrl -> Right Ctrl, ctrl+alt+f9 -> Ctrl+Alt+F9."""
    return "+".join(part.replace("_", " ").title() for part in key.split("+"))
