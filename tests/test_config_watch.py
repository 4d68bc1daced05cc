"""A settings file that somebody changes, in all the ways that editors and people do."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop import await_true
from utterkey import config_watch


def write_in_place(file: Path) -> None:
    file.write_text("new")


def replace_it(file: Path) -> None:
    new = file.with_name(".new")
    new.write_text("new")
    new.replace(file)


def remove_it(file: Path) -> None:
    file.unlink()


def make_it_again(file: Path) -> None:
    file.unlink()
    file.write_text("new")


def edit_with_sed(file: Path) -> None:
    subprocess.run(["sed", "-i", "s/old/new/", str(file)], check=True)


def touch_its_neighbour(file: Path) -> None:
    file.with_name("neighbour").write_text("new")


CHANGES: list[Callable[[Path], None]] = [write_in_place, replace_it, remove_it, make_it_again, edit_with_sed]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed(change: Callable[[Path], None], tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("old")
    noticed = threading.Event()
    end = config_watch.watch(file, noticed.set)
    change(file)
    assert noticed.wait(10)
    end()


def test_a_file_elsewhere_that_a_link_points_to(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "utterkey.toml", tmp_path / "settings.toml"
    real.write_text("old")
    link.symlink_to(real)
    noticed = threading.Semaphore(0)
    end = config_watch.watch(link, noticed.release)
    replace_it(real)
    assert noticed.acquire(timeout=10)
    link.unlink()
    assert noticed.acquire(timeout=10)
    end()


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    file = tmp_path / "config" / "settings.toml"
    noticed = threading.Event()
    end = config_watch.watch(file, noticed.set)
    file.write_text("new")
    assert noticed.wait(10)
    end()


def test_neighbours_are_not_noticed(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    noticed: list[str] = []
    end = config_watch.watch(file, lambda: noticed.append("changed"))
    touch_its_neighbour(file)
    replace_it(file)  # in one step, and noticed after what came before it
    await_true(lambda: noticed, 10, "the change")
    assert len(noticed) == 1
    end()


def test_a_folder_that_goes_away_ends_the_watch(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    before = len(os.listdir("/proc/self/fd"))
    end = config_watch.watch(folder / "settings.toml", lambda: None)
    folder.rmdir()
    end()
    assert len(os.listdir("/proc/self/fd")) == before
