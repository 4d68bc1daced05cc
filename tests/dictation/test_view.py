"""What the outside sees of the machine's state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dictation.scenarios import PLAIN, run
from utterkey.dictation.events import COMMAND, CaptureStarted, CaptureWarned, Pressed
from utterkey.dictation.state import (
    Arming,
    Connected,
    Connecting,
    Finishing,
    Link,
    Phase,
    Recording,
    Refused,
    State,
    Unlinked,
    Utterance,
)
from utterkey.dictation.transcript import Heard, Turn
from utterkey.dictation.view import View, project
from utterkey.errors import KeyRefused, MicrophoneError, SessionLost
from utterkey.measured import Today

HEARD = Heard(turns=(Turn(0, "Hello there.", True), Turn(1, "and", False)))
UNFORMATTED = Heard(turns=(Turn(0, "hello there", True, settled=False), Turn(1, "and", False)))


def seen(state: State) -> View:
    return project(state, PLAIN, recent=(), kept=(), today=Today(), engine="", hotkey="", microphone="")


def view(phase: Phase, link: Link, **more: object) -> View:
    utterance = replace(Utterance(1, COMMAND, phase, "insert", link), **more)  # type: ignore[arg-type]
    return seen(State(utterances=(utterance,)))


def test_a_key_that_is_arming_shows_nothing() -> None:
    assert view(Arming(), Unlinked(), flowing=True) == View()


AWAITED = {
    "neither": (view(Recording(), Connecting(1)), "microphone"),
    "the microphone first": (view(Recording(), Connected(1)), "microphone"),
    "audio, no session": (view(Recording(), Connecting(1), flowing=True), "service"),
    "both": (view(Recording(), Connected(1), flowing=True), ""),
    "after the release no audio is awaited": (view(Finishing(), Connected(1)), ""),
}


@pytest.mark.parametrize("name", AWAITED)
def test_what_is_awaited(name: str) -> None:
    found, expected = AWAITED[name]
    assert found.awaited == expected


TROUBLE = {
    "none": (view(Recording(), Connected(1)), ""),
    "a lost session": (view(Recording(), Unlinked(SessionLost("It is gone."))), "It is gone."),
    "a refused key": (view(Finishing(), Refused(KeyRefused("It is refused."))), "It is refused."),
    "the microphone first": (
        view(Recording(), Unlinked(SessionLost("It is gone.")), warning="Only silence."),
        "Only silence.",
    ),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_what_stands_in_the_way(name: str) -> None:
    found, expected = TROUBLE[name]
    assert found.trouble == expected


SETTLED = {
    "a final and a partial": (HEARD, "Hello there. and", "Hello there."),
    "a final whose formatted twin is to come": (UNFORMATTED, "hello there and", ""),
    "finals of sessions that are gone": (Heard(kept=("Before.",), turns=HEARD.turns[1:]), "Before. and", "Before."),
    "nothing": (Heard(), "", ""),
}


@pytest.mark.parametrize("name", SETTLED)
def test_what_will_not_change_any_more(name: str) -> None:
    heard, partial, settled = SETTLED[name]
    found = view(Recording(), Connected(1), heard=heard)
    assert (found.partial, found.settled) == (partial, settled)
    assert found.partial.startswith(found.settled)


def test_the_microphone_is_followed() -> None:
    state, views = State(), []
    silence = CaptureWarned(1, MicrophoneError("Only silence."))
    for event in (Pressed(COMMAND), CaptureStarted(1), silence):
        state, _ = run([event], state=state)
        views.append(seen(state))
    assert [(each.awaited, each.trouble) for each in views] == [
        ("microphone", ""), ("service", ""), ("service", "Only silence."),
    ]  # fmt: skip
