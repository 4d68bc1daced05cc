"""The icons, drawn with pillow: one picture per look and size, drawn once and kept.

A white glyph with a dark rim reads on dark and light panels alike; looks differ by shape as well as by colour. Runs on
whichever thread shows the icon. Never animated. Pillow is imported with the first picture; a panel that asks for
pixmaps gets them out of a file (packaging/pixmaps.py), for pillow takes 2 MB and would stay while the daemon waits.
"""

import functools
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

from utterkey import paths
from utterkey.tray.menu import Look

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

SIZES = (16, 22, 24, 32, 48)
PIXMAPS = "tray_pixmaps.z"
"""All looks after each other, each in all sizes, compressed."""

_FINE = 8  # drawn that much larger, then reduced: smooth edges
_GRID = 64  # the glyphs below are drawn on a field of this size

_WHITE = (255, 255, 255, 255)
_DARK = (32, 34, 38, 255)
_RED = (214, 40, 40, 255)
_BLUE = (30, 105, 190, 255)
_GREY = (128, 132, 140, 255)
_AMBER = (255, 190, 30, 255)

_Colour = tuple[int, int, int, int]


class Pen:
    """Draws in pixels on the field of _GRID units, whatever the picture's size."""

    def __init__(self, draw: "ImageDraw", unit: float) -> None:
        self._draw = draw
        self._unit = unit

    def _scaled(self, points: tuple[float, ...]) -> list[float]:
        return [point * self._unit for point in points]

    def disc(self, x: float, y: float, radius: float, colour: _Colour) -> None:
        self._draw.ellipse(self._scaled((x - radius, y - radius, x + radius, y + radius)), fill=colour)

    def bar(self, left: float, top: float, right: float, bottom: float, round_by: float, colour: _Colour) -> None:
        box = self._scaled((left, top, right, bottom))
        self._draw.rounded_rectangle(box, radius=round_by * self._unit, fill=colour)

    def bow(self, left: float, top: float, right: float, bottom: float, width: float, colour: _Colour) -> None:
        """The lower half of an ellipse, as a line."""
        box = self._scaled((left, top, right, bottom))
        self._draw.arc(box, 0, 180, fill=colour, width=round(width * self._unit))

    def area(self, points: tuple[float, ...], colour: _Colour) -> None:
        self._draw.polygon(self._scaled(points), fill=colour)


def _microphone(pen: Pen, colour: _Colour, rim: float = 0.0) -> None:
    pen.bar(22 - rim, 5 - rim, 42 + rim, 37 + rim, 10 + rim, colour)
    pen.bow(12 - rim, 10 - rim, 52 + rim, 47 + rim, 5.5 + 2 * rim, colour)
    pen.bar(29 - rim, 45 - rim, 35 + rim, 57 + rim, rim, colour)
    pen.bar(19 - rim, 53 - rim, 45 + rim, 59 + rim, 2 + rim, colour)


def _idle(pen: Pen) -> None:
    _microphone(pen, _DARK, rim=5)  # at 16 pixels still more than one wide
    _microphone(pen, _WHITE)


def _recording(pen: Pen) -> None:
    pen.disc(32, 32, 32, _WHITE)
    pen.disc(32, 32, 30, _RED)
    pen.bar(23, 10, 41, 38, 9, _WHITE)
    pen.bow(15, 14, 49, 46, 5, _WHITE)
    pen.bar(29, 44, 35, 54, 1, _WHITE)


def _finishing(pen: Pen) -> None:
    pen.disc(32, 32, 32, _WHITE)
    pen.disc(32, 32, 30, _BLUE)
    for x in (15, 32, 49):
        pen.disc(x, 32, 6.5, _WHITE)


def _paused(pen: Pen) -> None:
    pen.disc(32, 32, 32, _WHITE)
    pen.disc(32, 32, 30, _GREY)
    pen.bar(19, 16, 28, 48, 2, _WHITE)
    pen.bar(36, 16, 45, 48, 2, _WHITE)


def _attention(pen: Pen) -> None:
    pen.area((32, 0, 64, 60, 0, 60), _DARK)
    pen.area((32, 6, 59, 57, 5, 57), _AMBER)
    pen.bar(28, 22, 36, 42, 3, _DARK)
    pen.disc(32, 49, 4.5, _DARK)


_GLYPHS: dict[Look, Callable[[Pen], None]] = {
    "idle": _idle,
    "recording": _recording,
    "finishing": _finishing,
    "paused": _paused,
    "attention": _attention,
}


@functools.cache
def picture(look: Look, size: int) -> "Image":
    """RGBA, `size` pixels square. Shared: not to be drawn on."""
    return drawn(_GLYPHS[look], size)


def drawn(glyph: Callable[[Pen], None], size: int) -> "Image":
    """A new picture of what this draws."""
    from PIL import Image, ImageDraw

    large = Image.new("RGBA", (size * _FINE, size * _FINE))
    glyph(Pen(ImageDraw.Draw(large), size * _FINE / _GRID))
    return large.reduce(_FINE)


@functools.cache
def pixmaps(look: Look) -> list[tuple[int, int, bytes]]:
    """All sizes as StatusNotifierItem wants them: width, height, ARGB32 in network byte order."""
    pixels = zlib.decompress(paths.asset(PIXMAPS).read_bytes())
    lengths = [4 * size * size for size in SIZES]
    start, found = sum(lengths) * get_args(Look).index(look), []
    for size, length in zip(SIZES, lengths, strict=True):
        found.append((size, size, pixels[start : start + length]))
        start += length
    return found
