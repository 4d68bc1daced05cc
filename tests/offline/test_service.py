"""The scripted service itself: its faults strike where they are told to, and its record is true."""

import json
import socket
import time
from itertools import islice

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from faults import At, Fault, Kind, at_random
from offline.test_server import SPEECH, TEXT, end, listen, send, session
from scripted import Marks
from service import HELLO, Service, marked_speech


def healthy(service: Service) -> None:
    """The next session is one without a fault."""
    with session(service) as client:
        send(client)
        end(client)
        messages, closing_frame = listen(client)
    assert messages[-2]["transcript"] == TEXT
    assert closing_frame == (1000, "Session Ended")


def talk_until_closed(client: ClientConnection) -> None:
    send(client)
    end(client)
    while True:
        client.recv(timeout=5)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_http_status(status: int) -> None:
    with Service(faults=[Fault(Kind.HTTP, At.UPGRADE, status=status)]) as service:
        with pytest.raises(InvalidStatus) as refused, session(service):
            pass
        assert refused.value.response.status_code == status
        healthy(service)


@pytest.mark.parametrize("place", [At.BEFORE_BEGIN, At.MID_SPEECH, At.AFTER_RELEASE])
@pytest.mark.parametrize("kind", [Kind.RESET, Kind.CLOSE, Kind.ERROR, Kind.ERROR_WITHOUT_TYPE])
def test_the_end_of_a_session(kind: Kind, place: At) -> None:
    with Service(faults=[Fault(kind, place, code=1013)]) as service:
        with session(service) as client, pytest.raises(ConnectionClosed) as closed:
            talk_until_closed(client)
        record = service.wait_session(1).wait_closed()
        assert record.struck_at is not None
        assert (closed.value.rcvd.code if closed.value.rcvd else None) == (None if kind is Kind.RESET else 1013)
        assert ("Begin" in [message.type for message in record.sent]) == (place is not At.BEFORE_BEGIN)
        assert "Termination" not in [message.type for message in record.sent]
        healthy(service)


@pytest.mark.parametrize("place", list(At))
def test_silence_answers_nothing_but_notices_the_end(place: At) -> None:
    with Service(faults=[Fault(Kind.SILENCE, place)]) as service:
        if place is At.UPGRADE:
            with pytest.raises(TimeoutError), session(service, open_timeout=0.3):
                pass
        else:
            with session(service, close_timeout=0.1) as client:
                send(client)
                end(client)
                service.wait_session(1).wait_message("Terminate")
                assert client.ping().wait(0.3) is False
        service.wait_session(1).wait_closed()
        healthy(service)


STRANGE = {
    Kind.INVALID_JSON: "trans",
    Kind.UNKNOWN_TYPE: "Telemetry",
    Kind.TURN_WITHOUT_FIELDS: '{"type": "Turn"}',
    Kind.HUGE_MESSAGE: "xxxx",
}


@pytest.mark.parametrize(("kind", "sign"), STRANGE.items(), ids=lambda value: getattr(value, "name", ""))
def test_strange_messages(kind: Kind, sign: str) -> None:
    with Service(faults=[Fault(kind, At.BEFORE_BEGIN)]) as service:
        with session(service, max_size=None) as client:
            assert sign in str(client.recv(timeout=10))
            assert json.loads(client.recv(timeout=10))["type"] == "Begin"
        healthy(service)


WAYS: dict[Kind, list[str]] = {
    Kind.NO_FINAL: [],
    Kind.EMPTY_FINAL: [""],
    Kind.DUPLICATE_FINAL: [TEXT, TEXT],
    Kind.RAW_THEN_FORMATTED: [TEXT, TEXT],
    Kind.PARTIALS_ONLY: [],
    Kind.DROPS_WORDS: ["w0 w1"],
}


@pytest.mark.parametrize(("kind", "finals"), WAYS.items(), ids=lambda value: getattr(value, "name", ""))
def test_ways_to_answer(kind: Kind, finals: list[str]) -> None:
    with Service(faults=[Fault(kind, audio_ms=700)]) as service:
        with session(service) as client:
            send(client)
            end(client)
            messages, closing_frame = listen(client)
        assert [message["transcript"] for message in messages if message.get("end_of_turn")] == finals
        assert messages[-1]["type"] == "Termination"
        assert closing_frame[0] == 1000
        healthy(service)


def test_no_termination_leaves_the_socket_open() -> None:
    with Service(faults=[Fault(Kind.NO_TERMINATION)]) as service, session(service) as client:
        send(client)
        end(client)
        while not json.loads(client.recv(timeout=5)).get("end_of_turn"):
            pass
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.3)


def test_silent_after_the_first_turn() -> None:
    with Service(faults=[Fault(Kind.SILENT_AFTER_FIRST_TURN)]) as service, session(service) as client:
        for _ in range(2):
            send(client)
            client.send('{"type":"ForceEndpoint"}')
        end(client)
        messages, _ = listen(client)
    assert [message["turn_order"] for message in messages if message.get("end_of_turn")] == [0]
    assert messages[-1]["type"] == "Termination"


def test_slow_begin() -> None:
    with Service(faults=[Fault(Kind.SLOW_BEGIN, seconds=0.4)]) as service:
        started = time.monotonic()
        with session(service) as client:
            assert json.loads(client.recv(timeout=5))["type"] == "Begin"
        assert time.monotonic() - started >= 0.4


def test_stop_reading_loses_nothing() -> None:
    with Service(faults=[Fault(Kind.STOP_READING, At.BEFORE_BEGIN, seconds=0.4)]) as service:
        started = time.monotonic()
        healthy(service)
        assert time.monotonic() - started >= 0.4
        assert bytes(service.wait_session(1).audio).startswith(SPEECH)


def test_a_refused_port_opens_again() -> None:
    with Service(faults=[Fault(Kind.RESET, At.BEFORE_BEGIN), Fault(Kind.REFUSE, seconds=3)]) as service:
        with pytest.raises(ConnectionClosed), session(service) as client:
            client.recv(timeout=5)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", service.port), 1)
        service.wait_accepting()
        healthy(service)


def test_refusing_by_hand() -> None:
    with Service() as service:
        service.refuse()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", service.port), 1)
        service.accept()
        healthy(service)


def test_each_session_has_its_script_and_the_last_serves_the_rest() -> None:
    with Service([(0, 100, "one")], [(0, 100, "two")]) as service:
        for expected in ("one", "two", "two"):
            with session(service) as client:
                client.send(bytes(6400))
                end(client)
                messages, _ = listen(client)
            assert messages[-2]["transcript"] == expected


def test_waiting_has_a_deadline_and_tells_what_it_saw() -> None:
    with Service(HELLO) as service:
        with pytest.raises(TimeoutError, match="0 sessions"):
            service.wait_session(1, deadline=0.05)
        with session(service) as client:
            client.send(bytes(3200))
            record = service.wait_session(1).wait_audio(100)
            with pytest.raises(TimeoutError, match="100 ms of audio"):
                record.wait_message("Terminate", deadline=0.05)


def test_random_faults_repeat_with_their_seed() -> None:
    fault = Fault(Kind.RESET)
    first, again = (list(islice(at_random(7, [fault]), 1000)) for _ in range(2))
    assert first == again
    assert 150 <= first.count(fault) <= 250


@pytest.mark.parametrize("sample_rate", [16000, 44100, 48000])
def test_marked_words_are_heard_at_any_cut(sample_rate: int) -> None:
    audio = marked_speech([3, 0, 1999, 7], sample_rate=sample_rate)
    for size in (1, 333, 3200, len(audio)):
        marks = Marks(sample_rate)
        for start in range(0, len(audio) if size > 1 else 20_000, size):
            words = marks.hear(audio[start : start + size])
        heard = [word.text for word in words]
        assert heard == ["w3", "w0", "w1999", "w7"][: len(heard)]
        assert size == 1 or len(heard) == 4
