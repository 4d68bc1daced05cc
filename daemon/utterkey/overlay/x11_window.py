"""The overlay's window on X11: where it belongs, and what is painted on it. For the thread `overlay` alone.

It is override-redirect: no window manager frames it, lists it or gives it the keyboard. Its input shape is empty:
clicks go to what is below. Where a compositor runs it has an alpha channel, elsewhere its bounding shape has the round
corners. Its background is a pixmap with the whole picture, so the server repaints what was covered, and nothing
flickers.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Literal

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import XError
from Xlib.ext import randr, shape
from Xlib.xobject.drawable import Pixmap, Window

from utterkey.errors import OverlayError
from utterkey.overlay.scene import Box, Colour

if TYPE_CHECKING:
    from utterkey.overlay.picture import Patch

APP = "utterkey"
TITLE = "utterkey: dictation"

MARGIN = 56
"""To the edge of the monitor, in pixels at 96 dots per inch: beyond the usual panel."""

_USUAL_DPI = 96
_MASKS = (0xFF0000, 0xFF00, 0xFF)  # red, green and blue, as pictures have them
_REQUEST_HEAD = 32  # more than PutImage needs besides its pixels


@dataclass(frozen=True, slots=True)
class Place:
    """The monitor that the user looks at, and how much larger than usual everything is drawn there."""

    monitor: Box
    scale: float


@dataclass(frozen=True, slots=True)
class _Kind:
    depth: int
    visual: int


class Screen:
    """What the X server tells of itself; raises OverlayError if no overlay is possible there."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self._screen = display.screen()
        self.root: Window = self._screen.root
        self._manager = display.intern_atom(f"_NET_WM_CM_S{display.get_default_screen()}")
        if not display.has_extension("SHAPE"):
            raise OverlayError("This X server has no SHAPE extension: an overlay would take clicks, so none is shown.")
        self._kinds = {kind.depth: kind for kind in self._usable_kinds()}
        if 24 not in self._kinds:
            raise OverlayError("This X server has no colours of 24 bits, which the overlay needs; none is shown.")

    @property
    def is_composited(self) -> bool:
        """ICCCM and EWMH: whoever draws the screen owns this selection."""
        return 32 in self._kinds and not isinstance(self.display.get_selection_owner(self._manager), int)

    def kind(self, *, composited: bool) -> _Kind:
        return self._kinds[32 if composited else 24]

    def place(self) -> Place:
        x, y = self._middle_of_focus() or self._pointer()
        monitors = self._monitors()
        for left, top, width, height in monitors:
            if left <= x < left + width and top <= y < top + height:
                return Place((left, top, width, height), self._scale())
        return Place(monitors[0], self._scale())

    def _usable_kinds(self) -> Iterator[_Kind]:
        for depth in self._screen.allowed_depths:
            for visual in depth.visuals:
                masks = (visual.red_mask, visual.green_mask, visual.blue_mask)
                if depth.depth in (24, 32) and visual.visual_class == X.TrueColor and masks == _MASKS:
                    yield _Kind(depth.depth, visual.visual_id)

    def _scale(self) -> float:
        """Desktops write the scale of texts into the resources of the root window."""
        found = self.root.get_full_property(Xatom.RESOURCE_MANAGER, Xatom.STRING)
        text = found.value.decode(errors="replace") if found and isinstance(found.value, bytes) else ""
        for line in text.splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "Xft.dpi" and value.strip().replace(".", "", 1).isdigit():
                return min(4.0, max(0.75, float(value) / _USUAL_DPI))
        return 1.0

    def _monitors(self) -> list[Box]:
        """The primary one first; the whole screen where nobody knows of monitors."""
        found = []
        if self.display.has_extension("RANDR"):
            with suppress(XError):  # RandR before 1.5
                found = sorted(randr.get_monitors(self.root).monitors, key=lambda monitor: not monitor.primary)
        known = [(each.x, each.y, each.width_in_pixels, each.height_in_pixels) for each in found]
        return known or [(0, 0, self._screen.width_in_pixels, self._screen.height_in_pixels)]

    def _middle_of_focus(self) -> tuple[int, int] | None:
        window = self._focused()
        if window is None:
            return None
        try:
            size = window.get_geometry()
            corner = self.root.translate_coords(window.id, 0, 0)
        except XError:  # it is gone
            return None
        return corner.x + size.width // 2, corner.y + size.height // 2

    def _focused(self) -> Window | None:
        active = self.root.get_full_property(self.display.intern_atom("_NET_ACTIVE_WINDOW"), Xatom.WINDOW)
        if active and active.value[0]:
            found: Window = self.display.create_resource_object("window", active.value[0])
            return found
        focus = self.display.get_input_focus().focus
        return None if isinstance(focus, int) or focus == self.root else focus

    def _pointer(self) -> tuple[int, int]:
        pointer = self.root.query_pointer()
        return pointer.root_x, pointer.root_y


class OverlayWindow:
    """From its first picture to `close`. `position` is the edge of the monitor that it stands at."""

    def __init__(self, screen: Screen, place: Place, position: Literal["bottom", "top"]) -> None:
        self._place = place
        self._position = position
        self._composited = screen.is_composited
        self._kind = screen.kind(composited=self._composited)
        self._colormap = screen.root.create_colormap(self._kind.visual, X.AllocNone)
        self._window = self._create(screen)
        self._box: Box = (0, 0, 1, 1)
        self._pixmap: Pixmap = self._window.create_pixmap(1, 1, self._kind.depth)
        self._gc = self._pixmap.create_gc()
        self._most_bytes = screen.display.display.info.max_request_length * 4 - _REQUEST_HEAD

    def paint(self, size: tuple[int, int], radius: int, patches: "Sequence[Patch]") -> None:
        """Show the picture: all of it is in the patches if its size is new."""
        box = self._box_of(size)
        if box == self._box:
            for patch in patches:
                self._put(patch)
                self._window.clear_area(*patch.box)
            return
        former, self._pixmap, self._box = self._pixmap, self._window.create_pixmap(*size, self._kind.depth), box
        for patch in patches:
            self._put(patch)
        if not self._composited:
            rows = list(_rounded(size, radius))
            shape.rectangles(self._window, shape.SO.Set, shape.SK.Bounding, X.Unsorted, 0, 0, rows)
        self._window.change_attributes(background_pixmap=self._pixmap)
        self._window.configure(x=box[0], y=box[1], width=box[2], height=box[3], stack_mode=X.Above)
        self._window.clear_area(0, 0, 0, 0)
        self._window.map()
        former.free()

    def fill(self, whole: Box, ground: Colour, boxes: Sequence[Box], colour: Colour) -> None:
        """Paint the boxes within the whole."""
        for painted, (red, green, blue) in (([whole], ground), (boxes, colour)):
            self._gc.change(foreground=0xFF000000 | red << 16 | green << 8 | blue)
            self._pixmap.poly_fill_rectangle(self._gc.id, painted)
        self._window.clear_area(*whole)

    def close(self) -> None:
        self._window.destroy()
        self._gc.free()
        self._pixmap.free()
        self._colormap.free()

    def _create(self, screen: Screen) -> Window:
        display, root = screen.display, screen.root
        window: Window = root.create_window(
            0, 0, 1, 1, 0, self._kind.depth, X.InputOutput, self._kind.visual,
            override_redirect=True, border_pixel=0, background_pixel=0, event_mask=X.NoEventMask,
            colormap=self._colormap,
        )  # fmt: skip
        window.set_wm_class(f"{APP}-overlay", APP)
        window.set_wm_name(TITLE)
        # What compositors of Wayland go by, too: windows of this type do not get the keyboard.
        kind, notification = (display.intern_atom(f"_NET_WM_WINDOW_TYPE{which}") for which in ("", "_NOTIFICATION"))
        window.change_property(kind, Xatom.ATOM, 32, [notification])
        shape.rectangles(window, shape.SO.Set, shape.SK.Input, X.Unsorted, 0, 0, [])
        return window

    def _box_of(self, size: tuple[int, int]) -> Box:
        left, top, width, height = self._place.monitor
        margin = round(MARGIN * self._place.scale)
        y = top + margin if self._position == "top" else top + height - margin - size[1]
        return left + (width - size[0]) // 2, y, *size

    def _put(self, patch: "Patch") -> None:
        """In strips as high as a request may be large."""
        left, top, width, height = patch.box
        most = max(1, self._most_bytes // (width * 4))
        for row in range(0, height, most):
            rows = min(most, height - row)
            pixels = patch.pixels[row * width * 4 : (row + rows) * width * 4]
            self._pixmap.put_image(self._gc.id, left, top + row, width, rows, X.ZPixmap, self._kind.depth, 0, pixels)


def _rounded(size: tuple[int, int], radius: int) -> Iterator[Box]:
    """The rows of a rectangle with round corners."""
    width, height = size
    for row in range(radius):
        inset = round(radius - sqrt(radius**2 - (radius - row - 0.5) ** 2))
        yield inset, row, width - 2 * inset, 1
        yield inset, height - 1 - row, width - 2 * inset, 1
    yield 0, radius, width, height - 2 * radius
