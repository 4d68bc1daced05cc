"""The vendor's own SDK talks to the offline engine: a third party says that both sides speak the protocol."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from assemblyai.streaming.v3 import (
    BeginEvent,
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
    TerminationEvent,
    TurnEvent,
)

from service import Policy, Service, marked_speech
from speech import Spoken, error_rate
from utterkey.offline.engine import Engine

# The SDK 1.8.2 connects in a way that websockets 17 means to drop.
pytestmark = pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager:DeprecationWarning")

FRAME = 3200
FRAME_S = 0.1
TARGET_S = 0.3


@dataclass
class Heard:
    """What the SDK's handlers were told, with the time."""

    began: list[BeginEvent] = field(default_factory=list)
    turns: list[tuple[float, TurnEvent]] = field(default_factory=list)
    ended: list[TerminationEvent] = field(default_factory=list)
    errors: list[object] = field(default_factory=list)
    final: threading.Event = field(default_factory=threading.Event)
    failed: threading.Event = field(default_factory=threading.Event)

    def attach(self, client: StreamingClient) -> None:
        client.on(StreamingEvents.Begin, lambda _, event: self.began.append(event))
        client.on(StreamingEvents.Termination, lambda _, event: self.ended.append(event))
        client.on(StreamingEvents.Error, self._error)
        client.on(StreamingEvents.Turn, self._turn)

    def _error(self, _client: object, error: object) -> None:
        self.errors.append(error)
        self.failed.set()

    def _turn(self, _client: object, event: TurnEvent) -> None:
        self.turns.append((time.monotonic(), event))
        if event.end_of_turn:
            self.final.set()


def connected(url: str, **parameters: Any) -> tuple[StreamingClient, Heard]:
    client = StreamingClient(StreamingClientOptions(api_key="none needed", api_host=url, connect_timeout=10))
    heard = Heard()
    heard.attach(client)
    parameters = {"sample_rate": 16000, "speech_model": "universal-3-6-pro", **parameters}
    client.connect(StreamingParameters(**parameters))
    return client, heard


@pytest.fixture
def url() -> Iterator[str]:
    with closing(Engine()) as engine:
        yield engine.url()


def test_a_voice_in_real_time(url: str, voice: list[Spoken]) -> None:
    said = voice[1]
    client, heard = connected(url, min_turn_silence=10000, max_turn_silence=10000)
    audio = said.audio()
    audio += bytes(-len(audio) % FRAME)
    pace = threading.Event()
    started = time.monotonic()
    for number, start in enumerate(range(0, len(audio), FRAME)):
        pace.wait(max(0.0, started + number * FRAME_S - time.monotonic()))
        client.stream(audio[start : start + FRAME])
    released = time.monotonic()
    partials = len(heard.turns)
    client.force_endpoint()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
    assert heard.final.wait(10)
    took = heard.turns[-1][0] - released
    client.disconnect(terminate=True)

    print(f"final {took * 1000:.0f} ms after ForceEndpoint, {partials} partials before it")  # noqa: T201 - a figure
    assert partials >= 3
    assert took <= 5 * TARGET_S
    assert error_rate([(said.text, heard.turns[-1][1].transcript)]) <= 0.2
    assert [event.configuration and event.configuration.model for event in heard.began] == ["universal-3-6-pro"]
    assert [event.audio_duration_seconds for event in heard.ended] == [len(audio) // 32000]
    assert not heard.errors


def test_a_recording_all_at_once(url: str, recordings: list[Spoken]) -> None:
    client, heard = connected(url)
    audio = recordings[0].audio()
    client.stream(audio[start : start + FRAME].ljust(FRAME, b"\0") for start in range(0, len(audio), FRAME))
    client.disconnect(terminate=True)
    finals = [turn.transcript for _, turn in heard.turns if turn.end_of_turn]
    assert error_rate([(recordings[0].text, " ".join(finals))]) <= 0.35
    assert len(heard.ended) == 1
    assert not heard.errors


def test_errors_reach_the_sdk() -> None:
    with Service(policy=Policy(keys=frozenset({"good"}))) as service:
        client, heard = connected(service.url)
        assert heard.failed.wait(10)
        client.disconnect()
    assert [str(error) for error in heard.errors] == ["Unauthorized Connection: Invalid API key"]


def test_the_scripted_service_is_no_different_to_the_sdk() -> None:
    with Service() as service:
        client, heard = connected(service.url)
        audio = marked_speech(range(5))
        client.stream(audio[start : start + FRAME].ljust(FRAME, b"\0") for start in range(0, len(audio), FRAME))
        client.force_endpoint()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        assert heard.final.wait(10)
        client.disconnect(terminate=True)
        service.wait_session(1).wait_closed()
    assert heard.turns[-1][1].transcript == "w0 w1 w2 w3 w4"
    assert len(heard.ended) == 1
