"""What can be asked of the daemon, read from one line. Pure."""

import json
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, get_args

from utterkey.errors import UsageError

Command = Literal[
    "press",
    "release",
    "toggle",
    "cancel",
    "pause",
    "resume",
    "quit",
    "status",
    "last",
    "retry",
    "reload",
    "forget",
    "discard",
]

_FIELDS: dict[str, tuple[type, ...]] = {
    "do": (str,), "key": (str,), "at": (int, float),
    "id": (int,), "insert": (bool,), "copy": (bool,), "follow": (bool,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `at` is when it was made, on the monotonic clock, and never in the future; `key` is the hotkey
    that a press stands for, "" the main one."""

    command: Command
    at: float
    key: str = ""
    id: int | None = None
    insert: bool = False
    copy: bool = False
    follow: bool = False


def read(line: bytes, now: float) -> Request:
    """Read a line: a JSON object, or just the command. Raises `UsageError`."""
    fields: dict[str, Any]
    try:
        text = line.decode().strip()
        fields = json.loads(text) if text.startswith("{") else {"do": text}
    except (ValueError, RecursionError) as error:
        raise UsageError("That request is no JSON object in UTF-8.") from error
    for name, value in fields.items():
        if name not in _FIELDS:
            raise UsageError(f"A request has no field {_shown(name)}.")
        if type(value) not in _FIELDS[name]:
            raise UsageError(f"The field {_shown(name)} of a request cannot be {_shown(value)}.")
    command = fields.pop("do", "")
    if command not in get_args(Command):
        from difflib import get_close_matches  # only a typo needs it

        near = get_close_matches(command, get_args(Command), n=1)
        raise UsageError(f"There is no command {_shown(command)}." + (f" Did you mean '{near[0]}'?" if near else ""))
    if "follow" in fields and command != "status":
        raise UsageError("Only the status can be followed.")
    if "key" in fields and command not in ("press", "toggle"):
        raise UsageError("Only press and toggle are told a key.")
    at = fields.pop("at", now)
    return Request(command, min(at, now) if isfinite(at) else now, **fields)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:36] + " ..."
