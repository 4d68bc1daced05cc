"""The icon in the tray, its menu and its tooltip: which way is chosen here.

A desktop without a tray is a normal state: everything is in the command line too, and the sentence says so.
"""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from utterkey.dictation.events import Post
from utterkey.dictation.view import View
from utterkey.errors import MechanismError

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus


class Tray(Protocol):
    @property
    def name(self) -> str:
        """The mechanism, for `status`; "" if there is none."""

    @property
    def problem(self) -> str:
        """Why no icon can be seen at the moment, in a sentence; "" if it can."""

    @property
    def bubble(self) -> Callable[[str], None] | None:
        """Shows a sentence at the icon, where that is the system's only way to notify."""

    def show(self, view: View) -> None:
        """On one thread only, always the same; returns at once, and costs nothing if nothing visible changed."""

    def close(self) -> None: ...


class NoTray:
    name = ""
    bubble = None

    def __init__(self, problem: str) -> None:
        self.problem = problem

    def show(self, view: View) -> None: ...

    def close(self) -> None: ...


def choose(post: Post, bus: "Bus | None") -> Tray:
    """The icon this desktop can show, or the reason why there is none. Clicks arrive at `post`."""
    tray: Tray
    try:
        if sys.platform == "win32":
            from utterkey.tray.pystray import PystrayTray

            tray = PystrayTray(post, on_main=None, ampersand="&&")
        elif sys.platform == "darwin":
            from PyObjCTools import AppHelper

            from utterkey.tray.pystray import PystrayTray

            tray = PystrayTray(post, on_main=AppHelper.callAfter, ampersand="&")
        else:
            from utterkey.tray.free_desktop import FreeDesktopTray

            tray = FreeDesktopTray(post, bus, os.environ)
    except MechanismError as error:
        tray = NoTray(str(error))
    return tray
