"""Which sink a microphone listens to, from what `pactl` says of its sources."""

from __future__ import annotations

import wave
from typing import Any

import pytest

from utterkey import paths
from utterkey.cli.selftest_speech import sink_behind

SOURCES: dict[str, dict[str, Any]] = {
    "alsa_input.usb": {"monitor_source": "", "properties": {"device.class": "sound"}},
    "speakers.monitor": {"monitor_source": "speakers", "properties": {"device.class": "monitor"}},
    "virtual": {"monitor_source": "", "properties": {"device.master_device": "speakers.monitor"}},
    "denoised": {"monitor_source": "", "properties": {"device.master_device": "alsa_input.usb"}},
    "circle": {"monitor_source": "", "properties": {"device.master_device": "circle"}},
}


@pytest.mark.parametrize(
    ("source", "sink"),
    [("alsa_input.usb", ""), ("speakers.monitor", "speakers"), ("virtual", "speakers"), ("denoised", ""),
     ("circle", ""), ("gone", "")],
)  # fmt: skip
def test_the_sink_behind_a_source(source: str, sink: str) -> None:
    assert sink_behind(source, SOURCES) == sink


def test_the_clip_is_there_and_short() -> None:
    with wave.open(str(paths.asset("selftest.wav"))) as clip:
        assert (clip.getnchannels(), clip.getsampwidth(), clip.getframerate()) == (1, 2, 16000)
        assert clip.getnframes() / clip.getframerate() < 4
