"""What the settings ask for: which hotkeys, and what each of them starts. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from utterkey.dictation.events import Trigger, Wishes
from utterkey.errors import HotkeyError, UsageError
from utterkey.hotkey.keys import Combo, Hotkey, Key, LoneModifier, parse_cancel_key, parse_hotkey
from utterkey.settings import ExtraHotkey, HotkeySettings

Mode = Literal["hold", "toggle", "auto", "insert last"]


@dataclass(frozen=True, slots=True)
class Binding:
    """A hotkey, how it is meant, and what it starts. With "insert last" it starts nothing."""

    hotkey: Hotkey
    trigger: Trigger
    mode: Mode = "hold"

    @property
    def alone(self) -> bool:
        """Does only being held alone tell it from a shortcut?"""
        return isinstance(self.hotkey, LoneModifier)


@dataclass(frozen=True, slots=True)
class Plan:
    """`grab` keeps presses from the applications where that can be; `min_hold` is in seconds; `evdev` asks for the
    keyboards to be read themselves.

    `refused` are entries that cannot be used: the others work without them.
    """

    bindings: tuple[Binding, ...]
    cancel: Key | None
    grab: bool
    min_hold: float
    evdev: bool
    refused: tuple[HotkeyError, ...] = ()

    @property
    def hotkeys(self) -> tuple[Hotkey, ...]:
        """All keys that matter, the cancel key among them."""
        keys = tuple(binding.hotkey for binding in self.bindings)
        return keys if self.cancel is None else (*keys, self.cancel)


def plan(settings: HotkeySettings) -> Plan:
    """Read the settings; a `HotkeyError` if not one hotkey in them can be used."""
    bindings: dict[Hotkey, Binding] = {}
    refused: list[HotkeyError] = []
    wanted: list[tuple[ExtraHotkey, Mode]]
    wanted = [(entry, entry.mode or settings.mode) for entry in (ExtraHotkey(key=settings.key), *settings.extra)]
    if settings.insert_last.strip():
        wanted.append((ExtraHotkey(key=settings.insert_last), "insert last"))
    for entry, mode in wanted:
        try:
            binding = _bind(entry, mode)
            if binding.hotkey in bindings:
                raise HotkeyError(f"{binding.hotkey.name} is a hotkey twice; remove one of its entries.")
            bindings[binding.hotkey] = binding
        except HotkeyError as error:
            refused.append(error)
    cancel = None
    try:
        cancel = parse_cancel_key(settings.cancel)
        if cancel in bindings:
            raise HotkeyError(f"{settings.cancel} is a hotkey and the cancel key; choose another hotkey.cancel.")
    except HotkeyError as error:
        cancel = None
        refused.append(error)
    if not bindings:
        raise refused[0]
    return Plan(
        tuple(bindings.values()), cancel, settings.grab, settings.min_hold_ms / 1000, settings.evdev, tuple(refused)
    )


def first_key(bindings: Iterable[Binding]) -> str:
    """The first hotkey that starts a dictation, by its name; "" if none does."""
    return next((binding.hotkey.name for binding in bindings if binding.mode != "insert last"), "")


def trigger_of(settings: HotkeySettings, key: str) -> Trigger:
    """What the hotkey of that name starts when a command stands for it, with no key held. Raises `UsageError`."""
    try:
        wanted = parse_hotkey(key)
        binding = next(each for each in plan(settings).bindings if each.hotkey == wanted and each.mode != "insert last")
    except (HotkeyError, StopIteration):
        raise UsageError(f"{key} is no hotkey of the settings that records; add it to hotkey.extra.") from None
    return replace(binding.trigger, alone=False, blocks_insertion=False, strikes=False)


def _bind(entry: ExtraHotkey, mode: Mode) -> Binding:
    hotkey = parse_hotkey(entry.key)
    held = mode in ("hold", "auto")  # what a toggle starts goes on with no key down
    trigger = Trigger(
        name=hotkey.name,
        alone=held and isinstance(hotkey, LoneModifier),
        blocks_insertion=held and isinstance(hotkey, LoneModifier | Combo),
        strikes=not isinstance(hotkey, LoneModifier),
        output=entry.output or None,
        wishes=Wishes(entry.languages or None, entry.prompt or None),
    )
    return Binding(hotkey, trigger, mode)
