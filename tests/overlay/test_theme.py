"""Light or dark, as the settings, the portal of a real bus, or nobody says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buses import PrivateBus
from desktop import await_true
from panels import never_lost
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Interface, Method, Values
from utterkey.overlay.scene import DARK, LIGHT
from utterkey.overlay.theme import KEY, NAMESPACE, PORTAL, SETTINGS, Theme

pytestmark = pytest.mark.system("linux")

NO_PREFERENCE, PREFERS_DARK, PREFERS_LIGHT = range(3)


class Portal:
    """The part of a desktop portal that knows the colour scheme."""

    def __init__(self, address: str, scheme: int) -> None:
        self._scheme = scheme
        self.bus = Bus(address, never_lost)
        interface = Interface(SETTINGS.interface, {"Read": Method("ss", "v", self._read)})
        self.bus.export(SETTINGS.path, interface)
        self.bus.request_name(PORTAL)

    def _read(self, namespace: str, key: str) -> Values:
        assert (namespace, key) == (NAMESPACE, KEY)
        return (("v", ("u", self._scheme)),)

    def change(self, scheme: int, key: str = KEY) -> None:
        self.bus.emit(SETTINGS.path, SETTINGS.interface, "SettingChanged", "ssv", (NAMESPACE, key, ("u", scheme)))


@pytest.fixture
def portal(server: PrivateBus) -> Iterator[Portal]:
    portal = Portal(server.address, PREFERS_LIGHT)
    yield portal
    portal.bus.close()


def test_the_settings_come_first(bus: Bus, portal: Portal) -> None:
    assert Theme("dark", bus).colours == DARK
    assert Theme("light", None).colours == LIGHT


def test_without_anybody_to_ask_it_is_dark(bus: Bus) -> None:
    assert Theme("auto", None).colours == DARK
    assert Theme("auto", bus).colours == DARK


def test_the_desktop_is_asked_and_followed(bus: Bus, portal: Portal) -> None:
    theme = Theme("auto", bus)
    await_true(lambda: theme.colours == LIGHT, 5, "the light look")
    portal.change(PREFERS_LIGHT, key="accent-color")
    portal.change(PREFERS_DARK)
    await_true(lambda: theme.colours == DARK, 5, "the dark look")
    portal.change(PREFERS_LIGHT)
    await_true(lambda: theme.colours == LIGHT, 5, "the light look again")
    portal.change(NO_PREFERENCE)
    await_true(lambda: theme.colours == DARK, 5, "no preference")


def test_a_portal_that_starts_later_is_asked(server: PrivateBus, bus: Bus) -> None:
    theme = Theme("auto", bus)
    portal = Portal(server.address, PREFERS_LIGHT)
    await_true(lambda: theme.colours == LIGHT, 5, "the light look")
    portal.bus.close()
