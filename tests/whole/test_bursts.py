"""Many presses a minute against a service that allows five new sessions."""

from __future__ import annotations

import time
from collections.abc import Callable

from conftest import Figure
from desktop import Desktop, Target, await_true
from program import Program
from scripted import ScriptedRecognizer
from service import Policy, Service
from tones import Tones, write_tones
from utterkey.offline.parameters import Parameters


def heard_tones(parameters: Parameters) -> ScriptedRecognizer:
    return ScriptedRecognizer(Tones(parameters.sample_rate), parameters)


def test_twelve_presses_within_a_minute(
    desktop: Desktop, target: Target, figure: Figure, counts: Callable[[int, int], int]
) -> None:
    """A lingering session hears one press after the other; the words are read out of the audio, so none can be
    taken from an earlier press. Presses come as fast as they can, which is harder than twelve a minute."""
    presses = counts(8, 12)
    limited = Policy(final_delay_s=0.2, termination_delay_s=0.3, sessions_per_minute=5)
    began = time.monotonic()
    with (
        Service(policy=limited, recognizer=heard_tones) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        delays = []
        for number in range(presses):
            desktop.key_down("F9")
            await_true(lambda: program.status()["state"] == "recording", 5, "recording")
            words = range(number * 5, number * 5 + 5)
            desktop.speak(write_tones(desktop.folder / "words.wav", words)).wait(10)
            released = time.monotonic()
            desktop.key_up("F9")
            expected = " ".join(f"w{n}" for n in range(number * 5 + 5)) + " "
            target.wait_text(expected)
            delays.append(target.changes()[-1][0] - released)
        figure(f"{presses} presses within a minute: released -> text", *delays)
        assert sorted(delays)[len(delays) // 2] < 1
        assert max(delays) < 5, "one was made to wait"
        assert len(service.sessions) <= 5
    assert time.monotonic() - began < 60
