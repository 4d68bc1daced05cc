"""The global key on macOS: an event tap that only listens, on key codes. The thread `hotkey` owns it and its run loop.

pynput's listener asks for the keyboard's layout on a thread where macOS ends the process for it (pynput#511), knows a
modifier by flags that both its sides share, and stays silent when the system has switched its tap off. So this is the
tap itself: what it hears is told to a `Watch`, nothing is kept from the applications, and a tap that was switched off
is switched on again, after sleep and lock without being asked. Never run on a Mac, for none was at hand.
"""

import logging
import os
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from utterkey.desktop import macos_session
from utterkey.desktop.session_changes import Change
from utterkey.dictation.events import PartFailed, Post
from utterkey.errors import HotkeyError, KeysForbidden
from utterkey.hotkey.gesture import Events
from utterkey.hotkey.keys import Combo, Hotkey, MouseButton
from utterkey.hotkey.macos_keys import CODES, DISABLED, EVENTS, clicked, heard, names
from utterkey.hotkey.macos_secure_input import SecureInput
from utterkey.hotkey.plan import Plan, first_key
from utterkey.hotkey.watch import Watch

if TYPE_CHECKING:
    import Quartz

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often the keyboard is asked about a hotkey that is held."""

NOT_ALLOWED = (
    "macOS does not let utterkey hear the key yet: allow it in System Settings > Privacy & Security > Input "
    "Monitoring (or the terminal it runs in), then start utterkey again."
)
_FOREVER = 1e10
_CLOSE_SECONDS = 2.0


class MacosHotkeys:
    """The mechanism. It listens when it is made; `HotkeyError` if it cannot."""

    name = "event tap (only observed)"

    def __init__(self, plan: Plan, post: Post) -> None:
        import Quartz

        missing = [hotkey for hotkey in plan.hotkeys if not _exists(hotkey)]
        problems = [HotkeyError(f"A Mac has no key for {hotkey.name}; choose another one.") for hotkey in missing]
        if all(binding.hotkey in missing for binding in plan.bindings):
            raise problems[0]
        for problem in problems:
            post(PartFailed("hotkey", problem))
        self.key = first_key(binding for binding in plan.bindings if binding.hotkey not in missing)
        self._post = post
        self._names = names(hotkey.key if isinstance(hotkey, Combo) else hotkey.name for hotkey in plan.hotkeys)
        self._watch = Watch(plan, swallows=False, is_down=self._is_down)
        self._open = True
        if not Quartz.CGPreflightListenEventAccess():
            Quartz.CGRequestListenEventAccess()  # shows the system's own question, once
            raise KeysForbidden(NOT_ALLOWED)
        tap = Quartz.CGEventTapCreate(
            Quartz.kCGSessionEventTap,
            Quartz.kCGHeadInsertEventTap,
            Quartz.kCGEventTapOptionListenOnly,
            EVENTS,
            self._hear,
            None,
        )
        if tap is None:
            raise KeysForbidden(NOT_ALLOWED)
        self._tap = tap
        self._ready = Event()
        self._thread = Thread(target=self._run, name="hotkey", daemon=True)
        self._thread.start()
        self._ready.wait()
        self._secure_input = SecureInput(post)
        self._unwatch_session = macos_session.watch(self._session_changed)

    # --- for any thread ----------------------------------------------------------------------------------------------

    def listen(self, on: bool) -> None:
        self._perform(lambda: self._tell(self._watch.listen(on, monotonic())))

    def watch_cancel(self, on: bool) -> None:
        self._perform(lambda: self._watch.watch_cancel(on))

    def close(self) -> None:
        self._secure_input.close()
        self._unwatch_session()
        self._perform(self._stop)
        self._thread.join(_CLOSE_SECONDS)

    def _perform(self, order: Callable[[], None]) -> None:
        """Have the thread do something. A stop ordered from here would be lost between two of its runs."""
        import Quartz

        def on_the_thread() -> None:
            order()
            Quartz.CFRunLoopStop(self._loop)

        Quartz.CFRunLoopPerformBlock(self._loop, Quartz.kCFRunLoopDefaultMode, on_the_thread)
        Quartz.CFRunLoopWakeUp(self._loop)

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        import Quartz
        from objc import autorelease_pool  # or what each event brings along stays until the thread ends

        mode = Quartz.kCFRunLoopDefaultMode
        self._loop = Quartz.CFRunLoopGetCurrent()
        self._ready.set()
        source = Quartz.CFMachPortCreateRunLoopSource(None, self._tap, 0)
        Quartz.CFRunLoopAddSource(self._loop, source, mode)
        Quartz.CGEventTapEnable(self._tap, True)
        while self._open:
            seconds = LOOK_SECONDS if self._watch.held else _FOREVER
            with autorelease_pool():
                ended_by = Quartz.CFRunLoopRunInMode(mode, seconds, True)
            if ended_by == Quartz.kCFRunLoopRunTimedOut:
                self._tell(self._watch.look(monotonic()))
            elif ended_by == Quartz.kCFRunLoopRunFinished:  # the system took the tap away: no wait would wait any more
                self._tell(self._watch.forget(monotonic()))
                self.key = ""
                self._post(PartFailed("hotkey", HotkeyError("macOS took the hotkey away; start utterkey again.")))
                return
        Quartz.CGEventTapEnable(self._tap, False)
        Quartz.CFRunLoopRemoveSource(self._loop, source, mode)

    def _session_changed(self, change: Change) -> None:
        """On the main thread."""
        if change in ("unlocked", "awake"):
            self._perform(self._hear_again)

    def _hear_again(self) -> None:
        import Quartz

        Quartz.CGEventTapEnable(self._tap, True)
        self._tell(self._watch.forget(monotonic()))

    def _stop(self) -> None:
        self._open = False
        self._tell(self._watch.listen(False, monotonic()))

    def _hear(self, proxy: object, kind: int, event: "Quartz.CGEvent", data: object) -> "Quartz.CGEvent":
        """What the tap calls, on this thread."""
        try:
            self._take(kind, event)
        except Exception as problem:  # the top of a thread that the system calls: the tap has to be answered
            log.exception("the event tap failed")
            failure = HotkeyError("The hotkey broke down; start utterkey again.")
            failure.__cause__ = problem
            self._post(PartFailed("hotkey", failure))
        return event

    def _take(self, kind: int, event: "Quartz.CGEvent") -> None:
        import Quartz

        if kind in DISABLED:
            Quartz.CGEventTapEnable(self._tap, True)
            return  # what was missed meanwhile shows when the thread looks
        if Quartz.CGEventGetIntegerValueField(event, Quartz.kCGEventSourceUnixProcessID) == os.getpid():
            return  # our own chord
        if clicked(kind):
            self._tell(self._watch.joined())
            return
        code = Quartz.CGEventGetIntegerValueField(event, Quartz.kCGKeyboardEventKeycode)
        button = Quartz.CGEventGetIntegerValueField(event, Quartz.kCGMouseEventButtonNumber)
        key = heard(kind, code, Quartz.CGEventGetFlags(event), button, self._names)
        if key is not None:
            self._tell(self._watch.take(key, monotonic()).events)

    # --- details -----------------------------------------------------------------------------------------------------

    def _is_down(self, name: str) -> bool:
        if name not in CODES:
            return True
        import Quartz

        return Quartz.CGEventSourceKeyState(Quartz.kCGEventSourceStateCombinedSessionState, CODES[name])

    def _tell(self, events: Events) -> None:
        for event in events:
            self._post(event)


def _exists(hotkey: Hotkey) -> bool:
    if isinstance(hotkey, MouseButton):
        return hotkey.number in (2, 8, 9)
    return (hotkey.key if isinstance(hotkey, Combo) else hotkey.name) in CODES
