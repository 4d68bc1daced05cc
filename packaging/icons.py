"""Draws the program's icon for menus, shortcuts and installers, in the formats that systems want.

    python packaging/icons.py FOLDER

FOLDER gets utterkey.svg, utterkey.ico (Windows), utterkey.icns (macOS) and, by the names of the freedesktop.org icon
theme, hicolor/SIZExSIZE/apps/ID.png and hicolor/scalable/apps/ID.svg.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from utterkey.autostart import APP_ID
from utterkey.tray.icon import drawn

SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
_FIELD = 64

_Colour = tuple[int, int, int, int]
_BLUE = (30, 105, 190, 255)
_WHITE = (255, 255, 255, 255)


class Pen(Protocol):
    """What `tray.icon.Pen` has and is needed here."""

    def bar(self, left: float, top: float, right: float, bottom: float, round_by: float, colour: _Colour) -> None: ...
    def bow(self, left: float, top: float, right: float, bottom: float, width: float, colour: _Colour) -> None: ...


def microphone(pen: Pen) -> None:
    """The icon: a white microphone on a blue tile."""
    pen.bar(2, 2, 62, 62, 14, _BLUE)
    pen.bar(24, 10, 40, 36, 8, _WHITE)
    pen.bow(16, 15, 48, 44, 4.5, _WHITE)
    pen.bar(29.5, 42, 34.5, 51, 0, _WHITE)
    pen.bar(21, 49, 43, 53.5, 2, _WHITE)


class _SvgPen:
    def __init__(self) -> None:
        self.shapes: list[str] = []

    def bar(self, left: float, top: float, right: float, bottom: float, round_by: float, colour: _Colour) -> None:
        box = f'x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" rx="{round_by}"'
        self.shapes.append(f"<rect {box} fill={_named(colour)}/>")

    def bow(self, left: float, top: float, right: float, bottom: float, width: float, colour: _Colour) -> None:
        x, y = (right - left - width) / 2, (bottom - top - width) / 2  # the line lies within the box
        path = f"M{left + width / 2} {(top + bottom) / 2}a{x} {y} 0 0 0 {2 * x} 0"
        self.shapes.append(f'<path d="{path}" fill="none" stroke={_named(colour)} stroke-width="{width}"/>')


def _named(colour: _Colour) -> str:
    return '"#{:02x}{:02x}{:02x}"'.format(*colour[:3])


def svg() -> str:
    pen = _SvgPen()
    microphone(pen)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_FIELD} {_FIELD}">'
    return "\n".join([head, *pen.shapes, "</svg>", ""])


def write(folder: Path) -> None:
    pictures = {size: drawn(microphone, size) for size in SIZES}
    for size, picture in pictures.items():
        picture.save(_new(folder / f"hicolor/{size}x{size}/apps/{APP_ID}.png"), optimize=True)
    for path in (folder / "utterkey.svg", folder / f"hicolor/scalable/apps/{APP_ID}.svg"):
        _new(path).write_text(svg(), encoding="utf-8")
    largest = pictures[SIZES[-1]]
    largest.save(folder / "utterkey.ico", sizes=[(size, size) for size in (16, 24, 32, 48, 64, 128, 256)])
    largest.save(folder / "utterkey.icns", append_images=[pictures[size] for size in (32, 64, 128, 256)])


def _new(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


if __name__ == "__main__":
    write(Path(sys.argv[1]))
