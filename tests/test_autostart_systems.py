"""Starting at login on Windows and macOS: what is written where, and whose switch counts."""

from __future__ import annotations

import plistlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from fake_macos import fake_macos, module
from fake_windows import fake_windows
from utterkey import autostart, child
from utterkey.autostart.windows import APPROVED, RUN
from utterkey.errors import MechanismError


class FakeRegistry:
    """The user's keys, as winreg has them; every change is noted."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], object] = {}
        self.calls: list[tuple[object, ...]] = []
        self.refuses = False

    @contextmanager
    def open(self, root: int, key: str) -> Iterator[str]:
        assert root == 0x80000001, "the user's own"
        if self.refuses:
            raise PermissionError(5, "Access is denied")
        if not any(name[0] == key for name in self.values):
            raise FileNotFoundError
        yield key

    @contextmanager
    def create(self, root: int, key: str) -> Iterator[str]:
        if self.refuses:
            raise PermissionError(5, "Access is denied")
        yield key

    def query(self, key: str, name: str) -> tuple[object, int]:
        if (key, name) not in self.values:
            raise FileNotFoundError
        return self.values[key, name], 1

    def set(self, key: str, name: str, reserved: int, kind: int, value: str) -> None:
        self.calls.append(("set", key, name, kind, value))
        self.values[key, name] = value

    def delete(self, key: str, name: str) -> None:
        self.calls.append(("delete", key, name))
        del self.values[key, name]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    winreg = module(
        "winreg",
        HKEY_CURRENT_USER=0x80000001,
        REG_SZ=1,
        OpenKey=fake.open,
        CreateKey=fake.create,
        QueryValueEx=fake.query,
        SetValueEx=fake.set,
        DeleteValue=fake.delete,
    )
    with fake_windows():
        monkeypatch.setitem(sys.modules, "winreg", winreg)
        yield fake


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python below a folder with a space, with the windowless one beside it."""
    folder = tmp_path / "Program Files"
    folder.mkdir()
    for name in ("python.exe", "pythonw.exe"):
        (folder / name).touch()
    monkeypatch.setattr(sys, "executable", str(folder / "python.exe"))
    return folder


def test_the_run_key(registry: FakeRegistry, python: Path) -> None:
    assert autostart.read() == autostart.Autostart(on=False)
    state = autostart.switch(True)
    assert (state.on, state.problem) == (True, "")
    assert state.path == rf"HKEY_CURRENT_USER\{RUN}\utterkey"
    line = f'"{python / "pythonw.exe"}" -m utterkey run'
    assert registry.calls == [("set", RUN, "utterkey", 1, line)]
    assert not autostart.switch(False).on
    assert registry.calls[1:] == [("delete", RUN, "utterkey")]
    autostart.switch(False)
    assert len(registry.calls) == 2, "there is nothing to take away"


def test_the_run_key_of_a_bundle(registry: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    for name in ("utterkey.exe", "utterkeyw.exe"):
        (tmp_path / name).touch()
        monkeypatch.setattr(sys, "executable", str(tmp_path / name))
    assert autostart.switch(True).on
    assert registry.calls == [("set", RUN, "utterkey", 1, f"{tmp_path / 'utterkeyw.exe'} run")]
    assert autostart.program() == [str(tmp_path / "utterkey.exe")], "commands talk to a console"
    assert child.command("x") == [str(tmp_path / "utterkey.exe"), "-m", "x"], "and children say something to us"


@pytest.mark.parametrize(
    ("first", "on"), [(2, True), (6, True), (3, False), (7, False)], ids=["on", "on again", "off", "off again"]
)
def test_task_managers_switch_is_respected(registry: FakeRegistry, python: Path, first: int, on: bool) -> None:
    registry.values[APPROVED, "utterkey"] = bytes([first, *range(11)])
    state = autostart.switch(True)
    assert state.on is on
    assert ("Task Manager" in state.problem) is not on
    assert [call[1] for call in registry.calls] == [RUN], "the switch is the user's"


def test_a_program_that_is_gone(registry: FakeRegistry) -> None:
    registry.values[RUN, "utterkey"] = r'"C:\gone\utterkey.exe" run'
    assert r"starts C:\gone\utterkey.exe, which is not there" in autostart.read().problem


def test_a_registry_that_refuses(registry: FakeRegistry) -> None:
    registry.refuses = True
    with pytest.raises(MechanismError, match=r"cannot be written \(Access is denied\)"):
        autostart.switch(True)
    with pytest.raises(MechanismError, match=r"cannot be read \(Access is denied\)"):
        autostart.read()


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HOME", str(tmp_path))
    with fake_macos():
        yield tmp_path / "Library" / "LaunchAgents" / f"{autostart.APP_ID}.plist"


def test_the_launch_agent(agent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", SimpleNamespace)  # launchd is not spoken to
    assert autostart.read() == autostart.Autostart(on=False)
    assert autostart.switch(True) == autostart.Autostart(True, str(agent))
    assert plistlib.loads(agent.read_bytes()) == {
        "Label": "io.github.utterkey.Utterkey",
        "ProgramArguments": autostart.command(),
        "RunAtLoad": True,
        "LimitLoadToSessionType": "Aqua",
        "ProcessType": "Interactive",
    }
    assert not autostart.switch(False).on
    assert not agent.exists()
    autostart.switch(False)


def test_an_agent_that_is_switched_off(agent: Path) -> None:
    agent.parent.mkdir(parents=True)
    agent.write_bytes(plistlib.dumps({"ProgramArguments": [sys.executable], "Disabled": True}))
    assert autostart.read() == autostart.Autostart(False, str(agent))


BAD: dict[str, tuple[bytes, str]] = {
    "nonsense": (b"nonsense", "cannot be read"),
    "broken": (b"<?xml version='1.0'?><plist><dict>", "cannot be read"),
    "without a program": (plistlib.dumps({"Label": "x"}), "cannot be read"),
    "of a program that is gone": (plistlib.dumps({"ProgramArguments": ["/gone/utterkey"]}), "/gone/utterkey"),
}


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD.keys())
def test_a_bad_agent(agent: Path, content: bytes, words: str) -> None:
    agent.parent.mkdir(parents=True)
    agent.write_bytes(content)
    state = autostart.read()
    assert not state.on
    assert words in state.problem
    assert autostart.switch(True).on


def test_a_folder_that_cannot_be_written(agent: Path, tmp_path: Path) -> None:
    (tmp_path / "Library").write_text("a file")
    with pytest.raises(MechanismError, match="cannot be written"):
        autostart.switch(True)
