"""The icons can be seen on every panel and told from each other."""

from __future__ import annotations

import subprocess
import sys
import zlib
from itertools import combinations
from typing import get_args

import pytest
from PIL import Image, ImageChops, ImageStat

from pixmaps import pixels
from utterkey import paths
from utterkey.tray.icon import PIXMAPS, SIZES, picture, pixmaps
from utterkey.tray.menu import Look

LOOKS: tuple[Look, ...] = get_args(Look)
PANELS = {"dark": (30, 30, 34), "light": (245, 245, 245)}


def on_panel(look: Look, size: int, panel: str) -> Image.Image:
    ground = Image.new("RGBA", (size, size), PANELS[panel])
    return Image.alpha_composite(ground, picture(look, size)).convert("RGB")


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The contrast ratio of WCAG 2: 1 is none, 21 is black on white."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: tuple[int, ...]) -> float:
    parts = [value / 255 for value in colour[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("look", LOOKS)
def test_an_icon_stands_out_from_the_panel(look: Look, size: int, panel: str) -> None:
    shown = on_panel(look, size, panel)
    colours = [shown.getpixel((x, y)) for x in range(size) for y in range(size)]
    strong = sum(isinstance(colour, tuple) and contrast(colour, PANELS[panel]) >= 3 for colour in colours)
    assert strong >= size * size * 0.12, f"only {strong} of {size * size} pixels can be seen well"


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize(("one", "other"), list(combinations(LOOKS, 2)))
def test_two_looks_differ_without_colour_too(one: Look, other: Look, panel: str) -> None:
    grey = [on_panel(look, 16, panel).convert("L") for look in (one, other)]
    difference = ImageStat.Stat(ImageChops.difference(*grey)).rms[0]
    assert difference > 25, f"{one} and {other} are alike: {difference:.0f} of 255"


def test_pixmaps_are_argb_in_network_byte_order() -> None:
    for width, height, data in pixmaps("recording"):
        assert len(data) == width * height * 4
        assert data[:4] == b"\0\0\0\0", "the corner is transparent"
        side = (height // 2) * width * 4 + (width // 8) * 4
        alpha, red, green, blue = data[side : side + 4]
        assert (alpha, red, green, blue) == (255, 214, 40, 40)
    assert [width for width, _, _ in pixmaps("recording")] == list(SIZES)


def test_the_file_of_pixmaps_is_as_they_are_drawn() -> None:
    """But for what another version of pillow rounds otherwise."""
    drawn, kept = pixels(), zlib.decompress(paths.asset(PIXMAPS).read_bytes())
    unlike = sum(abs(one - other) > 8 for one, other in zip(drawn, kept, strict=True))
    assert unlike < len(drawn) // 200, "renew it: python packaging/pixmaps.py"


def test_pixmaps_do_without_pillow() -> None:
    code = "import sys; from utterkey.tray import icon; icon.pixmaps('idle'); print('PIL' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def test_each_picture_is_drawn_once() -> None:
    assert picture("idle", 22) is picture("idle", 22)
    assert pixmaps("idle") is pixmaps("idle")
