"""Microphone to recording, and what was said in it: nothing here knows of sessions or windows.

Read in this order: recording, take, microphone, portaudio, voice, wav; cues.
"""

import shutil
import sys
from typing import Protocol

from utterkey.audio.cues import Play, by_child
from utterkey.audio.recording import Recording

PLAYERS = (
    ["paplay", "--latency-msec=50", "--client-name=utterkey", "--property=media.role=event"],  # PulseAudio and PipeWire
    ["pw-play", "--media-role=Notification"],
    ["aplay", "-q"],
    ["afplay"],  # macOS
)
"""The first that is installed is used."""


class Capture(Protocol):
    """Something that fills recordings: the microphone, or what stands in for it."""

    @property
    def sample_rate(self) -> int:
        """What the next recording is to be made with."""

    @property
    def device(self) -> str:
        """The name of the microphone that was last open; "" before."""

    def start(self, recording: Recording) -> None:
        """Capture into it: `CaptureStarted`, or `CaptureFailed` and `CaptureEnded`."""

    def stop(self, utterance: int) -> None:
        """Complete the recording with the audio up to now: `CaptureEnded`."""

    def close(self) -> None:
        """Complete what is being recorded and give the device back."""


def cue_player() -> Play | None:
    """How this system plays a short sound; None if it has nothing for that."""
    if sys.platform == "win32":
        from utterkey.audio.windows import play

        return play
    else:  # noqa: RET505 - mypy takes what follows a return on one system for unreachable there
        return next((by_child(command) for command in PLAYERS if shutil.which(command[0])), None)


def forbidden() -> str:
    """Why this system does not let us record, in a sentence; "" where it does, or does not say."""
    reason = ""
    if sys.platform == "win32":
        from utterkey.audio import windows

        reason = windows.forbidden()
    elif sys.platform == "darwin":
        from utterkey.audio import macos

        reason = macos.forbidden()
    return reason
