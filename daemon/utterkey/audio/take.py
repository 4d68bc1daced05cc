"""A recording while it is captured, and the events of that. On the microphone's thread."""

from utterkey.audio.recording import SAMPLE_BYTES, Recording
from utterkey.dictation.events import CaptureEnded, CaptureFailed, CaptureStarted, CaptureWarned, Post
from utterkey.errors import MicrophoneError

SILENT_SECONDS = 1.0
"""A microphone that works is never exactly zero for this long, from the start of a recording on."""


class Take:
    """`stop_at` is the moment it ends with, once that is known."""

    def __init__(self, recording: Recording, post: Post) -> None:
        self.number = recording.number
        self.stop_at: float | None = None
        self._recording = recording
        self._post = post
        # How much exact silence it began with; None when there was sound, or the user was told.
        self._silent_bytes: int | None = 0

    def feed(self, audio: bytes, device: str) -> None:
        first = self._recording.length == 0
        fault = self._recording.append(audio)
        if first:
            self._post(CaptureStarted(self.number))
        if fault:
            self._post(CaptureWarned(self.number, fault))
        if self._silent_bytes is not None:
            self._listen(self._silent_bytes, audio, device)

    def end(self) -> None:
        # The event first: completing lets the session send the last of it, and its `AudioSent` must come later.
        self._post(CaptureEnded(self.number, self._recording.duration_ms, self._recording.voice()))
        self._recording.complete()

    def fail(self, error: MicrophoneError) -> None:
        self._post(CaptureFailed(self.number, error))
        self.end()

    def _listen(self, silent_bytes: int, audio: bytes, device: str) -> None:
        self._silent_bytes = None if audio.strip(b"\0") else silent_bytes + len(audio)
        if (self._silent_bytes or 0) >= SILENT_SECONDS * self._recording.sample_rate * SAMPLE_BYTES:
            self._silent_bytes = None
            self._post(
                CaptureWarned(
                    self.number,
                    MicrophoneError(
                        f"The microphone {device} gives only silence; "
                        "check that it is not muted and that this program may use it."
                    ),
                )
            )
