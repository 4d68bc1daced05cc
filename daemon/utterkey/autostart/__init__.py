"""Starting at login. Whether it is on is read from the system each time, never from the settings: it can be switched
off there too. Here is chosen which system's way that is.
"""

import sys
from typing import Protocol

from utterkey.autostart.login import APP_ID, Autostart, command, program
from utterkey.autostart.xdg import entry

__all__ = ["APP_ID", "Autostart", "command", "entry", "program", "read", "switch"]


class _Way(Protocol):
    """A module of this package."""

    def read(self) -> Autostart: ...
    def switch(self, on: bool) -> Autostart: ...


def read() -> Autostart:
    """What would happen at the next login. Raises MechanismError where the system does not tell."""
    return _way().read()


def switch(on: bool) -> Autostart:
    """Start at login, or do not; how it is then. Raises MechanismError."""
    return _way().switch(on)


def _way() -> _Way:
    if sys.platform == "win32":
        from utterkey.autostart import windows as way
    elif sys.platform == "darwin":
        from utterkey.autostart import macos as way
    else:
        from utterkey.autostart import xdg as way
    return way
