"""The GlobalShortcuts portal as a client sees it: a frontend of the test's own, as strict as that of 1.21."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from buses import PrivateBus, private_bus
from desktop import await_true
from hotkey.posted import Posted
from panels import never_lost
from utterkey.autostart import APP_ID
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Interface, Method, Property, Values
from utterkey.desktop.portal import NAME, PATH
from utterkey.doctor.desktop import try_hotkey
from utterkey.errors import BusError, HotkeyError
from utterkey.hotkey import choose
from utterkey.hotkey.plan import plan
from utterkey.hotkey.portal import PortalHotkeys
from utterkey.settings import ExtraHotkey, HotkeySettings
from utterkey.welcome import begin_with, key_of

pytestmark = pytest.mark.system("linux")

SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
Wanted = list[tuple[str, dict[str, tuple[str, str]]]]


class Frontend:
    """Answers requests at once; `code` 1 is a dialog that was closed."""

    def __init__(self, address: str, client: str) -> None:
        self.calls: list[str] = []
        self.triggers: dict[str, str] = {}
        self.code = 0
        self.gives = True
        self.taken: set[str] = set()
        """What another program has the key of: the shortcut is there, without one."""
        self.asks = False
        """With a dialog: `decide` answers."""
        self.remembered: dict[str, str] = {}
        """What was asked for at an earlier start, with its key."""
        self._client = client.removeprefix(":").replace(".", "_")
        self.session = f"{PATH}/session/{self._client}/utterkey"
        self.bus = Bus(address, never_lost)
        self.bus.export(
            PATH,
            Interface(
                SHORTCUTS,
                methods={
                    "CreateSession": Method("a{sv}", "o", self._create),
                    "BindShortcuts": Method("oa(sa{sv})sa{sv}", "o", self._bind),
                },
                properties={"version": Property("u", lambda: 1)},
            ),
            Interface(
                "org.freedesktop.host.portal.Registry", methods={"Register": Method("sa{sv}", "", self._register)}
            ),
        )
        self.bus.export(
            self.session, Interface("org.freedesktop.portal.Session", methods={"Close": Method("", "", self._close)})
        )

    def appear(self) -> None:
        self.bus.request_name(NAME)
        assert self.bus.has_owner(NAME)

    def activate(self, member: str, name: str = "dictate", session: str = "") -> None:
        self.bus.emit(PATH, SHORTCUTS, member, "osta{sv}", (session or self.session, name, 0, {}))

    def press(self, name: str = "dictate") -> None:
        self.activate("Activated", name)

    def release(self, name: str = "dictate") -> None:
        self.activate("Deactivated", name)

    def change(self, name: str, trigger: str) -> None:
        """By the user, in the desktop's settings."""
        changed = [(name, {"trigger_description": ("s", trigger)})]
        self.bus.emit(PATH, SHORTCUTS, "ShortcutsChanged", "oa(sa{sv})", (self.session, changed))

    def close_session(self) -> None:
        self.bus.emit(self.session, "org.freedesktop.portal.Session", "Closed", "a{sv}", ({},))

    def wait(self, *calls: str) -> None:
        await_true(lambda: self.calls == list(calls), 5, f"{calls}, not {self.calls}")

    def _register(self, app: str, _options: object) -> Values:
        self.calls.append(f"register {app}")
        return ()

    def _create(self, options: dict[str, tuple[str, object]]) -> Values:
        if not self.calls:
            raise BusError("An app id is required", "org.freedesktop.portal.Error.NotAllowed")
        wanted = options["shortcuts"][1]
        assert isinstance(wanted, list)
        self.calls.append(f"create {options['session_handle_token'][1]} {[name for name, _ in wanted]}")
        return self._respond(options, {"session_handle": ("s", self.session)})  # a text, by an old mistake

    def _bind(self, session: str, wanted: Wanted, _parent: str, options: dict[str, tuple[str, object]]) -> Values:
        self.calls.append(f"bind {session == self.session}")
        self.triggers = {name: about["preferred_trigger"][1] for name, about in wanted}
        given = [
            (name, {"trigger_description": ("s", "" if name in self.taken else key)})
            for name, key in self.triggers.items()
            if self.gives
        ]
        given += [(name, {"trigger_description": ("s", key)}) for name, key in self.remembered.items()]
        shortcuts: dict[str, tuple[str, object]] = {"shortcuts": ("a(sa{sv})", given)}
        if not self.asks:
            return self._respond(options, shortcuts)
        self.decide: Callable[[], object] = lambda: self._respond(options, shortcuts)
        return (self._request(options),)

    def _close(self) -> Values:
        self.calls.append("close")
        return ()

    def _respond(self, options: dict[str, tuple[str, object]], results: dict[str, tuple[str, object]]) -> Values:
        path = self._request(options)
        self.bus.emit(path, "org.freedesktop.portal.Request", "Response", "ua{sv}", (self.code, results))
        return (path,)

    def _request(self, options: dict[str, tuple[str, object]]) -> str:
        return f"{PATH}/request/{self._client}/{options['handle_token'][1]}"


SETTLED = (f"register {APP_ID}", "create utterkey ['dictate']", "bind True")


@pytest.fixture
def server() -> Iterator[PrivateBus]:
    with private_bus() as server:
        yield server


@pytest.fixture
def bus(server: PrivateBus) -> Iterator[Bus]:
    with closing(Bus(server.address, never_lost)) as bus:
        yield bus


@pytest.fixture
def frontend(server: PrivateBus, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Frontend]:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", server.address)
    frontend = Frontend(server.address, bus.name)
    with closing(frontend.bus):
        frontend.appear()
        yield frontend


def listening(bus: Bus, posted: Posted, settings: HotkeySettings | None = None) -> PortalHotkeys:
    return PortalHotkeys(plan(settings or HotkeySettings(key="f9", min_hold_ms=0)), posted, bus)


def test_held_with_repeats(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    with closing(listening(bus, posted)) as hotkeys:
        frontend.wait(*SETTLED)
        await_true(lambda: hotkeys.name == "GlobalShortcuts portal (F9)", 5, "the key's name")
        for _ in range(2):
            for _ in range(10):
                frontend.press()
            frontend.release()
            posted.expect("press f9", "release f9")
        frontend.activate("Activated", "dictate", f"{PATH}/session/1_1/another")
        frontend.activate("Activated", "unknown")
        frontend.release()
        posted.expect_nothing(0.1)
    frontend.wait(*SETTLED, "close")


KEYS = {
    "ctrl+alt+space": "CTRL+ALT+space",
    "super+page_up": "LOGO+Page_Up",
    "f12": "F12",
    "right_ctrl": "F9",
    "mouse8": "F9",
}


@pytest.mark.parametrize("key", KEYS)
def test_what_is_asked_for(bus: Bus, frontend: Frontend, posted: Posted, key: str) -> None:
    """No desktop gives a lone modifier or a mouse button."""
    with closing(listening(bus, posted, HotkeySettings(key=key))):
        frontend.wait(*SETTLED)
        assert frontend.triggers == {"dictate": KEYS[key]}


def test_a_second_key(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    settings = HotkeySettings(key="f9", extra=(ExtraHotkey(key="f8", mode="toggle", output="clipboard"),))
    with closing(listening(bus, posted, settings)):
        frontend.wait(f"register {APP_ID}", "create utterkey ['dictate', 'dictate-f8']", "bind True")
        frontend.press("dictate-f8")
        frontend.release("dictate-f8")
        posted.expect("toggle f8")


def test_a_lone_modifier_that_is_another_key_now_is_not_a_modifier(
    bus: Bus, frontend: Frontend, posted: Posted
) -> None:
    with closing(listening(bus, posted, HotkeySettings(key="right_ctrl"))):
        frontend.wait(*SETTLED)
        frontend.press()
        pressed = posted.next()
        assert "alone=False" in str(pressed)
        assert "blocks_insertion=False" in str(pressed)


def test_none_of_the_keys(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    frontend.gives = False
    with closing(listening(bus, posted)) as hotkeys:
        failure = posted.next_failure()
        assert str(failure.error) == hotkeys.name
        assert "gave none of the keys" in hotkeys.name
        assert key_of(hotkeys) == ""
        assert begin_with(hotkeys, HotkeySettings()) == hotkeys.name


def test_the_key_is_another_programs(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    """The desktop takes the shortcut down and gives it no key, until the user chooses one."""
    frontend.taken = {"dictate"}
    with closing(listening(bus, posted)) as hotkeys:
        failure = posted.next_failure()
        assert str(failure.error) == hotkeys.name
        assert "no key for what f9 is to do; choose one" in hotkeys.name
        assert hotkeys.key == ""
        frontend.change("dictate", "")
        frontend.change("dictate", "F7")
        await_true(lambda: hotkeys.name == "GlobalShortcuts portal (F7)", 5, "the new key's name")
        posted.expect_nothing()  # told once


def test_one_of_two_keys_is_another_programs(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    frontend.taken = {"dictate-f8"}
    with closing(listening(bus, posted, HotkeySettings(key="f9", extra=(ExtraHotkey(key="f8"),)))) as hotkeys:
        assert "no key for what f8 is to do" in str(posted.next_failure().error)
        assert (hotkeys.name, hotkeys.key) == ("GlobalShortcuts portal (F9)", "F9")


def test_a_key_that_the_desktop_remembers_and_nobody_wants(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    """It was an extra one until the settings were changed."""
    frontend.remembered = {"dictate-f8": "F8", "dictate-f7": ""}
    with closing(listening(bus, posted)) as hotkeys:
        await_true(lambda: hotkeys.name == "GlobalShortcuts portal (F9)", 5, "the key's name, and no other's")
        frontend.change("dictate-f8", "")
        frontend.press()
        posted.expect("press f9")


def test_a_dialog_that_was_closed(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    frontend.code = 1
    with closing(listening(bus, posted)):
        assert "declined" in str(posted.next_failure().error)


def test_a_session_that_the_desktop_ends_while_the_key_is_held(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    with closing(listening(bus, posted)):
        frontend.wait(*SETTLED)
        frontend.press()
        posted.expect("press f9")
        frontend.close_session()
        posted.expect("release f9")
        assert "ended the session" in str(posted.next_failure().error)


def test_a_portal_that_is_started_again(server: PrivateBus, bus: Bus, posted: Posted) -> None:
    first = Frontend(server.address, bus.name)
    first.appear()
    with closing(listening(bus, posted)):
        first.wait(*SETTLED)
        first.press()
        posted.expect("press f9")
        first.bus.close()
        second = Frontend(server.address, bus.name)
        with closing(second.bus):
            second.appear()
            posted.expect("release f9")
            second.wait(*SETTLED)
            second.press()
            posted.expect("press f9")
            second.close_session()
            posted.expect("release f9")
            assert "ended the session" in str(posted.next_failure().error)
            posted.expect_nothing(0.1)  # told once


def test_a_portal_that_ended_the_session_and_is_started_again_is_well(
    server: PrivateBus, bus: Bus, posted: Posted
) -> None:
    first = Frontend(server.address, bus.name)
    first.appear()
    with closing(listening(bus, posted)):
        await_true(lambda: posted.well, 5, "the keys")
        first.close_session()
        failure = posted.next_failure()
        first.bus.close()
        posted.well.clear()
        second = Frontend(server.address, bus.name)
        with closing(second.bus):
            second.appear()
            await_true(lambda: posted.well == [failure.part], 5, "that what was told is over")


def test_paused(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    with closing(listening(bus, posted)) as hotkeys:
        frontend.wait(*SETTLED)
        frontend.press()
        posted.expect("press f9")
        hotkeys.listen(False)
        posted.expect("release f9")
        frontend.press()
        frontend.release()
        posted.expect_nothing(0.1)
        hotkeys.listen(True)
        bus.has_owner("org.example.Nobody")  # answered after that order was carried out
        frontend.press()
        posted.expect("press f9")


def test_another_key_from_now_on(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    """The settings were changed: the old session ends, and nothing of it is heard any more."""
    listening(bus, posted).close()
    with closing(listening(bus, posted, HotkeySettings(key="f8", min_hold_ms=0))) as hotkeys:
        await_true(lambda: hotkeys.name == "GlobalShortcuts portal (F8)", 5, "the new key")
        frontend.press()
        frontend.release()
        posted.expect("press f8", "release f8")
        posted.expect_nothing(0.1)


def test_an_answer_after_the_end(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    """The settings were changed while the desktop asked the user about the former key."""
    frontend.asks, frontend.taken = True, {"dictate"}
    hotkeys = listening(bus, posted)
    frontend.wait(*SETTLED)
    hotkeys.close()
    frontend.wait(*SETTLED, "close")
    frontend.decide()
    frontend.bus.has_owner(NAME)  # answered after the decision was sent on
    bus.has_owner(NAME)
    posted.expect_nothing()
    assert posted.well == []


def test_hyprlands_portal_is_left_alone(
    bus: Bus, frontend: Frontend, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes every name and gives no key; the compositor's own bindings do."""
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")
    monkeypatch.setenv("HYPRLAND_INSTANCE_SIGNATURE", "abc")
    with closing(choose(HotkeySettings(key="f9"), posted, bus)) as hotkeys:
        assert hotkeys.name == "key bindings of Hyprland"
    assert try_hotkey(HotkeySettings(key="f9")).name == "key bindings of Hyprland"
    assert not frontend.calls
    monkeypatch.delenv("HYPRLAND_INSTANCE_SIGNATURE")
    assert try_hotkey(HotkeySettings(key="f9")).name == "GlobalShortcuts portal"


def test_no_portal(bus: Bus, posted: Posted) -> None:
    with pytest.raises(HotkeyError, match="no portal for global shortcuts"):
        listening(bus, posted)


def test_the_desktop_entry_is_there(bus: Bus, frontend: Frontend, posted: Posted) -> None:
    """The portal looks the name up."""
    with closing(listening(bus, posted)):
        frontend.wait(*SETTLED)
        file = Path(os.environ["XDG_DATA_HOME"]) / "applications" / f"{APP_ID}.desktop"
        assert "Name=utterkey" in file.read_text()
