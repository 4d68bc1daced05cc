"""Which font file has which characters, by fontconfig, and the fonts of one size that are open. On the drawing thread.

fontconfig is asked through its own program, once for the main font and once for each script that no known font has: the
library would keep its cache mapped into the daemon for good. Without that program, or without any font, pillow's
built-in font draws Latin.
"""

import re
import subprocess
from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_SECONDS = 2.0
_BLOCK = 7
"""Characters whose codes differ only in the last so many bits are of one script, near enough."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font in a file. `starts` and `ends` bound the ranges of characters that it has; "" is the built-in font."""

    path: str
    index: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def has(self, code: int) -> bool:
        at = bisect_right(self.starts, code) - 1
        return at >= 0 and code <= self.ends[at]


BUILT_IN = Face("", 0, (0x20, 0xA0), (0x7E, 0x17F))


class Faces:
    """The faces that were needed so far; the first is the main one. `family` is what fontconfig is asked for."""

    def __init__(self, family: str = "sans-serif") -> None:
        self._family = family
        self._known: list[Face] = []
        self._missing: set[int] = set()

    def of(self, character: str) -> Face:
        """A face that has it; the main one if none has."""
        if not self._known:
            self._known.append(_ask(self._family) or BUILT_IN)
        code = ord(character)
        for face in self._known:
            if face.has(code):
                return face
        if code >> _BLOCK not in self._missing:
            self._missing.add(code >> _BLOCK)
            found = _ask(f"{self._family}:charset={code:x}:color=false")
            if found is not None and found.has(code):
                self._known.append(found)
                return found
        return self._known[0]


class Fonts:
    """The open fonts of one size, in pixels."""

    def __init__(self, faces: Faces, size: int) -> None:
        self._faces = faces
        self._size = size
        self._open: dict[Face, FreeTypeFont] = {}

    @property
    def main(self) -> "FreeTypeFont":
        return self._font(self._faces.of(" "))

    def pieces(self, text: str) -> "list[tuple[FreeTypeFont, str]]":
        """The text in pieces of one font each. Marks that are not seen on their own stay with what they mark."""
        faces: list[Face] = []
        for character in text:
            joins = faces and (character in "\u200d\ufe0e\ufe0f" or faces[-1].has(ord(character)))
            faces.append(faces[-1] if joins else self._faces.of(character))
        numbered = groupby(zip(faces, text, strict=True), key=lambda pair: pair[0])
        return [(self._font(face), "".join(character for _, character in run)) for face, run in numbered]

    def _font(self, face: Face) -> "FreeTypeFont":
        if face not in self._open:
            self._open[face] = _load(face, self._size)
        return self._open[face]


def _load(face: Face, size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    if face.path:
        try:
            return ImageFont.truetype(face.path, size, face.index)
        except OSError:  # gone since, or one with pictures of other sizes only
            pass
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "pillow's wheels have FreeType"
    return font


def _ask(pattern: str) -> Face | None:
    try:
        answer = subprocess.run(
            ["fc-match", "--format", "%{file}\n%{index}\n%{charset}", pattern],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    path, index, characters = (*answer.stdout.decode(errors="replace").split("\n"), "", "")[:3]
    ranges = [
        (int(found[1], 16), int(found[2] or found[1], 16))
        for found in re.finditer(r"\b([0-9a-f]+)(?:-([0-9a-f]+))?\b", characters)
    ]
    if not path or not ranges:
        return None
    return Face(path, int(index or 0), tuple(start for start, _ in ranges), tuple(end for _, end in ranges))
