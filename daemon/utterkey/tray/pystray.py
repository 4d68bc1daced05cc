"""The icon on Windows and macOS, by pystray.

Windows: pystray's loop is the thread `tray`; what changes is told to the Explorer, which may be busy, by the thread
`tray-updates`. macOS: NSStatusItem belongs to the main thread, whose loop (NSApplication) the program runs; everything
that touches it is handed over to that, since touching it elsewhere kills the process. A notification there is a program
that pystray runs and waits for, so it is left to `tray-updates`.

`show` may be called on any one thread.
"""

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

import pystray

from utterkey.dictation.errand import LookAround
from utterkey.dictation.events import Asked, Event, Post
from utterkey.dictation.view import View
from utterkey.tray.icon import picture
from utterkey.tray.item import Item, separator
from utterkey.tray.menu import APP, Face, face

log = logging.getLogger(__name__)

_SIZE = 64
_LONGEST_TITLE = 127  # Windows refuses more with a ValueError, as it does for notifications over 255
_LONGEST_SENTENCE = 255
_CLOSE_SECONDS = 1.0

_LOOK_AGAIN = Item(id="look", label="Look again for microphones", action=Asked(LookAround()))

Later = Callable[[Callable[[], None]], None]
"""Has something done on the thread that owns the icon."""


class PystrayTray:
    name = "pystray"
    problem = ""

    def __init__(self, post: Post, *, on_main: Later | None, ampersand: str) -> None:
        """`on_main`: the icon lives on the main thread (macOS), this is the way there; None: on a thread of its own.
        `ampersand` is how the system's menus write one."""
        self._post = post
        self._aside = _Aside()
        self._later: Later = on_main or self._aside.do
        self._ampersand = ampersand
        self._shown = self._drawn = face(View())
        self._icon = pystray.Icon(
            APP, picture(self._shown.look, _SIZE), self._title(self._shown), self._menu(self._shown)
        )
        self._loop: threading.Thread | None = None
        post(Asked(LookAround()))  # its menus do not tell when they are opened, so there is a line for it too
        # pystray's own `setup` shows the icon from a thread of its own, which macOS does not survive.
        if on_main:
            self._icon.run_detached(setup=lambda icon: on_main(lambda: _appear(icon)))
        else:
            self._loop = threading.Thread(target=self._icon.run, name="tray", args=(_appear,), daemon=True)
            self._loop.start()

    def show(self, view: View) -> None:
        new = face(view)
        if new != self._shown:
            self._shown = new
            self._later(self._update)

    def bubble(self, sentence: str) -> None:
        self._aside.do(lambda: self._icon.notify(sentence[:_LONGEST_SENTENCE], APP))

    def close(self) -> None:
        self._later(self._icon.stop)
        self._aside.end()
        if self._loop:  # the last thing it does is to take the icon away; Windows leaves it there otherwise
            self._loop.join(_CLOSE_SECONDS)

    def _update(self) -> None:
        """Only what is other than the last time: a new menu closes one that is open."""
        old, new = self._drawn, self._shown
        self._drawn = new
        if new.look != old.look:
            self._icon.icon = picture(new.look, _SIZE)
        self._icon.title = self._title(new)
        if (new.items, new.click) != (old.items, old.click):
            self._icon.menu = self._menu(new)

    def _title(self, new: Face) -> str:
        return new.tooltip[:_LONGEST_TITLE]

    def _menu(self, new: Face) -> pystray.Menu:
        # The item nobody sees is what a click on the icon does, where the system has such a thing.
        click = pystray.MenuItem(APP, self._poster(new.click), default=True, visible=False)
        return pystray.Menu(click, *(self._line(item) for item in new.items))

    def _line(self, item: Item) -> pystray.MenuItem:
        if item.kind == "separator":
            return pystray.Menu.SEPARATOR
        items = (*item.items, separator("look"), _LOOK_AGAIN) if item.id == "microphone" else item.items
        return pystray.MenuItem(
            item.label.replace("&", self._ampersand),
            pystray.Menu(*(self._line(child) for child in items)) if items else self._poster(item.action),
            checked=(lambda _: item.checked) if item.kind in ("check", "radio") else None,
            radio=item.kind == "radio",
            enabled=item.enabled,
        )

    def _poster(self, event: Event | None) -> Callable[[], None]:
        """What pystray calls on its own thread (a plain function: it counts the arguments); posting is all it does."""

        def click() -> None:
            if event:
                self._post(event)

        return click


def _appear(icon: pystray.Icon) -> None:
    icon.visible = True


class _Aside:
    """Does one thing after another on a thread of its own, so that nobody else waits for the system."""

    def __init__(self) -> None:
        self._actions: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="tray-updates", daemon=True)
        self._thread.start()

    def do(self, action: Callable[[], None]) -> None:
        self._actions.put(action)

    def end(self) -> None:
        """After what was asked for, which is waited for, but not for long."""
        self._actions.put(None)
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while action := self._actions.get():
            try:
                action()
            except Exception:  # the top of a thread: what the system would not show must not cost what comes after it
                log.exception("The icon could not be changed, or a notification shown")
