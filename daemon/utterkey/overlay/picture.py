"""A scene as pixels, drawn with pillow. On the drawing thread; made when the overlay appears, dropped when it goes.

Only what changed is drawn: a card is rows of text, and a row that looks as before is no part of the answer. Words are
drawn once and pasted from then on, for as long as they can be seen. Pixels are BGRA, colours multiplied by their alpha.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

from PIL import Image, ImageDraw, features
from PIL.ImageFont import FreeTypeFont

from utterkey.overlay.fonts import Faces, Fonts
from utterkey.overlay.scene import BARS, FULL_BAR, Box, Colours, Look, Scene
from utterkey.overlay.words import Line, is_rtl, lines_of, words_of

WIDTH = 520
PADDING = 20
HEADER = 44
LINE = 26
MESSAGE_LINE = 21
BOTTOM = 14
RADIUS = 14
RIM = 1
NOTE_GAP = 7
MESSAGE_GAP = 5
WORD_SIZE = 17
SMALL_SIZE = 13
MARK = 10
BAR, GAP, METER = 3, 2, 18
LINES = 3
MESSAGE_LINES = 3
"""In pixels at 96 dots per inch, and in lines."""

_MOST_WIDTHS = 4000
_FINE = 4  # curves are drawn that much larger, then reduced: smooth edges


@dataclass(frozen=True, slots=True)
class Patch:
    box: Box
    pixels: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the card; two that are equal look the same."""

    top: int
    height: int
    line: Line = ()
    kind: Literal["header", "words", "trouble", "notice"] = "words"
    mark: Look | None = None


class Picture:
    """`size` is that of what was drawn last, `meter` where the bars are in it."""

    def __init__(self, faces: Faces, colours: Colours, scale: float) -> None:
        self.colours = colours
        self.size = (0, 0)
        self._scale = scale
        self._words = _Ink(Fonts(faces, self._px(WORD_SIZE)), self._px(LINE))
        self._small = _Ink(Fonts(faces, self._px(SMALL_SIZE)), self._px(MESSAGE_LINE))
        self._rows: tuple[_Row, ...] = ()
        width = BARS * self._px(BAR + GAP) - self._px(GAP)
        self.meter: Box = (self._px(WIDTH - PADDING) - width, self._px((HEADER - METER) / 2), width, self._px(METER))

    def draw(self, scene: Scene) -> list[Patch]:
        """What has to be painted anew; all of it if the size changed."""
        rows = tuple(self._arrange(scene))
        size = (self._px(WIDTH), rows[-1].top + rows[-1].height + self._px(BOTTOM if len(rows) > 1 else RIM))
        before, self._rows = self._rows, rows
        for ink in (self._words, self._small):
            ink.forget({placed.text for row in rows for placed in row.line})
        if size != self.size:
            self.size = size
            card = _card(size, self.radius, self._px(RIM), self.colours)
            for row in rows:
                card.paste(self._row(row), (self._px(PADDING) - _Ink.OVERHANG, row.top))
            return [Patch((0, 0, *size), card.tobytes("raw", "BGRa"))]
        return [self._patch(row) for row in rows if row not in before]

    @property
    def radius(self) -> int:
        return self._px(RADIUS)

    def covers_meter(self, patch: Patch) -> bool:
        return patch.box[1] < self.meter[1]

    def bars(self, levels: tuple[int, ...]) -> list[Box]:
        """Where the bars of the meter are, within the picture."""
        left, top, _, height = self.meter
        step, least = self._px(BAR + GAP), self._px(BAR)
        boxes = []
        for number, level in enumerate(levels):
            tall = max(least, height * level // FULL_BAR)
            boxes.append((left + number * step, top + (height - tall) // 2, self._px(BAR), tall))
        return boxes

    def _px(self, length: float) -> int:
        return round(length * self._scale)

    # --- rows --------------------------------------------------------------------------------------------------------

    def _arrange(self, scene: Scene) -> Iterator[_Row]:
        width = self._px(WIDTH - 2 * PADDING)
        title = (*words_of(scene.title, settled=True), *words_of(scene.note, settled=False))
        room = width - self._px(2 * MARK) - (self.meter[2] + self._px(MARK) if scene.look == "listening" else 0)
        (heading, *_) = lines_of(title, self._small.measure, self._small.space, room, 1)
        rim = self._px(RIM)
        yield _Row(rim, self._px(HEADER) - 2 * rim, heading, "header", scene.look)
        top = self._px(HEADER - 2)
        words = [*words_of(scene.settled, settled=True), *words_of(scene.open, settled=False)]
        for line in lines_of(words, self._words.measure, self._words.space, width, LINES):
            yield _Row(top, self._px(LINE), line)
            top += self._px(LINE)
        message = list(words_of(scene.message, settled=True))
        top += self._px(MESSAGE_GAP) if words else 0
        for line in lines_of(message, self._small.measure, self._small.space, width, MESSAGE_LINES):
            yield _Row(top, self._px(MESSAGE_LINE), line, "notice" if scene.look == "notice" else "trouble")
            top += self._px(MESSAGE_LINE)

    def _patch(self, row: _Row) -> Patch:
        image = self._row(row)
        return Patch((self._px(PADDING) - _Ink.OVERHANG, row.top, *image.size), image.tobytes("raw", "BGRA"))

    def _row(self, row: _Row) -> Image.Image:
        """All that is between the paddings. The header has a mark before its text, and a gap before its note."""
        colours, left, gap, ink = self.colours, _Ink.OVERHANG, 0, self._words if row.kind == "words" else self._small
        image = Image.new("RGBA", (self._px(WIDTH - 2 * PADDING) + 2 * left, row.height), (*colours.card, 255))
        if row.mark is not None:
            mark = _mark(row.mark, self._px(MARK))
            image.paste(colours.marks[row.mark], (left, (row.height - mark.height) // 2), mark)
            left, gap = left + self._px(2 * MARK), self._px(NOTE_GAP)
        settled, opened = {
            "words": (colours.settled, colours.open),
            "header": (colours.title, colours.note),
            "trouble": (colours.trouble, colours.trouble),
            "notice": (colours.title, colours.title),
        }[row.kind]
        top = (row.height - ink.height) // 2
        for placed in row.line:
            x = left - _Ink.OVERHANG + placed.x
            if placed.settled:
                image.paste(settled, (x, top), ink.mask(placed.text))
            else:
                image.paste(opened, (x + gap, top), ink.mask(placed.text))
        return image


def _card(size: tuple[int, int], radius: int, rim: int, colours: Colours) -> Image.Image:
    card = Image.new("RGBA", size)
    card.paste(colours.rim, (0, 0), _rounded(size, radius))
    inner = (size[0] - 2 * rim, size[1] - 2 * rim)
    card.paste(colours.card, (rim, rim), _rounded(inner, radius - rim))
    return card


def _rounded(size: tuple[int, int], radius: int) -> Image.Image:
    """A mask with round corners; only those are drawn large."""
    mask = Image.new("L", size, 255)
    fine = Image.new("L", (2 * radius * _FINE, 2 * radius * _FINE))
    ImageDraw.Draw(fine).ellipse((0, 0, fine.width - 1, fine.height - 1), fill=255)
    disc = fine.reduce(_FINE)
    for x, left in ((0, 0), (radius, size[0] - radius)):
        for y, top in ((0, 0), (radius, size[1] - radius)):
            mask.paste(disc.crop((x, y, x + radius, y + radius)), (left, top))
    return mask


def _mark(look: Look, side: int) -> Image.Image:
    """What tells the looks apart, also without colours: a ring, a disc, a smaller disc, a triangle."""
    fine = Image.new("L", (side * _FINE, side * _FINE))
    pen, far = ImageDraw.Draw(fine), side * _FINE - 1
    match look:
        case "waiting":
            pen.ellipse((0, 0, far, far), outline=255, width=far // 5)
        case "listening":
            pen.ellipse((0, 0, far, far), fill=255)
        case "finishing":
            pen.ellipse((far // 8, far // 8, far - far // 8, far - far // 8), fill=255)
        case "notice":
            pen.polygon((far // 2, 0, far, far, 0, far), fill=255)
    return fine.reduce(_FINE)


_Piece = tuple[FreeTypeFont, str, str | None]
"""A font, what is written in it, and in which direction where that can be said."""


class _Ink:
    """Words in one size. A mask is as high as a line, and wider than its word on both sides."""

    OVERHANG = 3

    def __init__(self, fonts: Fonts, height: int) -> None:
        self.height = height
        self._fonts = fonts
        self._shapes = features.check("raqm")
        ascent, descent = fonts.main.getmetrics()
        self._baseline = (height - ascent - descent) // 2 + ascent
        self._widths: dict[str, int] = {}
        self._masks: dict[str, Image.Image] = {}
        self.space = self.measure(" ")

    def measure(self, text: str) -> int:
        width = self._widths.get(text)
        if width is None:
            width = self._widths[text] = sum(_advance(*piece) for piece in self._pieces(text))
        return width

    def mask(self, text: str) -> Image.Image:
        mask = self._masks.get(text)
        if mask is None:
            mask = self._masks[text] = self._draw(text)
        return mask

    def forget(self, seen: set[str]) -> None:
        """Keep what can be seen only."""
        self._masks = {text: mask for text, mask in self._masks.items() if text in seen}
        if len(self._widths) > _MOST_WIDTHS:
            self._widths = {text: self._widths[text] for text in seen if text in self._widths}

    def _draw(self, text: str) -> Image.Image:
        mask = Image.new("L", (self.measure(text) + 2 * self.OVERHANG, self.height))
        pen, x = ImageDraw.Draw(mask), self.OVERHANG
        for font, piece, direction in self._pieces(text):
            pen.text((x, self._baseline), piece, fill=255, font=font, anchor="ls", direction=direction)
            x += _advance(font, piece, direction)
        return mask

    def _pieces(self, text: str) -> list[_Piece]:
        """From left to right. Without libraqm letters are not joined, but they stand in the right order."""
        rtl = bool(is_rtl(text))
        pieces = self._fonts.pieces(text)
        if rtl:
            pieces.reverse()
        if not self._shapes:
            return [(font, piece[::-1] if rtl else piece, None) for font, piece in pieces]
        return [(font, piece, "rtl" if rtl else "ltr") for font, piece in pieces]


def _advance(font: FreeTypeFont, piece: str, direction: str | None) -> int:
    return ceil(font.getlength(piece, direction=direction))
