"""The login session ends in the middle of a dictation, and takes the display with it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import ConnectionClosedError
from Xlib.ext import xtest

from conftest import Figure
from desktop import Desktop, end
from program import Program, say_to
from service import Policy, Service

WORDS = ((300, 600, "Hello"), (700, 1100, "there"), (1200, 1500, "everybody."), (1600, 1900, "Bye."))
TEXT = "Hello there everybody. Bye."
LIMIT_S = 3.0
SLACK_S = 2.0
"""A process of Python takes some time to end, on a busy machine more."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A display besides that of the test, which may go away."""

    server: subprocess.Popen[bytes]
    display: Any  # python-xlib's stubs miss half of it

    def press(self, key: str) -> None:
        xtest.fake_input(self.display, X.KeyPress, self.display.keysym_to_keycode(XK.string_to_keysym(key)))
        self.display.sync()


@pytest.fixture
def screen(desktop: Desktop, room: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Programs that are started from now on live on it."""
    reader, writer = os.pipe()
    server = desktop.start(["Xvfb", "-displayfd", str(writer), "-nolisten", "tcp", "-noreset"], keep=[writer])
    os.close(writer)
    with os.fdopen(reader) as answer:
        name = f":{answer.readline().strip()}"
    monkeypatch.setitem(desktop.environment, "DISPLAY", name)
    display = Display(name)
    yield Screen(server, display)
    with suppress(ConnectionClosedError, OSError):
        display.close()
    end(server)


def test_the_display_goes_first(desktop: Desktop, screen: Screen, figure: Figure) -> None:
    """No key can be let go, no window is there: what was said is in the history, and the daemon ends by itself."""
    with (
        Service(WORDS, policy=Policy(final_delay_s=0.2, termination_delay_s=0.3)) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        screen.press("F9")
        session = service.wait_session(1)
        session.wait_audio(2100)
        gone = time.monotonic()
        screen.server.kill()
        assert program.process.wait(LIMIT_S + SLACK_S) == 0
        figure("the display is gone -> the daemon has ended", time.monotonic() - gone)
        assert session.wait_closed().texts[-1:] == ["Terminate"]
        _is_told_once(program.log())
        history = say_to(desktop, "history", "--json").stdout
        assert TEXT in history
        assert say_to(desktop, "last").stdout.strip() == TEXT


def test_what_is_not_finished_by_then_is_offered_again(desktop: Desktop, screen: Screen, figure: Figure) -> None:
    with (
        Service(WORDS, policy=Policy(final_delay_s=30)) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        screen.press("F9")
        service.wait_session(1).wait_audio(2100)
        gone = time.monotonic()
        screen.server.kill()
        assert program.process.wait(LIMIT_S + SLACK_S) == 0
        figure("the display is gone, the service silent -> the daemon has ended", time.monotonic() - gone)
        _is_told_once(program.log())
        history = say_to(desktop, "history", "--json").stdout
        assert '"interrupted"' in history


def test_the_terminal_it_runs_in_is_closed(desktop: Desktop, screen: Screen) -> None:
    with (
        Service(WORDS, policy=Policy(final_delay_s=0.1, termination_delay_s=0.1)) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        screen.press("F9")
        session = service.wait_session(1)
        session.wait_audio(2100)
        program.process.send_signal(signal.SIGHUP)
        assert program.process.wait(LIMIT_S + SLACK_S) == 0
        assert session.wait_closed().texts[-1:] == ["Terminate"]
        assert TEXT in say_to(desktop, "history", "--json").stdout


def _is_told_once(log: str) -> None:
    assert "Traceback" not in log
    assert log.count("The X server closed the connection") == 1, log
