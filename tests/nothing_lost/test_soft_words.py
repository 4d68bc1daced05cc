"""A word that the voice detector misses is not lost with the session that was to hear it."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from faults import At, Fault, Kind
from rig import Rig
from scripted import marked_speech
from service import Policy, Service
from utterkey.audio.voice import VoiceDetector

ROOM = array("h", ([3000] * 16 + [-3000] * 16) * 200).tobytes()
"""So loud that a word does not stand out of it."""
WORD = ROOM + marked_speech([7], gap_ms=0, lead_ms=0) + ROOM
SILENCE = array("h", [1, -1] * 8000).tobytes()

CASES: dict[str, tuple[Policy, list[Fault | None]]] = {
    "slow Begin": (Policy(begin_delay_s=0.8), []),
    "slow final": (Policy(final_delay_s=0.8), []),
    "reset": (Policy(), [Fault(Kind.RESET, At.AFTER_RELEASE)]),
    "half-open silence": (Policy(), [Fault(Kind.SILENCE, At.AFTER_RELEASE)]),
}


def test_it_is_no_voice_to_the_detector() -> None:
    detector = VoiceDetector(16000)
    detector.feed(WORD)
    assert detector.spans() == ()


@pytest.mark.parametrize("case", CASES)
def test_it_is_delivered(case: str, tmp_path: Path) -> None:
    policy, faults = CASES[case]
    with Service(policy=policy, faults=faults) as service, Rig(service.url, tmp_path) as rig:
        assert rig.wait_outcome(rig.dictate(WORD)) == "delivered"
        assert rig.window.texts == ["w7 "]


def test_silence_is_forgotten_without_a_sentence(tmp_path: Path) -> None:
    """As soon as the service has said that it heard nothing."""
    with Service(policy=Policy(termination_delay_s=0.1)) as service, Rig(service.url, tmp_path) as rig:
        number = rig.press()
        rig.speak(SILENCE)
        released = rig.release()
        assert rig.wait_outcome(number) == "forgotten"
        assert rig.ended_at(number) - released < 2
        assert rig.notifier.told == []
        assert len(service.sessions) == 1
