"""Words -> the focused window, or the clipboard: the interface, and the choice of the mechanism at start."""

import logging
import os
import sys
from typing import TYPE_CHECKING, Protocol

from utterkey.dictation.effects import CopyText, InsertText, MarkTarget, PrepareInsertion, ScratchLast
from utterkey.dictation.events import NotScratched, Post
from utterkey.errors import InsertionError
from utterkey.settings import OutputSettings

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus

log = logging.getLogger(__name__)

Order = PrepareInsertion | MarkTarget | InsertText | CopyText | ScratchLast
"""What the machine orders of an insertion; each says what follows."""


class Inserter(Protocol):
    """Puts texts into windows. The steps of several utterances may interleave; texts are delivered in the order in
    which they are handed in."""

    @property
    def name(self) -> str:
        """The mechanism: x11, wayland, RemoteDesktop portal, clipboard."""

    def order(self, order: Order) -> None:
        """Returns at once; what came of it is posted as an event."""

    def adopt(self, output: OutputSettings) -> None:
        """Other settings, for the texts that are handed in from now on."""

    def close(self) -> None:
        """End, within seconds. What is on the clipboard stays there if any program can keep it."""


def cannot_scratch(utterance: int) -> NotScratched:
    """The answer of a mechanism that does not know what the user did since."""
    why = InsertionError("Nothing was scratched, for what you typed since cannot be known here: delete it yourself.")
    return NotScratched(utterance, why)


def choose(output: OutputSettings, post: Post, bus: "Bus | None" = None) -> Inserter:
    """The best mechanism that runs here. Raises InsertionError that says why there is none.

    A Wayland session has an X server too, but only for X programs: keys struck there reach no other window.
    """
    start = _elsewhere if sys.platform in ("win32", "darwin") else _on_linux
    try:
        return start(output, post, bus)
    except InsertionError as error:
        reason = error
    from utterkey.insertion.clipboard import ClipboardInserter

    try:
        inserter = ClipboardInserter(post, str(reason))
    except InsertionError as error:
        x11 = start is _on_linux and not os.environ.get("WAYLAND_DISPLAY")
        raise (reason if x11 else error) from error
    log.warning("Texts go on the clipboard: %s", reason)
    return inserter


def _on_linux(output: OutputSettings, post: Post, bus: "Bus | None") -> Inserter:
    if os.environ.get("WAYLAND_DISPLAY"):
        from utterkey.insertion.wayland import WaylandInserter

        return WaylandInserter(output, post, bus)
    from utterkey.insertion.x11 import X11Inserter

    return X11Inserter(output, post)


def _elsewhere(output: OutputSettings, post: Post, bus: "Bus | None") -> Inserter:
    inserter: Inserter
    if sys.platform == "win32":
        from utterkey.insertion import windows

        inserter = windows.inserter(output, post)
    else:
        from utterkey.insertion import macos

        inserter = macos.inserter(output, post)
    return inserter
