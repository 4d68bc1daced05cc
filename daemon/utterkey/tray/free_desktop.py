"""The icon on a free desktop, where panels come and go: with its menu wherever somebody watches for
StatusNotifierItems, else in an XEmbed tray, and without either it waits for the first that comes.

At login a panel may well be later than utterkey, and a desktop can have both kinds of tray, one after the other.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from utterkey.dictation.events import Post
from utterkey.dictation.view import View
from utterkey.errors import TrayError
from utterkey.tray.advice import is_wayland, no_icon, no_menu

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus
    from utterkey.tray.sni import SniTray
    from utterkey.tray.xembed import XEmbedTray

log = logging.getLogger(__name__)


class FreeDesktopTray:
    bubble = None

    def __init__(self, post: Post, bus: "Bus | None", environment: Mapping[str, str]) -> None:
        """Raises TrayError where there is neither a bus nor an X11 desktop."""
        self._environment = environment
        self._told = ""
        self._sni: SniTray | None = None
        self._xembed = _xembed(post, self._tell, environment, needed=bus is None)
        if bus:
            self._sni = _sni(bus, post, no_icon(environment), self._watched)
        elif self._xembed:
            self._xembed.want(True)

    @property
    def name(self) -> str:
        if self._sni and not self._sni.problem:
            return self._sni.name
        return self._xembed.name if self._xembed and not self._xembed.problem else ""

    @property
    def problem(self) -> str:
        if self.name:
            return ""
        if self._broken:
            return self._broken
        return self._sni.problem if self._sni else no_icon(self._environment)

    @property
    def _broken(self) -> str:
        """Why an XEmbed tray is no longer waited for: more than that none is there."""
        return self._xembed.broken if self._xembed else ""

    def show(self, view: View) -> None:
        for tray in (self._sni, self._xembed):
            if tray:
                tray.show(view)

    def close(self) -> None:
        for tray in (self._sni, self._xembed):
            if tray:
                tray.close()

    # --- on the parts' threads ---------------------------------------------------------------------------------------

    def _watched(self, taken: bool) -> None:
        if self._xembed:
            self._xembed.want(not taken)
        if taken or not self._xembed or self._broken:  # else the thread of the other one will
            self._tell()

    def _tell(self) -> None:
        """In the log, and with that in the terminal: whoever looks for an icon that is not there looks there too."""
        missing = no_menu(self._environment) if self.name == "XEmbed" else self.problem
        if missing and missing != self._told:
            log.info("%s", missing)
        self._told = missing


def _sni(bus: "Bus", post: Post, no_watcher: str, taken: Callable[[bool], None]) -> "SniTray":
    from utterkey.tray.sni import SniTray

    return SniTray(bus, post, no_watcher, taken)


def _xembed(
    post: Post, changed: Callable[[], None], environment: Mapping[str, str], *, needed: bool
) -> "XEmbedTray | None":
    """None where no such tray can be. No Wayland desktop has one, and asking would start its X server."""
    from utterkey.tray.xembed import XEmbedTray

    try:
        return None if is_wayland(environment) and not needed else XEmbedTray(post, changed, wanted=False)
    except TrayError:
        if needed:
            raise
        return None
