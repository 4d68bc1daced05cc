"""The rules every test is held to: tests that break them run in a pytest of their own, which must notice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import NEED_LINUX

pytestmark = pytest.mark.system("linux")

ROOT = Path(__file__).parent.parent
IMPORTS = "import hypothesis, os, pytest, subprocess, threading, warnings\n"

BROKEN = {
    "a process left behind": (
        "def test(): subprocess.Popen(['sleep', '60']).returncode = 0",
        "left behind: sleep 60",
    ),
    "an orphan left behind": (
        "def test(): subprocess.run(['sh', '-c', 'sleep 61 &'], check=True)",
        "left behind: sleep 61",
    ),
    "a thread left behind": (
        "def test(): threading.Thread(target=threading.Event().wait, args=[60], name='idler', daemon=True).start()",
        "left behind: <Thread(idler",
    ),
    "an exception in a thread": (
        "def test(): thread = threading.Thread(target=int, args=['x']); thread.start(); thread.join()",
        "Exception in thread Thread-1 (int)",
    ),
    "a key left pressed": ("def test(x11): x11.key_down('F9')", "left the keyboard changed: pressed keys"),
    "a skip in CI": ("def test(): pytest.skip('no time')", "skipped, which CI does not allow"),
    "a skipped module in CI": ("pytest.skip('no', allow_module_level=True)", "skipped, which CI does not allow"),
    "a skip in CI on the system it is for": (
        "@pytest.mark.system('linux')\ndef test(): pytest.skip('no time')",
        "skipped, which CI does not allow",
    ),
    "a warning": ("def test(): warnings.warn('careful')", "UserWarning: careful"),
}

ALLOWED = """
@pytest.mark.system('win32')
def test_of_another_system(): assert False
@pytest.mark.xfail
def test_expected_to_fail(): assert False
@pytest.mark.long
def test_long(counts): assert counts(2, 3) == 3
def test_account_is_out_of_reach(): assert 'ASSEMBLYAI_API_KEY' not in os.environ
def test_display_is_out_of_reach(): assert 'DISPLAY' not in os.environ
@hypothesis.given(hypothesis.strategies.integers())
def test_property(number): assert number + 1 > number
"""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What one run says to all that is broken."""
    folder = tmp_path_factory.mktemp("broken")
    for number, (code, _) in enumerate(BROKEN.values()):
        (folder / f"test_{number}.py").write_text(IMPORTS + code)
    return _run(folder, "--continue-on-collection-errors")


@pytest.mark.parametrize("name", BROKEN)
def test_is_noticed(name: str, complaints: str) -> None:
    number, (_, complaint) = list(BROKEN).index(name), BROKEN[name]
    report = [
        line for line in complaints.splitlines() if line.startswith(("FAILED", "ERROR")) and f"_{number}." in line
    ]
    assert report, f"it passed\n{complaints}"
    assert complaint in report[0]


@pytest.mark.parametrize(
    ("options", "summary"),
    [([], "3 passed, 1 skipped, 1 deselected, 1 xfailed"), (["--long"], "4 passed, 1 skipped, 1 xfailed")],
)
def test_is_allowed(options: list[str], summary: str, tmp_path: Path) -> None:
    (tmp_path / "test_0.py").write_text(IMPORTS + ALLOWED)
    said = _run(tmp_path, *options)
    assert summary in said.splitlines()[-1], said


def _run(folder: Path, *options: str) -> str:
    """Run the tests of a folder under our rules, with CI=true."""
    paths = [str(ROOT / name) for name in ("tests", "packaging")]
    environment = {
        **os.environ,
        "CI": "true",
        "PYTHONPATH": os.pathsep.join(paths),
        "ASSEMBLYAI_API_KEY": "a secret",
        "DISPLAY": ":4711",
    }
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-p", "conftest", "--rootdir", "."]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *options, "."],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=100,
    )
    return done.stdout


def test_what_is_left_out_on_other_systems_is_there() -> None:
    assert [pattern for pattern in NEED_LINUX if not list(Path(__file__).parent.glob(pattern))] == []


def test_what_is_not_left_out_can_be_imported_on_windows() -> None:
    """A marker does not keep a file from being imported, and one that cannot be ends the whole run."""
    left_out = [f"--ignore-glob=tests/{pattern}" for pattern in NEED_LINUX]
    options = ["-p", "without_posix", "-p", "no:cacheprovider", "-p", "no:xdist", "--collect-only", "-qq", *left_out]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
