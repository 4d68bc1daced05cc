"""The icon in an XEmbed tray (trayer, i3bar, tint2, stalonetray): freedesktop's System Tray Protocol.

There is no menu in such a tray: a click does what it does elsewhere. Owns the thread `tray` and an X connection of that
thread; other threads only leave what is to be shown and wake it. When the tray goes, the icon waits for the next one.

pystray's XEmbed icon is not used: it never asks for button presses, so no click reaches it, it paints on black, and it
does not come back after the tray was restarted (0.19.5).
"""

import logging
import threading
from collections.abc import Callable

from Xlib import X, Xutil
from Xlib.error import XError
from Xlib.protocol import rq
from Xlib.protocol.event import ClientMessage
from Xlib.xobject.drawable import Window

from utterkey.desktop.x11 import Connection
from utterkey.dictation.events import Event, PartFailed, Post
from utterkey.dictation.view import View
from utterkey.errors import TrayError
from utterkey.tray.icon import picture
from utterkey.tray.menu import APP, Look, click, look, title

log = logging.getLogger(__name__)

NO_TRAY = "There is no XEmbed tray."

_DOCK = 0  # SYSTEM_TRAY_REQUEST_DOCK
_XEMBED_INFO = [0, 1]  # version 0; XEMBED_MAPPED: please show the window
_START_SIZE = 22  # what panels make of it is theirs to say
_LEFT_BUTTON = 1


class XEmbedTray:
    name = "XEmbed"
    bubble = None

    def __init__(self, post: Post, changed: Callable[[], None] = lambda: None, *, wanted: bool = True) -> None:
        """Raises TrayError if there is no X11 desktop. `changed` is called on the thread `tray` when it has found out
        whether there is a tray, and when that has changed; `wanted` as in `want`."""
        self.problem = NO_TRAY
        self.broken = ""
        self._post = post
        self._changed = changed
        self._wanted = wanted
        self._shown = _shown(View())
        self._leave = False
        self._connection = Connection(TrayError)  # from here on it belongs to the thread `tray`
        self._icon = _Icon(self._connection)
        self._thread = threading.Thread(target=self._run, name="tray", daemon=True)
        self._thread.start()

    def show(self, view: View) -> None:
        new = _shown(view)
        if new != self._shown:
            self._shown = new
            self._connection.wake()

    def want(self, on: bool) -> None:
        """Whether the icon is to be shown: not where a panel shows it with its menu. From any thread."""
        self._wanted = on
        self._connection.wake()

    def close(self) -> None:
        self._leave = True
        self._connection.wake()
        self._thread.join(2)

    # --- the thread `tray` -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            with self._connection.errors():
                self._live()
        except TrayError as error:
            self._broke(error)
        except Exception as error:  # the top of a thread: the icon may go, but not unseen
            log.exception("The thread tray broke")
            self._broke(TrayError(f"The tray icon broke ({error}); restart utterkey to get it back."))
        finally:
            self._connection.close()

    def _live(self) -> None:
        told = None
        while not self._leave:
            self._icon.want(self._wanted)
            look, title, click = self._shown
            self.problem = "" if self._icon.docked else NO_TRAY
            if not self._wanted:
                told = None
            elif self.problem != told:
                told = self.problem
                self._changed()
            self._icon.show(look, title)
            for event in self._connection.wait():
                if event.type == X.ButtonPress:
                    if event.detail == _LEFT_BUTTON:
                        self._post(click)
                else:
                    self._icon.take(event)

    def _broke(self, error: TrayError) -> None:
        self.problem = self.broken = str(error)
        if self._wanted:
            self._post(PartFailed("tray", error))


def _shown(view: View) -> tuple[Look, str, Event]:
    """All that is to be seen of it here, and what a click does."""
    return look(view), title(view), click(view)


class _Icon:
    """The window inside the tray, and what is painted on it. For the connection's thread only."""

    def __init__(self, connection: Connection) -> None:
        self._display = connection.display
        self._screen = self._display.screen()
        self._selection = self._display.intern_atom(f"_NET_SYSTEM_TRAY_S{self._display.get_default_screen()}")
        self._manager = self._display.intern_atom("MANAGER")
        self._tray: Window | None = None
        self._window: Window | None = None
        self._wanted = False
        self._see_through = False
        self._size = (_START_SIZE, _START_SIZE)
        self._painted: tuple[Look, str] | None = None
        # A new tray tells so with a MANAGER message, which is sent to those who watch the root window's structure.
        self._screen.root.change_attributes(event_mask=X.StructureNotifyMask)

    @property
    def docked(self) -> bool:
        return self._window is not None

    def _tray_window(self) -> Window | None:
        owner = self._display.get_selection_owner(self._selection)
        return None if isinstance(owner, int) else owner  # X.NONE is a number

    def want(self, on: bool) -> None:
        if on == self._wanted:
            return
        self._wanted = on
        if on:
            self._dock()
        else:
            self._undock()

    def _dock(self) -> None:
        """Make a window and ask the tray to take it. Without a tray nothing happens."""
        try:
            self._tray = self._tray_window()
            if self._tray is None:
                return
            self._tray.change_attributes(event_mask=X.StructureNotifyMask)
            self._window = self._new_window(self._visual_of(self._tray))
        except XError as error:  # the tray went away meanwhile; the next one will tell
            log.debug("X11: %s", error)
            self._tray = None
            return
        opcode = self._display.intern_atom("_NET_SYSTEM_TRAY_OPCODE")
        message = ClientMessage(
            window=self._tray, client_type=opcode, data=(32, [X.CurrentTime, _DOCK, self._window.id, 0, 0])
        )
        self._tray.send_event(message, event_mask=X.NoEventMask)

    def take(self, event: rq.Event) -> None:
        match event.type:
            case X.ClientMessage if event.client_type == self._manager and event.data[1][1] == self._selection:
                self._undock()
                if self._wanted:
                    self._dock()
            case X.DestroyNotify if self._tray and event.window == self._tray:
                self._undock()
                if self._wanted:
                    self._dock()
            case X.DestroyNotify if self._window and event.window == self._window:
                self._window = None
            case X.ConfigureNotify if self._window and event.window == self._window:
                self._size = (event.width, event.height)
            case X.Expose if event.count == 0:
                self._painted = None

    def show(self, look: Look, title: str) -> None:
        """Paint, if it is not what is painted already. A window that cannot be seen is painted when it can."""
        if self._window is None or self._painted == (look, title):
            return
        try:
            self._window.set_wm_name(title)
            self._paint(self._window, look)
        except XError as error:
            log.debug("X11: %s", error)
        self._painted = (look, title)

    def _undock(self) -> None:
        if self._window:
            self._window.destroy()  # else the window manager would show it on its own
        self._window = self._tray = self._painted = None

    def _visual_of(self, tray: Window) -> tuple[int, int]:
        """Depth and visual: the tray's, if it has an alpha channel, else the screen's."""
        found = tray.get_full_property(self._display.intern_atom("_NET_SYSTEM_TRAY_VISUAL"), X.AnyPropertyType)
        for depth in self._screen.allowed_depths:
            for visual in depth.visuals:
                if found and depth.depth == 32 and visual.visual_id == found.value[0]:
                    return 32, visual.visual_id
        return self._screen.root_depth, self._screen.root_visual

    def _new_window(self, depth_and_visual: tuple[int, int]) -> Window:
        depth, visual = depth_and_visual
        self._see_through = depth == 32
        root = self._screen.root
        ground = (
            {"background_pixel": 0, "border_pixel": 0, "colormap": root.create_colormap(visual, X.AllocNone)}
            if self._see_through
            else {"background_pixmap": X.ParentRelative}  # only allowed at the parent's own depth
        )
        mask = X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask
        size = _START_SIZE
        window: Window = root.create_window(
            0, 0, size, size, 0, depth, X.InputOutput, visual, event_mask=mask, **ground
        )
        window.set_wm_class(APP, APP)
        window.set_wm_normal_hints(flags=Xutil.PMinSize, min_width=size, min_height=size)
        info = self._display.intern_atom("_XEMBED_INFO")
        window.change_property(info, info, 32, _XEMBED_INFO)
        return window

    def _paint(self, window: Window, look: Look) -> None:
        from PIL import Image

        width, height = self._size
        side = min(width, height)
        place = ((width - side) // 2, (height - side) // 2)
        window.clear_area(0, 0, 0, 0)
        if self._see_through:
            canvas = Image.new("RGBA", self._size)
            canvas.paste(picture(look, side), place)
            depth, data = 32, canvas.convert("RGBa").tobytes("raw", "BGRa")  # colours multiplied by their alpha
        else:
            # The tray's own background shines through: read it back and paint on it.
            below = window.get_image(0, 0, width, height, X.ZPixmap, 0xFFFFFFFF)
            canvas = Image.frombytes("RGB", self._size, below.data, "raw", "BGRX")
            canvas.paste(picture(look, side), place, picture(look, side))
            depth, data = self._screen.root_depth, canvas.tobytes("raw", "BGRX")
        gc = window.create_gc()
        window.put_image(gc.id, 0, 0, width, height, X.ZPixmap, depth, 0, data)
        gc.free()
