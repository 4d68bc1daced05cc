"""Draws the cues, assets/cue_start.wav and assets/cue_stop.wav: two soft notes each, upwards and downwards.

python packaging/cues.py       after a change; the tests compare
"""

from __future__ import annotations

import math
import sys
import wave
from array import array
from io import BytesIO
from pathlib import Path

ASSETS = Path(__file__).parents[1] / "assets"
RATE = 48000
NOTE_SECONDS = 0.06
LOUDNESS = 0.1
"""-20 dB of full scale: well heard with headphones, and soft beside a voice."""
LOW_HZ, HIGH_HZ = 660, 880


def main() -> None:
    for path, sound in sounds().items():
        path.write_bytes(sound)


def sounds() -> dict[Path, bytes]:
    """Both files, as they are written."""
    return {ASSETS / "cue_start.wav": _wav([LOW_HZ, HIGH_HZ]), ASSETS / "cue_stop.wav": _wav([HIGH_HZ, LOW_HZ])}


def _wav(notes: list[int]) -> bytes:
    samples = array("h", [sample for pitch in notes for sample in _note(pitch)])
    if sys.byteorder == "big":
        samples.byteswap()
    file = BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, RATE, 0, "NONE", ""))
        writer.writeframes(samples.tobytes())
    return file.getvalue()


def _note(pitch: int) -> list[int]:
    """A tone that swells and fades, for one that is cut off clicks."""
    count = round(RATE * NOTE_SECONDS)
    return [
        round(32767 * LOUDNESS * math.sin(math.pi * n / count) ** 2 * math.sin(2 * math.pi * pitch * n / RATE))
        for n in range(count)
    ]


if __name__ == "__main__":
    main()
