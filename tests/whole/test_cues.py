"""What the user hears at a dictation, and that the service hears nothing of it."""

from __future__ import annotations

from desktop import Desktop, Target, await_true
from exact_sound import exact_noise, listen, play_noise
from loudspeaker import Loudspeaker
from program import Program
from service import Service

WORDS = ((300, 600, "Hello"), (700, 1100, "there"))


def test_the_cues_come_out_of_the_loudspeaker_and_never_reach_the_service(desktop: Desktop, target: Target) -> None:
    """What the service gets is one piece of what was put into the microphone, while both cues are played."""
    noise = exact_noise()
    with (
        Loudspeaker(desktop) as loudspeaker,
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}),
    ):
        listen(desktop, "mouth")
        play_noise(desktop, "mouth", noise)
        desktop.key_down("F9")
        await_true(lambda: loudspeaker.cues() == ["start"], 10, "the start cue, while the key is held")
        service.wait_session(1).wait_audio(1300)
        desktop.key_up("F9")
        await_true(lambda: loudspeaker.cues() == ["start", "stop"], 10, "the stop cue")
        session = service.wait_session(1).wait_closed()
        assert bytes(session.audio).rstrip(b"\0") in noise
        target.wait_change()


def test_no_cue_for_a_slip_of_the_finger(desktop: Desktop, target: Target) -> None:
    with (
        Loudspeaker(desktop) as loudspeaker,
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}),
    ):
        desktop.tap("F9")
        desktop.key_down("F9")
        await_true(loudspeaker.cues, 10, "a cue")
        desktop.key_up("F9")
        await_true(lambda: len(loudspeaker.cues()) == 2, 10, "the other")
        assert loudspeaker.cues() == ["start", "stop"]
