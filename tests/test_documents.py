"""The man page, the completions and the desktop entry say what the program does."""

from __future__ import annotations

import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

import documents
from utterkey import autostart

PACKAGING = Path(documents.__file__).parent


@pytest.mark.system("linux")  # a Mac's default hotkey is another one
@pytest.mark.parametrize("path", documents.documents(), ids=lambda path: path.name)
def test_what_is_written_is_the_declaration(path: Path) -> None:
    assert path.read_text() == documents.documents()[path], "renew it: python packaging/documents.py"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["utterkey", "auto"], {"autostart"}),
        (["utterkey", "config", "e"], {"edit"}),
        (["utterkey", "config", "get", "hotkey.k"], {"hotkey.key"}),
        (["utterkey", "config", "--config", "x", "set", "hotkey.k"], {"hotkey.key"}),
        (["utterkey", "run", "--set", "hotkey.k"], {"hotkey.key="}),
        (["utterkey", "autostart", "o"], {"on", "off"}),
        (["utterkey", "status", "--"], {"--help", "--json", "--follow"}),
    ],
)
def test_bash_completes(line: list[str], expected: set[str]) -> None:
    script = """
        compopt() { :; }  # for interactive shells
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _utterkey
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    file = str(PACKAGING / "completions" / "utterkey.bash")
    done = subprocess.run(
        ["bash", "-c", script, "bash", file, *line], capture_output=True, text=True, timeout=20, check=True
    )
    assert set(done.stdout.split()) == expected


def test_the_desktop_entry_has_the_programs_id() -> None:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep the case of keys
    parser.read(PACKAGING / f"{autostart.APP_ID}.desktop")
    assert parser["Desktop Entry"]["Exec"] == "utterkey run"
    assert parser["Desktop Entry"]["Icon"] == autostart.APP_ID  # packages bring it; at login it need not be there
    written = ConfigParser(interpolation=None)
    written.read_string(autostart.entry(["utterkey", "run"]))
    for key in ("Type", "Name", "Comment", "Terminal"):
        assert parser["Desktop Entry"][key] == written["Desktop Entry"][key]


def test_the_unit_starts_the_daemon_with_the_graphical_session() -> None:
    parser = ConfigParser(interpolation=None)
    parser.read(PACKAGING / "utterkey.service")
    assert parser["Service"]["ExecStart"].endswith("/utterkey run")
    tries, pause = int(parser["Unit"]["StartLimitBurst"]), int(parser["Service"]["RestartSec"])
    assert tries * pause < int(parser["Unit"]["StartLimitIntervalSec"]), "beside another daemon it gives up"
    assert parser["Install"]["WantedBy"] == parser["Unit"]["PartOf"] == "graphical-session.target"
