"""The words while you speak, in a small window that takes neither keys nor clicks: which way is chosen here.

No overlay is a normal state: the words arrive all the same, and the sentence says why they are not shown before.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from utterkey.dictation.events import Post
from utterkey.dictation.view import View
from utterkey.errors import OverlayError
from utterkey.settings import OverlaySettings

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus

Level = Callable[[], int]
"""The peak of the microphone since it was last asked, in dB of full scale."""

OFF = "The overlay is switched off; `utterkey config set overlay.show=true` shows the words while you speak."
NOT_HERE = "On this system utterkey has no overlay: the words are seen when they arrive in the window."


class Overlay(Protocol):
    @property
    def name(self) -> str:
        """The mechanism; "" if there is none."""

    @property
    def problem(self) -> str:
        """Why nothing is shown, in a sentence; "" if it is."""

    def show(self, view: View) -> None:
        """On one thread only, always the same; returns at once, and costs nothing if nothing visible changed."""

    def close(self) -> None: ...


class NoOverlay:
    name = ""

    def __init__(self, problem: str) -> None:
        self.problem = problem

    def show(self, view: View) -> None: ...

    def close(self) -> None: ...


def choose(settings: OverlaySettings, level: Level, bus: "Bus | None", post: Post) -> Overlay:
    """The window this desktop can show, or the reason why there is none.

    X11's serves XWayland too: what counts is that DISPLAY can be reached, whatever else is there.
    """
    if not settings.show:
        return NoOverlay(OFF)
    if sys.platform in ("win32", "darwin"):
        return NoOverlay(NOT_HERE)
    else:  # noqa: RET505 - type checkers skip it for those systems
        from utterkey.overlay.theme import Theme
        from utterkey.overlay.x11 import X11Overlay

        try:
            return X11Overlay(settings, Theme(settings.theme, bus), level, post)
        except OverlayError as error:
            return NoOverlay(str(error))
