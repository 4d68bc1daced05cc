"""The settings file: read with the standard library, written without touching the user's comments.

A file with mistakes never stops the daemon: what is good counts, and every mistake is a `Problem`.
"""

import os
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Literal

from utterkey import paths
from utterkey.declaration import Problem, as_toml
from utterkey.errors import SettingsError, UsageError
from utterkey.settings import HotkeySettings, Settings, declarations, parse_override, read_overrides

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_BOM = "\ufeff"
"""Some editors on Windows begin a file with it."""

Source = Literal["default", "file", "command line"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings in force, what is wrong with the file, and where each value (`section.name`) comes from."""

    path: Path
    settings: Settings
    problems: tuple[Problem, ...]
    sources: Mapping[str, Source]


def default_settings() -> Settings:
    """The defaults on this system."""
    key = "right_option" if sys.platform == "darwin" else HotkeySettings().key  # noqa: TID251 - most Macs have no right Ctrl
    return Settings(hotkey=HotkeySettings(key=key))


def load(path: Path | None = None, overrides: Sequence[str] = ()) -> Configuration:
    """Read the settings file (the usual one, or `path`, which must exist) and put `overrides` above it.

    Raises `UsageError` for a wrong override and `SettingsError` for a named file that is not there.
    """
    if path and not path.exists():
        raise SettingsError(f"There is no settings file {path}.")
    return load_there(path or paths.config_file(), overrides)


def load_there(path: Path, overrides: Sequence[str] = ()) -> Configuration:
    """The same for a file that need not be there: then it is an empty one."""
    defaults = default_settings()
    given = read_overrides(overrides, defaults)
    document, unreadable = _read(path)
    settings, wrong = Settings.from_mapping(_merged(document, given), defaults)
    for problem in wrong:
        section, _, name = problem.setting.partition(".")
        if name in given.get(section, {}):  # it was just typed
            raise UsageError(problem.sentence)
    sources: dict[str, Source] = {}
    for declared in declarations():
        section, name = declared.name.split(".")
        if name in given.get(section, {}):
            sources[declared.name] = "command line"
        elif _is_set(document, section, name) and not any(p.setting == declared.name for p in wrong):
            sources[declared.name] = "file"
        else:
            sources[declared.name] = "default"
    return Configuration(path, settings, (*unreadable, *wrong), sources)


def write(path: Path, override: str) -> None:
    """Set one value, given as `SECTION.NAME=VALUE`, and leave everything else in the file as it is."""
    import tomlkit  # takes its time, and the daemon only reads

    section, name, value = parse_override(override)
    given = read_overrides([override], default_settings())
    content, unreadable = _read(path)
    _, problems = Settings.from_mapping(_merged(content, given), default_settings())
    if wrong := [p for p in problems if p.setting.startswith(f"{section}.{name}")]:
        raise UsageError(wrong[0].sentence)
    if unreadable or not isinstance(content.get(section, {}), Mapping):
        wrong = unreadable or Settings.from_mapping(content)[1]
        raise SettingsError(f"Put {path} right before you set something in it: {wrong[0]}")
    try:
        before = path.read_bytes().decode() if path.exists() else ""
        mark, line_end = _BOM if before.startswith(_BOM) else "", "\r\n" if "\r\n" in before else "\n"
        document = tomlkit.parse(before.removeprefix(_BOM).replace("\r\n", "\n"))
        if section not in document:
            document[section] = tomlkit.table()
        _put(document, section, name, value)
        _replace_text(path, mark + tomlkit.dumps(document).replace("\n", line_end))
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be written ({error.strerror}).") from error


def _put(document: "TOMLDocument", section: str, name: str, value: object) -> None:
    """A new key stands before what leads over to the next section, a comment about it perhaps."""
    from tomlkit.items import Table

    table = document[section]
    if not isinstance(table, Table) or name in table:
        document[section][name] = value
        return
    body = table.value.body
    end = _end_of_keys(body, followed=section != list(document)[-1])
    rest = body[end:]
    del body[end:]
    table[name] = value
    body.extend(rest)


def _end_of_keys(body: Sequence[tuple[object, object]], *, followed: bool) -> int:
    """Where in a section the next key belongs: behind the last one and the comments right below it. But comments that
    go on to the header of the section that follows are about that one."""
    from tomlkit.items import AbstractTable, AoT, Comment

    if any(isinstance(item, AbstractTable | AoT) for _, item in body):
        return len(body)  # tables of its own come last
    last = max((at for at, (key, _) in enumerate(body) if key is not None), default=-1)
    end = last + 1
    while end < len(body) and isinstance(body[end][1], Comment):
        end += 1
    return last + 1 if followed and last >= 0 and end == len(body) else end


def make(path: Path) -> None:
    """Make the file if it is not there, with every setting in it as a comment."""
    if path.exists():
        return
    lines = ["# utterkey: what is not set here has its default, which stands behind the #."]
    section = ""
    for declared in declarations(default_settings()):
        if declared.name.split(".")[0] != section:
            section = declared.name.split(".")[0]
            lines += ["", f"[{section}]"]
        name = declared.name.split(".")[1]
        lines += [f"# {declared.help}", f"# {name} = {as_toml(declared.default)}"]
    try:
        _replace_text(path, "\n".join(lines) + "\n")
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be written ({error.strerror}).") from error


def _read(path: Path) -> tuple[dict[str, object], list[Problem]]:
    """The file's content. A file that is not there is an empty one."""
    try:
        return tomllib.loads(path.read_bytes().decode().removeprefix(_BOM)), []
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except UnicodeDecodeError as error:
        reason = f"line {error.object.count(bytes([10]), 0, error.start) + 1} is not UTF-8"
    except tomllib.TOMLDecodeError as error:
        reason = _where_and_what(str(error), path)
    return {}, [Problem("", f"The settings file {path} is not used, the defaults are: {reason}.")]


def _where_and_what(message: str, path: Path) -> str:
    """`Expected '=' after a key in a key/value pair (at line 3, column 5)` with the line first."""
    found = re.fullmatch(r"(?P<what>.*) \(at (line (?P<line>\d+), column \d+|end of document)\)", message, re.DOTALL)
    if not found:
        return message
    with suppress(OSError):
        line = found["line"] or len(path.read_bytes().splitlines())
        return f"in line {line}, {found['what'][0].lower()}{found['what'][1:]}"
    return message


def _is_set(document: Mapping[str, object], section: str, name: str) -> bool:
    table = document.get(section)
    return isinstance(table, Mapping) and name in table


def _merged(document: Mapping[str, object], given: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    merged = dict(document)
    for section, values in given.items():
        table = merged.get(section)
        merged[section] = {**(table if isinstance(table, Mapping) else {}), **values}
    return merged


def _replace_text(path: Path, text: str) -> None:
    """Write the file at once or not at all. A link (people keep their settings elsewhere) stays a link."""
    target = path.resolve()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=target.parent, prefix=".settings-", delete=False) as new:
        try:
            new.write(text.encode())
            new.close()
            if target.exists():
                os.chmod(new.name, target.stat().st_mode & 0o777)
            os.replace(new.name, target)
        except BaseException:
            os.unlink(new.name)
            raise
