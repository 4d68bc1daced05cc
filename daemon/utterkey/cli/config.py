"""`config`: show, read, write and edit the settings."""

import os
import shlex
import subprocess
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from utterkey import config_file, paths
from utterkey.cli.terminal import remark, say
from utterkey.declaration import as_toml
from utterkey.errors import HotkeyError, SettingsError, UsageError
from utterkey.hotkey.keys import parse_cancel_key, parse_hotkey
from utterkey.settings import declarations, value_of

_KEYS: dict[str, Callable[[str], object]] = {
    "hotkey.key": parse_hotkey,
    "hotkey.cancel": parse_cancel_key,
    "hotkey.insert_last": lambda name: name and parse_hotkey(name),
}
"""What reads the names of keys. A daemon can only tell afterwards that it cannot have one."""


def show(options: Namespace) -> int:
    loaded = config_file.load(options.config)
    rows = [(d.name, as_toml(value_of(loaded.settings, d.name)), loaded.sources[d.name]) for d in declarations()]
    name_width, value_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, value, source in rows:
        say(f"{name:<{name_width}}  {value:<{min(value_width, 40)}}  {source}")
    for problem in loaded.problems:
        remark(f"utterkey: {problem}")
    return 0


def path(options: Namespace) -> int:
    say(str(_path(options)))
    return 0


def get(options: Namespace) -> int:
    value = value_of(config_file.load(options.config).settings, options.name)
    say(value if isinstance(value, str) else as_toml(value))
    return 0


def write(options: Namespace) -> int:
    value = _value(options)
    _refuse_what_is_no_key(options.name, value)
    config_file.write(_path(options), f"{options.name}={value}")
    remark(f"{options.name} is set.")
    return 0


def _refuse_what_is_no_key(setting: str, value: str) -> None:
    try:
        if setting in _KEYS:
            _KEYS[setting](value)
    except HotkeyError as error:
        raise UsageError(str(error)) from error


def _value(options: Namespace) -> str:
    """What was typed, or the key that is pressed now."""
    if options.press != (options.value is None):
        raise UsageError(f"Give one value for {options.name}, as in: utterkey config set hotkey.key f9.")
    if not options.press:
        return str(options.value)
    if options.name != "hotkey.key":
        raise UsageError(f"--press is for hotkey.key, and {options.name} is no key.")
    from utterkey.cli.choosing import by_pressing

    name = by_pressing()
    say(name)
    return name


def edit(options: Namespace) -> int:
    """Open the file in the user's editor, and say what is wrong with it when the editor is closed."""
    path = _path(options)
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not editor:
        raise SettingsError(f"Set $VISUAL or $EDITOR to your editor, or open {path} in it yourself.")
    config_file.make(path)
    try:
        ended = subprocess.run([*editor, str(path)], check=False)
    except OSError as error:
        raise SettingsError(f"The editor {editor[0]} cannot be started ({error.strerror}).") from error
    for problem in config_file.load(path).problems:
        remark(f"utterkey: {problem}")
    return 1 if ended.returncode else 0


def _path(options: Namespace) -> Path:
    return options.config or paths.config_file()
