"""The computer is put to sleep in the middle of a dictation."""

from __future__ import annotations

from threading import Event

import pytest

from buses import private_bus
from conftest import Figure
from desktop import Desktop, Target, await_true
from logind import FakeLogind
from program import Program, say_to
from service import Policy, Service

WORDS = ((300, 600, "Hello"), (700, 1100, "there"), (1200, 1500, "everybody."), (1600, 1900, "Bye."))
TEXT = "Hello there everybody. Bye. "


def test_the_text_comes_and_the_session_ends_before_the_sleep(desktop: Desktop, target: Target, figure: Figure) -> None:
    with private_bus() as system, FakeLogind(system.address) as logind:
        desktop.environment["DBUS_SYSTEM_BUS_ADDRESS"] = system.address
        slow = Policy(final_delay_s=0.3, termination_delay_s=0.5)
        with (
            Service(WORDS, policy=slow) as service,
            Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
        ):
            logind.wait_inhibited(1)
            desktop.key_down("F9")
            session = service.wait_session(1)
            session.wait_audio(2100)
            held_off = logind.sleep()
            assert session.wait_closed().texts[-1:] == ["Terminate"]
            assert '"delivered"' in say_to(desktop, "history", "--json").stdout, "the sleep came before the text"
            target.wait_text(TEXT)
            figure("sleep in the middle of a dictation is held off", held_off)
            assert held_off < 4
            desktop.key_up("F9")
            logind.wake()
            logind.wait_inhibited(2)
            assert logind.sleep() < 3, "with nothing in hand"
            logind.wake()
            logind.wait_inhibited(3)
            assert program.status()["state"] == "idle"
        await_true(lambda: not logind.inhibited, 5, "the end of the program lets sleep come")


@pytest.mark.long
def test_a_dictation_that_cannot_be_finished_does_not_keep_the_computer_awake(
    desktop: Desktop, target: Target, figure: Figure
) -> None:
    """Without a network it is held off for four seconds; after the wake there is one, and the text is not lost."""
    with private_bus() as system, FakeLogind(system.address) as logind:
        desktop.environment["DBUS_SYSTEM_BUS_ADDRESS"] = system.address
        with (
            Service(WORDS) as service,
            Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
        ):
            logind.wait_inhibited(1)
            service.refuse()
            desktop.key_down("F9")
            Event().wait(2.1)  # it speaks
            held_off = logind.sleep(10)
            figure("sleep is held off without a network", held_off)
            assert 3.9 < held_off < 4.9
            desktop.key_up("F9")
            service.accept()
            logind.wake()
            logind.wait_inhibited(2)
            program.wait_state("idle", 15)
            await_true(lambda: desktop.clipboard() == TEXT.strip(), 5, "the text, too late to be inserted")
            assert program.status()["failed"] == 0
