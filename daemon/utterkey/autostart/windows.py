"""Starting at login on Windows: the Run key of the user's registry.

Task Manager's switch ("Startup apps") is a value of its own, which says by an odd first byte that the user has switched
a program off. It is the user's: it is read and never written. Never run on a Windows machine, for none was at hand.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from utterkey import child
from utterkey.autostart.login import Autostart, command
from utterkey.errors import MechanismError

NAME = "utterkey"

_EXPLORER = r"Software\Microsoft\Windows\CurrentVersion"
RUN = rf"{_EXPLORER}\Run"
APPROVED = rf"{_EXPLORER}\Explorer\StartupApproved\Run"

_PATH = rf"HKEY_CURRENT_USER\{RUN}\{NAME}"


def read() -> Autostart:
    """See the package."""
    try:
        line, approved = _value(RUN), _value(APPROVED)
    except OSError as error:
        raise MechanismError(f"The registry cannot be read ({error.strerror}).") from error
    if line is None:
        return Autostart(on=False)
    if isinstance(approved, bytes) and approved[:1] and approved[0] & 1:
        sentence = "Task Manager has utterkey switched off at login; switch it on there, under Startup apps."
        return Autostart(False, _PATH, sentence)
    program = _program(str(line))
    if not os.path.isfile(program):
        sentence = f"{_PATH} starts {program or 'nothing'}, which is not there; `utterkey autostart on` writes it anew."
        return Autostart(False, _PATH, sentence)
    return Autostart(True, _PATH)


def switch(on: bool) -> Autostart:
    """See the package."""
    try:
        _write(subprocess.list2cmdline(_command()) if on else None)
    except OSError as error:
        raise MechanismError(f"The registry cannot be written ({error.strerror}).") from error
    return read()


def _command() -> list[str]:
    """By the program that has no console, the bundle's or Python's: a console would stay on the screen, and closing it
    would end the daemon."""
    bundled = child.bundle()
    windowless = Path(sys.executable).with_name("utterkeyw.exe" if bundled else "pythonw.exe")
    if not windowless.exists():
        return command()
    return [str(windowless), "run"] if bundled else [str(windowless), "-m", "utterkey", "run"]


def _program(line: str) -> str:
    """The first argument of a command line."""
    found = re.match(r'\s*(?:"([^"]*)"|(\S+))', line)
    return next((part for part in found.groups() if part is not None), "") if found else ""


def _value(key: str) -> object | None:
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                value: object = winreg.QueryValueEx(opened, NAME)[0]
                return value
        except FileNotFoundError:
            return None
    raise AssertionError("the registry is on Windows")


def _write(line: str | None) -> None:
    """None takes it away."""
    if sys.platform == "win32":
        import winreg

        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN) as key:
            if line is not None:
                winreg.SetValueEx(key, NAME, 0, winreg.REG_SZ, line)
            elif _value(RUN) is not None:
                winreg.DeleteValue(key, NAME)
