"""Starting at login on macOS: a LaunchAgent. It counts from the next login on: launchd reads the folder then.

What the user switched off in System Settings > Login Items stays off there, and no program can read that. Never run on
a Mac, for none was at hand.
"""

import os
import plistlib
from pathlib import Path
from xml.parsers.expat import ExpatError

from utterkey.autostart.login import APP_ID, Autostart, command, write
from utterkey.errors import MechanismError


def read() -> Autostart:
    """See the package."""
    path = _file()
    try:
        agent = plistlib.loads(path.read_bytes())
        program = str(agent["ProgramArguments"][0])
    except FileNotFoundError:
        return Autostart(on=False)
    except (OSError, plistlib.InvalidFileException, ExpatError, KeyError, IndexError, TypeError):
        return Autostart(False, str(path), f"{path} cannot be read; `utterkey autostart on` writes it anew.")
    if agent.get("Disabled"):
        return Autostart(False, str(path))
    if not os.access(program, os.X_OK):
        sentence = f"{path} starts {program}, which is not there; `utterkey autostart on` writes it anew."
        return Autostart(False, str(path), sentence)
    return Autostart(True, str(path))


def switch(on: bool) -> Autostart:
    """See the package."""
    path = _file()
    try:
        if on:
            write(path, agent(command()))
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise MechanismError(f"{path} cannot be written ({error.strerror}); check the folder's owner.") from error
    return read()


def agent(arguments: list[str]) -> str:
    """The text of the file. Only in the session of a user who sees a desktop, and not slowed down as a service is."""
    keys = {
        "Label": APP_ID,
        "ProgramArguments": arguments,
        "RunAtLoad": True,
        "LimitLoadToSessionType": "Aqua",
        "ProcessType": "Interactive",
    }
    return plistlib.dumps(keys, sort_keys=False).decode()


def _file() -> Path:
    return Path.home() / "Library" / "LaunchAgents" / f"{APP_ID}.plist"
