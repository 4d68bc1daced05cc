"""`autostart` against the file system, and its file against GLib, which is what starts it on most desktops."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from cli.conftest import CommandLine
from desktop import await_true
from utterkey import autostart
from utterkey.autostart import xdg

NAME = f"{autostart.APP_ID}.desktop"


@pytest.fixture
def file(utterkey: CommandLine) -> Path:
    return utterkey.home / "autostart" / NAME


def test_off_on_off(utterkey: CommandLine, file: Path) -> None:
    assert utterkey("autostart").stdout == "off\n"
    done = utterkey("autostart", "on")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"on ({file})\n", "")
    assert utterkey("autostart").stdout == f"on ({file})\n"
    assert utterkey("autostart", "off").stdout == "off\n"
    assert list(file.parent.iterdir()) == []
    assert utterkey("autostart", "off").returncode == 0


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_the_desktop_switched_it_off(utterkey: CommandLine, file: Path, line: str) -> None:
    """What counts is the file, which the desktop's own settings write too."""
    utterkey("autostart", "on")
    file.write_text(file.read_text().replace("X-GNOME-Autostart-enabled=true", line))
    assert utterkey("autostart").stdout == "off\n"
    assert utterkey("autostart", "on").stdout == f"on ({file})\n"


def test_a_program_that_is_gone(utterkey: CommandLine, file: Path) -> None:
    utterkey("autostart", "on")
    file.write_text("[Desktop Entry]\nType=Application\nName=utterkey\nExec=/nowhere/utterkey run\n")
    done = utterkey("autostart")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "/nowhere/utterkey" in done.stderr
    assert utterkey("autostart", "on").returncode == 0


def test_a_file_that_is_none(utterkey: CommandLine, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"\xff\xfe nonsense")
    done = utterkey("autostart")
    assert done.returncode == 1
    assert "cannot be read" in done.stderr


def test_the_systems_own_file_is_overruled(utterkey: CommandLine, file: Path, tmp_path: Path) -> None:
    """A package may have it started for everybody; switching it off is the user's."""
    system = tmp_path / "xdg"
    (system / "autostart").mkdir(parents=True)
    (system / "autostart" / NAME).write_text(autostart.entry(["/bin/true"]))
    assert utterkey("autostart", XDG_CONFIG_DIRS=str(system)).stdout == f"on ({system}/autostart/{NAME})\n"
    assert utterkey("autostart", "off", XDG_CONFIG_DIRS=str(system)).stdout == "off\n"
    assert "Hidden=true" in file.read_text()
    assert utterkey("autostart", "on", XDG_CONFIG_DIRS=str(system)).stdout == f"on ({file})\n"


def test_a_place_where_nothing_can_be_written(utterkey: CommandLine) -> None:
    (utterkey.home / "autostart").write_text("a file")
    done = utterkey("autostart", "on")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize("folder", ["plain", "with space", 'a "quoted" one', "$HOME `x` \\ back", "Grüße"])
def test_glib_starts_exactly_this_program(tmp_path: Path, folder: str) -> None:
    """A program below a folder with a percent sign it does not start at all, however that is written."""
    program = tmp_path / folder / "program"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > "{tmp_path}/new"; mv "{tmp_path}/new" "{tmp_path}/said"\n')
    program.chmod(0o755)
    file = tmp_path / NAME
    file.write_text(autostart.entry([str(program), "run", "100 % sure"]))
    assert xdg._judge(file) == autostart.Autostart(True, str(file))
    subprocess.run(["gio", "launch", str(file)], check=True, timeout=20, env={**os.environ, "HOME": str(tmp_path)})
    await_true((tmp_path / "said").exists, 10, "the program being started")
    assert (tmp_path / "said").read_text() == "run|100 % sure|"
