"""Where a test's files are, and a program's that it starts: away from those of whoever runs the tests."""

from pathlib import Path

import pytest

HOMES = (
    "HOME", "USERPROFILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME",
    "WIN_PD_OVERRIDE_LOCAL_APPDATA",
)  # fmt: skip
"""The last one is what platformdirs goes by on Windows, where the system has no variable for it."""


def live_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in HOMES:
        monkeypatch.setenv(name, str(folder))
