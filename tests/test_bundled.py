"""What the bundles are told about themselves, and how their program begins. Whether they start: tests/packages."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from bundled import meant
from utterkey.control.loopback import MUTEX

PACKAGING = Path(__file__).parents[1] / "packaging"
APP = "/Applications/utterkey.app/Contents/MacOS/utterkey"

BEGINS: dict[str, tuple[str, list[str], list[str]]] = {
    "opened in Finder": (APP, [], ["run"]),
    "told something": (APP, ["status"], ["status"]),
    "a child of the app": (APP, ["-m", "utterkey.offline"], ["-m", "utterkey.offline"]),
    "opened in the Explorer": (r"C:\utterkey\utterkeyw.exe", [], ["run"]),
    "in a terminal": ("/opt/utterkey/utterkey", [], []),
    "in a terminal of Windows": (r"C:\utterkey\utterkey.exe", [], []),
}


@pytest.mark.parametrize(("program", "given", "taken"), BEGINS.values(), ids=BEGINS.keys())
def test_what_a_bundle_is_asked_to_do(program: str, given: list[str], taken: list[str]) -> None:
    assert meant(given, program) == taken


def test_the_installer_knows_the_running_daemon() -> None:
    """An upgrade tells it to quit and waits until its mutex is gone."""
    script = (PACKAGING / "windows" / "utterkey.iss").read_text()
    assert f'#define Mutex "{MUTEX}"' in script.splitlines()
    assert "PrepareToInstall" in script
    assert "InitializeUninstall" in script


def test_what_windows_starts_has_no_console() -> None:
    script = (PACKAGING / "windows" / "utterkey.iss").read_text()
    starts = [line for line in script.splitlines() if line.startswith(("Name:", "Filename:")) and '"run"' in line]
    assert len(starts) == 3
    assert all(r"{app}\utterkeyw.exe" in line for line in starts)
    assert 'programs.append(program("utterkeyw", console=False))' in (PACKAGING / "utterkey.spec").read_text()


def test_the_app_may_show_an_icon_and_ask_for_the_microphone() -> None:
    info = plistlib.loads((PACKAGING / "macos" / "Info.plist").read_bytes())
    assert (info["LSUIElement"], info["LSBackgroundOnly"]) == (True, False)
    assert "what you say while you hold" in info["NSMicrophoneUsageDescription"]


def test_the_apps_entitlements() -> None:
    assert plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes()) == {
        "com.apple.security.device.audio-input": True,
        "com.apple.security.cs.allow-unsigned-executable-memory": True,
        "com.apple.security.cs.disable-library-validation": True,
    }
