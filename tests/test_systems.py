"""What is used on Windows and on macOS: every mechanism that is meant for them is there, and is chosen there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from desktop import await_true
from fake_macos import Mac, fake_macos, module
from fake_windows import fake_windows
from test_doctor import HEALTHY
from tray.test_pystray import drawn  # noqa: F401 - the fixture
from utterkey import audio, autostart, control, desktop, hotkey, insertion, notify, overlay, tray
from utterkey.audio import macos as macos_audio
from utterkey.audio.level import Level
from utterkey.autostart import macos as launch_agent
from utterkey.autostart import windows as run_key
from utterkey.dictation.events import Event
from utterkey.doctor import desktop as doctor
from utterkey.doctor.judgement import judge
from utterkey.settings import HotkeySettings, OutputSettings, OverlaySettings


def nobody(event: Event) -> None: ...


def fake_pynput() -> ModuleType:
    listener = SimpleNamespace(
        start=lambda: None, wait=lambda: None, stop=lambda: None, join=lambda timeout: None, suppress_event=lambda: None
    )
    made = module("pynput")
    made.keyboard = made.mouse = SimpleNamespace(Listener=lambda **_: listener)  # type: ignore[attr-defined]  # a fake
    return made


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with fake_windows() as fake:
        fake.quiet = {"CreateWindowExW"}
        monkeypatch.setitem(sys.modules, "pynput", fake_pynput())
        yield


@pytest.fixture
def mac() -> Iterator[Mac]:
    with fake_macos() as mac:
        yield mac


def chosen_hotkey() -> str:
    with closing(hotkey.choose(HotkeySettings(), nobody)) as hotkeys:
        return f"{type(hotkeys).__module__}: {hotkeys.name}"


def chosen_inserter() -> str:
    with closing(insertion.choose(OutputSettings(), nobody)) as inserter:
        return inserter.name


def chosen_autostart() -> object:
    return autostart._way()


def test_windows(windows: None, drawn: list[str]) -> None:  # noqa: F811 - the fixture
    assert chosen_hotkey() == "utterkey.hotkey.windows: keyboard hook"
    assert chosen_inserter() == "SendInput"
    assert type(control.door()).__name__ == "LoopbackDoor"
    assert audio.cue_player().__module__ == "utterkey.audio.windows"
    assert chosen_autostart() is run_key
    assert overlay.choose(OverlaySettings(), Level().take, None, nobody).name == ""
    with ExitStack() as stack:
        hold = desktop.watch_session(stack, None, nobody)
        assert hold.__module__ == "utterkey.desktop.session_changes"
    icon = tray.choose(nobody, None)
    assert (icon.name, icon.problem) == ("pystray", "")
    await_true(lambda: "show" in drawn, 5, "the icon")
    assert notify.choose(None, icon.bubble).name == "tray"
    icon.close()


def test_macos(mac: Mac, drawn: list[str], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811 - the fixture
    assert chosen_hotkey() == "utterkey.hotkey.macos: event tap (only observed)"
    assert chosen_inserter() == "Cmd+V"
    assert type(control.door()).__name__ == "UnixDoor"
    assert chosen_autostart() is launch_agent
    assert overlay.choose(OverlaySettings(), Level().take, None, nobody).name == ""
    icon = tray.choose(nobody, None)
    assert (icon.name, icon.problem) == ("pystray", "")
    await_true(lambda: mac.later, 5, "the icon handed over to the main thread")
    assert "show" not in drawn
    mac.serve_main_thread()
    assert "show" in drawn
    assert notify.choose(None, icon.bubble).name == "tray"
    icon.close()


@pytest.mark.parametrize(("system", "key"), [("win32", "right_ctrl"), ("darwin", "right_option")])
def test_the_key_that_every_keyboard_has(system: str, key: str) -> None:
    code = (
        f"import sys; sys.platform = {system!r}; from utterkey.settings import Settings; print(Settings().hotkey.key)"
    )
    source = str(Path(desktop.__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=source)
    assert done.stdout == f"{key}\n"


SAYS: dict[str, tuple[Callable[[Mac], None], str, str]] = {
    "all is well": (lambda mac: None, "hotkey", "by event tap"),
    "Input Monitoring": (lambda mac: mac.quartz.allowed.discard("listen"), "hotkey", "> Input Monitoring"),
    "Accessibility": (lambda mac: mac.quartz.allowed.discard("post"), "insertion", "> Accessibility"),
    "secure input": (lambda mac: setattr(mac.carbon, "secure", True), "display", "(secure input)"),
    "no program for the clipboard": (lambda mac: None, "clipboard", "It is the system's."),
}


@pytest.mark.parametrize(("change", "part", "words"), SAYS.values(), ids=SAYS.keys())
def test_doctor_on_macos(
    change: Callable[[Mac], None], part: str, words: str, mac: Mac, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "SYSTEM", "darwin")
    change(mac)
    facts: Any = {
        "daemon": None,
        "display": doctor.display(),
        "hotkey": doctor.try_hotkey(HotkeySettings()),
        "insertion": doctor.try_insertion(OutputSettings()),
        "clipboard_tools": (),
    }
    found = {finding.part: finding for finding in judge(replace(HEALTHY, **facts))}
    assert words in found[part].sentence
    assert (found[part].verdict == "problem") is (part != "clipboard" and "tap" not in words)


WHOLE = {
    "windows": {"hotkey": "keyboard hook", "insertion": "SendInput", "tray": "pystray"},
    "macos": {
        "hotkey": "event tap (only observed)",
        "insertion": "Cmd+V",
        "tray": "pystray",
        "microphone": macos_audio.NOT_ALLOWED,
    },
}


@pytest.mark.parametrize(("system", "parts"), WHOLE.items(), ids=WHOLE.keys())
def test_the_whole_program_is_put_together(system: str, parts: dict[str, str], tmp_path: Path) -> None:
    """It starts, answers and ends, with each system's own calls recorded instead of made."""
    tests, source = Path(__file__).parent, Path(desktop.__file__).parents[2]
    homes = ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
    folders = dict.fromkeys(homes, str(tmp_path))
    path = {"PYTHONPATH": os.pathsep.join(map(str, (source, tests, tests.parent / "packaging")))}
    done = subprocess.run(
        [sys.executable, str(tests / "elsewhere.py"), system],
        env={**os.environ, **folders, **path}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert {name: status[name] for name in parts} == parts
    assert "Traceback" not in done.stderr
    assert "Traceback" not in (tmp_path / "utterkey" / "utterkey.log").read_text()
