""" "Scratch that", said to the whole program on a real desktop."""

from __future__ import annotations

import pytest

from desktop import Desktop, Target, await_true
from program import Program, say_to
from service import Service

WORDS = ((300, 600, "Hello"), (700, 1100, "everybody."))
SCRATCH = ((300, 600, "Scratch"), (700, 1100, "that."))
OUTPUT = {"spoken_commands": True}


def say(desktop: Desktop, service: Service, session: int, keys: list[str]) -> None:
    for key in keys:
        desktop.key_down(key)
    service.wait_session(session).wait_audio(1300)
    for key in reversed(keys):
        desktop.key_up(key)


@pytest.mark.parametrize(
    ("hotkey", "keys"),
    [
        ({"key": "f9"}, ["F9"]),
        pytest.param({"key": "f9", "grab": False}, ["F9"], marks=pytest.mark.long),
        ({}, ["Control_R"]),
        pytest.param({"key": "ctrl+alt+space"}, ["Control_L", "Alt_L", "space"], marks=pytest.mark.long),
    ],
    ids=["grabbed", "observed", "right_ctrl", "ctrl+alt+space"],
)
def test_the_last_insertion_is_removed(
    desktop: Desktop, target: Target, hotkey: dict[str, object], keys: list[str]
) -> None:
    """The hotkey's own press in between is nothing that happened; a key of the user's is."""
    with (
        Service(WORDS, SCRATCH, WORDS, SCRATCH) as service,
        Program(desktop, hotkey=hotkey, service={"endpoint": service.url}, output=OUTPUT) as program,
    ):
        desktop.type_text("so ")
        say(desktop, service, 1, keys)
        target.wait_text("so Hello everybody ")
        program.wait_state("idle")
        say(desktop, service, 2, keys)
        target.wait_text("so ")
        program.wait_state("idle")
        assert say_to(desktop, "last").stdout.strip() == "Hello everybody."  # a command is no transcript
        say(desktop, service, 3, keys)
        target.wait_text("so Hello everybody ")
        program.wait_state("idle")
        desktop.tap("x")
        say(desktop, service, 4, keys)
        await_true(lambda: "Nothing was scratched" in program.status()["last_error"], 5, "a sentence about it")
        assert target.text() == "so Hello everybody x"


def test_while_the_key_is_held(desktop: Desktop, target: Target) -> None:
    turns = (
        *((300, 600, "The"), (650, 900, "first"), (950, 1200, "turn"), (1250, 1500, "ends.")),
        *((4300, 4600, "Scratch"), (4650, 4900, "that.")),
        *((7900, 8200, "And"), (8250, 8500, "the"), (8550, 8800, "rest.")),
    )
    output = {"as_you_speak": True, **OUTPUT}
    with (
        Service(turns, turn_pause_ms=400) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, output=output) as program,
    ):
        desktop.key_down("F9")
        target.wait_text("The first turn ends. ", 10)
        target.wait_text("", 10)
        assert program.status()["state"] == "recording"
        service.wait_session(1).wait_audio(8900)
        desktop.key_up("F9")
        target.wait_text("And the rest. ", 10)
