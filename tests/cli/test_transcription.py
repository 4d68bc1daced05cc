"""One recording over several sessions, printed turn by turn."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from scripted import marked_speech
from service import At, Fault, Kind, Service
from utterkey import session
from utterkey.audio.recording import Recording
from utterkey.cli import transcription
from utterkey.cli.transcription import Transcription
from utterkey.dictation.events import CaptureFailed, Event
from utterkey.errors import MicrophoneError, SessionLost, UtterkeyError
from utterkey.session.endpoint import Endpoint
from utterkey.session.parameters import Parameters

PAUSE_MS = 500
PAUSE = bytes(32 * 2 * PAUSE_MS)
FIRST, SECOND = marked_speech(range(4)) + PAUSE, marked_speech(range(4, 8)) + PAUSE
FIRST_MS = len(FIRST) // 32
LOSSES = [
    Fault(Kind.RESET, At.MID_SPEECH, audio_ms=FIRST_MS + 1000),
    Fault(Kind.CLOSE, At.MID_SPEECH, audio_ms=FIRST_MS + 1000, code=1000),
]
REFUSED = Fault(Kind.HTTP, At.UPGRADE, status=503)


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording.create(tmp_path, 1, 16000)
    yield recording
    recording.complete()
    recording.close()


class Running:
    """A transcription on a thread of its own."""

    def __init__(self, service: Service, recording: Recording) -> None:
        self.inbox: SimpleQueue[Event] = SimpleQueue()
        endpoint = Endpoint(service.url, key=None, token_command="", engine_url=None, tls_context=session.tls_context)
        parameters = Parameters(model="universal-3-6-pro", sample_rate=16000, one_turn=False)
        self.error: UtterkeyError | None = None
        self._transcription = Transcription(endpoint, parameters, recording, self.inbox)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._transcription.run()
        except UtterkeyError as error:
            self.error = error
        finally:
            self._transcription.close()

    def wait(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcription, "_PAUSES", (0.01, 0.01, 0.01))


@pytest.mark.parametrize("fault", LOSSES, ids=lambda fault: fault.kind.name)
def test_after_a_loss_only_what_has_no_words_yet_is_sent_again(
    fault: Fault, recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    with Service(turn_pause_ms=PAUSE_MS, faults=[fault]) as service:
        started = time.monotonic()
        running = Running(service, recording)
        recording.append(FIRST)
        lost = service.wait_session(1)
        lost.wait(lambda s: any('"end_of_turn": true' in (message.text or "") for message in s.sent))
        recording.append(SECOND[:25600])  # 800 ms
        lost.wait(lambda s: '"w4' in (s.sent[-1].text or ""))  # and then they are lost
        recording.append(SECOND[25600:])
        recording.complete()
        running.wait()
        took = time.monotonic() - started  # who lost a session may notice it later than who broke it off
        found = service.sessions[1]
        assert len(service.sessions) == 2
    out, err = capsys.readouterr()
    assert (running.error, out) == (None, "w0 w1 w2 w3\nw4 w5 w6 w7\n")
    assert err.count("utterkey: ") == 1, "the loss is told"
    told = json.loads(found.sent[-1].text or "")["session_duration_seconds"]
    (billed,) = re.findall(r"(\d+) s of session time billed", err)
    assert told < int(billed) <= told + took + 1, "what was lost is billed too"
    assert found.audio_ms < 2 * FIRST_MS - 1000, "words that are final are not paid for twice"


def test_a_microphone_that_breaks_costs_no_words_that_were_said(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    with Service(turn_pause_ms=PAUSE_MS) as service:
        running = Running(service, recording)
        recording.append(FIRST)
        running.inbox.put(CaptureFailed(1, MicrophoneError("It is gone.")))
        recording.complete()
        running.wait()
    assert capsys.readouterr().out == "w0 w1 w2 w3\n"
    assert str(running.error) == "It is gone."


def test_it_is_not_tried_for_ever(recording: Recording) -> None:
    with Service(faults=[REFUSED] * 4) as service:
        running = Running(service, recording)
        running.wait()
        assert len(service.sessions) == 4
    assert isinstance(running.error, SessionLost)


def test_a_session_that_brings_words_makes_all_tries_available_again(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    reset = Fault(Kind.RESET, At.MID_SPEECH, audio_ms=FIRST_MS + 300)
    with Service(turn_pause_ms=PAUSE_MS, faults=[REFUSED, REFUSED, reset, REFUSED, REFUSED]) as service:
        running = Running(service, recording)
        recording.append(FIRST)
        third = service.wait_session(3)
        third.wait(lambda s: any('"end_of_turn": true' in (message.text or "") for message in s.sent))
        recording.append(SECOND)
        recording.complete()
        running.wait()
        assert len(service.sessions) == 6
    assert running.error is None
    lines = capsys.readouterr().out.lower().replace(".", "")
    assert lines == "w0 w1 w2 w3\nw4 w5 w6 w7\n"


@pytest.mark.parametrize("kind", [Kind.DUPLICATE_FINAL, Kind.PARTIALS_ONLY, Kind.RAW_THEN_FORMATTED])
def test_each_turn_is_printed_once_however_it_is_told(
    kind: Kind, recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    with Service(turn_pause_ms=PAUSE_MS, faults=[Fault(kind)]) as service:
        running = Running(service, recording)
        recording.append(FIRST + SECOND)
        recording.complete()
        running.wait()
    lines = capsys.readouterr().out.lower().replace(".", "")
    assert lines == "w0 w1 w2 w3\nw4 w5 w6 w7\n"
