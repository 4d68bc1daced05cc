"""A microphone that goes away in the middle of a dictation, and a key that is never let go."""

from __future__ import annotations

import time

import psutil

from conftest import Figure
from desktop import Desktop, Target, await_true
from program import Program
from service import Policy, Service

WORDS = ((300, 600, "Hello"), (700, 1100, "there"), (1200, 1500, "everybody."), (1600, 1900, "Bye."))
TEXT = "Hello there everybody. Bye. "
USUAL = Policy(final_delay_s=0.1, termination_delay_s=0.1)


def test_the_sound_server_is_killed_and_restarted(desktop: Desktop, target: Target, figure: Figure) -> None:
    """What was captured is delivered, with the key still down; the user is told; the next press works."""
    with (
        Service(WORDS, policy=USUAL) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        desktop.key_down("F9")
        service.wait_session(1).wait_audio(2100)
        (server,) = (child for child in psutil.Process().children() if child.name() == "pulseaudio")
        killed = time.monotonic()
        server.kill()
        target.wait_text(TEXT)
        figure("the sound server is killed -> what was said is in the window", target.changes()[-1][0] - killed)
        await_true(lambda: "went away" in program.log(), 5, "a sentence about it")
        desktop.key_up("F9")
        program.wait_state("idle")
        server.wait(5)  # until its number is free, another one takes it for alive
        desktop._start_sound()
        await_true(desktop._sounding, 20, "PulseAudio")
        desktop.speak(desktop.folder / "hiss.wav")
        desktop.key_down("F9")
        service.wait_session(2).wait_audio(2100)
        desktop.key_up("F9")
        target.wait_text(TEXT * 2)
        assert "Traceback" not in program.log()


def test_the_longest_utterance(desktop: Desktop, target: Target) -> None:
    """It ends by itself, and its text is delivered; the release means nothing then."""
    with (
        Service(WORDS, policy=USUAL) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, audio={"max_seconds": 5}) as program,
    ):
        desktop.key_down("F9")
        target.wait_text(TEXT, 10)
        service.wait_session(1).wait_message("Terminate")
        await_true(lambda: "The longest utterance is 5 seconds" in program.log(), 5, "a sentence about it")
        desktop.key_up("F9")
        program.wait_state("idle")
        assert len(service.sessions) == 1
