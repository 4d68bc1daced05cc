"""The global key where only the compositor sees every key: it runs `utterkey press` and `utterkey release`. Pure.

What has to stand in its configuration is told here, exactly, for those that can run a command when a key goes up.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from utterkey.hotkey.keys import Combo, Hotkey, Key, ModifierName
from utterkey.hotkey.plan import Binding, Mode, Plan

BY_BINDINGS, BY_PORTAL, BY_EVDEV = "key bindings of ", "GlobalShortcuts portal", "evdev"
"""How the mechanisms' names begin on Wayland."""

_INSTEAD = Key("f9")
_CAUTION = (
    "A single key is safer than a combination: when the modifier goes up first, the release is missed and the "
    "recording goes on."
)

_NAMES = {
    "esc": "Escape", "pause": "Pause", "scroll_lock": "Scroll_Lock", "print_screen": "Print", "menu": "Menu",
    "insert": "Insert", "home": "Home", "end": "End", "page_up": "Page_Up", "page_down": "Page_Down", "enter": "Return",
    "tab": "Tab", "backspace": "BackSpace", "delete": "Delete", "left_bracket": "bracketleft",
    "right_bracket": "bracketright", "left": "Left", "right": "Right", "up": "Up", "down": "Down",
}  # fmt: skip
"""The names of xkbcommon, where they are not ours."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Who watches the key, where its configuration is, and what to write there. No lines: press and release cannot be
    told apart there, so that `utterkey toggle` is all that can be bound.

    `left_out` says which hotkeys of the settings cannot be had, `caution` what to mind; "" is none and nothing."""

    compositor: str
    where: str
    lines: tuple[str, ...] = ()
    key: str = ""
    left_out: str = ""
    caution: str = ""


class BindingHotkeys:
    """See `Hotkeys`. The compositor watches, and the commands arrive over the control socket."""

    def __init__(self, advice: Advice) -> None:
        self.advice = advice
        self.name = BY_BINDINGS + advice.compositor
        self.key = advice.key

    def listen(self, on: bool) -> None:
        """The commands of a paused program are ignored by the machine."""

    def watch_cancel(self, on: bool) -> None:
        """A key that is only taken away while it is wanted cannot be had."""

    def close(self) -> None:
        """Nothing was taken."""


def bindable(hotkey: Hotkey) -> Key | Combo:
    """No compositor tells a lone modifier from a shortcut, or binds a mouse button: then it is another key."""
    return hotkey if isinstance(hotkey, Key | Combo) else _INSTEAD


def key_symbol(hotkey: Hotkey) -> str:
    """The key, without its modifiers, as xkbcommon calls it."""
    plain = hotkey.key if isinstance(hotkey, Combo) else hotkey.name
    return _NAMES.get(plain) or (plain.upper() if plain in _FUNCTION_KEYS else plain)


def portal_gives_keys(environment: Mapping[str, str]) -> bool:
    """Whether a GlobalShortcuts portal, if there is one, leads to a key. Hyprland's only takes down a name, and the
    user has to bind a key to it in the configuration: then better to the commands, which need no portal."""
    return not _is_hyprland(environment)


def advise(environment: Mapping[str, str], wanted: Plan, command: Sequence[str]) -> Advice:
    """What to bind on the compositor of this session. `command` is this installation's `utterkey`."""
    desktop = _desktop(environment)
    program = shlex.join(command)
    if environment.get("SWAYSOCK") or "sway" in desktop:
        return _advice("sway", "~/.config/sway/config", _sway, wanted, program)
    if _is_hyprland(environment):
        advice = _advice("Hyprland", "~/.config/hypr/hyprland.conf", _hyprland, wanted, program)
        held = isinstance(_main(wanted).hotkey, Combo) and _main(wanted).mode in ("hold", "auto")
        return replace(advice, caution=_CAUTION) if held else advice
    if "river" in desktop:
        return _advice("river", "~/.config/river/init", _river, wanted, program)
    named = next((name for word, name in _OTHERS.items() if word in desktop), "your compositor")
    where = _WHERE.get(named, "its keyboard settings")
    return Advice(named, where, (), bindable(_main(wanted).hotkey).name, _left_out(wanted, named))


def _desktop(environment: Mapping[str, str]) -> list[str]:
    return environment.get("XDG_CURRENT_DESKTOP", "").lower().split(":")


def _is_hyprland(environment: Mapping[str, str]) -> bool:
    return bool(environment.get("HYPRLAND_INSTANCE_SIGNATURE")) or "hyprland" in _desktop(environment)


_OTHERS = {"kde": "KDE", "gnome": "GNOME", "niri": "niri", "cosmic": "COSMIC"}
_WHERE = {
    "KDE": "System Settings > Keyboard > Shortcuts > Add New > Command",
    "GNOME": "Settings > Keyboard > View and Customize Shortcuts > Custom Shortcuts",
    "niri": "the binds of ~/.config/niri/config.kdl",
    "COSMIC": "Settings > Input Devices > Keyboard > Custom Shortcuts",
}

_Writer = Callable[[tuple[ModifierName, ...], str, str, str], str]
"""(modifiers, key's name, when, command) -> a line; `when` is press, release or toggle."""


_COMMANDS: dict[Mode, dict[str, str]] = {
    "hold": {"press": "press", "release": "release"},
    "auto": {"press": "press", "release": "release"},
    "toggle": {"toggle": "toggle"},
    "insert last": {"press": "last --insert"},
}


def _advice(compositor: str, where: str, line: _Writer, wanted: Plan, program: str) -> Advice:
    main = _main(wanted)
    lines: list[str] = []
    for binding in wanted.bindings:
        hotkey = bindable(binding.hotkey)
        if binding is not main and hotkey != binding.hotkey:
            continue
        modifiers = hotkey.modifiers if isinstance(hotkey, Combo) else ()
        for when, command in _COMMANDS[binding.mode].items():
            told = f"{command} {hotkey.name}" if binding is not main and command in ("press", "toggle") else command
            lines.append(line(modifiers, key_symbol(hotkey), when, f"{program} {told}"))
    return Advice(compositor, where, tuple(lines), bindable(main.hotkey).name, _left_out(wanted, compositor))


def _main(wanted: Plan) -> Binding:
    """The one that `utterkey press` stands for."""
    return next((each for each in wanted.bindings if each.mode != "insert last"), wanted.bindings[0])


def _left_out(wanted: Plan, compositor: str) -> str:
    """Another key stands for the main one, if it has to; for all of them there is none."""
    main = _main(wanted)
    names = [each.hotkey.name for each in wanted.bindings if each is not main and bindable(each.hotkey) != each.hotkey]
    if not names:
        return ""
    return (
        f"{' and '.join(names)} cannot be had where {compositor} watches the keys; choose a key that is neither a "
        "modifier nor a mouse button, or set hotkey.evdev."
    )


_FUNCTION_KEYS = {f"f{number}" for number in range(1, 25)}


def _sway(modifiers: tuple[ModifierName, ...], key: str, when: str, command: str) -> str:
    """sway(5). A held key repeats its binding unless told not to."""
    names = {"ctrl": "Ctrl", "alt": "Mod1", "shift": "Shift", "super": "Mod4"}
    keys = "+".join((*(names[each] for each in modifiers), key))
    return f"bindsym {'--release' if when == 'release' else '--no-repeat'} {keys} exec {command}"


def _hyprland(modifiers: tuple[ModifierName, ...], key: str, when: str, command: str) -> str:
    """wiki.hypr.land, Configuring/Binds: `r` is a release."""
    return f"bind{'r' if when == 'release' else ''} = {' '.join(modifiers).upper()}, {key}, exec, {command}"


def _river(modifiers: tuple[ModifierName, ...], key: str, when: str, command: str) -> str:
    """riverctl(1). A mapping does not repeat unless told to."""
    names = {"ctrl": "Control", "alt": "Mod1", "shift": "Shift", "super": "Mod4"}
    keys = "+".join(names[each] for each in modifiers) or "None"
    return f"riverctl map {'-release ' if when == 'release' else ''}normal {keys} {key} spawn {shlex.quote(command)}"
