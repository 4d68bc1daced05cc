"""Which way to notify is chosen."""

from __future__ import annotations

import logging

import pytest

from buses import private_bus
from panels import never_lost
from utterkey import notify
from utterkey.desktop.dbus import Bus


@pytest.mark.system("linux")
def test_the_bus_comes_first() -> None:
    with private_bus() as server:
        bus = Bus(server.address, never_lost)
        assert notify.choose(bus, print).name == "D-Bus notifications"
        bus.close()


def test_then_the_tray_icons_own_way() -> None:
    said: list[str] = []
    notifier = notify.choose(None, said.append)
    notifier.notify("The microphone is gone.")
    notifier.close()
    assert (notifier.name, said) == ("tray", ["The microphone is gone."])


def test_else_the_log(caplog: pytest.LogCaptureFixture) -> None:
    notifier = notify.choose(None, None)
    with caplog.at_level(logging.INFO):
        notifier.notify("The microphone is gone.")
    notifier.close()
    assert notifier.name == "log"
    assert caplog.messages == ["The microphone is gone."]
