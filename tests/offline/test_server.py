"""The server on real sockets, talked to by an independent client library and by raw bytes."""

import http.client
import json
import random
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from service import HELLO, Policy, Service, marked_speech
from session.conftest import Authority
from utterkey.offline.dialogue import Hypothesis
from utterkey.offline.parameters import Parameters

SPEECH = marked_speech(range(4))
TEXT = "w0 w1 w2 w3"


@contextmanager
def session(service: Service, query: str = "", **options: Any) -> Iterator[ClientConnection]:
    with connect(f"{service.url}/v3/ws?{query}", compression=None, proxy=None, **options) as client:
        yield client


def send(client: ClientConnection, audio: bytes = SPEECH, frame: int = 3200) -> None:
    for start in range(0, len(audio), frame):
        client.send(audio[start : start + frame].ljust(1600, b"\0"))


def listen(client: ClientConnection) -> tuple[list[dict[str, Any]], tuple[int, str]]:
    """All messages until the server closes, and how it did."""
    messages = []

    def listen_on() -> None:
        while True:
            messages.append(json.loads(client.recv(timeout=10)))

    with pytest.raises(ConnectionClosed) as closed:
        listen_on()
    frame = closed.value.rcvd
    assert frame is not None
    return messages, (frame.code, frame.reason)


def end(client: ClientConnection) -> None:
    client.send('{"type":"ForceEndpoint"}')
    client.send('{"type":"Terminate"}')


def test_a_session_from_open_to_close() -> None:
    with Service() as service, session(service, "sample_rate=16000") as client:
        send(client)
        end(client)
        messages, closing_frame = listen(client)
        record = service.wait_session(1).wait_closed()
    assert [message["type"] for message in messages][:2] == ["Begin", "SpeechStarted"]
    assert messages[-2]["transcript"] == TEXT
    assert messages[-1]["type"] == "Termination"
    assert closing_frame == (1000, "Session Ended")
    assert record.texts == ["ForceEndpoint", "Terminate"]
    assert record.audio_ms == pytest.approx(1300)
    assert bytes(record.audio).startswith(SPEECH)
    assert record.close_sent == (1000, "Session Ended")
    assert record.close_received == 1000


def test_the_same_over_tls(authority: Authority) -> None:
    with Service(tls=authority.server) as service:
        assert service.url.startswith("wss://")
        with session(service, ssl=authority.client()) as client:
            send(client)
            end(client)
            messages, closing_frame = listen(client)
    assert messages[-2]["transcript"] == TEXT
    assert closing_frame == (1000, "Session Ended")


def test_begin_and_final_are_delayed_as_told() -> None:
    policy = Policy(begin_delay_s=0.3, final_delay_s=0.2)
    with Service(policy=policy) as service, ExitStack() as opened:
        started = time.monotonic()  # before the service can begin to count
        client = opened.enter_context(session(service))
        assert json.loads(client.recv(timeout=5))["type"] == "Begin"
        assert time.monotonic() - started >= 0.3
        send(client)
        asked = time.monotonic()
        end(client)
        messages, _ = listen(client)
        assert messages[-1]["type"] == "Termination"
        assert time.monotonic() - asked >= 0.2


def test_a_message_in_fragments_is_one_message() -> None:
    with Service() as service, session(service) as client:
        client.send(SPEECH[i : i + 640] for i in range(0, 6400, 640))
        end(client)
        listen(client)
        assert service.wait_session(1).wait_closed().frame_lengths_ms == [200.0]


def test_a_message_beyond_the_limit_is_refused_with_1009() -> None:
    with Service() as service, session(service) as client:
        client.send(bytes(128 * 1024 + 1))
        assert listen(client)[1][0] == 1009


def test_a_frame_of_the_greatest_size_is_taken() -> None:
    with Service() as service, session(service, "sample_rate=65536") as client:
        client.send(bytes(128 * 1024))
        end(client)
        assert listen(client)[1][0] == 1000


def test_the_error_comes_before_the_close() -> None:
    with Service() as service, session(service) as client:
        client.send("garbage")
        messages, closing_frame = listen(client)
    assert messages[-1]["type"] == "Error"
    assert closing_frame == (3006, "See Error message for details")


def test_a_wrong_key_is_told_after_the_upgrade() -> None:
    with Service(policy=Policy(keys=frozenset({"good"}))) as service:
        with session(service, additional_headers={"Authorization": "bad"}) as client:
            messages, closing_frame = listen(client)
        assert messages[0]["error"] == "Unauthorized Connection: Invalid API key"
        assert closing_frame[0] == 1008
        with session(service, additional_headers={"Authorization": "good"}) as client:
            assert json.loads(client.recv(timeout=5))["type"] == "Begin"


def test_the_third_session_of_a_minute_is_too_many() -> None:
    with Service(policy=Policy(sessions_per_minute=2)) as service:
        for expected in ("Begin", "Begin", "Error"):
            with session(service) as client:
                assert json.loads(client.recv(timeout=5))["type"] == expected


def test_too_many_may_be_told_at_the_upgrade() -> None:
    with Service(policy=Policy(sessions_per_minute=1, too_many="429")) as service:
        with session(service) as client:
            assert json.loads(client.recv(timeout=5))["type"] == "Begin"
        with pytest.raises(InvalidStatus) as refused, session(service):
            pass
        assert refused.value.response.status_code == 429


def test_inactivity_ends_the_session() -> None:
    with Service() as service, session(service, "inactivity_timeout=5") as client:
        messages, closing_frame = listen(client)
    assert "inactivity" in messages[-1]["error"]
    assert closing_frame[0] == 3006


PATHS = {"/v3/ws/health": 200, "/v3/token?expires_in_seconds=60": 200, "/": 404, "/v2/realtime": 404, "/v3/ws": 426}


@pytest.mark.parametrize(("path", "status"), PATHS.items(), ids=PATHS)
def test_plain_http(path: str, status: int) -> None:
    with Service() as service, closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=5)) as web:
        web.request("GET", path)
        response = web.getresponse()
        body = response.read()
    assert response.status == status
    if "token" in path:
        assert json.loads(body)["token"]


@pytest.mark.parametrize(("origin", "served"), [
    (None, True), ("http://127.0.0.1:4000", True), ("http://localhost", True),
    ("https://example.org", False), ("null", False),
])  # fmt: skip
def test_web_pages_of_other_machines_are_not_served(origin: str | None, served: bool) -> None:
    with Service() as service:
        if served:
            with session(service, origin=origin):
                pass
        else:
            with pytest.raises(InvalidStatus), session(service, origin=origin):
                pass


def test_it_listens_on_loopback_only() -> None:
    with Service() as service:
        assert urlsplit(service.url).hostname == "127.0.0.1"
        for address in {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}:
            if not str(address).startswith("127."):
                with pytest.raises(OSError), socket.create_connection((str(address), service.port), 1):  # noqa: PT011
                    pass


class Slow:
    """A recogniser that takes 20 ms for a slice and answers at the end."""

    def __init__(self, parameters: Parameters) -> None:
        pass

    def feed(self, audio: bytes) -> list[Hypothesis]:
        until = time.monotonic() + 0.02
        while time.monotonic() < until:
            pass
        return []

    def end_turn(self) -> Hypothesis | None:
        return None

    def configure(self, parameters: Parameters) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_backlog_of_one_session_does_not_hold_up_another() -> None:
    with Service(recognizer=Slow) as service, session(service) as busy, session(service) as brief:
        for _ in range(20):
            busy.send(bytes(32000))  # 8 s of work
        service.wait_session(1).wait_audio(20_000)
        brief.recv(timeout=5)
        asked = time.monotonic()
        brief.send(bytes(3200))
        end(brief)
        assert listen(brief)[1] == (1000, "Session Ended")
        assert time.monotonic() - asked < 4


def test_garbage_instead_of_a_request() -> None:
    rng = random.Random(1)
    with Service() as service:
        for size in (0, 1, 100, 70_000):
            with socket.create_connection(("127.0.0.1", service.port), 5) as raw:
                raw.sendall(rng.randbytes(size) + b"\r\n\r\n")
                raw.shutdown(socket.SHUT_WR)
                try:
                    while raw.recv(65536):
                        pass
                except ConnectionResetError:
                    pass
        with session(service) as client:
            assert json.loads(client.recv(timeout=5))["type"] == "Begin"


def test_garbage_instead_of_frames() -> None:
    rng = random.Random(2)
    request = (
        b"GET /v3/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with Service(HELLO) as service:
        for number in range(200):
            with socket.create_connection(("127.0.0.1", service.port), 5) as raw:
                raw.sendall(request)
                raw.recv(65536)
                try:
                    raw.sendall(rng.randbytes(rng.choice((1, 2, 10, 200, 5000))))
                    raw.shutdown(socket.SHUT_WR)
                    while raw.recv(65536):
                        pass
                except (ConnectionResetError, BrokenPipeError):
                    pass
            service.wait_session(number + 1).wait_closed()
        with session(service) as client:
            assert json.loads(client.recv(timeout=5))["type"] == "Begin"


def test_a_client_that_vanishes_leaves_nothing() -> None:
    with Service() as service:
        with socket.create_connection(("127.0.0.1", service.port), 5):
            pass
        with session(service) as client:
            send(client)
            client.socket.shutdown(socket.SHUT_RDWR)
            record = service.wait_session(1).wait_closed()
        assert record.terminated_at is None


def test_a_stranger_to_tls_is_dropped(authority: Authority) -> None:
    with Service(tls=authority.server) as service:
        with pytest.raises(ssl.SSLCertVerificationError), session(service):
            pass
        with session(service, ssl=authority.client()) as client:
            assert json.loads(client.recv(timeout=5))["type"] == "Begin"
