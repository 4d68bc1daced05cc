"""How `doctor` listens to the microphone: a second of it, which is measured and forgotten.

Runs on the command's only thread; PortAudio's thread hands the blocks over through a queue.
"""

import time
from array import array
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Literal

from utterkey.audio import cue_player
from utterkey.audio.microphone import FIRST_BLOCK_SECONDS, SAMPLE_RATE, devices
from utterkey.audio.voice import loudness
from utterkey.doctor.facts import Microphone
from utterkey.errors import MicrophoneError
from utterkey.settings import AudioSettings

SECONDS = 1.0


def listen(name: str) -> Microphone:
    """Record the device of that name (audio.device)."""
    try:
        devices()  # loads the library, or says what to install
        from utterkey.audio import portaudio

        blocks: SimpleQueue[bytes] = SimpleQueue()
        stream = portaudio.open_stream(
            name, None, SAMPLE_RATE, lambda _stream, audio, _end: blocks.put(audio), lambda _: None
        )
        with closing(stream):
            heard = _take(blocks, round(SECONDS * 1000 / portaudio.BLOCK_MS))
    except MicrophoneError as error:
        return Microphone(problem=str(error))
    device = stream.device.name
    if not heard:
        return Microphone(device=device, problem=f"The microphone {device} delivers nothing; check it and try again.")
    seconds = len(heard) * portaudio.BLOCK_MS / 1000
    if not any(any(block) for block in heard):
        return Microphone(device=device, seconds=seconds)
    return Microphone(device=device, loudest=max(loudness(array("h", block)) for block in heard), seconds=seconds)


def cues(settings: AudioSettings) -> Literal["played", "switched off", "no player"]:
    """Whether the user would hear them; none is played."""
    if not settings.cues:
        return "switched off"
    return "played" if cue_player() else "no player"


def _take(blocks: SimpleQueue[bytes], count: int) -> list[bytes]:
    """As many blocks as there are in time."""
    deadline = time.monotonic() + FIRST_BLOCK_SECONDS + SECONDS
    heard: list[bytes] = []
    while len(heard) < count:
        try:
            heard.append(blocks.get(timeout=max(0.0, deadline - time.monotonic())))
        except Empty:
            break
    return heard
