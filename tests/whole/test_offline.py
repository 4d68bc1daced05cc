"""Real speech through the virtual microphone, understood on this machine: no key and no network."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from conftest import Figure
from desktop import Desktop, Target, await_true
from program import Program, say_to
from speech import Spoken, error_rate, read_aloud, said_by_a_voice


def padded(desktop: Desktop, spoken: Spoken) -> Path:
    """As a press has it: a moment before the first word and after the last."""
    raw = ["-r", "16000", "-e", "signed", "-b", "16", "-c", "1"] if spoken.file.suffix == ".raw" else []
    file = desktop.folder / "padded.wav"
    desktop.run(["sox", *raw, str(spoken.file), "-r", "16000", str(file), "pad", "0.3", "0.4"])
    return file


def dictate(desktop: Desktop, program: Program, spoken: Spoken) -> tuple[str, float]:
    """The transcript, and how long after the release the program was done with it."""
    desktop.key_down("F9")
    await_true(lambda: program.status()["state"] == "recording", 5, "recording")
    desktop.speak(padded(desktop, spoken)).wait(60)
    if len(spoken.text.split()) > 5:  # the engine listens for a second before it says its first word
        await_true(lambda: program.status()["partial"], 5, f"a partial while the key is held for {spoken.text!r}")
    released = time.monotonic()
    desktop.key_up("F9")
    program.wait_state("idle", 20)
    done = time.monotonic() - released
    return say_to(desktop, "last").stdout.strip(), done


def test_word_error_rates(
    desktop: Desktop, target: Target, tmp_path: Path, figure: Figure, counts: Callable[[int, int], int]
) -> None:
    heard: dict[str, list[tuple[str, str]]] = {"recordings": [], "voice": []}
    times = []
    material = [("recordings", spoken) for spoken in read_aloud()[:: counts(2, 1)]]
    material += [("voice", spoken) for spoken in said_by_a_voice(tmp_path)[:: counts(2, 1)]]
    with Program(desktop, hotkey={"key": "f9"}, service={"endpoint": "offline"}) as program:
        for kind, spoken in material:
            before = len(target.text())
            transcript, seconds = dictate(desktop, program, spoken)
            heard[kind].append((spoken.text, transcript))
            times.append(seconds)
            assert transcript
            await_true(lambda: len(target.text()) > before, 5, "the text in the window")  # noqa: B023 - awaited at once
    figure("offline engine: released -> done", *times)
    rates = {kind: error_rate(pairs) for kind, pairs in heard.items()}
    for kind, rate in rates.items():
        figure(f"offline engine: word error rate in thousandths, {kind}", rate)
    assert rates["recordings"] <= 0.35
    assert rates["voice"] <= 0.2
    assert sorted(times)[len(times) // 2] < 5 * (0.15 + 0.3)
