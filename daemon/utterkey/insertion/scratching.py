"""How many times BackSpace takes an inserted text away again. Pure.

One for each code point, where all toolkits agree on that. They do not for what several code points make up: for a flag,
GTK and Chromium delete all of it at once and Tk a half; for a letter with a combining mark, GTK the whole letter and
Chromium the mark. There nothing is deleted rather than too much.
"""

import unicodedata
from collections.abc import Container

from utterkey.errors import InsertionError

MOST = 2000
"""More would keep the slower toolkits busy for many seconds, and to stop them is not in our hands."""

_JOINED = {"Mn", "Mc", "Me", "Cf", "Cc", "Cs"}  # marks, joiners and others that may not even stand in the window
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_JAMO = range(0x1100, 0x1200)  # parts of Korean syllables
_RANGES: tuple[Container[int], ...] = (_FLAG_LETTERS, _SKIN_TONES, _JAMO)


def backspaces(text: str, *, terminal: bool, typed: bool) -> int:
    """How often to strike it. Raises InsertionError where that is not known."""
    if any(character in text for character in "\n\t"):
        if terminal:  # the line before is the program's already, and Tab may have completed a word
            raise refusal("it has several lines or a tab, which a terminal does not take back")
        if typed:  # Return and Tab are commands in many windows
            raise refusal("the keys of its lines and tabs may have done more than to write")
    if any(_joins(character) for character in text if character not in "\n\t"):
        raise refusal("programs differ in how they delete some of its characters")
    if len(text) > MOST:
        raise refusal("it is too long to be deleted by BackSpace")
    return len(text)


def _joins(character: str) -> bool:
    return unicodedata.category(character) in _JOINED or any(ord(character) in some for some in _RANGES)


def refusal(reason: str) -> InsertionError:
    return InsertionError(f"Nothing was scratched, for {reason}: select the text and delete it yourself.")
