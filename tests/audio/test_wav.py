"""WAV files of every usual kind, and what is none."""

from __future__ import annotations

import math
import struct
import wave
from array import array
from pathlib import Path

import pytest

from utterkey.audio.wav import header, open_wav, sample_rate_of
from utterkey.errors import RecordingError

TONE = [round(12000 * math.sin(i / 10)) for i in range(1000)]


def encoded(sample: int, encoding: int, bits: int) -> bytes:
    match encoding, bits:
        case 1, 8:
            return bytes([(sample >> 8) + 128])
        case 1, 24:
            return struct.pack("<i", sample << 8)[:3]
        case 1, 32:
            return struct.pack("<i", sample << 16)
        case 3, 32:
            return struct.pack("<f", sample / 32768)
        case _:
            return struct.pack("<h", sample)


def wav(encoding: int, bits: int, channels: int, rate: int, data: bytes, *, size: int | None = None) -> bytes:
    shape = struct.pack("<HHIIHH", encoding, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    if encoding == 0xFFFE:
        shape += struct.pack("<HHIH14s", 22, bits, 0, 1, b"\0" * 14)
    body = b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", len(shape)) + shape
    body += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("encoding", "bits"), [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (0xFFFE, 16)])
def test_every_usual_encoding_becomes_mono_16_bit(tmp_path: Path, encoding: int, bits: int, channels: int) -> None:
    path = tmp_path / "tone.wav"
    data = b"".join(encoded(sample, encoding, bits) * channels for sample in TONE)
    path.write_bytes(wav(encoding, bits, channels, 22050, data))
    opened = open_wav(path)
    assert opened.sample_rate == 22050
    assert opened.seconds == pytest.approx(1000 / 22050)
    heard = array("h", b"".join(opened.blocks()))
    assert len(heard) == len(TONE)
    assert max(abs(a - b) for a, b in zip(heard, TONE, strict=True)) <= (256 if bits == 8 else 2)


def test_two_channels_are_mixed(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    path.write_bytes(wav(1, 16, 2, 8000, struct.pack("<hhhh", 1000, 0, 0, -3000)))
    assert array("h", b"".join(open_wav(path).blocks())) == array("h", [500, -1500])


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_length_that_was_never_written_means_until_the_end(tmp_path: Path, size: int) -> None:
    path = tmp_path / "piped.wav"
    path.write_bytes(wav(1, 16, 1, 16000, array("h", TONE).tobytes() + b"\1", size=size))
    assert array("h", b"".join(open_wav(path).blocks())) == array("h", TONE)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a WAV file"),
        (b"ID3" + bytes(100), "not a WAV file"),
        (wav(1, 16, 1, 16000, b"")[:30], "holds no audio"),
        (wav(6, 8, 1, 8000, bytes(100)), "not supported"),
        (wav(1, 16, 0, 8000, bytes(100)), "not supported"),
        (wav(1, 16, 1, 0, bytes(100)), "not supported"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "file.wav"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=sentence):
        open_wav(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        open_wav(tmp_path / "nothing.wav")


def test_our_own_header_is_one_that_others_read(tmp_path: Path) -> None:
    path = tmp_path / "own.wav"
    path.write_bytes(header(16000, 2000) + array("h", TONE).tobytes())
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnframes(), file.getnchannels()) == (16000, 1000, 1)
    assert sample_rate_of(header(44100)) == 44100
    assert sample_rate_of(b"") is None
    assert sample_rate_of(bytes(44)) is None
