"""What to write into a compositor's configuration, to the letter."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from utterkey.hotkey.bindings import advise, portal_gives_keys
from utterkey.hotkey.plan import plan
from utterkey.settings import ExtraHotkey, HotkeySettings

SWAY = {"SWAYSOCK": "/run/user/1000/sway-ipc.1000.1.sock"}
HYPRLAND = {"HYPRLAND_INSTANCE_SIGNATURE": "abc"}
RIVER = {"XDG_CURRENT_DESKTOP": "river"}
LINES: dict[str, tuple[Mapping[str, str], HotkeySettings, tuple[str, ...]]] = {
    "sway": (
        SWAY, HotkeySettings(key="f9"),
        ("bindsym --no-repeat F9 exec utterkey press", "bindsym --release F9 exec utterkey release"),
    ),
    "sway, by its name": (
        {"XDG_CURRENT_DESKTOP": "sway"}, HotkeySettings(key="pause"),
        ("bindsym --no-repeat Pause exec utterkey press", "bindsym --release Pause exec utterkey release"),
    ),
    "sway, a combination": (
        SWAY, HotkeySettings(key="super+ctrl+alt+page_up"),
        (
            "bindsym --no-repeat Ctrl+Mod1+Mod4+Page_Up exec utterkey press",
            "bindsym --release Ctrl+Mod1+Mod4+Page_Up exec utterkey release",
        ),
    ),
    "sway, to toggle": (
        SWAY, HotkeySettings(key="ctrl+alt+space", mode="toggle"),
        ("bindsym --no-repeat Ctrl+Mod1+space exec utterkey toggle",),
    ),
    "a lone modifier cannot be bound": (
        SWAY, HotkeySettings(key="right_ctrl"),
        ("bindsym --no-repeat F9 exec utterkey press", "bindsym --release F9 exec utterkey release"),
    ),
    "Hyprland": (
        HYPRLAND, HotkeySettings(key="f9"),
        ("bind = , F9, exec, utterkey press", "bindr = , F9, exec, utterkey release"),
    ),
    "Hyprland, a combination": (
        HYPRLAND, HotkeySettings(key="ctrl+alt+d"),
        ("bind = CTRL ALT, d, exec, utterkey press", "bindr = CTRL ALT, d, exec, utterkey release"),
    ),
    "river": (
        RIVER, HotkeySettings(key="f9"),
        (
            "riverctl map normal None F9 spawn 'utterkey press'",
            "riverctl map -release normal None F9 spawn 'utterkey release'",
        ),
    ),
    "river, a combination": (
        RIVER, HotkeySettings(key="ctrl+alt+d"),
        (
            "riverctl map normal Control+Mod1 d spawn 'utterkey press'",
            "riverctl map -release normal Control+Mod1 d spawn 'utterkey release'",
        ),
    ),
    "a key that inserts the last text again": (
        SWAY, HotkeySettings(key="f9", insert_last="ctrl+alt+v"),
        (
            "bindsym --no-repeat F9 exec utterkey press",
            "bindsym --release F9 exec utterkey release",
            "bindsym --no-repeat Ctrl+Mod1+v exec utterkey last --insert",
        ),
    ),
    "further keys": (
        HYPRLAND, HotkeySettings(key="f9", extra=(ExtraHotkey(key="f8"), ExtraHotkey(key="ctrl+f7", mode="toggle"))),
        (
            "bind = , F9, exec, utterkey press",
            "bindr = , F9, exec, utterkey release",
            "bind = , F8, exec, utterkey press f8",
            "bindr = , F8, exec, utterkey release",
            "bind = CTRL, F7, exec, utterkey toggle ctrl+f7",
        ),
    ),
    "a further key that cannot be bound": (
        SWAY, HotkeySettings(key="f9", extra=(ExtraHotkey(key="mouse8"),)),
        ("bindsym --no-repeat F9 exec utterkey press", "bindsym --release F9 exec utterkey release"),
    ),
    "KDE": ({"XDG_CURRENT_DESKTOP": "KDE"}, HotkeySettings(key="f9"), ()),
    "GNOME on Ubuntu": ({"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, HotkeySettings(key="f9"), ()),
    "nobody knows": ({}, HotkeySettings(key="f9"), ()),
}  # fmt: skip


@pytest.mark.parametrize(("environment", "settings", "lines"), LINES.values(), ids=LINES)
def test_lines(environment: Mapping[str, str], settings: HotkeySettings, lines: tuple[str, ...]) -> None:
    advice = advise(environment, plan(settings), ["utterkey"])
    assert advice.lines == lines
    unbound = any(extra.key == "mouse8" for extra in settings.extra)
    assert ("mouse8 cannot be had where sway watches the keys" in advice.left_out) is unbound


def test_combinations_that_lose_their_release() -> None:
    held, tapped = HotkeySettings(key="ctrl+alt+d"), HotkeySettings(key="ctrl+alt+d", mode="toggle")
    assert "A single key is safer" in advise(HYPRLAND, plan(held), ["utterkey"]).caution
    assert not advise(HYPRLAND, plan(tapped), ["utterkey"]).caution
    assert not advise(SWAY, plan(held), ["utterkey"]).caution


def test_a_program_that_is_elsewhere() -> None:
    advice = advise(SWAY, plan(HotkeySettings(key="f9")), ["/home/anna b/bin/python", "-m", "utterkey"])
    assert advice.lines[0] == "bindsym --no-repeat F9 exec '/home/anna b/bin/python' -m utterkey press"


PORTALS: dict[str, tuple[Mapping[str, str], bool]] = {
    "Hyprland": (HYPRLAND, False),
    "Hyprland, by its name": ({"XDG_CURRENT_DESKTOP": "Hyprland"}, False),
    "KDE": ({"XDG_CURRENT_DESKTOP": "KDE"}, True),
    "GNOME": ({"XDG_CURRENT_DESKTOP": "GNOME"}, True),
    "nobody knows": ({}, True),
}


@pytest.mark.parametrize(("environment", "gives"), PORTALS.values(), ids=PORTALS)
def test_whose_portal_gives_keys(environment: Mapping[str, str], gives: bool) -> None:
    assert portal_gives_keys(environment) is gives


def test_where_it_belongs() -> None:
    assert advise(SWAY, plan(HotkeySettings()), ["utterkey"]).where == "~/.config/sway/config"
    assert "Custom Shortcuts" in advise({"XDG_CURRENT_DESKTOP": "GNOME"}, plan(HotkeySettings()), ["utterkey"]).where
