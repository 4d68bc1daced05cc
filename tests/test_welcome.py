"""What a new user is told, and that it is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from homes import live_in
from utterkey import paths
from utterkey.errors import HotkeyError
from utterkey.hotkey.bindings import Advice, BindingHotkeys
from utterkey.settings import HotkeySettings
from utterkey.welcome import begin_with, for_the_first_time, how_to_speak, key_of


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("hotkey", "expected"),
    [
        (HotkeySettings(key="right_ctrl"), "hold Right Ctrl and speak"),
        (HotkeySettings(key="f9", mode="toggle"), "press F9, speak, and press it again"),
        (HotkeySettings(key="ctrl+alt+f1", mode="auto"), "hold Ctrl+Alt+F1 and speak, or tap it before and after"),
    ],
)
def test_how_to_speak(hotkey: HotkeySettings, expected: str) -> None:
    assert how_to_speak(hotkey) == expected


def test_the_key_that_is_told_is_the_one_that_is_listened_to() -> None:
    """Not the one in the settings, where another one had to be taken."""
    bound, settings = BindingHotkeys(Advice("sway", "~/.config/sway/config", key="f9")), HotkeySettings()
    assert key_of(bound) == "F9"
    assert begin_with(bound, settings).startswith("let sway watch a key")
    refused = HotkeyError("Another program already uses f9.")
    assert key_of(refused) == ""
    assert begin_with(refused, settings) == str(refused)


def test_each_occasion_is_one_time_only() -> None:
    said = [for_the_first_time(occasion) for occasion in ("without a key", "without a key", "ready", "ready")]
    assert said == [True, False, True, False]


@pytest.mark.parametrize("content", [b"\xff\xfe", None], ids=["no text", "a folder"])
def test_a_note_that_cannot_be_read_tells_nothing(content: bytes | None) -> None:
    """Better never than at every start."""
    if content is None:
        paths.welcome_file().mkdir()
    else:
        paths.welcome_file().write_bytes(content)
    assert not for_the_first_time("ready")
