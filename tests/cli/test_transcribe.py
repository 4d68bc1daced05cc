"""`transcribe`: files of several kinds through a service on loopback, and what is said when it does not work."""

import struct

import pytest

from cli.conftest import CommandLine, write_wav
from scripted import marked_speech
from service import At, Fault, Kind, Service

PAUSE_MS = 500


def speech(*sentences: range, rate: int = 16000) -> bytes:
    pause = bytes(2 * rate * 2 * PAUSE_MS // 1000)
    return pause.join(marked_speech(sentence, sample_rate=rate) for sentence in sentences)


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (44000, 2)])
def test_each_turn_is_a_line(rate: int, channels: int, utterkey: CommandLine) -> None:
    file = write_wav(utterkey.home / "x.wav", speech(range(4), range(4, 6), rate=rate), rate, channels)
    with Service(turn_pause_ms=PAUSE_MS) as service:
        done = utterkey("transcribe", str(file), "--set", f"service.endpoint={service.url}")
        (session,) = service.sessions
        session.wait_closed()
    assert (done.returncode, done.stdout) == (0, "w0 w1 w2 w3\nw4 w5\n")
    assert done.stderr.endswith(" s of session time billed.\n")
    assert session.texts[-1] == "Terminate"
    assert session.sample_rate == rate
    assert session.query.get("max_turn_silence") is None, "turns are to end by themselves"


def test_a_session_that_is_lost_is_no_loss(utterkey: CommandLine) -> None:
    file = write_wav(utterkey.home / "x.wav", speech(range(4), range(4, 8)))
    with Service(turn_pause_ms=PAUSE_MS, faults=[Fault(Kind.RESET, At.AFTER_RELEASE)]) as service:
        done = utterkey("transcribe", str(file), "--set", f"service.endpoint={service.url}")
        assert len(service.sessions) == 2
    assert (done.returncode, done.stdout) == (0, "w0 w1 w2 w3\nw4 w5 w6 w7\n")


@pytest.mark.parametrize(
    ("overrides", "code", "sentence"),
    [
        (["service.endpoint=global"], 1, "There is no API key"),
        (["service.model=nonsense"], 1, ""),
        (["service.modl=nonsense"], 2, "There is no setting 'service.modl'."),
    ],
)
def test_what_the_service_refuses_is_one_sentence(
    overrides: list[str], code: int, sentence: str, utterkey: CommandLine
) -> None:
    file = write_wav(utterkey.home / "x.wav", speech(range(2)))
    with Service() as service:
        options = [word for o in [f"service.endpoint={service.url}", *overrides] for word in ("--set", o)]
        done = utterkey("transcribe", str(file), *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"utterkey: {sentence}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("content", [None, b"", b"no audio", b"RIFF" + struct.pack("<I", 4) + b"WAVE"])
def test_a_file_that_is_no_audio_is_one_sentence(content: bytes | None, utterkey: CommandLine) -> None:
    file = utterkey.home / "x.wav"
    if content is not None:
        file.write_bytes(content)
    done = utterkey("transcribe", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert str(file) in done.stderr
