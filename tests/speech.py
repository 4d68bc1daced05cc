"""Speech that a recogniser understands, what is said in it, and how far a transcript is from that."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TESTDATA = Path("/usr/share/pocketsphinx/test/data")
SENTENCES = (
    "this is a free dictation program",
    "the quick brown fox jumps over the lazy dog",
    "please send the report to the office before noon",
    "hello world",
    "we will meet in the morning and talk about the plan",
    "i would like to write a letter to my brother",
    "the weather is nice today and the sun is shining",
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One recording and what is said in it."""

    file: Path
    text: str

    def audio(self, sample_rate: int = 16000) -> bytes:
        """Mono s16le, with a moment of silence around it as a press has."""
        raw = ["-r", "16000", "-e", "signed", "-b", "16", "-c", "1"] if self.file.suffix == ".raw" else []
        out = ["-t", "raw", "-r", str(sample_rate), "-b", "16", "-e", "signed", "-c", "1", "-"]
        command = ["sox", *raw, str(self.file), *out, "pad", "0.3", "0.4"]
        return subprocess.run(command, check=True, capture_output=True, timeout=30).stdout


def read_aloud() -> list[Spoken]:
    """People who read aloud, in Debian's pocketsphinx-testdata."""
    spoken = [Spoken(TESTDATA / "goforward.raw", "go forward ten meters")]
    for folder, transcription in (("librivox", "transcription"), ("cards", "cards.transcription")):
        for line in (TESTDATA / folder / transcription).read_text().splitlines():
            text, _, name = line.rpartition("(")
            words = [word for word in text.split() if word not in ("<s>", "</s>")]
            spoken.append(Spoken(TESTDATA / folder / f"{name.strip(' )')}.wav", " ".join(words)))
    return spoken


def said_by_a_voice(folder: Path) -> list[Spoken]:
    """A synthetic voice the recogniser understands well."""
    spoken = []
    for number, text in enumerate(SENTENCES):
        file = folder / f"{number}.wav"
        subprocess.run(["flite", "-voice", "rms", "-t", text, "-o", str(file)], check=True, timeout=60)
        spoken.append(Spoken(file, text))
    return spoken


def wrong_words(said: str, heard: str) -> int:
    """The fewest insertions, deletions and replacements of words that turn one into the other, in any case."""
    reference, words = said.lower().split(), heard.lower().split()
    row = list(range(len(words) + 1))
    for count, expected in enumerate(reference, 1):
        above, row = row, [count]
        for column, word in enumerate(words, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (word != expected)))
    return row[-1]


def error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Over (said, heard) pairs."""
    listed = list(pairs)
    wrong = sum(wrong_words(said, heard) for said, heard in listed)
    return wrong / sum(len(said.split()) for said, _ in listed)
