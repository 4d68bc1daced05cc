"""Draws assets/tray_pixmaps.z: the icons of the tray as StatusNotifierItem wants them.

python packaging/pixmaps.py       after a change; the tests compare
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import get_args

from PIL import Image

from utterkey.tray.icon import PIXMAPS, SIZES, picture
from utterkey.tray.menu import Look


def pixels() -> bytes:
    """ARGB32 in network byte order, all looks in all sizes."""
    return b"".join(_argb(picture(look, size)) for look in get_args(Look) for size in SIZES)


def _argb(image: Image.Image) -> bytes:
    red, green, blue, alpha = image.split()
    return Image.merge("RGBA", (alpha, red, green, blue)).tobytes()


if __name__ == "__main__":
    (Path(__file__).parents[1] / "assets" / PIXMAPS).write_bytes(zlib.compress(pixels(), 9))
