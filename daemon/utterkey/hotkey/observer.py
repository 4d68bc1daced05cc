"""Keys that are only observed, by their names, made into events.

For mechanisms that tell every key of every device and keep none of them from the applications: pynput and evdev. Any
thread may call; the lock makes them one.
"""

from threading import Lock
from time import monotonic

from utterkey.dictation.events import Post
from utterkey.hotkey.gesture import Events
from utterkey.hotkey.plan import Plan
from utterkey.hotkey.watch import Heard, Watch, unknown


class Observer:
    def __init__(self, plan: Plan, post: Post) -> None:
        self._post = post
        self._lock = Lock()
        self._watch = Watch(plan, swallows=False, is_down=unknown)

    def listen(self, on: bool) -> None:
        with self._lock:
            self._tell(self._watch.listen(on, monotonic()))

    def watch_cancel(self, on: bool) -> None:
        with self._lock:
            self._watch.watch_cancel(on)

    def take(self, key: Heard) -> None:
        """A key or button went down, repeats, or went up; "" is one that has no name in the settings."""
        with self._lock:
            self._tell(self._watch.take(key, monotonic()).events)

    def joined(self) -> None:
        """Something that makes a modifier part of a shortcut: the wheel."""
        with self._lock:
            self._tell(self._watch.joined())

    def _tell(self, events: Events) -> None:
        for event in events:
            self._post(event)
