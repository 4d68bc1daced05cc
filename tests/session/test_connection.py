"""A session's life against the real protocol on a real socket, healthy and with faults."""

import itertools
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import psutil
import pytest

from desktop import await_true
from faults import At, Fault, Kind
from service import HELLO, Policy, Service, Session, marked_speech
from session.client import KEY, PRO, Client, MemoryRecording, endpoint_of
from session.conftest import Authority
from utterkey.dictation.events import (
    AudioSent,
    SessionBegan,
    SessionEnded,
    SessionFailed,
    SocketOpened,
    SpeechStarted,
    TurnReceived,
)
from utterkey.dictation.transcript import Turn
from utterkey.errors import (
    CertificateRefused,
    KeyRefused,
    ParameterRefused,
    SessionError,
    SessionLimited,
    SessionLost,
    SessionRefused,
)
from utterkey.session.connection import Timing
from utterkey.session.endpoint import Endpoint

Serve = Callable[..., Service]
SPEECH = marked_speech(range(4))
WORDS = "w0 w1 w2 w3"
SWIFT = Timing(connect=1.0, begin=0.5, ping=0.2, answer=0.3, termination=0.5, close=0.5, abort=0.5)
"""For whom nothing comes any more; what does come may be later than this on a busy machine."""


@pytest.fixture(params=["plain", "tls"])
def line(request: pytest.FixtureRequest, authority: Authority) -> ssl.SSLContext | None:
    """What the service listens with; a test that takes it runs twice."""
    return authority.server if request.param == "tls" else None


def connect(service: Service, authority: Authority) -> Endpoint:
    return endpoint_of(service.url, authority.client)


def sent_audio(session: Session, recording: MemoryRecording, from_ms: int = 0) -> None:
    """The service got the recording, unbroken, and at most 50 ms of silence after it."""
    expected = recording.read(from_ms * 32, recording.length)
    assert bytes(session.audio[: len(expected)]) == expected
    rest = session.audio[len(expected) :]
    assert len(rest) < 1600
    assert not any(rest)
    assert all(50 <= length <= 1000 for length in session.frame_lengths_ms)


def frames_of(audio: bytes, ms: int = 20) -> Iterator[bytes]:
    for start in range(0, len(audio), ms * 32):
        yield audio[start : start + ms * 32]


# --- a healthy session ---------------------------------------------------------------------------------------------


def test_the_life_of_a_session(line: ssl.SSLContext | None, authority: Authority) -> None:
    with Service(tls=line) as service:
        client = Client(connect(service, authority), MemoryRecording()).start()
        client.events.wait(SessionBegan)
        session = service.wait_session(1)
        for count, audio in enumerate(frames_of(SPEECH), 1):
            client.recording.append(audio)
            session.wait_audio(count * 20 - 59)  # as the microphone: the service has all but what makes no frame yet
        client.finish()
        ended = client.ended()
        session.wait_closed()
    assert ended.billed_seconds is not None
    sent_audio(session, client.recording)
    assert max(session.frame_lengths_ms) < 1000
    assert session.texts == ["ForceEndpoint", "Terminate"]
    assert session.close_received == 1000
    assert session.headers["authorization"] == KEY
    assert "origin" not in session.headers
    kinds = [type(event) for event in client.events.all]
    assert kinds[:3] == [SocketOpened, SessionBegan, SpeechStarted]
    assert client.events.text(1) == WORDS
    assert client.events.of(TurnReceived)[-1].turn == Turn(0, WORDS, True, True, 100, 1200)
    assert kinds.count(AudioSent) == 1
    assert kinds.index(AudioSent) < kinds.index(SessionEnded)


def test_a_backlog_goes_in_large_frames_and_before_begin(line: ssl.SSLContext | None, authority: Authority) -> None:
    recording = MemoryRecording(marked_speech(range(20)), completed=True)
    begin_late = [Fault(Kind.SLOW_BEGIN, seconds=3)]
    with Service(tls=line, faults=begin_late) as service:
        client = Client(connect(service, authority), recording)
        client.connection.finish("terminate")  # before there is a socket
        client.start()
        client.ended()
        session = service.wait_session(1)
    sent_audio(session, recording)
    assert [round(length) for length in session.frame_lengths_ms] == [1000] * 6 + [100]
    begin = next(message for message in session.sent if message.type == "Begin")
    assert session.received[-1].at < begin.at, "everything was sent before Begin"
    assert client.events.text(1) == " ".join(f"w{index}" for index in range(20))


def test_a_session_from_a_later_point() -> None:
    recording = MemoryRecording(SPEECH, completed=True)
    with Service() as service:
        client = Client(service.url, recording, from_ms=400)
        client.start().finish()
        client.ended()
    sent_audio(service.sessions[0], recording, from_ms=400)
    turn = client.events.of(TurnReceived)[-1].turn
    assert (turn.text, turn.start_ms, turn.end_ms) == ("w1 w2 w3", 400, 1200)


def test_nothing_was_recorded() -> None:
    with Service() as service:
        client = Client(service.url, MemoryRecording()).start()
        client.finish()
        client.ended()
    assert service.sessions[0].texts == ["ForceEndpoint", "Terminate"]
    assert not client.events.of(TurnReceived)
    assert client.events.of(AudioSent)


def test_the_native_rate() -> None:
    recording = MemoryRecording(bytes(2 * 44100), completed=True, sample_rate=44100)
    with Service(HELLO) as service:
        client = Client(service.url, recording, parameters=replace(PRO, sample_rate=44100)).start()
        client.finish()
        client.ended()
    assert service.sessions[0].sample_rate == 44100
    assert service.sessions[0].frame_lengths_ms == [1000]


def test_a_server_that_stops_reading_loses_nothing(line: ssl.SSLContext | None, authority: Authority) -> None:
    recording = MemoryRecording(marked_speech(range(200)) * 3, completed=True)
    stops = [Fault(Kind.STOP_READING, At.MID_SPEECH, seconds=1.0)]
    with Service(HELLO, tls=line, faults=stops) as service:
        client = Client(connect(service, authority), recording).start()
        client.finish()
        sent = client.events.wait(AudioSent)
        client.ended()
    assert sent.utterance == 1
    sent_audio(service.sessions[0], recording)


def test_the_lead_is_bounded() -> None:
    recording = MemoryRecording(bytes(32000 * 300), completed=True)
    with Service(HELLO, keep_audio=False) as service:
        client = Client(service.url, recording).start()
        client.finish()
        session = service.wait_session(1).wait_audio(239_000)
        session.wait_audio(241_000)  # goes on, as the time does
        audio_ms = session.audio_ms  # before the time is: both go on
        elapsed_ms = (time.monotonic() - session.connected_at) * 1000
        assert audio_ms <= 240_000 + elapsed_ms
        client.connection.abort()
        client.ended()


def test_a_backlog_has_time_to_be_decoded() -> None:
    """The service decodes no faster than one speaks: after a replay the end may take as long as the lead."""
    slow, patience = Policy(final_delay_s=1.0), Timing(ping=20, termination=0.5)
    with Service(policy=slow) as service:
        client = Client(service.url, MemoryRecording(SPEECH * 4, completed=True), timing=patience).start()
        client.finish()
        client.ended()
    assert client.events.text(1)


def test_turns_prolong_the_wait_for_the_end() -> None:
    patience = Timing(ping=20, termination=2.8)  # less than both delays together, and much more than either
    with Service(policy=Policy(final_delay_s=1.5, termination_delay_s=1.5)) as service:
        client = Client(service.url, MemoryRecording(SPEECH), timing=patience).start()
        service.wait_session(1).wait_audio(1200)
        client.events.wait(TurnReceived, 4)
        with pytest.raises(TimeoutError):  # until the service has caught up with the audio
            service.sessions[0].wait(lambda session: session.closed_at is not None, deadline=1.5)
        client.finish()
        client.ended()


def test_a_raw_final_is_followed_by_a_formatted_one() -> None:
    english = replace(PRO, model="universal-streaming-english")
    recording = MemoryRecording(bytes(32000 * 2), completed=True)
    with Service(HELLO, faults=[Fault(Kind.RAW_THEN_FORMATTED)]) as service:
        client = Client(service.url, recording, parameters=english).start()
        client.finish()
        client.ended()
    finals = [event.turn for event in client.events.of(TurnReceived) if event.turn.final]
    assert [(turn.text, turn.settled) for turn in finals] == [("hello world", False), ("Hello world.", True)]
    assert service.sessions[0].texts == ["Terminate"]
    assert service.sessions[0].query["format_turns"] == "true"


# --- a session that lingers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["universal-3-6-pro", "universal-streaming-english"])
def test_a_session_serves_several_utterances(model: str, line: ssl.SSLContext | None, authority: Authority) -> None:
    recordings = [MemoryRecording(marked_speech(range(10 * n, 10 * n + 4)), completed=True) for n in (1, 2, 3)]
    with Service(tls=line) as service:
        client = Client(connect(service, authority), recordings[0], parameters=replace(PRO, model=model)).start()
        client.connection.finish("linger")
        for number, recording in enumerate(recordings[1:], 2):
            client.events.wait(AudioSent, number - 1)
            client.events.wait_final(number - 1)
            client.connection.send(number, recording, 0)
            client.connection.finish("linger")
        client.events.wait(AudioSent, 3)
        client.events.wait_final(3)
        client.connection.finish("terminate")
        ended = client.ended()
    assert ended.utterance == 3
    assert len(service.sessions) == 1
    for number in (1, 2, 3):
        assert client.events.text(number) == " ".join(f"w{10 * number + index}" for index in range(4))
        last = [event.turn for event in client.events.of(TurnReceived) if event.utterance == number][-1]
        assert (last.start_ms, last.end_ms) == (100, 1200), "times are the utterance's own"
    assert not any(recording.watchers for recording in recordings)


def test_the_next_utterance_is_there_before_the_first_is_sent() -> None:
    recordings = [MemoryRecording(marked_speech([number] * 4), completed=True) for number in (1, 2)]
    with Service() as service:
        client = Client(service.url, recordings[0])
        client.connection.finish("linger")
        client.connection.send(2, recordings[1], 0)
        client.connection.finish("terminate")
        client.start()
        client.ended()
    assert [event.utterance for event in client.events.of(AudioSent)] == [1, 2]
    assert service.sessions[0].texts == ["ForceEndpoint", "ForceEndpoint", "Terminate"]
    assert client.events.text(2) == "w2 w2 w2 w2"


def test_a_lingering_session_is_kept_alive() -> None:
    with Service() as service:
        client = Client(
            service.url, MemoryRecording(SPEECH, completed=True), parameters=replace(PRO, inactivity_seconds=5)
        )
        client.start().connection.finish("linger")
        service.wait_session(1).wait_message("KeepAlive")
        client.connection.abort()
        client.ended()


def test_a_lingering_session_that_is_gone_says_so() -> None:
    close = [Fault(Kind.CLOSE, At.AFTER_RELEASE, code=1011)]
    with Service(faults=close) as service:
        client = Client(service.url, MemoryRecording(SPEECH, completed=True)).start()
        client.connection.finish("linger")
        client.failed()
    client.connection.send(2, MemoryRecording(SPEECH, completed=True), 0)
    assert [event.utterance for event in client.events.of(SessionFailed)] == [1, 2]


def test_another_sample_rate_needs_another_session() -> None:
    with Service() as service:
        client = Client(service.url, MemoryRecording(SPEECH, completed=True)).start()
        client.connection.finish("linger")
        client.events.wait(AudioSent)
        client.connection.send(2, MemoryRecording(sample_rate=48000), 0)
        failed = client.failed()
    assert failed.utterance == 2
    assert isinstance(failed.error, SessionLost)


# --- faults --------------------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Fault, type[SessionError]]] = {
    "reset": (Fault(Kind.RESET), SessionLost),
    "reset at the upgrade": (Fault(Kind.RESET, At.UPGRADE), SessionLost),
    "half-open": (Fault(Kind.SILENCE), SessionLost),
    "half-open before Begin": (Fault(Kind.SILENCE, At.BEFORE_BEGIN), SessionLost),
    "half-open after the release": (Fault(Kind.SILENCE, At.AFTER_RELEASE), SessionLost),
    "no answer to the upgrade": (Fault(Kind.SILENCE, At.UPGRADE), SessionLost),
    "Begin never comes": (Fault(Kind.SLOW_BEGIN, seconds=60), SessionLost),
    "a message of 10 MB": (Fault(Kind.HUGE_MESSAGE), SessionLost),
    "Termination never comes": (Fault(Kind.NO_TERMINATION), SessionLost),
    "error without close": (Fault(Kind.ERROR_WITHOUT_CLOSE, code=3005), SessionLost),
    "error without type": (Fault(Kind.ERROR_WITHOUT_TYPE, code=3006, text="Invalid 'x'"), ParameterRefused),
    "error, wrong key": (Fault(Kind.ERROR, At.BEFORE_BEGIN, code=1008, text="Invalid API key"), KeyRefused),
    "error, concurrency": (Fault(Kind.ERROR, code=1008, text="Too many concurrent sessions"), SessionLimited),
    **{
        f"close {code} {place.name}": (Fault(Kind.CLOSE, place, code=code), kind)
        for place in (At.BEFORE_BEGIN, At.MID_SPEECH, At.AFTER_RELEASE)
        for code, kind in {
            1001: SessionLost,
            1008: KeyRefused,
            1009: SessionLost,
            1011: SessionLost,
            1013: SessionLost,
            3005: SessionLost,
            3006: ParameterRefused,
            3007: SessionLost,
            3008: SessionLost,
            3009: SessionLimited,
        }.items()
    },
    **{
        f"HTTP {status}": (Fault(Kind.HTTP, At.UPGRADE, status=status), kind)
        for status, kind in {
            302: SessionLost,  # the page of a hotel's network, for one; it is not followed
            401: KeyRefused,
            403: KeyRefused,
            404: SessionRefused,
            429: SessionLimited,
            503: SessionLost,
        }.items()
    },
}


NOTHING_COMES = (Kind.SILENCE, Kind.SLOW_BEGIN, Kind.NO_TERMINATION)
"""All other faults are told, and what is told is not to be mistaken for silence."""


@pytest.mark.parametrize(("fault", "kind"), FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, kind: type[SessionError]) -> None:
    recording = MemoryRecording(SPEECH, completed=True)
    timing = SWIFT if fault.kind in NOTHING_COMES else Timing()
    with Service(faults=[fault]) as service:
        client = Client(service.url, recording, timing=timing).start()
        client.finish()
        error = client.failed().error
        service.wait_session(1).wait_closed()
    assert type(error) is kind
    assert KEY not in str(error)


@pytest.mark.parametrize("kind", [Kind.RESET, Kind.SILENCE, Kind.ERROR, Kind.HUGE_MESSAGE])
def test_fault_over_tls(kind: Kind, authority: Authority) -> None:
    with Service(tls=authority.server, faults=[Fault(kind)]) as service:
        client = Client(connect(service, authority), MemoryRecording(SPEECH), timing=SWIFT).start()
        assert isinstance(client.failed().error, SessionLost)


@pytest.mark.parametrize("kind", [Kind.INVALID_JSON, Kind.UNKNOWN_TYPE, Kind.TURN_WITHOUT_FIELDS])
def test_what_is_not_understood_is_ignored(kind: Kind) -> None:
    with Service(faults=[Fault(kind)]) as service:
        client = Client(service.url, MemoryRecording(SPEECH, completed=True)).start()
        client.finish()
        client.ended()
    assert client.events.text(1) == WORDS


def test_a_secret_that_the_service_repeats_is_not_shown() -> None:
    fault = Fault(Kind.ERROR, At.BEFORE_BEGIN, code=1008, text=f"Invalid API key {KEY}")
    with Service(faults=[fault]) as service:
        error = Client(service.url, MemoryRecording()).start().failed().error
    assert "Invalid API key …" in str(error)


@pytest.mark.parametrize("finished", [False, True])
def test_the_service_ends_the_session_early(finished: bool) -> None:
    """However politely, and though all was sent: without its `Termination` words may be missing."""
    with Service(faults=[Fault(Kind.CLOSE, code=1000)]) as service:
        client = Client(service.url, MemoryRecording(SPEECH)).start()
        if finished:
            client.finish()
        error = client.failed().error
    assert isinstance(error, SessionLost)
    assert "in the middle" in str(error)


def test_a_wrong_key() -> None:
    with Service(policy=Policy(keys=frozenset({"another"}))) as service:
        client = Client(service.url, MemoryRecording(SPEECH)).start()
        assert isinstance(client.failed().error, KeyRefused)
    assert not client.events.of(SessionBegan)


def test_an_unknown_model() -> None:
    with Service() as service:
        client = Client(service.url, MemoryRecording(SPEECH), parameters=replace(PRO, model="universal-9")).start()
        error = client.failed().error
    assert isinstance(error, ParameterRefused)
    assert "universal-9" in str(error) or "speech_model" in str(error)


def test_a_bad_parameter_is_refused_before_connecting() -> None:
    with Service() as service:
        client = Client(service.url, MemoryRecording(SPEECH), parameters=replace(PRO, keyterms=("a",) * 101)).start()
        assert isinstance(client.failed().error, ParameterRefused)
    assert not service.sessions


def test_an_untrusted_certificate_is_refused(authority: Authority) -> None:
    with Service(tls=authority.server) as service:
        error = Client(service.url, MemoryRecording(SPEECH)).start().failed().error
        assert isinstance(error, CertificateRefused)
        assert "127.0.0.1" in str(error)
        assert "SSL_CERT_FILE" in str(error)
    assert not service.sessions


def test_a_trusted_file_of_the_environment(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    with Service(tls=authority.server) as service:
        client = Client(service.url, MemoryRecording(SPEECH, completed=True)).start()
        client.finish()
        client.ended()


def test_tls_sessions_are_resumed(authority: Authority) -> None:
    with Service(tls=authority.server) as service:
        endpoint = connect(service, authority)
        hits = authority.server.session_stats()["hits"]
        for _ in range(2):
            client = Client(endpoint, MemoryRecording(SPEECH, completed=True)).start()
            client.finish()
            client.ended()
        assert authority.server.session_stats()["hits"] == hits + 1


def test_a_healthy_quiet_service_is_not_given_up() -> None:
    quiet = Timing(ping=0.2, answer=3.0)
    with Service() as service:
        client = Client(service.url, MemoryRecording(), timing=quiet, parameters=replace(PRO, heartbeat=False)).start()
        client.events.wait(SessionBegan)
        session = service.wait_session(1)
        with pytest.raises(TimeoutError):  # for longer than the answer to any one ping is waited for
            session.wait(lambda session: len(session.sent) > 1, deadline=4.0)
        assert not client.events.outcomes
        client.finish()
        client.ended()


def wait_closed(service: Service) -> None:
    for session in list(service.sessions):
        session.wait_closed()


# --- abort ---------------------------------------------------------------------------------------------------------


def test_abort_before_the_start() -> None:
    with Service() as service:
        client = Client(service.url, MemoryRecording(SPEECH))
        client.connection.abort()
        client.start()
        client.ended()
    assert not service.sessions


OPEN_STAGES: dict[str, tuple[Fault | None, str]] = {
    "before Begin": (Fault(Kind.SLOW_BEGIN, seconds=60), "speaking"),
    "while speaking": (None, "speaking"),
    "while finishing": (Fault(Kind.NO_TERMINATION), "finishing"),
    "while lingering": (None, "lingering"),
    "when the service is silent": (Fault(Kind.SILENCE), "speaking"),
    "when the service does not read": (Fault(Kind.STOP_READING, seconds=60), "speaking"),
}


@pytest.mark.parametrize(("fault", "doing"), OPEN_STAGES.values(), ids=OPEN_STAGES)
def test_abort_of_an_open_session(fault: Fault | None, doing: str) -> None:
    with Service(faults=[fault]) as service:
        client = Client(service.url, MemoryRecording(SPEECH * 100), timing=Timing(begin=20, ping=20)).start()
        session = service.wait_session(1).wait_audio(1000)
        if doing != "speaking":
            client.recording.complete()
            client.connection.finish("terminate" if doing == "finishing" else "linger")
            client.events.wait(AudioSent)
        asked = time.monotonic()
        client.connection.abort()
        client.connection.abort()
        client.ended()
        assert time.monotonic() - asked < 5 * Timing().abort
        if fault is None or fault.kind is not Kind.STOP_READING:
            session.wait_message("Terminate").wait_closed()
    after = client.events.all[client.events.all.index(client.events.outcomes[0]) :]
    assert len(after) == 1


def test_no_turn_follows_an_abort() -> None:
    with Service() as service:
        client = Client(service.url, MemoryRecording(SPEECH), timing=Timing(abort=5)).start()
        client.events.wait(TurnReceived, 4)
        client.connection.abort()
        client.ended()
        session = service.wait_session(1).wait_closed()
    assert any('"end_of_turn": true' in (message.text or "") for message in session.sent), "the service did send one"
    assert not client.events.text(1)


def test_abort_while_the_upgrade_is_not_answered() -> None:
    with Service(faults=[Fault(Kind.SILENCE, At.UPGRADE)]) as service:
        client = Client(service.url, MemoryRecording(SPEECH)).start()
        session = service.wait_session(1)
        asked = time.monotonic()
        client.connection.abort()
        client.ended()
        assert time.monotonic() - asked < 2.0
        session.wait_closed()


def test_abort_while_the_engine_starts() -> None:
    starting, started = threading.Event(), threading.Event()

    def engine() -> str:
        starting.set()
        assert started.wait(10)
        return "ws://127.0.0.1:1"

    endpoint = Endpoint(
        "offline", key=None, token_command="", engine_url=engine, tls_context=ssl.create_default_context
    )
    client = Client(endpoint, MemoryRecording(SPEECH)).start()
    assert starting.wait(10)
    client.connection.abort()
    started.set()
    client.ended()


def test_nothing_is_left_of_many_sessions(
    line: ssl.SSLContext | None, authority: Authority, counts: Callable[[int, int], int]
) -> None:
    """Sessions that end well, fail, and are aborted: no thread, no socket, no memory remains."""
    faults = itertools.cycle([None, Fault(Kind.RESET), Fault(Kind.ERROR), None, Fault(Kind.HTTP, At.UPGRADE), None])
    process = psutil.Process()
    with Service(tls=line, faults=faults) as service:
        endpoint = connect(service, authority)
        for number in range(10 + counts(60, 2000)):
            if number == 10:
                wait_closed(service)
                sockets, threads = len(process.net_connections("all")), threading.active_count()
            client = Client(endpoint, MemoryRecording(SPEECH, completed=True))
            client.connection.finish("terminate" if number % 4 else "linger")
            client.start()
            if number % 4 == 0:
                client.connection.abort()
            client.outcome()
        await_true(lambda: len(process.net_connections("all")) <= sockets, 5, "all sockets to be gone")
        await_true(lambda: threading.active_count() <= threads, 5, "all threads to be gone")


def test_a_fault_of_the_program_is_an_outcome_too(caplog: pytest.LogCaptureFixture) -> None:
    def engine() -> str:
        return json.loads("{")  # type: ignore[no-any-return]

    endpoint = Endpoint(
        "offline", key=None, token_command="", engine_url=engine, tls_context=ssl.create_default_context
    )
    client = Client(endpoint, MemoryRecording(SPEECH)).start()
    assert isinstance(client.failed().error, SessionLost)
    assert "broke off" in caplog.text
