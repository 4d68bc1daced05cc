"""Which window has the keyboard, and what it is.

Runs on the insertion thread, on its connection. Asks the server for the focus rather than the window manager, since
that is where keys go; the window manager only tells which window is its own stand-in for "none".
"""

from dataclasses import dataclass

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import XError
from Xlib.xobject.drawable import Window

from utterkey.insertion.selection import Own, number


@dataclass(frozen=True, slots=True)
class Focused:
    """A program's window with the keyboard. `names` is its WM_CLASS: instance and class."""

    id: int
    names: tuple[str, ...]

    @property
    def window(self) -> str:
        """Its name, for marks."""
        return f"{self.id:#x}"


class Focus:
    def __init__(self, own: Own) -> None:
        self._own = own
        self._display: Display = own.display
        self._root: Window = own.display.screen().root

    def confirm(self, target: Focused, seen: int | None) -> int | None:
        """What holds the focus, if keys go to the target, else None. While it is what was `seen` the time before, that
        takes one question instead of seven."""
        holder = self._named_holder()
        if holder == seen and holder not in (X.NONE, X.PointerRoot, self._root.id):
            return holder
        now = self.now()
        return holder if now is not None and now.id == target.id else None

    def now(self) -> Focused | None:
        """The window that keys go to now, None if no program's window does."""
        try:
            line = self._line(self._holder())
            top = self._top(line)
            return Focused(top.id, self._names(top, line)) if top is not None else None
        except XError:  # it went away while we looked
            return None

    # --- details -----------------------------------------------------------------------------------------------------

    def _window(self, number: int) -> Window:
        window: Window = self._display.create_resource_object("window", number)
        return window

    def _named_holder(self) -> int:
        """Who the server says has the focus: a window, or a rule."""
        return number(self._display.get_input_focus().focus)

    def _holder(self) -> Window | None:
        """The window with the focus; where the focus follows the pointer, the innermost window below that."""
        focus = self._named_holder()
        if focus == X.NONE:
            return None
        return self._below_pointer() if focus in (X.PointerRoot, self._root.id) else self._window(focus)

    def _below_pointer(self) -> Window:
        window = self._root
        while child := number(window.query_pointer().child):
            window = self._window(child)
        return window

    def _line(self, window: Window | None) -> list[Window]:
        """The window and all above it, without the root."""
        line: list[Window] = []
        while window is not None and window.id != self._root.id:
            line.append(window)
            window = self._window(number(window.query_tree().parent))
        return line

    def _top(self, line: list[Window]) -> Window | None:
        """The program's own top-level window: below a window manager's frame, marked by WM_STATE."""
        if not line:
            return None
        state = self._own.atom("WM_STATE")
        for window in line:
            if window.get_property(state, X.AnyPropertyType, 0, 0) is not None:
                return window
        return None if self._is_window_managers(line[-1]) else line[-1]

    def _is_window_managers(self, window: Window) -> bool:
        """With no window focused, window managers give the focus to a window of their own that nobody sees."""
        check = self._root.get_full_property(self._own.atom("_NET_SUPPORTING_WM_CHECK"), Xatom.WINDOW)
        return check is not None and self._own.client(check.value[0]) == self._own.client(window.id)

    def _names(self, top: Window, line: list[Window]) -> tuple[str, ...]:
        for window in (top, *line):
            if names := window.get_wm_class():
                return tuple(names)
        return ()
