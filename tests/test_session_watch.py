"""Lock and sleep as logind and the screen saver tell them, and sleep held off, over a real message bus."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buses import PrivateBus, private_bus
from desktop import await_true
from logind import FakeLogind
from panels import never_lost, open_files
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Interface, Method
from utterkey.desktop.session import SCREEN_SAVERS, watch_logind, watch_screen_saver
from utterkey.desktop.sleep import SleepDelay
from utterkey.dictation.events import Event, GoingToSleep, ScreenLocked, ScreenUnlocked, WokeUp

pytestmark = pytest.mark.system("linux")

LOGIND = "org.freedesktop.login1"
OURS = "/org/freedesktop/login1/session/_31"
ANOTHERS = "/org/freedesktop/login1/session/_32"


@pytest.fixture
def server() -> Iterator[PrivateBus]:
    with private_bus() as server:
        yield server


@pytest.fixture
def logind(server: PrivateBus) -> Iterator[Bus]:
    """Answers as logind does."""
    bus = Bus(server.address, never_lost)
    methods = {
        "GetSession": Method("s", "o", lambda number: (OURS if number == "1" else ANOTHERS,)),
        "GetSessionByPID": Method("u", "o", lambda pid: (OURS,)),
    }
    bus.export("/org/freedesktop/login1", Interface(f"{LOGIND}.Manager", methods))
    bus.request_name(LOGIND)
    assert bus.has_owner(LOGIND)
    yield bus
    bus.close()


@pytest.fixture
def bus(server: PrivateBus) -> Iterator[Bus]:
    bus = Bus(server.address, never_lost)
    yield bus
    bus.close()


@pytest.mark.parametrize("number", ["", "1"])
def test_logind(bus: Bus, logind: Bus, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_SESSION_ID", number)
    posted: list[Event] = []
    watch_logind(bus, posted.append)

    def says(path: str, interface: str, member: str, signature: str = "", *values: object) -> None:
        logind.emit(path, interface, member, signature, values)

    def is_heard() -> bool:
        says(OURS, f"{LOGIND}.Session", "Unlock")
        return bool(posted)

    await_true(is_heard, 5, "the session being watched", every=0.05)
    says(OURS, f"{LOGIND}.Session", "Lock")
    await_true(lambda: ScreenLocked() in posted, 5, "the lock")
    posted.clear()
    says(ANOTHERS, f"{LOGIND}.Session", "Lock")
    says(OURS, f"{LOGIND}.Session", "Lock")
    for hint, value in (("IdleHint", True), ("LockedHint", False)):
        changed = f"{LOGIND}.Session", {hint: ("b", value)}, list[str]()
        says(OURS, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", *changed)
    await_true(lambda: ScreenUnlocked() in posted, 5, "the hint")
    assert posted == [ScreenLocked(), ScreenUnlocked()]


def test_a_system_without_logind(bus: Bus) -> None:
    posted: list[Event] = []
    watch_logind(bus, posted.append)
    assert not bus.has_owner(LOGIND)
    assert posted == []


def test_the_screen_saver(bus: Bus, logind: Bus) -> None:
    posted: list[Event] = []
    watch_screen_saver(bus, posted.append)
    assert bus.has_owner(bus.name)  # answered after the subscriptions
    for name in SCREEN_SAVERS:
        for active in (True, False):
            logind.emit("/" + name.replace(".", "/"), name, "ActiveChanged", "b", (active,))
    await_true(lambda: len(posted) == 2 * len(SCREEN_SAVERS), 5, "all of them")
    assert posted == [ScreenLocked(), ScreenUnlocked()] * len(SCREEN_SAVERS)


def test_sleep_waits_until_it_may_come(server: PrivateBus, bus: Bus) -> None:
    """The inhibitor is there before the first sleep, is given back when told to, and taken again."""
    posted: list[Event] = []
    with FakeLogind(server.address) as logind:
        before = open_files()
        delay = SleepDelay(bus, posted.append)
        logind.wait_inhibited(1)
        assert [(what, mode) for what, _, _, mode in logind.asked] == [("sleep", "delay")]
        assert logind.sleep(0.2) >= 0.2
        await_true(lambda: posted == [GoingToSleep()], 5, "the announcement")
        assert logind.inhibited
        delay.hold(False)
        assert logind.sleep() < 1
        logind.wake()
        await_true(lambda: WokeUp() in posted, 5, "the wake")
        delay.hold(True)
        delay.hold(True)
        logind.wait_inhibited(2)
        assert logind.inhibited
        delay.hold(False)
        assert logind.sleep() < 1
        assert len(logind.asked) == 2
        delay.hold(True)
        delay.hold(False)  # before there can have been an answer
        logind.wait_inhibited(3)
        assert logind.sleep() < 1
        assert open_files() == before + 3, "a descriptor is left besides the three ends of the inhibitors' pipes"


def test_a_logind_that_refuses(server: PrivateBus, bus: Bus) -> None:
    posted: list[Event] = []
    with FakeLogind(server.address, refusing=True) as logind:
        delay = SleepDelay(bus, posted.append)
        assert bus.has_owner(LOGIND)
        assert logind.sleep() < 1
        await_true(lambda: posted == [GoingToSleep()], 5, "the announcement")
        delay.hold(False)
