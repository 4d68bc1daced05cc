"""A plugin of pytest for Linux: as they are imported, tests and program find no more of it than there is on Windows."""

from __future__ import annotations

import builtins
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

OURS = tuple(str(Path(__file__).parents[1] / folder) for folder in ("tests", "packaging", "daemon"))
MODULES = {"evdev", "fcntl", "grp", "inotify_simple", "pty", "pwd", "resource", "syslog", "termios", "tty"}
MEMBERS: dict[Any, tuple[str, ...]] = {
    os: ("fork", "geteuid", "getuid", "killpg", "mkfifo", "setsid"),
    signal: ("SIGALRM", "SIGHUP", "SIGKILL", "SIGSTOP", "SIGUSR1"),
    socket: ("AF_UNIX",),
}

_import = builtins.__import__


def import_of_ours(
    name: str,
    globals: Mapping[str, Any] | None = None,
    locals: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    if name in MODULES and str((globals or {}).get("__file__", "")).startswith(OURS):
        raise ModuleNotFoundError(f"there is no {name} on Windows")
    return _import(name, globals, locals, fromlist or (), level)


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    builtins.__import__ = import_of_ours
    for module, names in MEMBERS.items():
        for name in names:
            delattr(module, name)
