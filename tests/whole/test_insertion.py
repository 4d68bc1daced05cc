"""Where the text goes when the desktop is not as it was: the whole program on a real desktop."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from desktop import Desktop, Target, await_true
from notifications import Shown, notification_service
from program import Program, recorded_ms, say_to
from service import Policy, Service

WORDS = ((300, 600, "Hello"), (700, 1100, "there"), (1200, 1500, "everybody."), (1600, 1900, "Bye."))
TEXT = "Hello there everybody. Bye."
SLOW = Policy(final_delay_s=2.0, termination_delay_s=0.1)
"""Time for what happens between the release and the text."""
TWO_TURNS = (
    *((300, 600, "The"), (650, 900, "first"), (950, 1200, "turn"), (1250, 1500, "ends.")),
    *((2300, 2600, "Then"), (2650, 2900, "comes"), (2950, 3200, "the"), (3250, 3500, "second.")),
    *((4300, 4600, "And"), (4650, 4900, "the"), (4950, 5200, "rest.")),
)


def hold(desktop: Desktop, service: Service, ms: float = 2100) -> None:
    desktop.key_down("F9")
    service.wait_session(1).wait_audio(ms)
    desktop.key_up("F9")


@pytest.fixture
def shown(desktop: Desktop) -> Iterator[Shown]:
    with notification_service(desktop.environment["DBUS_SESSION_BUS_ADDRESS"]) as service:
        yield service


def safe(desktop: Desktop, program: Program, shown: Shown, text: str = TEXT) -> None:
    """The text is on the clipboard and in the history, and the user is told so once."""
    await_true(lambda: (desktop.clipboard() or "").rstrip() == text, 10, "the text on the clipboard", every=0.05)
    program.wait_state("idle")
    assert say_to(desktop, "last").stdout.strip() == text
    await_true(lambda: len(shown.history) > 1, 5, "a notification")
    ready, told = shown.history
    assert "is ready" in ready
    assert "on the clipboard" in told
    assert "Traceback" not in program.log()


def test_f9_held_over_two_turns(desktop: Desktop, target: Target) -> None:
    """With `as_you_speak` each turn is in the window while the key is still down, and none comes twice."""
    output = {"as_you_speak": True}
    with (
        Service(TWO_TURNS, turn_pause_ms=400) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, output=output) as program,
    ):
        desktop.key_down("F9")
        target.wait_text("The first turn ends. ", 10)
        assert program.status()["state"] == "recording"
        target.wait_text("The first turn ends. Then comes the second. ", 10)
        assert program.status()["state"] == "recording"
        service.wait_session(1).wait_audio(5300)
        desktop.key_up("F9")
        target.wait_text("The first turn ends. Then comes the second. And the rest. ", 10)
        program.wait_state("idle")
        assert "min_turn_silence" not in service.sessions[0].query
        whole = "The first turn ends. Then comes the second. And the rest."
        assert say_to(desktop, "last").stdout.strip() == whole


def test_as_you_speak_not_with_a_modifier_as_the_key(desktop: Desktop, target: Target) -> None:
    with (
        Service(WORDS) as service,
        Program(desktop, service={"endpoint": service.url}, output={"as_you_speak": True}) as program,
    ):
        await_true(lambda: "as_you_speak" in program.status()["last_error"], 5, "a sentence about it")


def test_the_focus_moves_between_release_and_text(desktop: Desktop, target: Target, shown: Shown) -> None:
    with (
        Service(WORDS, policy=SLOW) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        other = desktop.open_target("tk")
        target.focus()
        hold(desktop, service)
        service.wait_session(1).wait_message("Terminate")  # so the release was seen, and the window of that moment
        other.focus()
        safe(desktop, program, shown)
        assert "window" in program.status()["last_error"]
        assert (target.text(), other.text()) == ("", "")


def test_the_window_is_closed_before_the_text_is_ready(desktop: Desktop, target: Target, shown: Shown) -> None:
    with (
        Service(WORDS, policy=SLOW) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        hold(desktop, service)
        target.close()
        safe(desktop, program, shown)


def test_a_modifier_held_for_too_long(desktop: Desktop, target: Target, shown: Shown) -> None:
    with (
        Service(WORDS, policy=SLOW) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        hold(desktop, service)
        desktop.key_down("Shift_L")
        try:
            safe(desktop, program, shown)
        finally:
            desktop.key_up("Shift_L")
        assert "modifier" in program.status()["last_error"]
        assert target.text() == ""


@pytest.mark.usefixtures("room")
def test_no_window_at_all(desktop: Desktop, shown: Shown) -> None:
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        hold(desktop, service)
        safe(desktop, program, shown)
        assert "No window" in program.status()["last_error"]


def test_a_text_that_is_six_seconds_late(desktop: Desktop, target: Target, shown: Shown) -> None:
    """The network is away for so long."""
    words = ((300, 600, "Better"), (700, 1100, "late"), (1150, 1400, "than"), (1450, 1700, "never."))
    with (
        Service(words) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        service.refuse()
        desktop.key_down("F9")
        await_true(lambda: recorded_ms(desktop) > 2100, 10, "a recording")
        desktop.key_up("F9")
        released = time.monotonic()
        # It tries 3.9 s after the release, and then 6.4 s after it: what comes of that is too late.
        await_true(lambda: time.monotonic() > released + 5.0, 7, "5 s")
        service.accept()
        safe(desktop, program, shown, "Better late than never.")
        assert time.monotonic() - released > 5
        assert target.text() == ""


def test_the_last_text_is_inserted_again(desktop: Desktop, target: Target) -> None:
    with (
        Service(WORDS) as service,
        Program(
            desktop, hotkey={"key": "f9", "insert_last": "ctrl+alt+v"}, service={"endpoint": service.url}
        ) as program,
    ):
        assert say_to(desktop, "last", "--insert").returncode == 1  # nothing was said yet
        desktop.tap("Control_L", "Alt_L", "v")
        await_true(lambda: program.status()["last_error"] == "There is no transcript yet.", 5, "a sentence about it")
        hold(desktop, service)
        target.wait_text(TEXT + " ")
        program.wait_state("idle")
        other = desktop.open_target("tk")
        assert say_to(desktop, "last", "--insert").returncode == 0
        other.wait_text(TEXT + " ")
        desktop.run(["xdotool", "key", "--delay", "40", "ctrl+alt+v"])
        other.wait_text(2 * (TEXT + " "))
        desktop.run(["xdotool", "keydown", "ctrl", "keydown", "alt", "keydown", "v", "keyup", "alt", "keyup", "ctrl"])
        desktop.run(["xdotool", "keyup", "v"])
        other.wait_text(3 * (TEXT + " "))


def test_killed_while_typing(desktop: Desktop, room: None) -> None:
    """The keys it had bound are spare again, and every key repeats as before, after a restart."""
    before = desktop.keyboard()
    words = ((300, 600, "日本語"), (700, 1100, "кот"), (1200, 1500, "Žluťoučký"), (1600, 1900, "語。"))
    target = desktop.open_target("gtk3")
    settings = {"hotkey": {"key": "f9"}, "output": {"method": "type"}}
    with Service(words, policy=SLOW) as service:
        with Program(desktop, service={"endpoint": service.url}, **settings) as program:
            hold(desktop, service)
            target.process.send_signal(signal.SIGSTOP)  # its keys are looked up when it goes on
            await_true(lambda: desktop.keyboard()[0] != before[0], 10, "keys bound for the text")
            program.process.send_signal(signal.SIGKILL)
            program.process.wait(5)
        target.process.send_signal(signal.SIGCONT)
        assert desktop.keyboard()[0] != before[0]
        with Program(desktop, service={"endpoint": service.url}, **settings):
            assert desktop.keyboard()[0] == before[0]
    assert desktop.keyboard() == before
