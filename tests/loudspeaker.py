"""A loudspeaker of its own, as the default output: what is played there is recorded, and cues are recognised in it."""

from __future__ import annotations

from array import array
from types import TracebackType
from typing import Self

from desktop import Desktop, await_true, end
from tones import pitch
from utterkey.dictation.effects import Cue

RATE = 48000
_LOUD = 300
"""The cues are quiet; a sink that nothing plays to is exactly silent."""


class Loudspeaker:
    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self._path = desktop.folder / "loudspeaker.raw"

    def __enter__(self) -> Self:
        desktop = self._desktop
        shape = ["format=s16le", f"rate={RATE}", "channels=1"]
        desktop.run(["pactl", "load-module", "module-null-sink", "sink_name=loudspeaker", *shape])
        desktop.run(["pactl", "set-default-sink", "loudspeaker"])
        form = ["--format=s16le", f"--rate={RATE}", "--channels=1", "--latency-msec=20"]
        self._process = desktop.start(["parec", "--device=loudspeaker.monitor", *form, "--raw", str(self._path)])
        await_true(lambda: self._heard(), 10, "the loudspeaker is recorded")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end(self._process)

    def cues(self) -> list[Cue]:
        """What was played, as far as it ended."""
        notes = [pitch(sound, RATE) for sound in _sounds(self._heard())]
        return ["start" if second > first else "stop" for first, second in zip(notes[::2], notes[1::2], strict=False)]

    def _heard(self) -> array[int]:
        samples = array("h")
        if self._path.exists():
            data = self._path.read_bytes()
            samples.frombytes(data[: len(data) // 2 * 2])
        return samples


def _sounds(samples: array[int]) -> list[array[int]]:
    """Each stretch with silence of 5 ms before and after it: a note."""
    found, window = [], RATE // 200
    sounding = array("h")
    for start in range(0, len(samples), window):
        piece = samples[start : start + window]
        if max(map(abs, piece)) >= _LOUD:
            sounding.extend(piece)
        elif sounding:
            found.append(sounding)
            sounding = array("h")
    return found
