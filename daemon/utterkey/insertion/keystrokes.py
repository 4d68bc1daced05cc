"""How a text is typed: which symbols go on which spare keys, and which keys are struck. Pure.

All symbols that the layout lacks are bound in one batch before the first key, since a client looks up a key when it
gets to the event, not when the key was struck: a keycode bound anew between two keys turns the earlier one into the
later one. A text that needs more symbols than there is room for is typed in rounds, each after the client is done
with the one before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Keymap = Mapping[int, Sequence[int]]
"""Keycode -> its keysyms: plain, with Shift, and more that are not used here. All zero: a spare key."""

_RETURN, _TAB = 0xFF0D, 0xFF09
_NO_SYMBOL = 0
_LEVELS = (False, True)


@dataclass(frozen=True, slots=True)
class Key:
    code: int
    shift: bool


@dataclass(slots=True)
class Round:
    """`bindings`: keycode -> (plain symbol, symbol with Shift)."""

    bindings: dict[int, tuple[int, int]] = field(default_factory=dict)
    strokes: list[Key] = field(default_factory=list)


def keysym(character: str) -> int:
    """The symbol that produces a character: Latin-1 is its own, all else is numbered after Unicode."""
    code = ord(character)
    if character == "\n":
        return _RETURN
    if character == "\t":
        return _TAB
    if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF:
        return code
    return 0x01000000 | code


def typeable(text: str) -> str:
    """Without what no key can produce: control characters and halves of surrogate pairs."""
    return "".join(character for character in text.replace("\r\n", "\n") if _typeable(ord(character)))


def _typeable(code: int) -> bool:
    if code < 0xA0:
        return 0x20 <= code <= 0x7E or chr(code) in "\n\t"
    return not 0xD800 <= code <= 0xDFFF


def plan(text: str, keymap: Keymap) -> list[Round] | None:
    """The rounds that type the text with this keymap; None if it has no spare key and the text needs one."""
    present = _present(keymap)
    room = [Key(code, shift) for code, row in keymap.items() if not any(row) for shift in _LEVELS]
    rounds = [Round()]
    bound: dict[int, Key] = {}
    for character in typeable(text):
        symbol = keysym(character)
        key = present.get(symbol) or bound.get(symbol)
        if key is None:
            if not room:
                return None
            if len(bound) == len(room):
                rounds.append(Round())
                bound = {}
            key = bound[symbol] = room[len(bound)]
            plain, _ = rounds[-1].bindings.get(key.code, (symbol, symbol))
            # The same symbol twice at first: alone, a letter would get its capital on the second level by the server.
            rounds[-1].bindings[key.code] = (plain, symbol)
        rounds[-1].strokes.append(key)
    return rounds


def _present(keymap: Keymap) -> dict[int, Key]:
    """Where the layout has which symbol, of the two levels that need no more than Shift."""
    found: dict[int, Key] = {}
    for shift in _LEVELS:
        for code, row in keymap.items():
            symbol = row[shift] if len(row) > shift else _NO_SYMBOL
            if symbol:
                found.setdefault(symbol, Key(code, shift))
    return found
