"""However the daemon is told to end, and whatever hangs meanwhile: it takes three seconds, and nothing said is lost."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from conftest import Figure
from desktop import Desktop, Target, await_true
from faults import At, Fault, Kind
from program import Program, say_to
from service import Policy, Service

WORDS = ((300, 600, "Hello"), (700, 1100, "there"), (1200, 1500, "everybody."), (1600, 1900, "Bye."))
TEXT = "Hello there everybody. Bye. "
LIMIT_S = 3.0
SLACK_S = 2.0
"""A process of Python takes some time to end, on a busy machine more, and one that tells it to quit to start."""
ENOUGH_BYTES = 32_000


def quit(_: Program, desktop: Desktop) -> None:
    assert say_to(desktop, "quit").returncode == 0


def by_signal(number: signal.Signals) -> Callable[[Program, Desktop], None]:
    return lambda program, _: program.process.send_signal(number)


WAYS = {"SIGTERM": by_signal(signal.SIGTERM), "SIGINT": by_signal(signal.SIGINT), "quit": quit}
SILENT = Fault(Kind.SILENCE, At.MID_SPEECH)
UNANSWERED = Fault(Kind.SILENCE, At.UPGRADE)


def end(program: Program, desktop: Desktop, way: str) -> float:
    """Seconds from the order to the end of the process."""
    began = time.monotonic()
    WAYS[way](program, desktop)
    assert program.process.wait(3 * LIMIT_S) == 0
    return time.monotonic() - began


def kept_audio(desktop: Desktop) -> list[Path]:
    return list(Path(desktop.environment["XDG_STATE_HOME"]).rglob("*.wav"))


def kept_bytes(desktop: Desktop) -> int:
    return sum(path.stat().st_size for path in kept_audio(desktop))


@pytest.mark.parametrize("way", ["SIGTERM", "SIGINT"])
def test_in_the_middle_of_a_dictation(desktop: Desktop, target: Target, figure: Figure, way: str) -> None:
    """The session is terminated, and what was said is inserted."""
    with (
        Service(WORDS, policy=Policy(final_delay_s=0.1, termination_delay_s=0.1)) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        desktop.key_down("F9")
        service.wait_session(1).wait_audio(2100)
        seconds = end(program, desktop, way)
        desktop.key_up("F9")
        assert "Terminate" in service.wait_session(1).wait_closed().texts
        target.wait_text(TEXT)
    figure(f"{way} in a dictation -> the daemon has ended", seconds)
    assert '"delivered"' in say_to(desktop, "history", "--json").stdout
    assert kept_audio(desktop) == [], "delivered audio is deleted"
    assert seconds < LIMIT_S + SLACK_S


@pytest.mark.parametrize(("way", "fault"), [("SIGTERM", SILENT), ("quit", SILENT), ("SIGINT", UNANSWERED)])
def test_with_a_service_that_says_nothing(desktop: Desktop, figure: Figure, way: str, fault: Fault) -> None:
    """In the middle of the session, or when it is to be opened: what was said is offered again."""
    with (
        Service(WORDS, faults=[fault]) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        desktop.key_down("F9")
        service.wait_session(1).wait(lambda session: session.struck_at is not None)
        await_true(lambda: kept_bytes(desktop) > ENOUGH_BYTES, 10, "the words", every=0.02)
        seconds = end(program, desktop, way)
        desktop.key_up("F9")
    figure(f"{way}, the service silent at {fault.at.name} -> the daemon has ended", seconds)
    (entry,) = json.loads(say_to(desktop, "history", "--json").stdout)
    assert entry["status"] == "interrupted"
    assert kept_bytes(desktop) > ENOUGH_BYTES
    assert seconds < LIMIT_S + SLACK_S


def test_with_a_microphone_that_hangs(desktop: Desktop, figure: Figure) -> None:
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        desktop.key_down("F9")
        service.wait_session(1).wait_audio(1000)
        (server,) = (child for child in psutil.Process().children() if child.name() == "pulseaudio")
        server.suspend()
        try:
            seconds = end(program, desktop, "SIGTERM")
        finally:
            server.resume()
        desktop.key_up("F9")
    figure("SIGTERM, the sound server hanging -> the daemon has ended", seconds)
    (entry,) = json.loads(say_to(desktop, "history", "--json").stdout)
    assert entry["status"] == "delivered" or kept_audio(desktop)
    assert seconds < LIMIT_S + SLACK_S
