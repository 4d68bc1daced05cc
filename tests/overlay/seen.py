"""The overlay as it is seen on a screen: where it is, what is on it, and the scenes that every desktop must show."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image
from Xlib import X
from Xlib.display import Display
from Xlib.error import BadWindow
from Xlib.xobject.drawable import Window

from desktop import await_true
from utterkey.dictation.view import OFFLINE_ENGINE, Kept, View
from utterkey.overlay import Overlay
from utterkey.overlay.picture import HEADER, PADDING
from utterkey.overlay.scene import DARK, Colour, Look
from utterkey.overlay.x11_window import TITLE
from virtual_desktop import VirtualDesktop

ARTEFACTS = Path(__file__).parent.parent / "artefacts" / "overlay"
FAILED = Kept(1, "failed", "2026-11-22T10:00:00+00:00", 2.0)
NO_ANSWER = "The service does not answer: check the network connection."
FIRST = "Streaming has a gift: the text exists before you let go."
SECOND = "So it can be seen while you"

RECORDING = View(state="recording", engine="AssemblyAI (global)")
FINISHING = replace(RECORDING, state="finishing", pending=1)
LISTENING = replace(RECORDING, partial=SECOND)


@dataclass(frozen=True, slots=True)
class Shown:
    """Views, one after the other, and what must then be seen: the mark's look, and how many rows of text below it."""

    views: tuple[View, ...]
    look: Look
    rows: int
    colours: tuple[Colour, ...]


SCENES = {
    "waiting": Shown((replace(RECORDING, awaited="microphone"),), "waiting", 0, (DARK.title,)),
    "partial": Shown((LISTENING,), "listening", 1, (DARK.open, DARK.meter)),
    "two-turns": Shown(
        (replace(RECORDING, partial=f"{FIRST} {SECOND}", settled=FIRST),), "listening", 2, (DARK.settled, DARK.open)
    ),
    "finishing": Shown((LISTENING, replace(FINISHING, partial=FIRST, settled=FIRST)), "finishing", 1, (DARK.settled,)),
    "kept": Shown((LISTENING, FINISHING, View(kept=(FAILED,), last_error=NO_ANSWER)), "notice", 2, (DARK.title,)),
    "no-connection": Shown(
        (replace(LISTENING, awaited="service", trouble=NO_ANSWER),),
        "listening",
        2,
        (DARK.open, DARK.trouble, DARK.note),
    ),
    "offline-engine": Shown((replace(LISTENING, engine=OFFLINE_ENGINE),), "listening", 1, (DARK.open, DARK.note)),
}


def voice() -> int:
    """A level that is always changing."""
    voice.at = (voice.at * 5 + 3) % 41  # type: ignore[attr-defined]
    return -45 + voice.at  # type: ignore[attr-defined,no-any-return]


voice.at = 1  # type: ignore[attr-defined]


class Eyes:
    """Sees the screen of a desktop; a connection of its own."""

    def __init__(self, desktop: VirtualDesktop, picture: Path) -> None:
        self.desktop = desktop
        self._picture = picture
        self._display = Display(desktop.environment["DISPLAY"])
        self._appeared = 0

    def close(self) -> None:
        self._display.close()

    def window(self) -> Window | None:
        """The overlay's, if it is mapped."""
        windows: list[Window] = self._display.screen().root.query_tree().children
        for window in windows:
            try:
                if window.get_wm_name() == TITLE and window.get_attributes().map_state == X.IsViewable:
                    return window
            except BadWindow:  # it went away while we looked
                continue
        return None

    def watch(self) -> None:
        """Count from now on how often it appears."""
        self._display.screen().root.change_attributes(event_mask=X.SubstructureNotifyMask)
        self._display.sync()

    def appearances(self) -> int:
        for _ in range(self._display.pending_events()):
            event = self._display.next_event()
            self._appeared += event.type == X.MapNotify and event.override
        return self._appeared

    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width, height."""
        window = self.window()
        assert window is not None, "there is no overlay"
        geometry = window.get_geometry()
        return geometry.x, geometry.y, geometry.width, geometry.height

    def screen(self) -> Image.Image:
        with Image.open(self.desktop.screenshot(self._picture)) as image:
            return image.convert("RGB")

    def card(self) -> Image.Image:
        left, top, width, height = self.box()
        return self.screen().crop((left, top, left + width, top + height))

    def await_gone(self) -> None:
        await_true(lambda: self.window() is None, 10, "the end of the overlay")

    def await_shown(self, shown: Shown, corners: Colour | None = None) -> Image.Image:
        """Wait until the overlay shows this, with corners that let through what is below; its picture."""
        found: list[Image.Image] = []

        def seen() -> bool:
            if self.window() is None:
                return False
            try:
                card = self.card()
            except BadWindow:
                return False
            found[:] = [card]
            right, bottom = card.width - 1, card.height - 1
            seen_in_corners = {card.getpixel(corner) for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom))}
            return shows(card, shown) and corners in (None, *seen_in_corners) and len(seen_in_corners) == 1

        await_true(seen, 10, f"an overlay with the mark {shown.look} and {shown.rows} rows", every=0.05)
        return found[0]


def play(overlay: Overlay, shown: Shown) -> None:
    for view in shown.views:
        overlay.show(view)


def shows(card: Image.Image, shown: Shown) -> bool:
    mark = card.crop((PADDING, 8, PADDING + 12, HEADER - 8))
    present = colours_of(card)
    return (
        DARK.marks[shown.look] in colours_of(mark)
        and text_rows(card) == shown.rows
        and all(colour in present for colour in shown.colours)
    )


def colours_of(image: Image.Image) -> set[Colour]:
    found = image.getcolors(image.width * image.height)
    assert found is not None
    return {colour for _, colour in found if isinstance(colour, tuple) and len(colour) == 3}


def text_rows(card: Image.Image) -> int:
    """How many rows of text stand below the header: bands of pixels unlike the card, as high as letters are."""
    inked = "".join(
        " " if colours_of(card.crop((PADDING, y, card.width - PADDING, y + 1))) == {DARK.card} else "x"
        for y in range(HEADER - 2, card.height - 2)
    )
    return len(re.findall("x{6,}", inked))


def save(card: Image.Image, name: str) -> None:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    card.save(ARTEFACTS / f"{name}.png", optimize=True)
