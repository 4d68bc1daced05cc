"""Words from PocketSphinx and the English model in its wheel. Its words are rougher than the cloud's.

Runs on the thread of the server's loop, in a process of its own: PocketSphinx keeps the interpreter's lock while it
decodes. Must not be imported by the daemon.

How it listens was chosen by trying, on the recordings of Debian's pocketsphinx-testdata and on flite's voice:

- The model expects features with their mean taken away. With its built-in guess of that mean it gets a third of words
  of the recordings wrong, with the mean of the first second of voice a quarter, at any loudness. So that second is held
  back, measured with a decoder that knows one word (3 MB, 1 ms), and then decoded in one go.
- The features are computed at the microphone's own rate: with the mean measured, 44.1 and 48 kHz are as good as 16 kHz,
  and no resampler is needed. What lies outside 16 to 48 kHz, which the voice detector knows, is doubled or halved.
- Without the second passes (fwdflat, bestpath) a final takes some 10 ms whatever its length; with them up to 600 ms.
"""

import tempfile
from array import array
from collections.abc import Callable
from pathlib import Path

from pocketsphinx import Decoder, Vad

from utterkey.offline.dialogue import Hypothesis, RecognizerError, Word
from utterkey.offline.parameters import Parameters

MODEL_RATE = 16000
HIGHEST_RATE = 48000
FRAMES_PER_S = 100
VAD_STRICTNESS = 2
ONSET_FRAMES = 3
"""So many frames of voice in a row, 30 ms each, begin a turn: clicks do not."""
LEAD_MS = 300
"""How much audio from before the onset belongs to the turn."""
MEASURED_MS = 1000
_MEAN_WEIGHT = 500
"""A mean that was set counts in PocketSphinx like so many frames."""
_COEFFICIENTS = 13


class Decoders:
    """The loaded model. Loading takes half a second and 95 MB: one decoder is kept, two turns at once take another."""

    def __init__(self) -> None:
        self._ear = _new_ear()
        self.spare: Decoder | None = _new_decoder()

    def take(self, sample_rate: int) -> Decoder:
        decoder, self.spare = self.spare or _new_decoder(), None
        _set_rate(decoder, sample_rate)
        return decoder

    def put_back(self, decoder: Decoder) -> None:
        self.spare = self.spare or decoder

    def mean(self, audio: bytes, sample_rate: int) -> str:
        """The mean of the audio's features, as `set_cmn` takes it."""
        _set_rate(self._ear, sample_rate)
        self._ear.set_cmn(",".join(["0"] * _COEFFICIENTS))
        self._ear.start_utt()
        self._ear.process_raw(audio, no_search=True)
        frames = len(audio) // 2 * FRAMES_PER_S / sample_rate
        sums = [float(value) * (_MEAN_WEIGHT + frames) for value in self._ear.get_cmn(True).split(",")]
        self._ear.end_utt()
        return ",".join(f"{value / max(frames, 1):.3f}" for value in sums)


class SphinxRecognizer:
    """One session. A turn begins with voice and ends with silence, or when it is told to."""

    def __init__(self, decoders: Decoders, parameters: Parameters) -> None:
        self._decoders = decoders
        self._adapt, self._rate = _adapter(parameters.sample_rate)
        self._vad = Vad(VAD_STRICTNESS, self._rate)
        self._silence_ms = parameters.turn_silence_ms[1]
        self._odd = b""  # a frame may end within a sample
        self._unheard = b""  # less than a frame of the voice detector
        self._passed = 0  # bytes of all audio the voice detector has seen
        self._voiced_frames = 0
        self._silent_bytes = 0
        self._turn: _Turn | None = None
        self._lead = b""

    def feed(self, audio: bytes) -> list[Hypothesis]:
        audio = self._odd + audio
        whole = len(audio) & ~3  # pairs of samples, for the halving
        self._odd = audio[whole:]
        self._unheard += self._adapt(audio[:whole])
        size = self._vad.frame_bytes
        heard = []
        while len(self._unheard) >= size:
            frame, self._unheard = self._unheard[:size], self._unheard[size:]
            hypothesis = self._hear(frame)
            if hypothesis is not None:
                heard.append(hypothesis)
        partial = self._turn.partial() if self._turn is not None else None
        return heard if partial is None else [*heard, partial]

    def end_turn(self) -> Hypothesis | None:
        if self._turn is None:
            return None
        self._turn.add(self._unheard)
        self._passed += len(self._unheard)
        self._unheard = b""
        return self._end()

    def configure(self, parameters: Parameters) -> None:
        self._silence_ms = parameters.turn_silence_ms[1]

    def close(self) -> None:
        if self._turn is not None:
            self._turn.drop()
            self._turn = None

    def _hear(self, frame: bytes) -> Hypothesis | None:
        self._passed += len(frame)
        voiced = self._vad.is_speech(frame)
        if self._turn is None:
            self._voiced_frames = self._voiced_frames + 1 if voiced else 0
            self._lead = (self._lead + frame)[-self._bytes(LEAD_MS) :]
            if self._voiced_frames >= ONSET_FRAMES:
                began_ms = (self._passed - len(self._lead)) / 2 / self._rate * 1000
                self._turn = _Turn(self._decoders, self._rate, began_ms, self._lead)
                self._lead, self._silent_bytes = b"", 0
            return None
        self._turn.add(frame)
        self._silent_bytes = 0 if voiced else self._silent_bytes + len(frame)
        return self._end() if self._silent_bytes >= self._bytes(self._silence_ms) else None

    def _end(self) -> Hypothesis | None:
        turn, self._turn = self._turn, None
        self._voiced_frames = 0
        return None if turn is None else turn.end()

    def _bytes(self, ms: int) -> int:
        return 2 * (self._rate * ms // 1000)


class _Turn:
    """The audio from one onset on: held back until its mean can be measured, then decoded as it comes."""

    def __init__(self, decoders: Decoders, rate: int, began_ms: float, lead: bytes) -> None:
        self._decoders = decoders
        self._rate = rate
        self._began_ms = began_ms
        self._held = lead
        self._lead_bytes = len(lead)
        self._decoder: Decoder | None = None
        self._shown = ""

    def add(self, audio: bytes) -> None:
        if self._decoder is not None:
            _process(self._decoder, audio)
            return
        self._held += audio
        if len(self._held) - self._lead_bytes >= 2 * (self._rate * MEASURED_MS // 1000):
            self._start()

    def partial(self) -> Hypothesis | None:
        """What is heard by now, if that has changed."""
        if self._decoder is None:
            return None
        text = _text(self._decoder)
        if text == self._shown:
            return None
        self._shown = text
        words = self._words(self._decoder)
        return Hypothesis(words) if words else None

    def end(self) -> Hypothesis:
        decoder = self._decoder or self._start()
        try:
            decoder.end_utt()
        except RuntimeError as error:
            raise RecognizerError("PocketSphinx cannot end an utterance") from error
        words = self._words(decoder)
        self._decoders.put_back(decoder)
        self._decoder = None
        return Hypothesis(words, final=True)

    def drop(self) -> None:
        if self._decoder is not None:
            self.end()

    def _start(self) -> Decoder:
        # What comes before the voice would only pull the mean towards silence.
        voice = self._held[max(self._lead_bytes - 2 * (self._rate // 10), 0) & ~1 :]
        mean = self._decoders.mean(voice, self._rate)
        self._decoder = self._decoders.take(self._rate)
        self._decoder.set_cmn(mean)
        self._decoder.start_utt()
        _process(self._decoder, self._held)
        self._held = b""
        return self._decoder

    def _words(self, decoder: Decoder) -> tuple[Word, ...]:
        if not _text(decoder):
            return ()
        words = []
        for segment in decoder.seg():
            text = written(segment.word)
            if text:
                start = self._began_ms + segment.start_frame * 1000 / FRAMES_PER_S
                end = self._began_ms + (segment.end_frame + 1) * 1000 / FRAMES_PER_S
                words.append(Word(text, round(start), round(end)))
        return tuple(words)


def written(word: str) -> str:
    """A word of the dictionary as people write it; empty for what is not a word: <sil>, [NOISE], ++um++."""
    word = word.partition("(")[0]  # been(2): the second way to pronounce it
    if not word or word[0] in "<[+":
        return ""
    if word == "i" or word.startswith("i'"):
        return "I" + word[1:]
    return word


def _adapter(sample_rate: int) -> tuple[Callable[[bytes], bytes], int]:
    if sample_rate < MODEL_RATE:
        return _doubled, sample_rate * 2
    if sample_rate > HIGHEST_RATE:
        return _halved, sample_rate // 2
    return bytes, sample_rate


def _doubled(audio: bytes) -> bytes:
    samples = array("h", audio)
    doubled = array("h", bytes(2 * len(audio)))
    doubled[::2] = samples
    doubled[1::2] = array("h", map(_middle, samples, samples[1:] + samples[-1:]))
    return doubled.tobytes()


def _halved(audio: bytes) -> bytes:
    samples = array("h", audio)
    return array("h", map(_middle, samples[::2], samples[1::2])).tobytes()


def _middle(one: int, other: int) -> int:
    return (one + other) // 2


def _process(decoder: Decoder, audio: bytes) -> None:
    if not audio:
        return
    try:
        decoder.process_raw(audio)
    except RuntimeError as error:
        raise RecognizerError("PocketSphinx cannot decode this audio") from error


def _text(decoder: Decoder) -> str:
    hypothesis = decoder.hyp()
    return "" if hypothesis is None else hypothesis.hypstr


def _set_rate(decoder: Decoder, sample_rate: int) -> None:
    if decoder.config["samprate"] != sample_rate:
        decoder.config["samprate"] = sample_rate
        decoder.reinit_feat(decoder.config)


def _new_decoder() -> Decoder:
    return Decoder(samprate=MODEL_RATE, fwdflat=False, bestpath=False, loglevel="FATAL")


def _new_ear() -> Decoder:
    """A decoder that is only asked for features: without language model and with a dictionary of one word."""
    with tempfile.TemporaryDirectory() as folder:
        dictionary = Path(folder, "one-word.dict")
        dictionary.write_text("oh OW\n")
        return Decoder(samprate=MODEL_RATE, lm=None, dict=str(dictionary), keyphrase="oh", loglevel="FATAL")
