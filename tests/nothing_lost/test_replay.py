"""A long recording that is sent again keeps to the lead the service allows, and shows how far it is."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from faults import At, Fault, Kind
from rig import Rig, with_settings
from scripted import marked_speech
from service import Policy, Service, Session
from utterkey.session import protocol

SLACK_S = 0.2


def _most_lead(session: Session) -> float:
    """By how many seconds the audio was ahead of the session's clock, at most."""
    seconds, most = 0.0, 0.0
    for frame in session.frames:
        seconds += frame.size / (2 * session.sample_rate)
        most = max(most, seconds - (frame.at - session.connected_at))
    return most


def _replay(folder: Path, seconds: int, lead: float, limit: float) -> None:
    spoken = marked_speech(range(seconds), gap_ms=800, lead_ms=0)
    faults = [Fault(Kind.HTTP, At.UPGRADE, status=401)]
    with Service(faults=faults, policy=Policy(look_ahead_s=limit)) as service, Rig(service.url, folder) as rig:
        number = rig.dictate(spoken)
        assert rig.wait_outcome(number) == "failed"
        rig.wait_view(lambda view: len(view.kept) == 1)  # it is shown a moment after it is written
        began = time.monotonic()
        rig.retry(number)
        assert rig.wait_outcome(number, seconds + 30) == "delivered"
        took = time.monotonic() - began
        assert rig.window.texts == [" ".join(f"w{n}" for n in range(seconds))]
        assert len(service.sessions) == 2, "the replay was broken off"
        assert _most_lead(service.sessions[-1]) <= lead + SLACK_S
        assert took >= seconds - lead - 1
        shown = rig.replays
        assert shown[0] < 10
        assert shown[-1] > 80
        assert all(later >= earlier for earlier, later in pairwise(shown)), "progress goes backwards"
        assert len(set(shown)) >= 5
        rig.wait_idle()
        assert rig.controller.view.replay is None


def test_a_replay_keeps_its_lead_and_shows_its_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in small: eight seconds instead of ten minutes, and two seconds of lead instead of 240."""
    monkeypatch.setattr(protocol, "MOST_LEAD_SECONDS", 2.0)
    _replay(tmp_path, 8, 2.0, 2.5)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_minutes_are_replayed(tmp_path: Path) -> None:
    """With the service's own limit of 300 s. The server decodes at once, so this takes ten minutes less the lead."""
    _replay(tmp_path, 600, protocol.MOST_LEAD_SECONDS, 300)


def test_a_lost_session_is_replayed_from_the_last_final(tmp_path: Path) -> None:
    """While the microphone goes on. No word is doubled, and what is final is not sent again."""
    first, second = marked_speech(range(4)) + bytes(600 * 32), marked_speech(range(4, 10))
    with (
        Service(faults=[Fault(Kind.RESET, audio_ms=2300)], turn_pause_ms=400) as service,
        Rig(service.url, tmp_path) as rig,
    ):
        number = rig.press()
        rig.speak(first)
        service.wait_session(1).wait(
            lambda session: any('"end_of_turn": true' in m.text for m in session.sent if m.text)
        )
        rig.wait_view(lambda view: view.partial == "w0 w1 w2 w3")
        rig.speak(second[: len(second) // 2])
        rig.wait_connected(2)
        rig.speak(second[len(second) // 2 :])
        rig.release()
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts == [" ".join(f"w{n}" for n in range(10)) + " "]
        assert service.sessions[1].audio_bytes < len(first) // 2 + len(second)


def test_a_lingering_session_that_breaks_loses_nothing(tmp_path: Path) -> None:
    """Neither in the next utterance nor between two: only that one's audio is sent again, and only its words come."""
    lingering = with_settings(service={"linger_seconds": 60.0})
    faults = [Fault(Kind.RESET, audio_ms=3000), Fault(Kind.SILENCE, audio_ms=4000)]
    with Service(faults=faults) as service, Rig(service.url, tmp_path, settings=lingering) as rig:
        texts = []
        for first in range(0, 24, 6):
            words = range(first, first + 6)
            assert rig.wait_outcome(rig.dictate(marked_speech(words))) == "delivered"
            texts.append(" ".join(f"w{n}" for n in words) + " ")
        assert rig.window.texts == texts
        assert len(service.sessions) == 3
