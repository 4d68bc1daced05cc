"""Which tray is chosen, and that there may be none."""

from __future__ import annotations

import os
import threading

import pytest

from buses import PrivateBus
from desktop import Desktop, await_true
from panels import Clicks, await_icon, await_no_icon, fake_watcher
from tray.test_xembed import start_trayer
from utterkey import tray
from utterkey.desktop.dbus import Bus
from utterkey.dictation.view import View
from utterkey.tray.advice import no_icon, no_menu

pytestmark = pytest.mark.system("linux")


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)


def test_neither_bus_nor_display(no_display: None) -> None:
    found = tray.choose(Clicks().post, None)
    assert found.name == ""
    assert "DISPLAY" in found.problem
    found.show(View(state="recording"))
    found.close()


def test_a_panel_with_status_notifiers_comes_first(server: PrivateBus, bus: Bus, x11: Desktop) -> None:
    start_trayer(x11)
    with fake_watcher(server.address):
        found = tray.choose(Clicks().post, bus)
        await_true(lambda: found.name == "StatusNotifierItem", 5, "registration")
        assert found.problem == ""
        found.show(View(state="recording"))
        await_no_icon(x11.display, "recording")
        found.close()


def test_else_an_xembed_tray_until_such_a_panel_comes(
    server: PrivateBus, bus: Bus, x11: Desktop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    start_trayer(x11)
    found = tray.choose(Clicks().post, bus)
    found.show(View(state="recording"))
    await_icon(x11.display, "recording")
    await_true(lambda: (found.name, found.problem) == ("XEmbed", ""), 5, "its name")
    await_true(lambda: "this tray shows no menu; for one" in caplog.text, 5, "the sentence in the log")
    with fake_watcher(server.address):
        await_no_icon(x11.display, "recording")
        assert found.name == "StatusNotifierItem"
    await_icon(x11.display, "recording")
    found.close()


def test_an_xembed_tray_that_broke_while_it_was_not_needed_is_told_when_it_is(
    server: PrivateBus, bus: Bus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    clicks = Clicks()
    with fake_watcher(server.address):
        with Desktop(audio=False, bus=False) as desktop:
            monkeypatch.setenv("DISPLAY", desktop.display)
            found = tray.choose(clicks.post, bus)
            await_true(lambda: found.name == "StatusNotifierItem", 5, "registration")
        await_true(lambda: "tray" not in {thread.name for thread in threading.enumerate()}, 5, "the end of its thread")
        assert found.problem == ""
    await_true(lambda: "The X server closed the connection" in caplog.text, 5, "the sentence in the log")
    assert found.problem in caplog.text
    found.close()


def test_at_login_the_tray_may_be_later(bus: Bus, x11: Desktop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    found = tray.choose(Clicks().post, bus)
    await_true(lambda: "No panel here shows tray icons" in caplog.text, 5, "the sentence in the log")
    assert (found.name, found.problem) == ("", no_icon(os.environ))
    found.show(View(state="recording"))
    start_trayer(x11)
    await_icon(x11.display, "recording")
    await_true(lambda: (found.name, found.problem) == ("XEmbed", ""), 5, "its name")
    found.close()


def test_without_a_display_it_waits_for_a_panel_and_says_what_is_missing(
    server: PrivateBus, bus: Bus, no_display: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    found = tray.choose(Clicks().post, bus)
    assert "gnome-shell-extension-appindicator" in found.problem
    with fake_watcher(server.address):
        await_true(lambda: not found.problem, 5, "registration")
    found.close()


def test_a_tray_on_a_display_without_bus(x11: Desktop) -> None:
    found = tray.choose(Clicks().post, None)
    assert found.name == ""
    assert "trayer" in found.problem
    start_trayer(x11)
    await_true(lambda: found.name == "XEmbed", 10, "the icon")
    found.close()


@pytest.mark.parametrize(
    ("desktop", "wayland", "words"),
    [
        ("XFCE", "", "Status Tray Plugin"),
        ("sway", "wayland-1", "waybar"),
        ("GNOME", "wayland-0", "AppIndicator"),
        ("i3", "", "trayer"),
        ("", "", "trayer"),
    ],
)
def test_each_desktop_gets_its_own_advice(desktop: str, wayland: str, words: str) -> None:
    environment = {"XDG_CURRENT_DESKTOP": desktop, "WAYLAND_DISPLAY": wayland}
    assert words in no_icon(environment)
    assert ("AppIndicator" in no_icon(environment)) == (desktop == "GNOME")
    assert no_menu(environment).endswith(".")
