"""The wheel in a virtual environment that has nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import utterkey
from desktop import Desktop
from packages.installed import WHEELS, alone, built, try_everything

pytestmark = pytest.mark.packages

ASSETS = {"cue_start.wav", "cue_stop.wav", "selftest.wav", "tray_pixmaps.z"}


@pytest.mark.system("linux")
def test_the_wheel_in_a_fresh_environment(desktop: Desktop, room: None, tmp_path: Path) -> None:
    alone(desktop)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "fresh")], check=True, timeout=60)
    programs = tmp_path / "fresh" / "bin"
    # The registry's wheels were collected when ours was built: this needs no network.
    install = ["-m", "pip", "install", "--quiet", "--no-index", "--find-links", str(WHEELS)]
    desktop.run([str(programs / "python"), *install, f"{built('utterkey-*.whl')}[offline]"], seconds=100)
    program = [str(programs / "utterkey")]
    try_everything(desktop, program, lambda: desktop.start([*program, "run"]))


def test_the_wheel_has_what_the_program_reads() -> None:
    with zipfile.ZipFile(built("utterkey-*.whl")) as wheel:
        names = {Path(name).name for name in wheel.namelist() if name.startswith("utterkey/assets/")}
    assert names == ASSETS


def test_the_sdist_has_what_is_needed_to_build_and_to_test() -> None:
    with tarfile.open(built(f"utterkey-{utterkey.__version__}.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {f"assets/{name}" for name in ASSETS} < names
    assert {"LICENSE", "packaging/build", "packaging/utterkey.1", "tests/run", "daemon/utterkey/app.py"} < names
    assert not [name for name in names if name.startswith(("dist/", "build/", "tests/artefacts/"))]
