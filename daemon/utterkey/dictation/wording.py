"""What is written for what was said: spoken commands and the user's replacements. Both only where wanted. Pure."""

import re
from collections.abc import Sequence

Replacement = tuple[str, str]
"""(said, written)"""

_SCRATCH = re.compile(r"\W*scratch that\W*", re.IGNORECASE)
_NEW_LINE = re.compile(r"[ ,;]*\b(?P<what>new ?line|new paragraph)\b[.,;:!?]*[ ]*", re.IGNORECASE)
# "tab" is a word of its own trade: it is a command only where it stands alone between marks or at an end.
_TAB = re.compile(r"(?:^|(?<=[\n\t])|(?P<mark>[.!?:])[ ]+|[,;][ ]+)tab(?:[.,;:!?]+[ ]*|$)", re.IGNORECASE)


def written(text: str, *, commands: bool, replacements: Sequence[Replacement]) -> str:
    """The text with the user's replacements made, and with "new line", "new paragraph" and "tab" obeyed."""
    if replacements:
        text = _replaced(text, replacements)
    if commands:
        text = _NEW_LINE.sub(lambda found: "\n" if "line" in found["what"].lower() else "\n\n", text)
        text = _TAB.sub(lambda found: (found["mark"] or "") + "\t", text)
    return text


def _replaced(text: str, replacements: Sequence[Replacement]) -> str:
    """Whole words, whatever their case; the longest first, and none in what another has written."""
    table = {said.lower(): writing for said, writing in replacements}
    longest_first = sorted(table, key=len, reverse=True)
    pattern = r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)"
    return re.sub(pattern, lambda found: table[found[0].lower()], text, flags=re.IGNORECASE)


def is_scratch(turn: str, replacements: Sequence[Replacement]) -> bool:
    """Is this whole turn the command "scratch that"? Within a sentence it is just words."""
    return _SCRATCH.fullmatch(_replaced(turn, replacements) if replacements else turn) is not None


def reach_back(turns: Sequence[str], replacements: Sequence[Replacement]) -> int:
    """How many of the turns are spent once one of them scratches what came before all of them; 0 if none does."""
    left = 0
    for number, turn in enumerate(turns, 1):
        if not is_scratch(turn, replacements):
            left += bool(turn.strip())
        elif left:
            left -= 1
        else:
            return number
    return 0


def unscratched(turns: Sequence[str], replacements: Sequence[Replacement]) -> list[str]:
    """What is left of the turns when each "scratch that" has taken the turn before it."""
    left: list[str] = []
    for turn in turns:
        if is_scratch(turn, replacements):
            del left[-1:]
        elif turn.strip():
            left.append(turn)
    return left
