"""Notices that no key is heard on macOS: some program has the keyboard for itself (secure input), and keeps it.

A password field has it for a moment, and that is as it should be; a terminal with Secure Keyboard Entry has it for as
long as it is in front, and some programs forget to give it back. The hotkey is dead then, which nothing tells of. So it
is asked for when another program comes to the front, some time later. Never run on a Mac, for none was at hand.
"""

from collections.abc import Callable
from threading import Lock, Timer

from utterkey.desktop.macos import secure_input
from utterkey.dictation.events import PartFailed, PartWell, Post
from utterkey.errors import HotkeyError

STAYS_SECONDS = 2.0
"""A program that comes to the front may be given the keyboard with a delay, and the one before may keep it as long."""

_PART = "secure input"
"""Whose failures these are: they pass, while what else is wrong with the hotkeys stays."""

_CAME_TO_THE_FRONT = "NSWorkspaceDidActivateApplicationNotification"


class SecureInput:
    """Each program is told of once: who works in such a terminal all day knows."""

    def __init__(self, post: Post) -> None:
        from AppKit import NSWorkspace

        self._post = post
        self._told: set[str] = set()
        self._deaf = False  # as far as it was told
        self._lock = Lock()  # guards _timer: the main thread is told of programs, another may close
        self._timer: Timer | None = None
        self._workspace = NSWorkspace.sharedWorkspace()
        self._center = self._workspace.notificationCenter()
        self._observer = self._center.addObserverForName_object_queue_usingBlock_(
            _CAME_TO_THE_FRONT, None, None, self._teller()
        )
        self._look_later()

    def close(self) -> None:
        self._center.removeObserver_(self._observer)
        with self._lock:
            if self._timer:
                self._timer.cancel()

    def _teller(self) -> Callable[[object], None]:
        """A plain function: pyobjc counts the arguments of what it makes a block of."""

        def told(_notification: object) -> None:
            self._look_later()

        return told

    def _look_later(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = Timer(STAYS_SECONDS, self._look)
            self._timer.daemon = True
            self._timer.start()

    def _look(self) -> None:
        """On a thread of its own, which ends with it."""
        from objc import autorelease_pool

        if not secure_input():
            if self._deaf:
                self._deaf = False
                self._post(PartWell(_PART))
            return
        with autorelease_pool():
            program = self._workspace.frontmostApplication()
            name = (program.localizedName() if program else None) or "this program"
        if name not in self._told:
            self._told.add(name)
            self._deaf = True
            sentence = (
                f"The hotkey is not heard while {name} is in front, for a program keeps the keyboard for itself "
                "(secure input): leave the password field, or switch off Secure Keyboard Entry in the terminal's menu."
            )
            self._post(PartFailed(_PART, HotkeyError(sentence)))
