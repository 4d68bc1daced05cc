"""The window of `selftest`: takes the focus, takes what is pasted or typed into it, and shows it.

It is no text field: it knows Shift+Insert and Ctrl+V, and characters one by one. Owns the thread `window` and an X
connection of that thread. What arrives is told to `arrived`, and that it has the focus to `focused`, on that thread.
"""

from collections.abc import Callable
from threading import Thread

from Xlib import XK, X, Xatom
from Xlib.protocol import rq
from Xlib.protocol.event import ClientMessage

from utterkey.desktop.x11 import Connection
from utterkey.errors import MechanismError

TITLE = "utterkey selftest"

_SIZE = (640, 120)
_CLOSE_SECONDS = 2.0
_FROM_A_PAGER = 2  # the user has just asked for this window in a terminal, which a window manager cannot know
_UNICODE = 0x01000000  # keysyms above it are characters


class Window:
    def __init__(self, focused: Callable[[], None], arrived: Callable[[str], None]) -> None:
        """Raises MechanismError if there is no X11 desktop."""
        self._focused = focused
        self._arrived = arrived
        self._text = ""
        self._leave = False
        self._connection = Connection(MechanismError)
        self._display = self._connection.display
        with self._connection.errors():
            self._open()
        self._thread = Thread(target=self._run, name="window", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._leave = True
        self._connection.wake()
        self._thread.join(_CLOSE_SECONDS)

    def _open(self) -> None:
        screen = self._display.screen()
        events = X.KeyPressMask | X.FocusChangeMask | X.ExposureMask | X.StructureNotifyMask
        self._window = screen.root.create_window(
            80, 80, *_SIZE, 0, screen.root_depth, background_pixel=screen.white_pixel, event_mask=events
        )
        self._ink = self._window.create_gc(foreground=screen.black_pixel, background=screen.white_pixel)
        self._window.set_wm_name(TITLE)
        self._window.set_wm_class("utterkey", "Utterkey")
        self._window.map()
        self._display.flush()

    # --- the thread `window` -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            with self._connection.errors():
                while not self._leave:
                    for event in self._connection.wait():
                        self._take(event)
        except MechanismError:
            pass  # the desktop is gone, or the user closed the window: nothing arrives any more, and that is told
        finally:
            self._connection.close()

    def _take(self, event: rq.Event) -> None:
        if event.type == X.MapNotify:
            self._ask_for_focus()
        elif event.type == X.FocusIn:
            self._focused()
        elif event.type == X.Expose:
            self._draw()
        elif event.type == X.MappingNotify:
            self._display.refresh_keyboard_mapping(event)
        elif event.type == X.KeyPress:
            self._take_key(event)
        elif event.type == X.SelectionNotify and event.property != X.NONE:
            self._take_selection(event.property)

    def _ask_for_focus(self) -> None:
        root = self._display.screen().root
        if root.get_full_property(self._display.intern_atom("_NET_SUPPORTING_WM_CHECK"), Xatom.WINDOW) is None:
            self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
            return
        message = ClientMessage(
            window=self._window,
            client_type=self._display.intern_atom("_NET_ACTIVE_WINDOW"),
            data=(32, [_FROM_A_PAGER, X.CurrentTime, 0, 0, 0]),
        )
        root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)

    def _take_key(self, event: rq.Event) -> None:
        shift, control = bool(event.state & X.ShiftMask), bool(event.state & X.ControlMask)
        plain = self._display.keycode_to_keysym(event.detail, 0)
        if (shift and plain == XK.XK_Insert) or (control and plain == XK.XK_v):
            clipboard, text = self._display.intern_atom("CLIPBOARD"), self._display.intern_atom("UTF8_STRING")
            self._window.convert_selection(clipboard, text, text, event.time)
        elif not control and (character := _character(self._display.keycode_to_keysym(event.detail, int(shift)))):
            self._add(character)

    def _take_selection(self, name: int) -> None:
        found = self._window.get_full_property(name, self._display.intern_atom("UTF8_STRING"))
        self._window.delete_property(name)
        if found is not None:
            self._add(bytes(found.value).decode(errors="replace"))

    def _add(self, text: str) -> None:
        self._text += text
        self._draw()
        self._arrived(self._text)

    def _draw(self) -> None:
        """The server's own font, so that nothing has to be installed; it has Latin letters only."""
        self._window.clear_area()
        for row, line in enumerate((TITLE + ": please leave the focus here", self._text[-100:])):
            self._window.image_text(self._ink, 12, 30 + 30 * row, line.encode("latin-1", errors="replace"))


def _character(keysym: int) -> str:
    """What a key types; "" for keys that type nothing."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:  # these keysyms are Latin-1
        return chr(keysym)
    return chr(keysym - _UNICODE) if keysym > _UNICODE else ""
