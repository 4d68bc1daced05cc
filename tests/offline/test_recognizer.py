"""PocketSphinx behind the interface: what it hears, and what it does not."""

import random
from array import array
from collections.abc import Sequence

import pytest

from speech import Spoken, error_rate
from utterkey.offline.dialogue import Hypothesis
from utterkey.offline.parameters import Parameters
from utterkey.offline.recognizer import Decoders, SphinxRecognizer, written

ONE_TURN = 10_000


@pytest.fixture(scope="module")
def decoders() -> Decoders:
    return Decoders()


def feed(recognizer: SphinxRecognizer, audio: bytes, size: int = 1600) -> list[Hypothesis]:
    return [heard for start in range(0, len(audio), size) for heard in recognizer.feed(audio[start : start + size])]


def transcribe(decoders: Decoders, audio: bytes, sample_rate: int = 16000) -> str:
    recognizer = SphinxRecognizer(decoders, Parameters(sample_rate=sample_rate, max_turn_silence=ONE_TURN))
    feed(recognizer, audio)
    return text(recognizer.end_turn())


def text(hypothesis: Hypothesis | None) -> str:
    return "" if hypothesis is None else " ".join(word.text for word in hypothesis.words)


def rate_of(decoders: Decoders, spoken: Sequence[Spoken], sample_rate: int) -> float:
    return error_rate((each.text, transcribe(decoders, each.audio(sample_rate), sample_rate)) for each in spoken)


RATES = [16000, pytest.param(44100, marks=pytest.mark.long), pytest.param(48000, marks=pytest.mark.long)]


@pytest.mark.parametrize("sample_rate", RATES)
def test_word_error_rate_on_recordings(decoders: Decoders, recordings: list[Spoken], sample_rate: int) -> None:
    wrong = rate_of(decoders, recordings, sample_rate)
    print(f"word error rate on recordings at {sample_rate} Hz: {wrong:.2f}")  # noqa: T201 - a figure to be read
    assert wrong <= 0.35


@pytest.mark.parametrize("sample_rate", [16000, 44100, 48000])
def test_word_error_rate_on_the_voice(decoders: Decoders, voice: list[Spoken], sample_rate: int) -> None:
    wrong = rate_of(decoders, voice, sample_rate)
    print(f"word error rate on the voice at {sample_rate} Hz: {wrong:.2f}")  # noqa: T201 - a figure to be read
    assert wrong <= 0.2


@pytest.mark.parametrize("sample_rate", [8000, 96000])
def test_rates_beyond_the_model(decoders: Decoders, voice: list[Spoken], sample_rate: int) -> None:
    assert rate_of(decoders, voice[:4], sample_rate) <= 0.35


def test_loudness_does_not_matter(decoders: Decoders, voice: list[Spoken]) -> None:
    quiet = array("h", (sample // 8 for sample in array("h", voice[1].audio()))).tobytes()
    assert error_rate([(voice[1].text, transcribe(decoders, quiet))]) <= 0.2


def noise(amplitude: float, seconds: int = 3) -> bytes:
    rng = random.Random(1)
    return array("h", (int(rng.gauss(0, amplitude)) for _ in range(16000 * seconds))).tobytes()


def clicks() -> bytes:
    samples = array("h", bytes(2 * 48000))
    for start in range(4000, 48000, 8000):
        samples[start : start + 80] = array("h", [9000, -9000] * 40)
    return samples.tobytes()


@pytest.mark.parametrize("audio", [bytes(96000), noise(5), noise(300), clicks(), b"", b"\0"],
                         ids=["zeros", "hiss", "noise", "clicks", "nothing", "half a sample"])  # fmt: skip
def test_what_is_not_speech_has_no_words(decoders: Decoders, audio: bytes) -> None:
    assert transcribe(decoders, audio) == ""


def test_partials_grow_while_somebody_speaks(decoders: Decoders, voice: list[Spoken]) -> None:
    recognizer = SphinxRecognizer(decoders, Parameters(max_turn_silence=ONE_TURN))
    partials = [text(each) for each in feed(recognizer, voice[1].audio())]
    final = text(recognizer.end_turn())
    assert len(partials) >= 5
    assert len(partials[0].split()) < len(final.split())
    assert all(partials)


def test_words_have_times_within_the_session(decoders: Decoders, voice: list[Spoken]) -> None:
    recognizer = SphinxRecognizer(decoders, Parameters(max_turn_silence=ONE_TURN))
    feed(recognizer, bytes(32000 * 2))
    audio = voice[1].audio()
    feed(recognizer, audio)
    final = recognizer.end_turn()
    assert final is not None
    times = [moment for word in final.words for moment in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert 2300 <= times[0] <= 2800
    assert times[-1] <= 2000 + len(audio) / 32


def test_silence_ends_a_turn_if_it_may(decoders: Decoders, voice: list[Spoken]) -> None:
    audio = voice[3].audio() + bytes(32000) + voice[1].audio()
    many = SphinxRecognizer(decoders, Parameters(max_turn_silence=700))
    finals = [text(each) for each in feed(many, audio) if each.final]
    finals.append(text(many.end_turn()))
    assert len(finals) == 2
    one = SphinxRecognizer(decoders, Parameters(min_turn_silence=ONE_TURN, max_turn_silence=ONE_TURN))
    assert not [each for each in feed(one, audio) if each.final]
    assert error_rate([(" ".join(finals), text(one.end_turn()))]) <= 0.4


def test_two_turns_at_once(decoders: Decoders, voice: list[Spoken]) -> None:
    first = SphinxRecognizer(decoders, Parameters(max_turn_silence=ONE_TURN))
    second = SphinxRecognizer(decoders, Parameters(sample_rate=48000, max_turn_silence=ONE_TURN))
    one, other = voice[1].audio(), voice[4].audio(48000)
    for start in range(0, 50):
        first.feed(one[start * 3200 : (start + 1) * 3200])
        second.feed(other[start * 9600 : (start + 1) * 9600])
    assert error_rate([(voice[1].text, text(first.end_turn())), (voice[4].text, text(second.end_turn()))]) <= 0.2


def test_a_closed_session_gives_its_decoder_back(decoders: Decoders, voice: list[Spoken]) -> None:
    recognizer = SphinxRecognizer(decoders, Parameters())
    feed(recognizer, voice[1].audio()[:64000])
    recognizer.close()
    assert decoders.spare
    assert error_rate([(voice[1].text, transcribe(decoders, voice[1].audio()))]) <= 0.2


WRITTEN = {
    "hello": "hello", "i": "I", "i'm": "I'm", "it": "it", "been(2)": "been", "<sil>": "", "[NOISE]": "",
    "++um++": "", "<s>": "", "i(2)": "I",
}  # fmt: skip


@pytest.mark.parametrize(("word", "expected"), WRITTEN.items(), ids=WRITTEN)
def test_written(word: str, expected: str) -> None:
    assert written(word) == expected
