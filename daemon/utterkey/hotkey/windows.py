"""The global key on Windows: a keyboard hook, by pynput, that keeps just the hotkey from the applications.

The hook's thread is pynput's; it has 300 ms for each key that anybody types anywhere, so all it does is to tell the
`Watch`, under a lock, and to post. The thread `hotkey` sleeps until a hotkey is down; then it asks the keyboard ten
times a second, since key-ups get lost to the lock screen, to questions for a password and to programs with more rights.

Windows takes hooks away without a word when the screen was locked, when it asks for a password and when the machine
wakes up: then it is installed anew. It does the same with one that was too slow a few times, or does not install it at
all, and nothing tells of either: so it is installed anew every few minutes, too.

Of pynput nothing is used but that it installs the hook and serves it. Never run on a Windows machine, for none was at
hand.
"""

import logging
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Protocol, assert_never, cast

from utterkey.desktop.session_changes import Change
from utterkey.desktop.windows import Windows, strike
from utterkey.desktop.windows_calls import OURS
from utterkey.desktop.windows_session import SessionWindow
from utterkey.dictation.events import PartFailed, Post
from utterkey.errors import HotkeyError
from utterkey.hotkey.gesture import Events
from utterkey.hotkey.keys import MouseButton
from utterkey.hotkey.plan import Plan, first_key
from utterkey.hotkey.watch import Heard, Watch
from utterkey.hotkey.windows_keys import BUTTONS, MASK_KEY, MOUSE_BUTTONS, HookData, code, heard, opens_a_menu

if TYPE_CHECKING:
    from pynput import keyboard, mouse

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
"""How often the keyboard is asked about a hotkey that is held."""

RENEW_SECONDS = 300.0
"""How often the hook is installed anew for all we know; a few ten milliseconds of work."""

_CLOSE_SECONDS = 2.0
_WM_MOUSEMOVE = 0x0200


class _Suppressing(Protocol):
    """What pynput's listener has on Windows only."""

    def suppress_event(self) -> None:
        """Raises what makes the hook swallow the key that it is being told of."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A hotkey went down; `mask` says that its modifiers must not look as if they were alone."""

    mask: bool


@dataclass(frozen=True, slots=True)
class _Reinstall:
    pass


@dataclass(frozen=True, slots=True)
class _Close:
    pass


_Order = _Held | _Reinstall | _Close


class WindowsHotkeys:
    """The mechanism. It listens when it is made; `HotkeyError` if it cannot."""

    name = "keyboard hook"

    def __init__(self, plan: Plan, post: Post) -> None:
        self.key = first_key(plan.bindings)
        self._post = post
        self._windows = Windows()
        self._lock = Lock()
        self._watch = Watch(plan, swallows=True, is_down=self._is_down)
        self._orders: SimpleQueue[_Order] = SimpleQueue()
        self._clicks = any(isinstance(hotkey, MouseButton) for hotkey in plan.hotkeys)
        self._listeners: list[keyboard.Listener | mouse.Listener] = []
        self._reinstalls = Event()
        self._install()
        self._session = SessionWindow(self._session_changed)
        self._thread = Thread(target=self._run, name="hotkey", daemon=True)
        self._thread.start()

    def listen(self, on: bool) -> None:
        with self._lock:
            self._tell(self._watch.listen(on, monotonic()))

    def watch_cancel(self, on: bool) -> None:
        with self._lock:
            self._watch.watch_cancel(on)

    def close(self) -> None:
        self.listen(False)
        self._session.close()
        self._orders.put(_Close())
        self._thread.join(_CLOSE_SECONDS)

    # --- the hook's threads ------------------------------------------------------------------------------------------

    def _hear(self, message: int, data: HookData) -> bool:
        """Whether pynput shall make anything of this key: never."""
        key = heard(message, data, OURS)
        if key is not None and self._take(key):
            self._suppress()
        return False

    def _click(self, x: int, y: int, button: "mouse.Button", pressed: bool) -> None:
        self._take(Heard(BUTTONS.get(button.name, "another button"), pressed))

    def _take(self, key: Heard) -> bool:
        """Whether the applications must not have it."""
        try:
            with self._lock:
                outcome = self._watch.take(key, monotonic())
                self._tell(outcome.events)
        except Exception as problem:  # the top of a thread that Windows calls: a fault must not cost the keyboard
            log.exception("the keyboard hook failed")
            failure = HotkeyError("The hotkey broke down; start utterkey again.")
            failure.__cause__ = problem
            self._post(PartFailed("hotkey", failure))
            return False
        if outcome.hotkey is not None:
            self._orders.put(_Held(mask=outcome.swallowed and opens_a_menu(outcome.hotkey)))
        return outcome.swallowed

    def _session_changed(self, change: Change) -> None:
        if change in ("unlocked", "switched", "awake") and not self._reinstalls.is_set():
            self._reinstalls.set()  # one unlocking is told of in several ways at once
            self._orders.put(_Reinstall())

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            held = self._watch.held is not None
            try:
                order = self._orders.get(timeout=LOOK_SECONDS if held else RENEW_SECONDS)
            except Empty:
                if held:
                    self._look()
                else:
                    self._reinstall()
                continue
            match order:
                case _Held(mask):
                    self._clicked()  # before, which does not count
                    if mask:
                        strike(MASK_KEY)
                case _Reinstall():
                    self._reinstalls.clear()
                    self._reinstall()
                case _Close():
                    return self._uninstall()
                case never:
                    assert_never(never)

    def _look(self) -> None:
        """Is the hotkey still down, and would we hear it go up?"""
        deaf = self._windows.keyboard_is_elsewhere() or self._windows.is_above_us(self._windows.foreground())
        clicked = self._clicked()
        with self._lock:
            now = monotonic()
            self._tell(self._watch.forget(now) if deaf else self._watch.look(now))
            if clicked:
                self._tell(self._watch.joined())

    def _clicked(self) -> bool:
        """Whether there was a click since the last look. Every button is asked, or one would answer the next time."""
        return any([self._windows.was_struck(button) for button in MOUSE_BUTTONS])

    def _reinstall(self) -> None:
        self._uninstall()
        with self._lock:
            self._tell(self._watch.forget(monotonic()))
        self._install()

    # --- details -----------------------------------------------------------------------------------------------------

    def _install(self) -> None:
        from pynput import keyboard, mouse

        keys = keyboard.Listener(win32_event_filter=self._hear)
        self._suppress = cast(_Suppressing, keys).suppress_event
        self._listeners = [keys]
        if self._clicks:  # else every movement of the mouse would come by here
            self._listeners.append(
                mouse.Listener(on_click=self._click, win32_event_filter=lambda message, _: message != _WM_MOUSEMOVE)
            )
        for listener in self._listeners:
            listener.start()
            listener.wait()  # one that is stopped before it is ready never ends, and keeps its hook

    def _uninstall(self) -> None:
        for listener in self._listeners:
            listener.stop()
            try:
                listener.join(_CLOSE_SECONDS)
            except Exception:  # raised here is whatever its thread ended with
                log.exception("a listener of pynput ended by a fault")

    def _is_down(self, name: str) -> bool:
        vk = code(name)
        return vk is None or self._windows.key_down(vk)

    def _tell(self, events: Events) -> None:
        for event in events:
            self._post(event)
