"""The transcription service as a test wants it: the offline engine's server with known words, faults and a record.

    with Service(HELLO, policy=Policy(final_delay_s=0.2), faults=[Fault(Kind.RESET, At.MID_SPEECH)]) as service:
        dictate(service.url)                        # the first session is reset after 1 s of audio
        second = service.wait_session(2)            # the second one is healthy
        second.wait_message("Terminate")
        assert second.wait_closed().closed_at - second.terminated_at < 0.5
        assert max(second.frame_lengths_ms) <= 1000

Each positional argument is the script of one session, the last one serves all further sessions; without any, the words
are read out of the audio (`scripted.marked_speech`). `faults` gives one fault, or None, to each new session in turn.
The server runs on one thread of its own; a `Session` may be read from any thread. Times are `time.monotonic()`.
"""

import asyncio
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from websockets.frames import Opcode
from websockets.http11 import Request, Response

from faults import At, Fault, Kind
from scripted import HELLO, Marks, Script, ScriptedRecognizer, ScriptedWords, marked_speech
from utterkey.offline.dialogue import SEE_ERROR, Action, Close, Recognizer, Send
from utterkey.offline.parameters import Parameters
from utterkey.offline.policy import Policy
from utterkey.offline.server import SOCKET_PATH, Connection, Server

__all__ = [
    "HELLO", "At", "Fault", "Kind", "Message", "Policy", "Service", "Session", "marked_speech",
]  # fmt: skip

DEADLINE_S = 10.0
HUGE = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One message from or to the client: audio (`text` is None) of `size` bytes, or text."""

    at: float
    size: int
    text: str | None = None

    @property
    def type(self) -> str:
        if self.text is None:
            return "audio"
        try:
            return str(json.loads(self.text)["type"])
        except (ValueError, KeyError, TypeError):
            return "?"


@dataclass(slots=True)
class Session:
    """Everything about one session that reached the upgrade request."""

    number: int
    connected_at: float
    query: dict[str, str]
    headers: dict[str, str]
    fault: Fault | None
    changed: threading.Condition
    keep_audio: bool = True
    received: list[Message] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    audio: bytearray = field(default_factory=bytearray)
    audio_bytes: int = 0
    struck_at: float | None = None
    terminated_at: float | None = None
    """When Terminate came."""
    close_sent: tuple[int, str] | None = None
    close_received: int | None = None
    """The code of the client's close frame, be it the first or the answer to ours; 1005 if it had none."""
    closed_at: float | None = None
    """When the socket was gone."""

    @property
    def sample_rate(self) -> int:
        return int(self.query.get("sample_rate", "16000"))

    @property
    def audio_ms(self) -> float:
        return self.audio_bytes / (2 * self.sample_rate) * 1000

    @property
    def frames(self) -> list[Message]:
        return [message for message in self.received if message.text is None]

    @property
    def frame_lengths_ms(self) -> list[float]:
        return [frame.size / (2 * self.sample_rate) * 1000 for frame in self.frames]

    @property
    def texts(self) -> list[str]:
        """The types of the client's text messages, in order."""
        return [message.type for message in self.received if message.text is not None]

    def wait(self, condition: Callable[["Session"], bool], deadline: float = DEADLINE_S) -> Self:
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self), deadline):
                raise TimeoutError(f"session {self.number} did not get there in {deadline} s: {self._summary()}")
        return self

    def wait_closed(self, deadline: float = DEADLINE_S) -> Self:
        return self.wait(lambda session: session.closed_at is not None, deadline)

    def wait_message(self, kind: str, deadline: float = DEADLINE_S) -> Self:
        """Until the client sent a message of this type."""
        return self.wait(lambda session: kind in session.texts, deadline)

    def wait_audio(self, ms: float, deadline: float = DEADLINE_S) -> Self:
        return self.wait(lambda session: session.audio_ms >= ms, deadline)

    def _summary(self) -> str:
        said = [message.type for message in self.sent]
        return f"{self.audio_ms:.0f} ms of audio, received {self.texts}, sent {said}, closed_at {self.closed_at}"


class Service:
    def __init__(
        self,
        *scripts: ScriptedWords,
        policy: Policy | None = None,
        faults: Iterable[Fault | None] = (),
        tls: ssl.SSLContext | None = None,
        turn_pause_ms: float | None = None,
        recognizer: Callable[[Parameters], Recognizer] | None = None,
        keep_audio: bool = True,
    ) -> None:
        self.sessions: list[Session] = []
        self.keep_audio = keep_audio
        self.changed = threading.Condition(threading.RLock())
        self._scripts = scripts
        self._turn_pause_ms = turn_pause_ms
        self._faults = iter(faults)
        self._next_fault = next(self._faults, None)
        self._recognizers = 0
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._reserved = socket.socket()
        self._server = Server(
            recognizer or self._scripted, policy or Policy(), new_connection=self._connection, tls=tls
        )
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),), name="service")

    # --- for the test's thread ------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(DEADLINE_S):
            raise TimeoutError("the service did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def url(self) -> str:
        """Without the path, as `service.endpoint` and the SDK's `api_host` want it."""
        return self._server.url

    @property
    def port(self) -> int:
        return self._server.port

    def wait_session(self, number: int, deadline: float = DEADLINE_S) -> Session:
        """The session of this number, counted from 1, as soon as its upgrade request is there."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.sessions) >= number, deadline):
                raise TimeoutError(f"there were {len(self.sessions)} sessions after {deadline} s, not {number}")
            return self.sessions[number - 1]

    def refuse(self) -> None:
        """Close the port; open sessions go on."""
        self._do(self._close_port)

    def accept(self) -> None:
        """Open the port again."""
        self._do(self._open_port)

    def wait_accepting(self, deadline: float = DEADLINE_S) -> None:
        """Until the port that a fault closed is open again."""
        with self.changed:
            if not self.changed.wait_for(lambda: self._server.listener is not None, deadline):
                raise TimeoutError(f"the port was still closed after {deadline} s")

    def _do(self, job: Callable[[], Any]) -> None:
        async def run() -> None:
            result = job()
            if result is not None:
                await result

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(DEADLINE_S)

    # --- on the server's thread -----------------------------------------------------------------------------------

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.listen(0)
        self.refuse_if_next()
        self._ready.set()
        await self._stop.wait()
        await self._server.stop()
        self._reserved.close()

    def _close_port(self) -> None:
        """Nobody listens, and nobody else is given the port meanwhile: another service of the tests, say."""
        self._server.deafen()
        self._give_port_free()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", self._server.port))

    async def _open_port(self) -> None:
        self._server.deafen()
        self._give_port_free()
        await self._server.listen(self._server.port)
        with self.changed:
            self.changed.notify_all()

    def _give_port_free(self) -> None:
        self._reserved.close()
        self._reserved = socket.socket()

    def _connection(self, server: Server) -> "FaultyConnection":
        return FaultyConnection(server, self)

    def _scripted(self, parameters: Parameters) -> Recognizer:
        if not self._scripts:
            return ScriptedRecognizer(Marks(parameters.sample_rate), parameters, self._turn_pause_ms)
        words = self._scripts[min(self._recognizers, len(self._scripts) - 1)]
        self._recognizers += 1
        return ScriptedRecognizer(Script(words, parameters.sample_rate), parameters, self._turn_pause_ms)

    def take_fault(self) -> Fault | None:
        fault, self._next_fault = self._next_fault, next(self._faults, None)
        return fault

    def refuse_if_next(self) -> None:
        if self._next_fault is not None and self._next_fault.kind is Kind.REFUSE:
            fault = self.take_fault()
            assert fault is not None
            self._close_port()
            self._loop.call_later(fault.seconds, lambda: self._loop.create_task(self._open_port()))

    def open_session(self, request: Request) -> Session:
        query = dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        with self.changed:
            number = len(self.sessions) + 1
            fault = self.take_fault()
            session = Session(number, time.monotonic(), query, headers, fault, self.changed, self.keep_audio)
            self.sessions.append(session)
            self.changed.notify_all()
        return session


class FaultyConnection(Connection):
    """A connection that keeps a record of its session and plays its fault."""

    def __init__(self, server: Server, service: Service) -> None:
        super().__init__(server)
        self._service = service
        self._session: Session | None = None
        self._mute = False
        self._finals = 0

    @property
    def _fault(self) -> Fault | None:
        return self._session.fault if self._session is not None else None

    def reset(self) -> None:
        """Drop the connection without a word: the client sees a TCP reset."""
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    # --- the record -----------------------------------------------------------------------------------------------

    def respond(self, request: Request) -> Response | None:
        if urlsplit(request.path).path != SOCKET_PATH:
            return super().respond(request)
        self._session = self._service.open_session(request)
        fault = self._fault
        if fault is not None and fault.kind is Kind.SLOW_BEGIN:
            self.policy = replace(self.policy, begin_delay_s=fault.seconds)
        if fault is None or fault.at is not At.UPGRADE:
            return super().respond(request)
        self._struck()
        match fault.kind:
            case Kind.HTTP:
                return self.websocket.reject(fault.status, f"{fault.text}\n")
            case Kind.RESET:
                self.reset()
            case Kind.SILENCE:
                self._fall_silent()
            case other:
                raise AssertionError(f"{other} cannot happen at the upgrade")
        return None

    def opened(self, request: Request) -> None:
        self._strike_if(At.BEFORE_BEGIN)
        super().opened(request)

    def received(self, opcode: Opcode, payload: bytes) -> None:
        session = self._session
        assert session is not None
        text = None if opcode is Opcode.BINARY else payload.decode(errors="replace")
        message = Message(time.monotonic(), len(payload), text)
        with session.changed:
            session.received.append(message)
            if text is None:
                session.audio_bytes += len(payload)
                if session.keep_audio:
                    session.audio += payload
            elif message.type == "Terminate" and session.terminated_at is None:
                session.terminated_at = message.at
            session.changed.notify_all()
        if session.fault is not None and session.audio_ms >= session.fault.audio_ms:
            self._strike_if(At.MID_SPEECH)
        if message.type in ("ForceEndpoint", "Terminate"):
            self._strike_if(At.AFTER_RELEASE)
        super().received(opcode, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._service.refuse_if_next()
        session = self._session
        if session is None:
            return
        with session.changed:
            received = self.websocket.close_rcvd
            session.close_received = None if received is None else received.code
            session.closed_at = time.monotonic()
            session.changed.notify_all()

    def send(self, text: str) -> None:
        session = self._session
        if self._mute or session is None or not self.is_open or self.transport.is_closing():
            return
        with session.changed:
            session.sent.append(Message(time.monotonic(), len(text), text))
            session.changed.notify_all()
        super().send(text)

    def close(self, code: int, reason: str = "") -> None:
        if self._mute:
            return
        if self._session is not None and self.is_open:
            self._session.close_sent = (code, reason)
        super().close(code, reason)

    def flush(self) -> None:
        if self._mute:
            self.websocket.data_to_send()
            return
        super().flush()

    # --- the faults -----------------------------------------------------------------------------------------------

    def perform(self, action: Action) -> None:
        fault = self._fault
        if fault is None:
            super().perform(action)
        elif isinstance(action, Close):
            if fault.kind is not Kind.NO_TERMINATION or action.code != 1000:
                super().perform(action)
        else:
            for text in self._rewritten(json.loads(action.text), fault):
                super().perform(Send(json.dumps(text)))

    def _rewritten(self, message: dict[str, Any], fault: Fault) -> list[dict[str, Any]]:
        if message["type"] == "Termination" and fault.kind is Kind.NO_TERMINATION:
            return []
        if fault.kind is Kind.SILENT_AFTER_FIRST_TURN and self._finals and message["type"] in ("Turn", "SpeechStarted"):
            return []
        if message["type"] != "Turn":
            return [message]
        if fault.kind is Kind.DROPS_WORDS:
            message = _without_words_after(message, fault.audio_ms)
        if not message["end_of_turn"]:
            return [message]
        self._finals += 1
        return _final_as(fault.kind, message)

    def _strike_if(self, place: At) -> None:
        if self._session is None or self._session.struck_at is not None:
            return
        fault = self._session.fault
        if fault is not None and fault.at is place and fault.kind in _STRIKES:
            self._struck()
            _STRIKES[fault.kind](self, fault)

    def _struck(self) -> None:
        assert self._session is not None
        with self._session.changed:
            self._session.struck_at = time.monotonic()
            self._session.changed.notify_all()
        self._service.refuse_if_next()

    def _fall_silent(self) -> None:
        self.flush()
        self._mute = True
        self.end_within(None)

    def _say_error(self, fault: Fault) -> None:
        self.send(json.dumps({"type": "Error", "error_code": fault.code, "error": fault.text}))

    def strike_reset(self, fault: Fault) -> None:
        self.reset()

    def strike_silence(self, fault: Fault) -> None:
        self._fall_silent()

    def strike_close(self, fault: Fault) -> None:
        self.close(fault.code)

    def strike_error(self, fault: Fault) -> None:
        self._say_error(fault)
        self.close(fault.code, SEE_ERROR)

    def strike_error_without_close(self, fault: Fault) -> None:
        self._say_error(fault)
        self._fall_silent()

    def strike_error_without_type(self, fault: Fault) -> None:
        self.send(json.dumps({"error_code": fault.code, "error": fault.text}))
        self.close(fault.code, SEE_ERROR)

    def strike_invalid_json(self, fault: Fault) -> None:
        self.send('{"type": "Turn", "turn_order": 0, "trans')

    def strike_unknown_type(self, fault: Fault) -> None:
        self.send(json.dumps({"type": "Telemetry", "transcript": "not a turn", "end_of_turn": True}))

    def strike_turn_without_fields(self, fault: Fault) -> None:
        self.send(json.dumps({"type": "Turn"}))

    def strike_huge_message(self, fault: Fault) -> None:
        self.send(json.dumps({"type": "Telemetry", "padding": "x" * HUGE}))

    def strike_stop_reading(self, fault: Fault) -> None:
        self.transport.pause_reading()
        asyncio.get_running_loop().call_later(fault.seconds, self.transport.resume_reading)


_STRIKES: dict[Kind, Callable[[FaultyConnection, Fault], None]] = {
    Kind.RESET: FaultyConnection.strike_reset,
    Kind.SILENCE: FaultyConnection.strike_silence,
    Kind.CLOSE: FaultyConnection.strike_close,
    Kind.ERROR: FaultyConnection.strike_error,
    Kind.ERROR_WITHOUT_CLOSE: FaultyConnection.strike_error_without_close,
    Kind.ERROR_WITHOUT_TYPE: FaultyConnection.strike_error_without_type,
    Kind.INVALID_JSON: FaultyConnection.strike_invalid_json,
    Kind.UNKNOWN_TYPE: FaultyConnection.strike_unknown_type,
    Kind.TURN_WITHOUT_FIELDS: FaultyConnection.strike_turn_without_fields,
    Kind.HUGE_MESSAGE: FaultyConnection.strike_huge_message,
    Kind.STOP_READING: FaultyConnection.strike_stop_reading,
}


def _without_words_after(message: dict[str, Any], ms: int) -> dict[str, Any]:
    words = [word for word in message["words"] if word["end"] <= ms]
    text = " ".join(word["text"] for word in words)
    return {**message, "words": words, "transcript": text, "utterance": text if message["end_of_turn"] else ""}


def _final_as(kind: Kind, message: dict[str, Any]) -> list[dict[str, Any]]:
    match kind:
        case Kind.NO_FINAL:
            return []
        case Kind.EMPTY_FINAL:
            return [{**message, "transcript": "", "utterance": "", "words": []}]
        case Kind.FINAL_WITHOUT_TIMES:
            return [{**message, "words": []}]
        case Kind.DUPLICATE_FINAL:
            return [message, message]
        case Kind.RAW_THEN_FORMATTED:
            raw = message["transcript"].lower().rstrip(".")
            return [{**message, "turn_is_formatted": False, "transcript": raw, "utterance": ""}, message]
        case Kind.PARTIALS_ONLY:
            return [{**message, "end_of_turn": False, "end_of_turn_confidence": 0, "utterance": ""}]
        case _:
            return [message]
