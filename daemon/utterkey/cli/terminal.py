"""What the command line writes: results on stdout, everything else on stderr."""

import json
import shutil
import sys
from io import TextIOWrapper
from unicodedata import east_asian_width


def accept_every_character() -> None:
    """A terminal or a pipe that lacks a character shows another one instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: str = "") -> None:
    """One line of the result."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_json(value: object) -> None:
    say(json.dumps(value, indent=2, ensure_ascii=False))


def remark(text: str) -> None:
    """One line for the person at the terminal, which is no part of the result."""
    if sys.stderr is not None:  # the program without a console has none
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def on_one_line(text: str) -> str:
    """Without anything that a terminal could take as an order: these words come from elsewhere."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def last_columns(text: str, columns: int) -> str:
    """The end of the text, as much as fits."""
    widths = [2 if east_asian_width(character) in "WF" else 1 for character in text]
    if sum(widths) <= columns:
        return text
    room, start = columns - 1, len(text)
    while start and widths[start - 1] <= room:
        start -= 1
        room -= widths[start]
    return "…" + text[start:]


class LiveLine:
    """The last line of a terminal, written again and again until it is final. Not a terminal: only what is final."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()

    def show(self, text: str) -> None:
        if self._is_terminal:
            columns = shutil.get_terminal_size().columns - 1  # a full line would move the cursor to the next
            sys.stdout.write(f"\r\x1b[K{last_columns(on_one_line(text), columns)}")
            sys.stdout.flush()

    def settle(self, text: str) -> None:
        self.clear()
        say(on_one_line(text))

    def clear(self) -> None:
        self.show("")
