"""Insertion through the RemoteDesktop portal: keys and clipboard of a portal as GNOME has it, and the real frontend."""

from __future__ import annotations

import os
import random
import signal
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from conftest import move_to
from desktop import SYSTEM_PYTHON, await_true
from insertion.posted import DEADLINE, TARGETS, Inserting
from panels import never_lost
from portals import RemoteKeyboard, real_portal
from sway import Sway, SwayTarget
from utterkey.autostart import APP_ID
from utterkey.declaration import Pairs
from utterkey.desktop.dbus import Bus
from utterkey.desktop.portal import NAME
from utterkey.dictation.effects import CopyText
from utterkey.dictation.events import InsertionFailed, TextInserted
from utterkey.insertion import paste, portal_keyboard, wayland_delivery
from utterkey.settings import OutputSettings
from virtual_desktop import end

TEXT_TYPE = "text/plain;charset=utf-8"
PNG = b"\x89PNG\r\n\x1a\n" + random.Random(3).randbytes(300_000)
MIXED = "Grüße — “naïve” ß € 日本語 😀 " * 300
CHORD = ["key 0xffe1 down", "key 0xff63 down", "key 0xff63 up", "key 0xffe1 up"]


@pytest.fixture
def desktop(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sway]:
    """A compositor that lets nobody strike keys and tells nobody the focus, as KDE and GNOME; with a bus."""
    with Sway(audio=False, xwayland=False) as display:
        move_to(display, monkeypatch)
        monkeypatch.setattr("utterkey.insertion.wayland_keyboard.offered_here", lambda connection: False)
        monkeypatch.setattr("utterkey.insertion.wayland_focus._MANAGER", "not_offered_here")
        yield display


@pytest.fixture
def bus(desktop: Sway) -> Iterator[Bus]:
    with closing(Bus(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], never_lost)) as bus:
        yield bus


class Portal:
    """See targets/portal.py."""

    def __init__(self, desktop: Sway) -> None:
        self.folder = desktop.folder / "portal"
        self.folder.mkdir()
        self._desktop = desktop
        self.start()

    def start(self) -> None:
        self._process = self._desktop.start([SYSTEM_PYTHON, str(TARGETS / "portal.py"), str(self.folder)])
        await_true((self.folder / "ready").exists, DEADLINE, "the portal")

    def restart(self) -> None:
        """Another one takes the name, so that the bus starts none of its own in between."""
        former = self._process
        (self.folder / "ready").unlink()
        self.start()
        end(former)

    def copied(self, **content: bytes) -> None:
        for name, data in content.items():
            kind = {"text": TEXT_TYPE, "png": "image/png", "html": "text/html"}[name]
            (self.folder / "clipboard" / quote(kind, safe="")).write_bytes(data)

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def text(self) -> str:
        path = self.folder / "text"
        return path.read_text() if path.exists() else ""

    def pasted(self, text: str) -> None:
        await_true(lambda: self.text() == text, DEADLINE, "the text in the window")

    def clipboard(self) -> dict[str, bytes]:
        """What another program would find."""
        return {unquote(path.name): path.read_bytes() for path in (self.folder / "clipboard").iterdir()}

    def copy(self, kind: str, data: bytes) -> None:
        """As a user does, in another program."""
        for path in (self.folder / "clipboard").iterdir():
            path.unlink()
        (self.folder / "clipboard" / quote(kind, safe="")).write_bytes(data)
        times = self.calls().count("copied")
        self._process.send_signal(signal.SIGUSR1)
        self.wait("copied", times + 1)

    def wait(self, call: str, times: int = 1) -> None:
        await_true(lambda: self.calls().count(call) == times, DEADLINE, call)

    def steer(self, name: str, on: bool = True) -> None:
        if on:
            (self.folder / name).touch()
        else:
            (self.folder / name).unlink()


@pytest.fixture
def portal(desktop: Sway, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """With a clipboard of its own, since the compositor has none, as GNOME's."""
    monkeypatch.setattr("utterkey.insertion.wayland.offered_here", lambda connection: False)
    return Portal(desktop)


@pytest.fixture
def patient_with_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads at once, which is a while on a busy machine."""
    monkeypatch.setattr(wayland_delivery, "_MANAGER_SECONDS", 0.5)


def test_keys_and_clipboard_of_the_portal(portal: Portal, bus: Bus) -> None:
    """In order: the session while recording, the text taken by the window as the receipt, what was there given back."""
    portal.copied(text=b"before", png=PNG)
    with Inserting(bus=bus) as inserting:
        assert inserting.inserter.name == "RemoteDesktop portal"
        assert inserting.mark() == ""
        assert inserting.insert(MIXED) == TextInserted(1)
        portal.pasted(MIXED)
        portal.wait(f"set {TEXT_TYPE} image/png")
    portal.wait("close")
    calls = portal.calls()
    assert calls[:4] == [f"register {APP_ID}", "create", "select types=1 persist=2 token=", "start clipboard=True"]
    assert sorted(calls[4:6]) == ["read image/png", f"read {TEXT_TYPE}"]
    assert calls[6].startswith(f"set UTF8_STRING {TEXT_TYPE}")
    assert "x-kde-passwordManagerHint" in calls[6]
    assert [call for call in calls if call.startswith("key")] == CHORD
    assert "done True" in calls
    assert calls[-1] == "close"


def test_the_token_is_for_one_session_and_for_the_owner_alone(
    portal: Portal, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desktop gives another with each session, which is closed when nothing is left to do."""
    monkeypatch.setattr(portal_keyboard, "_LINGER_SECONDS", 0.05)
    file = Path(os.environ["XDG_STATE_HOME"]) / "utterkey" / "remote-desktop-token"
    with Inserting(bus=bus) as inserting:
        for number in (1, 2, 3):
            inserting.dictate(f"{number} ", number)
            portal.wait("close", number)
            assert file.read_text() == f"token-{number}"
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    selected = [call.split("token=")[1] for call in portal.calls() if call.startswith("select")]
    assert selected == ["", "token-1", "token-2"]
    assert portal.text() == "1 2 3 "
    with Inserting(bus=bus) as inserting:
        inserting.dictate("4")
    assert "select types=1 persist=2 token=token-3" in portal.calls()


def test_the_dialog_is_refused(portal: Portal, bus: Bus, desktop: Sway) -> None:
    """The user is not asked a second time."""
    portal.steer("refuse")
    with Inserting(bus=bus) as inserting:
        inserting.mark()
        assert "does not let utterkey paste" in inserting.fail("text")
        assert desktop.clipboard() == "text"
        inserting.mark(2)
        assert "does not let utterkey paste" in inserting.fail("more", 2)
        assert desktop.clipboard() == "more"
        portal.restart()
        inserting.mark(3)
        assert "does not let utterkey paste" in inserting.fail("another portal", 3)
    assert portal.calls().count("create") == 1
    assert not portal.text()


def test_only_the_keys_are_allowed(portal: Portal, bus: Bus, desktop: Sway) -> None:
    """Striking them would paste what is on the clipboard, whatever that is."""
    portal.steer("keys-only")
    with Inserting(bus=bus) as inserting:
        inserting.mark()
        assert "but not use the clipboard" in inserting.fail("text")
        assert desktop.clipboard() == "text"
    assert not [call for call in portal.calls() if call.startswith(("key", "set"))]


def test_the_question_is_closed_without_an_answer(portal: Portal, bus: Bus) -> None:
    """It may have been by mistake, but nobody is asked with every dictation."""
    portal.steer("dismiss")
    with Inserting(bus=bus) as inserting:
        for number in (1, 2, 3):
            inserting.mark(number)
            inserting.fail("text", number)
        assert portal.calls().count("start clipboard=True") == 2
        assert "to be asked again, restart utterkey" in inserting.fail("text", 3)


def test_a_portal_that_failed_and_is_started_again_is_asked_again(portal: Portal, bus: Bus) -> None:
    """It failed as a dialog that was closed does."""
    portal.steer("dismiss")
    with Inserting(bus=bus) as inserting:
        for number in (1, 2):
            inserting.mark(number)
            inserting.fail("text", number)
        portal.steer("dismiss", False)
        portal.restart()
        assert bus.has_owner(NAME)  # answered after the former one's end was told
        inserting.dictate("text", 3)
        portal.pasted("text")


def test_the_session_is_closed_in_the_middle(portal: Portal, bus: Bus, desktop: Sway) -> None:
    """As when the screen is locked: the text is on the clipboard, and the next one has a session of its own."""
    portal.steer("close")
    with Inserting(bus=bus) as inserting:
        inserting.mark()
        assert "ended what it allowed" in inserting.fail("text")
        assert desktop.clipboard() == "text"
        portal.steer("close", False)
        inserting.dictate("again", 2)
        portal.pasted("again")
    assert "select types=1 persist=2 token=token-1" in portal.calls()


def test_an_empty_clipboard_is_empty_again(portal: Portal, bus: Bus) -> None:
    """And the desktop's manager, which has read the text, does not bring it back."""
    with Inserting(bus=bus) as inserting:
        inserting.dictate("text")
        portal.wait("set nothing")
    portal.wait("close")
    assert portal.clipboard() == {}


def test_what_the_desktop_tells_is_given_back_whatever_it_is(portal: Portal, bus: Bus) -> None:
    portal.steer("tells")
    (portal.folder / "clipboard" / quote("image/svg+xml", safe="")).write_bytes(b"<svg/>")
    with Inserting(bus=bus) as inserting:
        inserting.dictate("text")
        portal.wait("set image/svg+xml")
    portal.wait("close")
    assert "read image/svg+xml" in portal.calls()
    assert portal.clipboard() == {"image/svg+xml": b"<svg/>"}


def test_what_was_copied_while_recording_is_given_back(portal: Portal, bus: Bus) -> None:
    portal.copied(png=PNG)
    with Inserting(bus=bus) as inserting:
        await_true(lambda: inserting.mark() or "read image/png" in portal.calls(), DEADLINE, "the clipboard to be read")
        portal.copy("image/svg+xml", b"<svg/>")
        bus.has_owner("org.example.Nobody")  # answered after the news of it
        assert inserting.insert("text") == TextInserted(1)
        portal.wait("set image/svg+xml")


def test_what_was_copied_since_stays(portal: Portal, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is given back over it."""
    for name in ("QUIET_SECONDS", "_MOST_QUIET_SECONDS"):
        monkeypatch.setattr(paste, name, DEADLINE)
    portal.copied(text=b"before")
    with Inserting(bus=bus) as inserting:
        inserting.dictate("text")
        portal.copy(TEXT_TYPE, b"copied")
        bus.has_owner("org.example.Nobody")  # answered after the news of it
    portal.wait("close")
    assert portal.clipboard() == {TEXT_TYPE: b"copied"}
    assert len([call for call in portal.calls() if call.startswith("set")]) == 1


def test_the_window_takes_nothing(
    portal: Portal, bus: Bus, desktop: Sway, usual_limits: None, patient_with_manager: None
) -> None:
    """The desktop's clipboard manager, which reads all that is new, is not taken for it."""
    portal.steer("mute")
    with Inserting(bus=bus) as inserting:
        inserting.mark()
        assert "did not take the text" in inserting.fail("text")
        assert desktop.clipboard() == "text"


def test_without_any_program_that_copies(
    portal: Portal, bus: Bus, usual_limits: None, patient_with_manager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GNOME where nothing was installed for it: the portal does it all, as long as it has a session."""
    monkeypatch.setenv("PATH", "")
    with Inserting(bus=bus) as inserting:
        inserting.dictate("one ")
        portal.pasted("one ")
        portal.steer("mute")
        inserting.mark(2)
        assert "did not take the text" in inserting.fail("two", 2)
    portal.wait("close")
    assert portal.clipboard() == {TEXT_TYPE: b"two"}  # by the desktop's manager
    with Inserting(bus=bus) as inserting:
        portal.steer("refuse")
        inserting.mark(3)
        event = inserting.insert("three", 3)
        assert isinstance(event, InsertionFailed)
        assert not event.on_clipboard
        inserting.inserter.order(CopyText(4, "four"))
        event = inserting.next()
        assert isinstance(event, InsertionFailed)
        assert "install wl-clipboard" in str(event.error)


def test_a_question_that_nobody_answers(
    portal: Portal, bus: Bus, desktop: Sway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text does not wait for ever."""
    monkeypatch.setattr(portal_keyboard, "_OPEN_SECONDS", 0.3)
    portal.steer("silent")
    with Inserting(bus=bus) as inserting:
        inserting.mark()
        assert "has not let utterkey paste" in inserting.fail("text")
        assert desktop.clipboard() == "text"


def test_the_screen_was_locked_while_recording(portal: Portal, bus: Bus, desktop: Sway) -> None:
    """The desktop ends the session and creates no other until it is unlocked: that is not the user's word."""
    with Inserting(bus=bus) as inserting:
        inserting.dictate("before ")
        portal.steer("close")
        inserting.mark(2)
        assert "ended what it allowed" in inserting.fail("locked", 2)
        portal.steer("close", False)
        portal.steer("inhibit")
        inserting.mark(3)
        assert "did not let utterkey paste this time (The desktop could not do it)" in inserting.fail("locked", 3)
        assert desktop.clipboard() == "locked"
        portal.steer("inhibit", False)
        inserting.dictate("after", 4)
        portal.pasted("before after")


def test_the_portal_is_started_again_while_it_asks(portal: Portal, bus: Bus) -> None:
    """No answer comes then; the new one is asked."""
    portal.steer("silent")
    with Inserting(bus=bus) as inserting:
        inserting.mark()
        portal.wait("start clipboard=True")
        portal.steer("silent", False)
        portal.restart()
        assert bus.has_owner(NAME)  # answered after the former one's end was told
        assert inserting.insert("text") == TextInserted(1)
        portal.pasted("text")


def test_a_session_that_is_slow_to_end(portal: Portal, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is not taken for it."""
    monkeypatch.setattr(portal_keyboard, "_LINGER_SECONDS", 0.05)
    portal.steer("slow")
    with Inserting(bus=bus) as inserting:
        inserting.dictate("one ")
        portal.wait("close")
        inserting.dictate("two", 2)
        portal.pasted("one two")


def test_the_real_frontend_passes_on_a_refusal(bus: Bus, desktop: Sway) -> None:
    keyboard = RemoteKeyboard(answers=False)
    with real_portal(desktop, keyboard.interface), Inserting(bus=bus) as inserting:
        inserting.mark()
        assert "does not let utterkey paste" in inserting.fail("text")
        assert desktop.clipboard() == "text"


def test_the_real_frontend_passes_on_that_the_session_ended(bus: Bus, desktop: Sway) -> None:
    """In the middle of an insertion, by the desktop: the text is on the clipboard, and the next one works."""
    desktop.copy(PNG, "image/png")
    target = desktop.open_target("foot")
    keyboard = RemoteKeyboard()
    with real_portal(desktop, keyboard.interface, keyboard.session) as backend, Inserting(bus=bus) as inserting:
        keyboard.ends = backend.bus
        inserting.mark()
        assert "ended what it allowed" in inserting.fail("text")
        assert desktop.clipboard() == "text"
        keyboard.ends = None
        inserting.dictate("again", 2)
        target.wait_text("again")
        assert len(keyboard.sessions) == 2
    keyboard.close()


@pytest.mark.parametrize("kind", ["foot", "gtk3-entry", "gtk4-entry"])
def test_real_frontend_and_real_keys(bus: Bus, desktop: Sway, kind: SwayTarget) -> None:
    """As on Plasma 5.27: the compositor owns the clipboard, and the portal strikes the keys, here for a real window."""
    desktop.copy(PNG, "image/png")
    target = desktop.open_target(kind)
    keyboard = RemoteKeyboard()
    with real_portal(desktop, keyboard.interface, keyboard.session):
        with Inserting(bus=bus) as inserting:
            assert inserting.inserter.name == "RemoteDesktop portal"
            written = ""
            for number, text in enumerate((MIXED, "short", "and another"), 1):
                inserting.mark(number)
                assert inserting.insert(text, number) == TextInserted(number)
                written += text
                target.wait_text(written)
            desktop.wait_clipboard("image/png", PNG)
        assert keyboard.sessions
        keyboard.close()


def test_without_a_portal(bus: Bus, desktop: Sway) -> None:
    with Inserting(bus=bus) as inserting:
        assert inserting.inserter.name == "clipboard"
        assert "neither virtual-keyboard-v1 nor a RemoteDesktop portal" in str(
            getattr(inserting.inserter, "reason", "")
        )
        inserting.mark()
        inserting.fail("text")
        assert desktop.clipboard() == "text"


def test_the_users_own_chord_for_a_window_that_is_not_known(portal: Portal, bus: Bus) -> None:
    with Inserting(OutputSettings(chords=Pairs([("*", "ctrl+v")])), bus=bus) as inserting:
        inserting.dictate("pasted")
        portal.pasted("pasted")
    keys = [call for call in portal.calls() if call.startswith("key")]
    assert keys == ["key 0xffe3 down", "key 0x76 down", "key 0x76 up", "key 0xffe3 up"]


def test_told_to_type_where_nothing_can_be_typed(portal: Portal, bus: Bus) -> None:
    with Inserting(OutputSettings(method="type"), bus=bus) as inserting:
        inserting.dictate("pasted")
        portal.pasted("pasted")
