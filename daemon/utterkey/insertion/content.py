"""What lies on a selection: its targets and their bytes, and which of them matter. Pure.

Targets and types are known by name here; on X11 selection.py and former.py turn names into atoms, on Wayland a target
is a MIME type, with the X names among them, and a piece is its bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """What one target delivers: the name of its type, the bits of an item (8, 16 or 32), and the bytes."""

    kind: str
    bits: int
    data: bytes


Content = Mapping[str, Piece]
"""Target -> what it delivers. Empty: nobody owns the selection."""

CLIPBOARD, PRIMARY = "CLIPBOARD", "PRIMARY"

READ_SECONDS = 0.5
MOST_BYTES = 16 * 2**20
"""What is read of a selection before it is taken, at most. More is not taken away."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The owner does not answer, is too slow, or offers more than the limits allow."""

    why: str


Result = Content | Unreadable

TEXT_TARGETS = ("UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "STRING", "TEXT")
"""A request for one of these is a request for the text; clipboard managers and menus ask for TARGETS alone."""

SENSITIVE = "x-kde-passwordManagerHint"
"""Klipper and those who follow it keep what has this target out of their history."""

_ABOUT = ("TARGETS", "MULTIPLE", "TIMESTAMP")

# Requests that do something, that name a resource of the owner's, or that only mean something inside its process.
_NOT_CONTENT = frozenset(
    {
        *_ABOUT,
        *("SAVE_TARGETS", "DELETE", "INSERT_PROPERTY", "INSERT_SELECTION", "PIXMAP", "BITMAP", "DRAWABLE", "COLORMAP"),
        *(
            "FOREGROUND",
            "BACKGROUND",
            "GTK_TEXT_BUFFER_CONTENTS",
            "CLIENT_WINDOW",
            "WINDOW",
            "MODULE",
            "PROCESS",
            "TASK",
        ),
        *("HOST_NAME", "USER", "CLASS", "NAME", "OWNER_OS", "LENGTH", "LIST_LENGTH", "CHARACTER_POSITION"),
    }
)


def text_content(text: str, *, sensitive: bool) -> Content:
    """A text in every form that programs ask for. STRING is Latin-1 and left out where that cannot hold the text."""
    utf8 = text.encode(errors="replace")
    content = {
        "UTF8_STRING": Piece("UTF8_STRING", 8, utf8),
        "text/plain;charset=utf-8": Piece("text/plain;charset=utf-8", 8, utf8),
        "text/plain": Piece("text/plain", 8, utf8),
        "TEXT": Piece("UTF8_STRING", 8, utf8),
    }
    if all(ord(character) < 256 for character in text):
        content["STRING"] = Piece("STRING", 8, text.encode("latin-1"))
    if sensitive:
        content[SENSITIVE] = Piece(SENSITIVE, 8, b"secret")
    return content


def offered(content: Content) -> list[str]:
    """The answer to TARGETS."""
    return [*_ABOUT, *content]


def worth_reading(targets: Sequence[str]) -> list[str]:
    """Of what an owner offers: what must be kept to give the content back.

    A program that offers an image offers it in a dozen encodings, made on demand and 16 MB together for one
    screenshot; PNG loses nothing and every program that pastes images takes it, so with PNG there the others are left.
    """
    kept = [target for target in dict.fromkeys(targets) if target not in _NOT_CONTENT]
    if "image/png" in kept:
        kept = [target for target in kept if target == "image/png" or not target.startswith("image/")]
    return kept
