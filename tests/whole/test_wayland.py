"""Hold, speak, release on a real Wayland compositor, whose own binding is the key, into every kind of window."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from conftest import Figure, move_to
from desktop import Target, await_true
from portals import Shortcuts, real_portal
from program import Program, say_to
from service import Policy, Service
from sway import F9, WINDOWS, Keys, Sway, SwayTarget

WORDS = ((100, 300, "Grüße,"), (320, 500, "“naïve”"), (520, 700, "日本語"), (720, 900, "😀."))
TEXT = "Grüße, “naïve” 日本語 😀. "
HELD_MS = 1000
USUAL = Policy(begin_delay_s=0.02, final_delay_s=0.1, termination_delay_s=0.1)
PNG = b"\x89PNG\r\n\x1a\n" + random.Random(2).randbytes(50_000)
FORMER = (("image/png", PNG), ("text/plain;charset=utf-8", "vorher — “日本”".encode()))


@pytest.fixture
def wayland(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sway]:
    """With sound. Nobody has bound a key yet."""
    with Sway() as desktop:
        move_to(desktop, monkeypatch)
        yield desktop


def doctor(desktop: Sway) -> dict[str, dict[str, object]]:
    report = json.loads(say_to(desktop, "doctor", "--json", "--set", "hotkey.key=f9").stdout)
    return {finding["part"]: finding for finding in report["findings"]}


def bind(desktop: Sway) -> None:
    """What `doctor` says is to be bound, to the letter."""
    lines = doctor(desktop)["hotkey"]["lines"]
    assert isinstance(lines, list)
    assert len(lines) == 2
    for line in lines:
        desktop.run(["swaymsg", "--", line])


def hold(service: Service, session: int) -> float:
    """Hold the key until so much audio is at the service; when it was let go. A program starts for either."""
    with closing(Keys()) as keys:
        keys.press(F9)
        service.wait_session(session).wait_audio(HELD_MS)
        released = time.monotonic()
        keys.release(F9)
    return released


@pytest.mark.parametrize("kind", WINDOWS)
@pytest.mark.timeout(600)
def test_f9_held(
    wayland: Sway, room: None, kind: SwayTarget, counts: Callable[[int, int], int], figure: Figure
) -> None:
    target = wayland.open_target(kind)
    bind(wayland)
    delays, written = [], ""
    with (
        Service(WORDS, policy=USUAL) as service,
        Program(wayland, service={"endpoint": service.url, "linger_seconds": 0}, hotkey={"key": "f9"}) as program,
    ):
        status = program.status()
        assert (status["hotkey"], status["insertion"]) == ("key bindings of sway", "wayland")
        for number in range(1, counts(5, 30) + 1):
            former = FORMER[number % 2]
            wayland.copy(former[1], former[0])
            written += TEXT
            released = hold(service, number)
            target.wait_text(written)
            delays.append(target.changes()[-1][0] - released)
            service.wait_session(number).wait_closed()
            wayland.wait_clipboard(*former)
        program.wait_state("idle")
        assert program.status()["last_error"] == ""
        assert target.text() == written
    figure(f"sway, F9 held 1 s, into {kind}: released -> text", *delays)


def test_the_window_is_gone(wayland: Sway, room: None) -> None:
    """The text is on the clipboard and the user is told."""
    target: Target = wayland.open_target("foot")
    bind(wayland)
    slow = Policy(final_delay_s=1.0, termination_delay_s=0.1)
    with (
        Service(WORDS, policy=slow) as service,
        Program(wayland, service={"endpoint": service.url}, hotkey={"key": "f9"}) as program,
    ):
        hold(service, 1)
        target.close()
        await_true(lambda: wayland.clipboard() == TEXT.strip() + " ", 10, "the text on the clipboard", every=0.05)
        program.wait_state("idle")
        assert "window" in program.status()["last_error"]
        assert say_to(wayland, "last").stdout.strip() == TEXT.strip()


def test_doctor_on_wayland(wayland: Sway) -> None:
    found = doctor(wayland)
    assert found["display"]["sentence"] == f"Wayland {wayland.environment['WAYLAND_DISPLAY']}, sway."
    assert found["insertion"]["sentence"] == "Texts go into the focused window, by wayland."
    assert found["hotkey"]["verdict"] == "note"


def test_the_portal_drives_a_dictation(wayland: Sway, room: None) -> None:
    """Real frontend, backend of the test. A held key is told again and again, as KDE does; a tap is a slip."""
    shortcuts = Shortcuts()
    target = wayland.open_target("foot")
    with (
        real_portal(wayland, shortcuts.interface) as backend,
        Service(WORDS, policy=USUAL) as service,
        Program(wayland, service={"endpoint": service.url, "linger_seconds": 0}, hotkey={"key": "f9"}) as program,
    ):
        await_true(lambda: program.status()["hotkey"] == "GlobalShortcuts portal (F9)", 10, "the key")
        for number in (1, 2):
            for _ in range(25):
                shortcuts.press(backend.bus)
            service.wait_session(number).wait_audio(HELD_MS)
            shortcuts.press(backend.bus)
            shortcuts.release(backend.bus)
            target.wait_text(TEXT * number)
            service.wait_session(number).wait_closed()
        program.wait_state("idle")
        shortcuts.press(backend.bus)
        shortcuts.release(backend.bus)
        shortcuts.release(backend.bus)
        program.wait_state("idle")
        assert len(service.sessions) <= 3
        assert target.text() == TEXT * 2
        assert program.status()["last_error"] == ""


def test_the_portal_gives_no_key(wayland: Sway, room: None) -> None:
    """An empty list is a refusal; the commands still work."""
    shortcuts = Shortcuts()
    shortcuts.gives = False
    target = wayland.open_target("foot")
    with (
        real_portal(wayland, shortcuts.interface),
        Service(WORDS, policy=USUAL) as service,
        Program(wayland, service={"endpoint": service.url}) as program,
    ):
        await_true(lambda: "gives no global key" in program.status()["last_error"], 10, "the refusal")
        assert "gives no global key" in program.status()["hotkey"]
        assert shortcuts.wanted == {"dictate": "F9"}
        assert say_to(wayland, "press").returncode == 0
        service.wait_session(1).wait_audio(HELD_MS)
        assert say_to(wayland, "release").returncode == 0
        target.wait_text(TEXT)
