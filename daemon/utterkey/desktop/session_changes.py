"""What a login session on Windows or macOS tells, made into events.

Both systems wait for an answer before they sleep or end, so who is told may hold them off for a moment. Runs on the
thread of whoever tells: a window's on Windows, the main thread on macOS.
"""

from threading import Event
from typing import Literal, assert_never

from utterkey.dictation.events import GoingToSleep, Post, QuitRequested, ScreenLocked, ScreenUnlocked, WokeUp

Change = Literal["locked", "unlocked", "switched", "asleep", "awake", "ending"]
"""`switched`: another desktop has the screen, or the user's own has it again: a question for a password, mostly."""

SLEEP_SECONDS = 1.8
"""Windows waits two seconds for an answer and macOS thirty; a dictation is finished in less, or is kept."""
END_SECONDS = 4.0
"""Windows ends after five seconds what does not answer."""


class Follower:
    """`waits_for_end`: whoever tells can be kept waiting until the program has ended."""

    def __init__(self, post: Post, *, waits_for_end: bool) -> None:
        self._post = post
        self._may_sleep = Event()
        self._ended = Event()
        self._waits_for_end = waits_for_end

    def hold_sleep(self, on: bool) -> None:
        """Hold the next sleep off, or let it come. From any thread."""
        if on:
            self._may_sleep.clear()
        else:
            self._may_sleep.set()

    def end(self) -> None:
        """Nothing is to be waited for any more. From any thread."""
        self._may_sleep.set()
        self._ended.set()

    def tell(self, change: Change) -> None:
        match change:
            case "locked":
                self._post(ScreenLocked())
            case "unlocked":
                self._post(ScreenUnlocked())
            case "switched":
                pass  # the hotkey's own affair
            case "asleep":
                self._post(GoingToSleep())
                self._may_sleep.wait(SLEEP_SECONDS)
            case "awake":
                self._post(WokeUp())
            case "ending":
                self._post(QuitRequested())
                if self._waits_for_end:
                    self._ended.wait(END_SECONDS)
            case never:
                assert_never(never)
