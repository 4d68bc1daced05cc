"""The demonstration that `./packaging/run` gives on a machine without a desktop."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import demo

pytestmark = pytest.mark.system("linux")

DEMO = Path(demo.__file__)


def test_the_spoken_sentence_stands_in_the_editor(tmp_path: Path) -> None:
    picture = tmp_path / "desktop.png"
    done = subprocess.run(
        [sys.executable, str(DEMO), "--picture", str(picture)], capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'In the editor now:  "{demo.SENTENCE}"' in done.stdout
    with Image.open(picture) as image:
        assert image.size == (1280, 800)


@pytest.mark.parametrize(
    ("arrived", "enough"),
    [
        ("My words appear in the text editor.", True),
        ("my words appear in a text editor", True),
        ("my words", False),
        ("editor text the in appear words my", False),
        ("", False),
    ],
)
def test_what_counts_as_arrived(arrived: str, enough: bool) -> None:
    assert (demo.resemblance(demo.SENTENCE, arrived) >= demo.ENOUGH) is enough
