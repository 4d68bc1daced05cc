"""Starting at login on a free desktop: the XDG autostart file. The desktop's own settings write the same file."""

import os
import re
import shutil
from configparser import ConfigParser, Error
from pathlib import Path

from utterkey import paths
from utterkey.autostart.login import APP_ID, Autostart, command, write
from utterkey.errors import MechanismError

_GROUP = "Desktop Entry"
_RESERVED = set(" \t\n\"'\\><~|&;$*?#()`")
"""What makes an argument of `Exec` need quotes (Desktop Entry Specification, "The Exec key")."""


def read() -> Autostart:
    """See the package."""
    for path in (_own_file(), *_system_files()):
        if path.exists():
            return _judge(path)
    return Autostart(on=False)


def switch(on: bool) -> Autostart:
    """See the package."""
    path = _own_file()
    try:
        if on:
            write(path, entry(command()))
        elif any(file.exists() for file in _system_files()):
            write(path, entry(command(), hidden=True))  # the specification's way to overrule the system's file
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise MechanismError(f"{path} cannot be written ({error.strerror}); check the folder's owner.") from error
    return read()


def entry(arguments: list[str], *, hidden: bool = False) -> str:
    """The text of the file."""
    lines = {
        "Type": "Application",
        "Name": "utterkey",
        "Comment": "Hold a key, speak, let go: what you said is typed where your cursor is.",
        "Exec": " ".join(_quoted(argument) for argument in arguments),
        "Icon": "audio-input-microphone",
        "Terminal": "false",
        "X-GNOME-Autostart-enabled": "true",
    }
    if hidden:
        lines["Hidden"] = "true"
    return f"[{_GROUP}]\n" + "".join(f"{name}={value}\n" for name, value in lines.items())


def _quoted(argument: str) -> str:
    """Quoted as an argument, and then escaped as a string: a backslash in quotes is four in the file."""
    plain = argument.replace("%", "%%")
    if plain and not _RESERVED & set(plain):
        return plain
    quoted = re.sub(r'(["`$\\])', r"\\\1", plain)
    return '"' + quoted.replace("\\", "\\\\").replace("\n", "\\n") + '"'


def _program(line: str) -> str:
    """The first argument of an `Exec` line."""
    text = line.replace("\\n", "\n").replace("\\\\", "\\").strip()
    found = re.match(r'"((?:[^"\\]|\\.)*)"|(\S+)', text, re.DOTALL)
    if not found:
        return ""
    quoted, plain = found.groups()
    return (re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain).replace("%%", "%")


def _judge(path: Path) -> Autostart:
    parser = ConfigParser(interpolation=None, strict=False, comment_prefixes=("#",), delimiters=("=",))
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        keys = dict(parser.items(_GROUP))
    except (Error, OSError, UnicodeDecodeError):
        return Autostart(False, str(path), f"{path} cannot be read; `utterkey autostart on` writes it anew.")
    if keys.get("hidden") == "true" or keys.get("x-gnome-autostart-enabled") == "false":
        return Autostart(False, str(path))
    program = _program(keys.get("exec", ""))
    if not program or shutil.which(program) is None:
        sentence = f"{path} starts {program or 'nothing'}, which is not there; `utterkey autostart on` writes it anew."
        return Autostart(False, str(path), sentence)
    return Autostart(True, str(path))


def _own_file() -> Path:
    return paths.autostart_folder() / f"{APP_ID}.desktop"


def _system_files() -> list[Path]:
    folders = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return [Path(folder) / "autostart" / f"{APP_ID}.desktop" for folder in folders.split(":") if folder]
