"""Folders and files for their owner only, and where the program's own pictures are."""

import os
from pathlib import Path

import pytest

from homes import live_in
from modes import for_its_owner_only
from utterkey import paths


@pytest.fixture(autouse=True)
def open_umask() -> object:
    previous = os.umask(0)
    yield
    os.umask(previous)


@pytest.mark.parametrize("folder", [paths.state_folder, paths.recordings_folder], ids=lambda f: str(f.__name__))
def test_what_was_said_is_for_its_owner_only(folder: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(tmp_path, monkeypatch)
    assert callable(folder)
    made = folder()
    assert tmp_path in made.parents
    assert for_its_owner_only(made)
    made.chmod(0o755)
    assert for_its_owner_only(folder())


def test_a_private_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    with open(tmp_path / "x", "w", opener=paths.open_private) as file:
        file.write("x")
    assert for_its_owner_only(tmp_path / "x")
