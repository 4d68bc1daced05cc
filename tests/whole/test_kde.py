"""KDE's key, and desktops on which no text gets into a window: then it is on the clipboard, and the user is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from conftest import move_to
from desktop import await_true
from kwin import F9, Keys, Kwin, Weston
from notifications import notification_service
from program import Program, say_to
from service import Policy, Service

WORDS = ((100, 300, "Grüße,"), (320, 500, "“naïve”"), (520, 700, "日本語"), (720, 900, "😀."))
TEXT = "Grüße, “naïve” 日本語 😀."
HELD_MS = 1000
GERMAN = {"key": "f8", "languages": ["de"]}
USUAL = Policy(begin_delay_s=0.02, final_delay_s=0.1, termination_delay_s=0.1)


@pytest.fixture
def wayland(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kwin]:
    with Kwin() as desktop:
        move_to(desktop, monkeypatch)
        yield desktop


def test_f9_held_on_kde(wayland: Kwin, room: None) -> None:
    """Real key events to the real KWin, told by the real portal; repeated while the key is held."""
    with (
        notification_service(wayland.environment["DBUS_SESSION_BUS_ADDRESS"]) as shown,
        Service(WORDS, policy=USUAL) as service,
        Program(wayland, service={"endpoint": service.url, "linger_seconds": 0}, hotkey={"key": "f9"}) as program,
        closing(Keys()) as keys,
    ):
        await_true(lambda: program.status()["hotkey"] == "GlobalShortcuts portal (F9)", 10, "the key")
        assert program.status()["insertion"] == "RemoteDesktop portal"
        for number in (1, 2):
            keys.press(F9)
            service.wait_session(number).wait_audio(HELD_MS)
            keys.release(F9)
            program.wait_state("idle")
            service.wait_session(number).wait_closed()
        assert len(service.sessions) == 2
        pasted = wayland.run(["wl-paste", "--no-newline"]).decode()
        assert pasted.strip() == TEXT
        assert say_to(wayland, "last").stdout.strip() == TEXT
        assert "on the clipboard" in program.status()["last_error"]
        await_true(lambda: any("on the clipboard" in sentence for sentence in shown.history), 5, "a notification")


@pytest.mark.parametrize("kind", ["gtk3-entry", "gtk4-entry"])
def test_the_text_gets_into_a_window_of_kde(wayland: Kwin, room: None, kind: str) -> None:
    """By its own portal, which strikes Shift+Insert; what was on the clipboard is there again."""
    wayland.start(["sh", "-c", "head -c 50000 /dev/urandom > former; exec wl-copy --foreground -t image/png < former"])
    former = wayland.folder / "former"

    def is_on_the_clipboard() -> bool:
        copied = wayland.run(["wl-paste", "-t", "image/png"], check=False)
        return bool(copied) and copied == former.read_bytes()

    await_true(is_on_the_clipboard, 10, "wl-copy", every=0.1)
    target = wayland.open_target(kind)
    with (
        Service(WORDS, policy=USUAL) as service,
        Program(wayland, service={"endpoint": service.url, "linger_seconds": 0}, hotkey={"key": "f9"}) as program,
        closing(Keys()) as keys,
    ):
        await_true(lambda: program.status()["hotkey"] == "GlobalShortcuts portal (F9)", 10, "the key")
        written = ""
        for number in (1, 2):
            keys.press(F9)
            service.wait_session(number).wait_audio(HELD_MS)
            keys.release(F9)
            written += TEXT + " "
            target.wait_text(written, 10)
        program.wait_state("idle")
        assert program.status()["last_error"] == ""
        await_true(is_on_the_clipboard, 10, "the clipboard", every=0.3)


def test_kde_without_its_portal(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key and no way into a window: the commands start it, the text is on the clipboard, and the user is told."""
    with Kwin(portal=False) as desktop:
        move_to(desktop, monkeypatch)
        with (
            notification_service(desktop.environment["DBUS_SESSION_BUS_ADDRESS"]) as shown,
            Service(WORDS, policy=USUAL) as service,
            Program(desktop, service={"endpoint": service.url}, hotkey={"extra": [GERMAN]}) as program,
        ):
            assert program.status()["hotkey"] == "key bindings of KDE"
            assert program.status()["insertion"] == "clipboard"
            assert "f7 is no hotkey" in say_to(desktop, "press", "f7").stderr
            assert say_to(desktop, "press", "f8").returncode == 0
            assert service.wait_session(1).query["language_codes"] == '["de"]'
            service.wait_session(1).wait_audio(HELD_MS)
            say_to(desktop, "release")
            program.wait_state("idle")
            assert desktop.run(["wl-paste", "--no-newline"]).decode().strip() == TEXT
            await_true(lambda: any("on the clipboard" in sentence for sentence in shown.history), 5, "a notification")
            assert program.status()["failed"] == 0


def test_a_desktop_that_can_do_nothing(
    nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """No seat, so no clipboard either: the text is kept, and the user is told how to get at it."""
    with Weston() as desktop:
        move_to(desktop, monkeypatch)
        with (
            notification_service(desktop.environment["DBUS_SESSION_BUS_ADDRESS"]) as shown,
            Service(WORDS, policy=USUAL) as service,
            Program(desktop, service={"endpoint": service.url}) as program,
        ):
            assert program.status()["hotkey"] == "key bindings of your compositor"
            say_to(desktop, "press")
            service.wait_session(1).wait_audio(HELD_MS)
            say_to(desktop, "release")
            program.wait_state("idle")
            assert say_to(desktop, "last").stdout.strip() == TEXT
            assert "utterkey last" in program.status()["last_error"]
            await_true(lambda: any("utterkey last" in sentence for sentence in shown.history), 5, "a notification")
            assert program.status()["failed"] == 1
