"""Which keys paste into which window. Pure.

Shift+Insert is the widest known: GTK, Qt, Tk, Electron, Emacs, JetBrains take the clipboard for it, whatever the
keyboard's layout. Terminals differ: those around VTE, kitty, Alacritty and WezTerm paste PRIMARY for it and the
clipboard for Ctrl+Shift+V; xterm and its kin know PRIMARY only. A few editors take the clipboard or PRIMARY, by where
the cursor is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from utterkey.errors import InsertionError


@dataclass(frozen=True, slots=True)
class Chord:
    """`keys` are X names, pressed in this order. `primary`: the window pastes PRIMARY, which is taken as well.

    PRIMARY is left alone wherever it can be: taking it ends the selection in the window, and a word that was selected
    to be spoken over would stay.
    """

    keys: tuple[str, ...]
    primary: bool = False
    terminal: bool = False


UNKNOWN = "*"
"""What a window is called that is not known, in the user's chords."""

USUAL = Chord(("Shift_L", "Insert"))
_TERMINAL = Chord(("Control_L", "Shift_L", "v"), terminal=True)
_PRIMARY_TERMINAL = Chord(("Shift_L", "Insert"), primary=True, terminal=True)

_TERMINALS = [
    "alacritty",
    "blackbox",
    "contour",
    "cool-retro-term",
    "deepin-terminal",
    "foot",
    "footclient",
    "ghostty",
    "gnome-terminal",
    "gnome-terminal-server",
    "guake",
    "hyper",
    "io.elementary.terminal",
    "kgx",
    "kitty",
    "konsole",
    "lxterminal",
    "mate-terminal",
    "org.gnome.console",
    "org.gnome.ptyxis",
    "ptyxis",
    "qterminal",
    "rio",
    "roxterm",
    "sakura",
    "tabby",
    "terminator",
    "terminology",
    "termite",
    "tilda",
    "tilix",
    "wezterm",
    "xfce4-terminal",
    "yakuake",
    "com.mitchellh.ghostty",
    "com.raggesilver.blackbox",
    "org.wezfurlong.wezterm",
    "org.gnome.terminal",
    "org.kde.konsole",
]
_PRIMARY_TERMINALS = [
    "aterm",
    "eterm",
    "mlterm",
    "mrxvt",
    "rxvt",
    "rxvt-unicode",
    "st",
    "st-256color",
    "urxvt",
    "uxterm",
    "xterm",
    "zutty",
]
_EITHER_EDITORS = [
    "code",  # its terminal pastes PRIMARY for Shift+Insert, its editor the clipboard
    "code - insiders",
    "code-oss",
    "codium",
    "cursor",
    "vscodium",
    "windsurf",
    "gvim",  # by the widespread mapping of Shift+Insert to the middle mouse button
]

CHORDS = (
    dict.fromkeys(_TERMINALS, _TERMINAL)
    | dict.fromkeys(_PRIMARY_TERMINALS, _PRIMARY_TERMINAL)
    | dict.fromkeys(_EITHER_EDITORS, replace(USUAL, primary=True))
)
"""Lower-case WM_CLASS, instance or class, or app id of Wayland -> chord, where it is not the usual one."""


@dataclass(frozen=True, slots=True)
class Chords:
    """How a system pastes: the usual chord, and by lower-case name of a window what is known to differ."""

    usual: Chord
    known: Mapping[str, Chord]


X11_CHORDS = Chords(USUAL, CHORDS)

_CTRL_V = ("Control_L", "v")
WINDOWS_CHORDS = Chords(
    Chord(_CTRL_V),
    {
        "consolewindowclass": Chord(_CTRL_V, terminal=True),  # the console, since Windows 10
        "cascadia_hosting_window_class": Chord(_CTRL_V, terminal=True),  # Windows Terminal
        "mintty": Chord(("Shift_L", "Insert"), terminal=True),
        "putty": Chord(("Shift_L", "Insert"), terminal=True),
        "virtualconsoleclass": Chord(("Shift_L", "Insert"), terminal=True),  # ConEmu
        "org.wezfurlong.wezterm": Chord(("Control_L", "Shift_L", "v"), terminal=True),
    },
)
"""By window class."""

_CMD_V = ("Super_L", "v")
MACOS_CHORDS = Chords(
    Chord(_CMD_V),
    dict.fromkeys(
        [
            "co.zeit.hyper",
            "com.apple.terminal",
            "com.github.wez.wezterm",
            "com.googlecode.iterm2",
            "com.mitchellh.ghostty",
            "dev.warp.warp-stable",
            "net.kovidgoyal.kitty",
            "org.alacritty",
            "org.tabby",
        ],
        Chord(_CMD_V, terminal=True),
    ),
)
"""By the program's bundle identifier."""


_MODIFIERS = {"ctrl": "Control_L", "shift": "Shift_L", "alt": "Alt_L", "super": "Super_L"}
_KEYS = {"insert": "Insert", "paste": "XF86Paste", **{key: key for key in "abcdefghijklmnopqrstuvwxyz"}}


def chord_for(names: Sequence[str], wanted: Mapping[str, tuple[str, ...]], chords: Chords = X11_CHORDS) -> Chord:
    """The chord for a window with these WM_CLASS names, or this app id; the class speaks before the instance, which
    users may set.

    `wanted` are the user's own, by lower-case name. They change the keys; what is known of the window stays. Who
    pastes with the terminals' chord is one.
    """
    lower = [name.lower() for name in reversed(names)]
    known = next((chords.known[name] for name in lower if name in chords.known), chords.usual)
    keys = next((wanted[name] for name in lower if name in wanted), known.keys)
    primary, terminal = known.primary and keys == known.keys, known.terminal or keys == _TERMINAL.keys
    return replace(known, keys=keys, primary=primary, terminal=terminal)


def chord_for_unknown(wanted: Mapping[str, tuple[str, ...]]) -> Chord:
    """The chord where nobody tells which window has the keyboard: the user's own for "*", else the usual one with both
    selections, for terminals paste PRIMARY with it and the others the clipboard."""
    keys = wanted.get(UNKNOWN, USUAL.keys)
    return Chord(keys, primary=keys == USUAL.keys, terminal=keys == _TERMINAL.keys)


def wanted_keys(text: str) -> tuple[str, ...]:
    """Read `ctrl+shift+v`. Raises InsertionError for what is no chord."""
    *modifiers, key = (part.strip().lower() for part in text.split("+"))
    if not modifiers or key not in _KEYS or len(_MODIFIERS.keys() & modifiers) < len(modifiers):
        raise InsertionError(
            f"output.chords has '{text}', which is no chord: write for example ctrl+v or shift+insert."
        )
    return *(_MODIFIERS[name] for name in _MODIFIERS if name in modifiers), _KEYS[key]


def for_window(text: str, chord: Chord, trailing: str) -> str:
    """The text as it may go into the window.

    In a terminal a line's end runs what stands before it, and an escape can end the bracketed paste that guards the
    lines between: so the line's end at the end of a text and all control characters stay away. A line's end in what the
    user has added to each text (`trailing`) is asked for.
    """
    if not chord.terminal:
        return text
    text, trailing = _without_controls(text), _without_controls(trailing)
    asked = trailing if "\n" in trailing and text.endswith(trailing) else ""
    text = text.removesuffix(asked)
    said = text.rstrip()
    return said + text[len(said) :].replace("\n", "") + asked


def _without_controls(text: str) -> str:
    return "".join(character for character in text if character >= " " or character in "\n\t").translate(_C1_CONTROLS)


_C1_CONTROLS = dict.fromkeys(range(0x7F, 0xA0))
