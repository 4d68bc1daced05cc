"""Which keys paste into which window, and what may go into a terminal."""

import pytest

from utterkey.errors import InsertionError
from utterkey.insertion.chord import USUAL, Chord, chord_for, chord_for_unknown, for_window, wanted_keys

SHIFT_INSERT = ("Shift_L", "Insert")
CTRL_SHIFT_V = ("Control_L", "Shift_L", "v")

CHORDS = {
    "a GTK editor": (("mousepad", "Mousepad"), SHIFT_INSERT, False, False),
    "Firefox": (("Navigator", "firefox"), SHIFT_INSERT, False, False),
    "VS Code": (("code", "Code"), SHIFT_INSERT, True, False),
    "VSCodium": (("vscodium", "VSCodium"), SHIFT_INSERT, True, False),
    "gvim": (("gvim", "Gvim"), SHIFT_INSERT, True, False),
    "Emacs": (("emacs", "Emacs"), SHIFT_INSERT, False, False),
    "a window without a class": ((), SHIFT_INSERT, False, False),
    "xterm": (("xterm", "XTerm"), SHIFT_INSERT, True, True),
    "xterm in UTF-8": (("xterm", "UXTerm"), SHIFT_INSERT, True, True),
    "urxvt": (("urxvt", "URxvt"), SHIFT_INSERT, True, True),
    "Zutty": (("Zutty", "Zutty"), SHIFT_INSERT, True, True),
    "st": (("st-256color", "st-256color"), SHIFT_INSERT, True, True),
    "an xterm named by its user": (("notes", "XTerm"), SHIFT_INSERT, True, True),
    "GNOME Terminal": (("gnome-terminal-server", "Gnome-terminal"), CTRL_SHIFT_V, False, True),
    "xfce4-terminal": (("xfce4-terminal", "Xfce4-terminal"), CTRL_SHIFT_V, False, True),
    "Konsole": (("konsole", "konsole"), CTRL_SHIFT_V, False, True),
    "kitty": (("kitty", "kitty"), CTRL_SHIFT_V, False, True),
    "Alacritty": (("Alacritty", "Alacritty"), CTRL_SHIFT_V, False, True),
    "WezTerm": (("org.wezfurlong.wezterm", "org.wezfurlong.wezterm"), CTRL_SHIFT_V, False, True),
    "Ghostty": (("ghostty", "com.mitchellh.ghostty"), CTRL_SHIFT_V, False, True),
    "Terminator": (("terminator", "Terminator"), CTRL_SHIFT_V, False, True),
    "Tilix": (("tilix", "Tilix"), CTRL_SHIFT_V, False, True),
}


@pytest.mark.parametrize(("names", "keys", "primary", "terminal"), CHORDS.values(), ids=CHORDS)
def test_chord(names: tuple[str, ...], keys: tuple[str, ...], primary: bool, terminal: bool) -> None:
    chord = chord_for(names, {})
    assert (chord.keys, chord.primary, chord.terminal) == (keys, primary, terminal)


CTRL_V, CTRL_Y = ("Control_L", "v"), ("Control_L", "y")
WANTED = {
    "emacs": CTRL_Y,
    "xterm": CTRL_SHIFT_V,
    "foot": CTRL_SHIFT_V,
    "kitty": SHIFT_INSERT,
    "urxvt": SHIFT_INSERT,
    "code": CTRL_V,
}
WISHES = {
    "the user's own chord": (("emacs", "Emacs"), CTRL_Y, False, False),
    "by instance too": (("emacs", "Editor"), CTRL_Y, False, False),
    "others are as ever": (("mousepad", "Mousepad"), SHIFT_INSERT, False, False),
    "with another chord an xterm does not paste PRIMARY": (("xterm", "XTerm"), CTRL_SHIFT_V, False, True),
    "nor does an editor that pastes either": (("code", "Code"), CTRL_V, False, False),
    "the same chord changes nothing": (("urxvt", "URxvt"), SHIFT_INSERT, True, True),
    "a terminal stays one": (("kitty", "kitty"), SHIFT_INSERT, False, True),
    "who pastes as terminals do is one": (("foot", "foot"), CTRL_SHIFT_V, False, True),
}


@pytest.mark.parametrize(("names", "keys", "primary", "terminal"), WISHES.values(), ids=WISHES)
def test_the_users_own_chord(names: tuple[str, ...], keys: tuple[str, ...], primary: bool, terminal: bool) -> None:
    chord = chord_for(names, WANTED)
    assert (chord.keys, chord.primary, chord.terminal) == (keys, primary, terminal)


def test_a_window_that_nobody_tells_about() -> None:
    """Whichever selection it pastes for the usual keys; with the user's own they paste the clipboard."""
    assert chord_for_unknown(WANTED) == Chord(SHIFT_INSERT, primary=True)
    assert chord_for_unknown({"*": CTRL_V}) == Chord(CTRL_V)
    assert chord_for_unknown({"*": CTRL_SHIFT_V}) == Chord(CTRL_SHIFT_V, terminal=True)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("ctrl+v", CTRL_V),
        ("Shift + Ctrl + V", CTRL_SHIFT_V),
        ("shift+insert", SHIFT_INSERT),
        ("super+v", ("Super_L", "v")),
    ],
)
def test_a_chord_as_the_user_writes_it(text: str, keys: tuple[str, ...]) -> None:
    assert wanted_keys(text) == keys


@pytest.mark.parametrize("text", ["", "v", "ctrl", "ctrl+", "ctrl+enter", "hyper+v", "ctrl+ctrl+v"])
def test_what_is_no_chord(text: str) -> None:
    with pytest.raises(InsertionError, match="no chord"):
        wanted_keys(text)


TERMINAL_TEXTS = {
    "one line stays": ("ls -l ", "ls -l "),
    "lines between stay": ("one\ntwo", "one\ntwo"),
    "the last line's end stays away": ("ls\n", "ls"),
    "so do several": ("ls\n\n", "ls"),
    "also before what trails": ("ls\n ", "ls "),
    "nothing but a line's end": ("\n", ""),
    "a carriage return runs a line as well": ("ls\r\nrm\r", "ls\nrm"),
    "an escape could end a bracketed paste": ("a\x1b[201~b", "a[201~b"),
    "so could its eight-bit form": ("a\x9b201~b", "a201~b"),
    "tabs stay": ("a\tb", "a\tb"),
}


@pytest.mark.parametrize(("text", "expected"), TERMINAL_TEXTS.values(), ids=TERMINAL_TEXTS)
def test_text_for_a_terminal(text: str, expected: str) -> None:
    assert for_window(text, chord_for(("xterm", "XTerm"), {}), " ") == expected


ASKED_FOR = {
    "a line's end after each text": ("ls\n", "\n", "ls\n"),
    "and not the one that was said": ("ls\n\n", "\n", "ls\n"),
    "with more around it": ("ls; \n", "; \n", "ls; \n"),
    "a carriage return stays away all the same": ("ls\r\n", "\r\n", "ls\n"),
    "a text without it": ("ls", "\n", "ls"),
    "what has no line's end asks for none": ("ls\n ", " ", "ls "),
}


@pytest.mark.parametrize(("text", "trailing", "expected"), ASKED_FOR.values(), ids=ASKED_FOR)
def test_a_line_end_that_is_asked_for(text: str, trailing: str, expected: str) -> None:
    assert for_window(text, chord_for(("xterm", "XTerm"), {}), trailing) == expected


def test_text_for_other_windows_is_left_as_it_is() -> None:
    assert for_window("one\r\ntwo\n \x1b", USUAL, "") == "one\r\ntwo\n \x1b"
