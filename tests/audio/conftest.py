"""A voice, and what the microphone posts."""

from __future__ import annotations

import subprocess

import pytest

from audio.posted import Posted


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A spoken sentence of some six seconds, 16 kHz mono s16le, without any noise."""
    path = tmp_path_factory.mktemp("speech") / "said.wav"
    text = "The quick brown fox jumps over the lazy dog, and then it sleeps all day under the old tree."
    subprocess.run(["flite", "-voice", "rms", "-t", text, "-o", str(path)], check=True)
    return path.read_bytes()[44:]


@pytest.fixture
def posted() -> Posted:
    return Posted()
