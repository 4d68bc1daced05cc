"""PortAudio through sounddevice: which microphones there are, and one stream of blocks from one of them.

Importing this loads the library and looks for devices (a tenth of a second or more); it fails with OSError where
PortAudio is missing. The microphone's thread imports and calls it; `on_block` and `on_end` are called on PortAudio's.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

import sounddevice

from utterkey.audio.devices import Device, each_once
from utterkey.errors import MicrophoneError

if TYPE_CHECKING:
    from typing_extensions import Buffer

BLOCK_MS = 20
LATENCY_SECONDS = 0.1
"""Asked for in so many words: with "low" and a free block size the first block takes two seconds over ALSA and Pulse,
and much less leaves no room for a moment in which Python is busy elsewhere."""

_PERIODS = 6
"""ALSA's buffer holds `LATENCY_SECONDS` and a block; divided by so many a piece is no longer than a block."""

DEFAULT = "default"

_INVALID_SAMPLE_RATE = -9997
_UNAVAILABLE = -9985


class WrongRate(MicrophoneError):
    """The device does not open at the rate that was asked for, but at its own."""

    def __init__(self, device: Device) -> None:
        super().__init__(f"The microphone {device.name} has another sample rate than before; press the key again.")
        self.sample_rate = device.sample_rate


def devices() -> list[Device]:
    """All microphones, each once."""
    try:
        default = sounddevice.query_devices(kind="input")["index"]
    except sounddevice.PortAudioError:  # there is no default device
        default = -1
    return each_once(
        [
            Device(
                info["name"],
                sounddevice.query_hostapis(info["hostapi"])["name"],
                info["index"],
                info["index"] == default,
                round(info["default_samplerate"]),
            )
            for info in sounddevice.query_devices()
            if info["max_input_channels"] > 0
        ]
    )


def find(name: str) -> Device:
    """The device of that name, or the first with that in its name; raises MicrophoneError."""
    present = devices()
    if name == DEFAULT:
        chosen = [device for device in present if device.is_default] or present[:1]
    else:
        wanted = name.casefold()
        chosen = [device for device in present if device.name.casefold() == wanted]
        chosen = chosen or [device for device in present if wanted in device.name.casefold()]
    if chosen:
        return chosen[0]
    if not present:
        raise MicrophoneError(
            "No microphone was found; connect one, or start the sound server, and press the key again."
        )
    names = ", ".join(device.name for device in present)
    raise MicrophoneError(
        f"There is no microphone named '{name}', but: {names}; set audio.device to one of those (`utterkey devices`)."
    )


def look_again() -> None:
    """Forget the devices and look for them again: PortAudio's list is as old as its start. No stream may be open."""
    sounddevice._terminate()
    sounddevice._initialize()
    _unload_plugins()


def open_stream(name: str, sample_rate: int | None, preferred: int, on_block: OnBlock, on_end: OnEnd) -> Stream:
    """A stream from the device of that name at that rate; with None at the preferred one, or else the device's own."""
    try:
        return _open(find(name), sample_rate, preferred, on_block, on_end)
    except WrongRate:
        raise
    except MicrophoneError:
        look_again()  # it may have been connected, or the sound server started, since
        return _open(find(name), sample_rate, preferred, on_block, on_end)


def _open(device: Device, sample_rate: int | None, preferred: int, on_block: OnBlock, on_end: OnEnd) -> Stream:
    try:
        return Stream(device, sample_rate or preferred, on_block, on_end)
    except WrongRate:
        if sample_rate:
            raise
        return Stream(device, device.sample_rate, on_block, on_end)


class Stream:
    """Audio flows from its making until `close`. `on_end` is called when it stops by itself, and after `close`."""

    def __init__(self, device: Device, sample_rate: int, on_block: OnBlock, on_end: OnEnd) -> None:
        self.device = device
        self.sample_rate = sample_rate

        def callback(data: Buffer, frames: int, times: sounddevice.CallbackTime, _: sounddevice.CallbackFlags) -> None:
            seconds = frames / sample_rate
            age = times.currentTime - times.inputBufferAdcTime  # of the first sample
            if not seconds <= age < 1:  # some drivers do not know
                age = seconds
            on_block(self, bytes(data), monotonic() - age + seconds)

        try:
            self._stream = sounddevice.RawInputStream(
                samplerate=sample_rate,
                blocksize=sample_rate * BLOCK_MS // 1000,
                device=device.index,
                channels=1,
                dtype="int16",
                latency=LATENCY_SECONDS,
                callback=callback,
                finished_callback=lambda: on_end(self),
            )
        except sounddevice.PortAudioError as error:
            if _code(error) == _INVALID_SAMPLE_RATE and sample_rate != device.sample_rate:
                raise WrongRate(device) from error
            raise _sentence(device, error) from error
        try:
            self._stream.start()
        except sounddevice.PortAudioError as error:
            self._stream.close()
            raise _sentence(device, error) from error
        self.latency = self._stream.latency

    def close(self) -> None:
        """Stop at once: `stop` would wait for buffers to drain. Never from a callback, which would wait for itself."""
        self._stream.abort()
        self._stream.close()


OnBlock = Callable[[Stream, bytes, float], None]
"""Called with the stream, 20 ms of audio, and when their last sample was captured (`time.monotonic`)."""

OnEnd = Callable[[Stream], None]


def _unload_plugins() -> None:
    """Have ALSA let go of the plugins that looking for devices loaded: all it has, and one of Debian's brings a library
    of video codecs, 8 MB. What a stream needs is loaded again when it opens. PortAudio's end is the same."""
    try:
        library = ctypes.CDLL("libasound.so.2")
    except OSError:  # another system
        return
    library.snd_config_update_free_global()


def _divide_buffers() -> None:
    """Have PortAudio divide ALSA's buffer into pieces as short as our blocks. It makes four of it by itself, rounded up
    to 40 ms, and over PulseAudio the sound then comes every 46 ms instead of every 27: the last word waits for it."""
    try:
        library = ctypes.CDLL("libportaudio.so.2")
        library.PaAlsa_SetNumPeriods(_PERIODS)  # pa_linux_alsa.h; for all streams that are opened from now on
    except (OSError, AttributeError):  # another system, or PortAudio without ALSA
        return


_unload_plugins()  # sounddevice looks for devices when it is imported
_divide_buffers()


def _code(error: sounddevice.PortAudioError) -> object:
    return error.args[1] if len(error.args) > 1 else None


def _sentence(device: Device, error: sounddevice.PortAudioError) -> MicrophoneError:
    if _code(error) == _UNAVAILABLE:
        return MicrophoneError(
            f"The microphone {device.name} is in use by another program or was unplugged; "
            "close that program, or choose another microphone (`utterkey devices`)."
        )
    return MicrophoneError(
        f"The microphone {device.name} cannot be opened ({error.args[0] if error.args else 'no reason given'}); "
        "check that it is connected and allowed, or choose another (`utterkey devices`)."
    )
