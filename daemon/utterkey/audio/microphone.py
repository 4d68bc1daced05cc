"""The microphone: opens the device when a recording starts, and hands its blocks to all recordings that are open.

One thread owns PortAudio. Orders, and the blocks that PortAudio's thread captured, come in through one queue; with
nothing to do the thread sleeps in it. Several recordings may be open: the tail of one overlaps the start of the next.
Nobody else may use PortAudio in this process.
"""

from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from utterkey.audio import forbidden
from utterkey.audio.level import Level
from utterkey.audio.recording import Recording
from utterkey.audio.take import Take
from utterkey.dictation.events import PartFailed, Post
from utterkey.errors import MicrophoneError, MicrophoneForbidden
from utterkey.settings import AudioSettings

if TYPE_CHECKING:
    from utterkey.audio.devices import Device
    from utterkey.audio.portaudio import Stream

SAMPLE_RATE = 16000
"""What speech models want. Sound servers convert to it; where the host does not, the device's own rate is used."""

FIRST_BLOCK_SECONDS = 3.0
"""A sound server that wakes up its device needs 0.6 s, a Bluetooth headset up to 2 s; later than this nothing comes."""
NEXT_BLOCK_SECONDS = 0.5
PRE_ROLL_SECONDS = 0.4
TAIL_SLACK_SECONDS = 0.02
"""Blocks come in pairs. A stop waits for the audio up to its moment but for this: it costs 5 ms then, not 20."""
_BLOCKS_IN_FLIGHT_SECONDS = 0.04
_END_SECONDS = 0.5
"""A device closes in 0.1 s; one that hangs is left behind, so that a quit takes less than three seconds."""


@dataclass(frozen=True, slots=True)
class _Start:
    recording: Recording


@dataclass(frozen=True, slots=True)
class _Stop:
    utterance: int
    at: float


@dataclass(frozen=True, slots=True)
class _Block:
    """20 ms of audio; `end` is when its last sample was captured."""

    stream: "Stream"
    audio: bytes
    end: float


@dataclass(frozen=True, slots=True)
class _StreamEnded:
    stream: "Stream"


@dataclass(frozen=True, slots=True)
class _Touch:
    pass


@dataclass(frozen=True, slots=True)
class _Close:
    pass


_Order = _Start | _Stop | _Touch | AudioSettings
_Sound = _Block | _StreamEnded


@dataclass(slots=True)
class _Open:
    """The open stream. `unused_until`: when it is closed if no recording needs it."""

    stream: "Stream"
    opened: float
    unused_until: float
    heard: float | None = None
    """When the last block came."""
    end: float = 0.0
    """Until when the audio that came reaches."""

    @property
    def late(self) -> float:
        """When the next block is overdue."""
        return self.opened + FIRST_BLOCK_SECONDS if self.heard is None else self.heard + NEXT_BLOCK_SECONDS

    @property
    def in_flight(self) -> float:
        """How long captured audio may take to get here."""
        return self.stream.latency + _BLOCKS_IN_FLIGHT_SECONDS


class Microphone:
    """`sample_rate` is what the next recording is to be made with, `level` how loud the present ones are.

    For `status`: `device` is the name of the one in use, "" until it was first opened, and `problem` why none is.
    """

    def __init__(self, settings: AudioSettings, post: Post) -> None:
        self.sample_rate = SAMPLE_RATE
        self.level = Level()
        self.device = ""
        self.problem: MicrophoneError | None = None
        self._settings = settings
        self._post = post
        self._inbox: SimpleQueue[_Order | _Sound | _Close] = SimpleQueue()
        self._open: _Open | None = None
        self._takes: dict[int, Take] = {}
        self._before: deque[bytes] = deque(maxlen=round(PRE_ROLL_SECONDS * 1000 / 20))
        self._distrust = False
        self._inbox.put(_Touch())
        self._thread = Thread(target=self._run, name="microphone", daemon=True)
        self._thread.start()

    def start(self, recording: Recording) -> None:
        """Capture into the recording: `CaptureStarted`, or `CaptureFailed` and `CaptureEnded`."""
        self._inbox.put(_Start(recording))

    def stop(self, utterance: int) -> None:
        """Complete the recording with the audio up to now: `CaptureEnded`."""
        self._inbox.put(_Stop(utterance, monotonic()))

    def adopt(self, settings: AudioSettings) -> None:
        """Other settings. Another device is looked at right away; what is being recorded keeps the one it has."""
        self._inbox.put(settings)

    def close(self) -> None:
        """Complete what is being recorded, close the device, end the thread."""
        self._inbox.put(_Close())
        self._thread.join(_END_SECONDS)

    # --- the microphone's thread -------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            try:
                return self._serve()
            except Exception as error:  # noqa: BLE001 - the top of the thread: the next press may work
                self._fail(MicrophoneError(f"The microphone failed ({error}); press the key again."))

    def _serve(self) -> None:
        while not isinstance(message := self._next(), _Close):
            if message:
                self._obey(message)
            self._look_at_clock()
        for take in list(self._takes.values()):
            self._end(take)
        self._close_stream()

    def _obey(self, message: _Order | _Sound) -> None:
        match message:
            case _Block(stream, audio, end):
                # A stream that was just closed may have left blocks behind.
                if self._open and self._open.stream is stream:
                    self._take_in(self._open, audio, end)
            case _Start(recording):
                self._begin(recording)
            case _Stop(utterance, at):
                if utterance in self._takes:
                    self._takes[utterance].stop_at = at
            case _StreamEnded(stream):
                if self._open and self._open.stream is stream:
                    self._fail(MicrophoneError("The microphone or the sound server went away; press the key again."))
            case _Touch():
                self._touch()
            case AudioSettings():
                self._adopt(message)

    def _next(self) -> _Order | _Sound | _Close | None:
        deadline = self._deadline()
        if deadline is None:
            return self._inbox.get()
        try:
            return self._inbox.get(timeout=max(0.0, deadline - monotonic()))
        except Empty:
            return None

    def _touch(self) -> None:
        """Open the device once, for the first time takes longest and shows its sample rate."""
        try:
            self._open_stream()
        except MicrophoneError as error:
            self._post(PartFailed("microphone", error))

    def _adopt(self, settings: AudioSettings) -> None:
        before, self._settings = self._settings, settings
        if self._open and not self._takes:
            self._close_stream()  # it is kept warm, with the former settings
        if settings.device != before.device and not self._open:
            self.sample_rate = SAMPLE_RATE
            self._touch()

    def _begin(self, recording: Recording) -> None:
        take = Take(recording, self._post)
        try:
            if self._open and monotonic() >= self._open.late:
                self._close_stream()  # it was kept warm, and died there
                self._distrust = True
            if not self._open:
                self._open_stream(recording.sample_rate)
            elif self._open.stream.sample_rate != recording.sample_rate:
                raise MicrophoneError("The microphone's sample rate has changed; press the key again.")
        except MicrophoneError as error:
            take.fail(error)
            return
        self._takes[take.number] = take
        before, self._before = list(self._before), deque(maxlen=self._before.maxlen)
        for audio in before:
            take.feed(audio, self.device)

    def _take_in(self, opened: _Open, audio: bytes, end: float) -> None:
        now = monotonic()
        if opened.heard is None and not self._takes:
            opened.unused_until = now  # the touch at start has seen what it wanted
        opened.heard, opened.end = now, end
        if not self._takes and self._settings.warm_seconds:
            self._before.append(audio)
        if self._takes:
            self.level.feed(audio)
        for take in list(self._takes.values()):
            take.feed(audio, self.device)

    def _end(self, take: Take) -> None:
        del self._takes[take.number]
        if self._open and not self._takes:
            self._open.unused_until = monotonic() + self._settings.warm_seconds
        take.end()

    def _fail(self, error: MicrophoneError) -> None:
        self.problem = error
        self._distrust = True
        takes, self._takes = list(self._takes.values()), {}
        for take in takes:
            take.fail(error)
        self._close_stream()

    # --- time --------------------------------------------------------------------------------------------------------

    def _deadline(self) -> float | None:
        """When to look at the clock, if nothing else happens before."""
        opened = self._open
        if not opened:
            return None
        if not self._takes:
            return opened.unused_until
        stops = [take.stop_at + opened.in_flight for take in self._takes.values() if take.stop_at is not None]
        return min([opened.late, *stops])

    def _look_at_clock(self) -> None:
        opened, now = self._open, monotonic()
        if not opened:
            return
        for take in list(self._takes.values()):
            if take.stop_at is not None and (
                opened.end >= take.stop_at - TAIL_SLACK_SECONDS or now >= take.stop_at + opened.in_flight
            ):
                self._end(take)
        if now >= opened.late and (self._takes or opened.heard is None):
            nothing = MicrophoneError(
                f"The microphone {opened.stream.device.name} delivers nothing; check it and press the key again."
            )
            if not self._takes:
                self._post(PartFailed("microphone", nothing))
            self._fail(nothing)
        elif not self._takes and now >= opened.unused_until:
            self._close_stream()

    # --- the device --------------------------------------------------------------------------------------------------

    def _open_stream(self, sample_rate: int | None = None) -> None:
        """Open it at that rate, or at any that works; raises MicrophoneError."""
        opened = monotonic()
        distrust, self._distrust = self._distrust, False
        try:
            _need_microphones()
            from utterkey.audio import portaudio

            if distrust:
                portaudio.look_again()
            try:
                stream = portaudio.open_stream(
                    self._settings.device, sample_rate, SAMPLE_RATE, self._on_block, self._on_stream_end
                )
            except portaudio.WrongRate as error:
                self.sample_rate = error.sample_rate
                raise
        except MicrophoneError as error:
            self.problem = error
            raise
        self.device, self.sample_rate, self.problem = stream.device.name, stream.sample_rate, None
        self._open = _Open(stream, opened, opened + FIRST_BLOCK_SECONDS)

    def _close_stream(self) -> None:
        opened, self._open = self._open, None
        self._before.clear()
        if opened:
            opened.stream.close()

    # --- PortAudio's thread ------------------------------------------------------------------------------------------

    def _on_block(self, stream: "Stream", audio: bytes, end: float) -> None:
        self._inbox.put(_Block(stream, audio, end))

    def _on_stream_end(self, stream: "Stream") -> None:
        self._inbox.put(_StreamEnded(stream))


def devices() -> "list[Device]":
    """All microphones, for a program that has no `Microphone`; raises MicrophoneError."""
    _need_microphones()
    from utterkey.audio import portaudio

    return portaudio.devices()


def _need_microphones() -> None:
    """The system's leave, and PortAudio loaded. What was missing is looked for again each time."""
    if reason := forbidden():
        raise MicrophoneForbidden(reason)
    try:
        import sounddevice  # noqa: F401 - its import is what loads the library
    except OSError as error:
        raise MicrophoneError(
            "PortAudio, the library for microphones, is missing; install it with: "
            "sudo apt install libportaudio2 libasound2-plugins (elsewhere the package is called portaudio)."
        ) from error
