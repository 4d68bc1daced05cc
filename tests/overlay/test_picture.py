"""The picture of a scene: what is on it, and that only what changed is drawn."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import replace

import psutil
import pytest
from PIL import Image, features

from utterkey.overlay.fonts import Faces
from utterkey.overlay.picture import BOTTOM, HEADER, LINE, LINES, MESSAGE_GAP, MESSAGE_LINE, WIDTH, Patch, Picture
from utterkey.overlay.scene import BARS, DARK, FULL_BAR, Colour, Scene

pytestmark = pytest.mark.system("linux")

LISTENING = Scene(look="listening", title="Listening")
WORDS = replace(LISTENING, settled="The quick brown fox.", open="It jumps")
LONG = "This is a rather long dictation that goes on and on. " * 8


@pytest.fixture(scope="module")
def faces() -> Faces:
    return Faces()


@pytest.fixture
def picture(faces: Faces) -> Picture:
    return Picture(faces, DARK, 1.0)


def image_of(patch: Patch) -> Image.Image:
    return Image.frombytes("RGBA", patch.box[2:], patch.pixels, "raw", "BGRA")


def whole(picture: Picture, scene: Scene) -> Image.Image:
    (patch,) = picture.draw(scene)
    assert patch.box == (0, 0, *picture.size)
    return image_of(patch)


def colours(image: Image.Image) -> set[Colour]:
    found = image.convert("RGB").getcolors(image.width * image.height)
    assert found is not None
    return {colour for _, colour in found if isinstance(colour, tuple) and len(colour) == 3}


def test_a_card_without_words(picture: Picture) -> None:
    card = whole(picture, LISTENING)
    assert card.size == (WIDTH, HEADER)
    assert card.getpixel((0, 0)) == card.getpixel((WIDTH - 1, HEADER - 1)) == (0, 0, 0, 0)
    assert card.getpixel((WIDTH // 2, HEADER // 2)) == (*DARK.card, 255)
    assert card.getpixel((WIDTH // 2, 0)) == card.getpixel((WIDTH // 2, HEADER - 1)) == (*DARK.rim, 255)
    assert {DARK.marks["listening"], DARK.title} <= colours(card)


def test_words_that_are_settled_and_words_that_are_not(picture: Picture) -> None:
    card = whole(picture, WORDS)
    line = card.crop((0, HEADER, WIDTH, HEADER + LINE - 2))
    assert {DARK.settled, DARK.open} <= colours(line)
    assert DARK.settled not in colours(whole(picture, LISTENING))


def test_only_the_line_that_changed_is_drawn(picture: Picture) -> None:
    whole(picture, WORDS)
    (patch,) = picture.draw(replace(WORDS, open="It jumps over"))
    left, top, width, height = patch.box
    assert (top, height) == (HEADER - 2, LINE)
    assert 0 < left < left + width < WIDTH
    assert len(patch.pixels) == width * height * 4
    assert DARK.open in colours(image_of(patch))
    assert picture.draw(replace(WORDS, open="It jumps over")) == []


def test_a_patch_is_what_a_new_picture_would_show(picture: Picture, faces: Faces) -> None:
    later = replace(WORDS, open="It jumps over", note="connecting …")
    card = whole(picture, WORDS)
    for patch in picture.draw(later):
        card.paste(image_of(patch), patch.box[:2])
    assert card.tobytes() == whole(Picture(faces, DARK, 1.0), later).tobytes()


def test_long_text_keeps_the_newest_lines(picture: Picture) -> None:
    whole(picture, replace(LISTENING, settled=LONG))
    assert picture.size[1] == HEADER - 2 + LINES * LINE + BOTTOM
    picture.draw(replace(LISTENING, settled=LONG * 3, open="and on"))
    assert picture.size[1] == HEADER - 2 + LINES * LINE + BOTTOM


def test_trouble_stands_below_the_words(picture: Picture) -> None:
    card = whole(picture, replace(WORDS, message="The service does not answer."))
    assert picture.size[1] == HEADER - 2 + LINE + MESSAGE_GAP + MESSAGE_LINE + BOTTOM
    assert DARK.trouble in colours(card.crop((0, HEADER + LINE, WIDTH, picture.size[1])))


@pytest.mark.parametrize("scale", [0.75, 1.25, 2.0])
def test_everything_follows_the_scale(faces: Faces, scale: float) -> None:
    picture = Picture(faces, DARK, scale)
    card = whole(picture, WORDS)
    assert abs(card.width - WIDTH * scale) <= 1
    assert abs(card.height - (HEADER - 2 + LINE + BOTTOM) * scale) <= 2
    assert {DARK.settled, DARK.open, DARK.title} <= colours(card)


@pytest.mark.parametrize(
    "text",
    ["שלום לכולם, 25!", "مرحبا بالعالم", "漢字かな交じり文", "Здравствуйте", "ไทย", "😀 e\u0301", "\u202e\u0000"],
)
def test_every_script_is_drawn(picture: Picture, text: str) -> None:
    before = whole(picture, LISTENING)
    after = whole(picture, replace(LISTENING, settled=text))
    assert after.height > before.height
    assert len(colours(after.crop((0, HEADER, WIDTH, after.height)))) > 10


def test_right_to_left_starts_at_the_right(picture: Picture) -> None:
    card = whole(picture, replace(LISTENING, settled="שלום"))
    line = card.crop((0, HEADER, WIDTH, HEADER + LINE - 2))
    assert DARK.settled not in colours(line.crop((0, 0, WIDTH // 2, line.height)))
    assert DARK.settled in colours(line.crop((WIDTH // 2, 0, WIDTH, line.height)))


def test_without_the_library_for_scripts_the_order_is_right(
    faces: Faces, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hebrew needs no joining: both ways must draw nearly the same."""
    scene = replace(LISTENING, settled="שלום")
    shaped = whole(picture, scene).crop((WIDTH // 2, HEADER, WIDTH, HEADER + LINE)).convert("L")
    monkeypatch.setattr(features, "check", lambda _: False)
    plain = whole(Picture(faces, DARK, 1.0), scene).crop((WIDTH // 2, HEADER, WIDTH, HEADER + LINE)).convert("L")
    assert sum(a != b for a, b in zip(shaped.tobytes(), plain.tobytes(), strict=True)) < shaped.width * 2


def test_the_bars_fit_the_meter(picture: Picture) -> None:
    left, top, width, height = picture.meter
    boxes = picture.bars((0, FULL_BAR) * (BARS // 2))
    assert len(boxes) == BARS
    assert boxes[0][3] < boxes[1][3] == height
    assert boxes[0][0] == left
    assert boxes[-1][0] + boxes[-1][2] == left + width
    assert all(top <= box[1] and box[1] + box[3] <= top + height for box in boxes)


def test_a_thousand_partials_leave_memory_flat(picture: Picture) -> None:
    words = [f"word{number}" for number in range(400)]
    memory: Callable[[], int] = lambda: psutil.Process(os.getpid()).memory_full_info().uss  # noqa: E731 - shorter

    def speak(times: int) -> int:
        for number in range(times):
            count = number % len(words)
            picture.draw(
                replace(LISTENING, settled=" ".join(words[: count // 2]), open=" ".join(words[count // 2 : count]))
            )
        gc.collect()
        return memory()

    before = speak(400)
    assert speak(1000) - before < 1_000_000
