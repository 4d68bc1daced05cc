"""The WAV format: the header of our own recordings, and reading files of others as mono 16-bit audio.

Reading is on the caller's thread and takes a file block by block, so that its length does not matter.
"""

import struct
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import add
from pathlib import Path
from typing import BinaryIO

from utterkey.errors import RecordingError

HEADER_BYTES = 44
UNKNOWN_BYTES = 0x7FFFF000
"""The length of a file that is still written. Players take it as "until the end"."""

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_BLOCK_SECONDS = 0.1

_Narrow = Callable[[bytes], "array[int]"]


def header(sample_rate: int, data_bytes: int = UNKNOWN_BYTES) -> bytes:
    """The header of a mono 16-bit file."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", data_bytes + HEADER_BYTES - 8, b"WAVE", b"fmt ", 16),
        *(_PCM, 1, sample_rate, sample_rate * 2, 2, 16, b"data", data_bytes),
    )


def sample_rate_of(head: bytes) -> int | None:
    """The sample rate in a header that `header` made; None if it is not one."""
    if len(head) < HEADER_BYTES or head[:4] != b"RIFF" or head[8:16] != b"WAVEfmt " or head[36:40] != b"data":
        return None
    rate: int = struct.unpack_from("<I", head, 24)[0]
    return rate or None


@dataclass(frozen=True, slots=True)
class WavFile:
    """Somebody's WAV file, of any usual kind."""

    path: Path
    sample_rate: int
    channels: int
    frame_bytes: int
    data_start: int
    data_bytes: int
    narrow: _Narrow

    @property
    def seconds(self) -> float:
        return self.data_bytes / self.frame_bytes / self.sample_rate

    def blocks(self) -> Iterator[bytes]:
        """Its audio as mono s16le, in blocks of 100 ms."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.data_start)
                left = self.data_bytes
                block = max(1, int(self.sample_rate * _BLOCK_SECONDS)) * self.frame_bytes
                while data := file.read(min(block, left)):
                    left -= len(data)
                    whole = data[: len(data) - len(data) % self.frame_bytes]
                    yield _little_endian(_mix(self.narrow(whole), self.channels))
        except OSError as error:
            raise _unreadable(self.path, error) from error


def open_wav(path: Path) -> WavFile:
    """Read the headers; raises RecordingError if it cannot be used."""
    try:
        with path.open("rb") as file:
            return _parse(path, file)
    except OSError as error:
        raise _unreadable(path, error) from error


def _parse(path: Path, file: BinaryIO) -> WavFile:
    riff = file.read(12)
    if riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        raise RecordingError(f"{path} is not a WAV file; convert it first, for example with: ffmpeg -i FILE out.wav")
    shape: tuple[int, int, int, int] | None = None
    while len(head := file.read(8)) == 8:
        kind, size = struct.unpack("<4sI", head)
        if kind == b"data":
            break
        body = file.read(size + size % 2)
        if kind == b"fmt " and len(body) >= 16:
            shape = _shape(body)
    else:
        raise RecordingError(f"{path} holds no audio; record it again or choose another file.")
    encoding, channels, rate, bits = shape or (0, 0, 0, 0)
    narrow = _NARROW.get((encoding, bits))
    if not narrow or not channels or not rate:
        raise RecordingError(
            f"{path} has an encoding that is not supported; convert it first, for example with: "
            "ffmpeg -i FILE -c:a pcm_s16le out.wav"
        )
    start = file.tell()
    # The length in the header is not to be trusted: programs that write to a pipe, or were ended, leave 0 or too much.
    there = file.seek(0, 2) - start
    return WavFile(path, rate, channels, channels * bits // 8, start, min(size, there) or there, narrow)


def _shape(body: bytes) -> tuple[int, int, int, int]:
    encoding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if encoding == _EXTENSIBLE and len(body) >= 26:
        encoding = struct.unpack_from("<H", body, 24)[0]
    return encoding, channels, rate, bits


def _narrow_8(data: bytes) -> "array[int]":
    return array("h", [(byte - 128) << 8 for byte in data])


def _narrow_16(data: bytes) -> "array[int]":
    samples = array("h", data)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _narrow_24(data: bytes) -> "array[int]":
    upper = bytearray(len(data) // 3 * 2)
    upper[0::2], upper[1::2] = data[1::3], data[2::3]
    return _narrow_16(bytes(upper))


def _narrow_32(data: bytes) -> "array[int]":
    return _narrow_16(data)[1::2]


def _narrow_float(data: bytes) -> "array[int]":
    return array("h", [max(-32768, min(32767, round(x * 32767))) for (x,) in struct.iter_unpack("<f", data)])


_NARROW: dict[tuple[int, int], _Narrow] = {
    (_PCM, 8): _narrow_8,
    (_PCM, 16): _narrow_16,
    (_PCM, 24): _narrow_24,
    (_PCM, 32): _narrow_32,
    (_FLOAT, 32): _narrow_float,
}


def _mix(samples: "array[int]", channels: int) -> "array[int]":
    if channels == 1:
        return samples
    total: list[int] = list(samples[0::channels])
    for channel in range(1, channels):
        total = list(map(add, total, samples[channel::channels]))
    return array("h", [x // channels for x in total])


def _little_endian(samples: "array[int]") -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _unreadable(path: Path, error: OSError) -> RecordingError:
    return RecordingError(f"{path} cannot be read ({error.strerror}); check the name and its permissions.")
