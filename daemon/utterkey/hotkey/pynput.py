"""The global key observed through pynput, on X servers without XInput 2 (RECORD is enough for it).

pynput's own threads call in here, one for keys and one for the mouse. The thread `hotkey`
only waits for them to end, which they must not do by themselves. Nothing is kept from the applications, and a key-up
that is lost here is lost: pynput knows no physical state.

Of pynput nothing is used but the two listeners: its `HotKey` takes a key for another one when a modifier changes
while it is held, and its `wait` never returns when a listener cannot start.
"""

import contextlib
import logging
from threading import Thread
from typing import TYPE_CHECKING

from utterkey.desktop.x11 import Connection
from utterkey.dictation.events import PartFailed, Post
from utterkey.errors import HotkeyError
from utterkey.hotkey.observer import Observer
from utterkey.hotkey.plan import Plan, first_key
from utterkey.hotkey.watch import Heard

if TYPE_CHECKING:
    from pynput import keyboard, mouse

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 2.0


class PynputHotkeys:
    """The mechanism. It listens when it is made; `HotkeyError` if it cannot."""

    name = "pynput (only observed)"

    def __init__(self, plan: Plan, post: Post) -> None:
        try:
            from pynput import keyboard, mouse
        except Exception as error:  # pynput opens the display on import and lets any error through
            raise HotkeyError(
                "pynput cannot listen on this desktop; start utterkey from within your desktop."
            ) from error
        self.key = first_key(plan.bindings)
        self._observer = Observer(plan, post)
        called = _Listening(self._observer)
        self._keys = keyboard.Listener(on_press=called.key_down, on_release=called.key_up)
        self._mouse = mouse.Listener(on_click=called.click, on_scroll=called.scroll)
        self._post = post
        self._closing = False
        self._keys.start()
        self._mouse.start()
        self._thread = Thread(target=self._watch, name="hotkey", daemon=True)
        self._thread.start()

    def listen(self, on: bool) -> None:
        self._observer.listen(on)

    def watch_cancel(self, on: bool) -> None:
        self._observer.watch_cancel(on)

    def close(self) -> None:
        self._closing = True
        self._observer.listen(False)
        for listener in (self._keys, self._mouse):
            listener.stop()
        _end(self._keys, self._mouse)
        for thread in (self._mouse, self._thread):
            thread.join(_CLOSE_SECONDS)

    def _watch(self) -> None:
        try:
            self._keys.join()
        except Exception as problem:  # noqa: BLE001 - the top of the thread; join raises whatever ended the listener
            log.info("pynput's listener ended: %s", problem)
        if not self._closing:
            self.key = ""
            self._post(PartFailed("hotkey", HotkeyError("The keyboard is no longer heard; start utterkey again.")))


def _end(*listeners: "keyboard.Listener | mouse.Listener") -> None:
    """Let listeners that were stopped end now: by themselves they would only notice with the next event."""
    with (
        contextlib.suppress(HotkeyError),
        contextlib.closing(Connection(HotkeyError)) as connection,
        connection.errors(),
    ):
        for listener in listeners:
            context = getattr(listener, "_context", None)
            if context is not None:
                connection.display.record_disable_context(context)
        connection.display.sync()


class _Listening:
    """What pynput calls."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def key_down(self, key: "keyboard.Key | keyboard.KeyCode | None") -> None:
        self._observer.take(Heard(key_name(key), True))

    def key_up(self, key: "keyboard.Key | keyboard.KeyCode | None") -> None:
        self._observer.take(Heard(key_name(key), False))

    def click(self, x: int, y: int, button: "mouse.Button", pressed: bool) -> None:
        self._observer.take(Heard(f"mouse{button.value}", pressed))

    def scroll(self, x: int, y: int, dx: int, dy: int) -> None:
        self._observer.joined()


def key_name(key: "keyboard.Key | keyboard.KeyCode | None") -> str:
    """A key of pynput as the settings call it; "" for one that has no name there."""
    name: str | None = getattr(key, "name", None)
    if name is not None:  # a member of the enumeration Key
        return _NAMES.get(name, name)
    keysym: int | None = getattr(key, "vk", None)
    char: str = getattr(key, "char", None) or ""
    return _KEYSYMS.get(keysym or 0, char.lower())


_NAMES = {
    **{"ctrl": "left_ctrl", "ctrl_l": "left_ctrl", "ctrl_r": "right_ctrl"},
    **{"shift": "left_shift", "shift_l": "left_shift", "shift_r": "right_shift"},
    **{"alt": "left_alt", "alt_l": "left_alt", "alt_r": "right_alt", "alt_gr": "right_alt"},
    **{"cmd": "left_super", "cmd_l": "left_super", "cmd_r": "right_super"},
}

_KEYSYMS = {
    0xFE03: "right_alt",  # ISO_Level3_Shift, which is no Key.alt_gr to pynput
    0xFFE7: "left_alt",  # Meta_L and Meta_R: Alt while Shift is down
    0xFFE8: "right_alt",
}
