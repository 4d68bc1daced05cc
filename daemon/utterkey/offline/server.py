"""The v3 protocol on a socket of this machine: connections in, dialogues between, bytes out.

Everything runs on the one thread of an asyncio loop. `Connection` owns one socket and its `Dialogue`; `Server` owns the
listener and shares out the recogniser's time among busy sessions, one slice each, so that no session can keep another
waiting for longer than a slice. What is answered is the dialogue's business; nothing here knows a message.
"""

import asyncio
import json
import logging
import socket
import ssl
import time
import uuid
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from utterkey.offline.dialogue import (
    MAX_MESSAGE_BYTES,
    Action,
    Close,
    Dialogue,
    Recognizer,
    Send,
)
from utterkey.offline.parameters import Parameters
from utterkey.offline.policy import Opening, Policy, SessionRate

SOCKET_PATH = "/v3/ws"
HEALTH_PATH = "/v3/ws/health"
TOKEN_PATH = "/v3/token"
CLOSING_S = 5.0
"""How long the client may take to answer a close frame."""
REQUEST_S = 10.0
"""How long the client may take to send its request."""

_quiet = logging.getLogger(f"{__name__}.frames")
_quiet.setLevel(logging.ERROR)  # websockets would write every frame, and frames hold what was said


class Connection(asyncio.Protocol):
    """One client, from accept to the end of its socket."""

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.policy = server.policy
        self.dialogue: Dialogue | None = None
        self.transport: asyncio.Transport
        self.websocket = ServerProtocol(max_size=MAX_MESSAGE_BYTES, logger=_quiet)
        self._fragments: list[Frame] = []
        self._wake: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        return self.websocket.state is State.OPEN

    # --- called by asyncio ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.connections.add(self)
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.end_within(REQUEST_S)

    def data_received(self, data: bytes) -> None:
        self.websocket.receive_data(data)
        for event in self.websocket.events_received():
            if isinstance(event, Request):
                self._upgrade(event)
            elif isinstance(event, Frame):
                self._frame(event)
        self.flush()

    def eof_received(self) -> bool:
        self.websocket.receive_eof()
        self.flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._wake, self._deadline):
            if timer is not None:
                timer.cancel()
        if self.dialogue is not None:
            self.dialogue.close()
        self.server.forget(self)

    # --- the request ----------------------------------------------------------------------------------------------

    def _upgrade(self, request: Request) -> None:
        response = self.respond(request)
        if response is None:
            return
        self.websocket.send_response(response)
        self.flush()
        if self.is_open:
            self.end_within(None)
            self.opened(request)

    def respond(self, request: Request) -> Response | None:
        """The answer to the upgrade request; None leaves the client waiting."""
        url = urlsplit(request.path)
        if not _from_this_machine(request.headers.get("Origin")):
            return self.websocket.reject(HTTPStatus.FORBIDDEN, "Web pages of other machines are not served.\n")
        if url.path == HEALTH_PATH:
            return self.websocket.reject(HTTPStatus.OK, "OK\n")
        if url.path == TOKEN_PATH:
            token = {"token": uuid.uuid4().hex, "expires_in_seconds": 60}
            return self.websocket.reject(HTTPStatus.OK, json.dumps(token))
        if url.path != SOCKET_PATH:
            return self.websocket.reject(HTTPStatus.NOT_FOUND, "The service is at /v3/ws.\n")
        if self.policy.too_many == "429" and not self.server.rate.admit(time.monotonic()):
            return self.websocket.reject(HTTPStatus.TOO_MANY_REQUESTS, "Too many concurrent sessions\n")
        return self.websocket.accept(request)

    def opened(self, request: Request) -> None:
        """The upgrade is done: the client is connected, though not yet authorised."""
        now = time.monotonic()
        opening = Opening(
            session_id=str(uuid.uuid4()),
            query=urlsplit(request.path).query,
            authorization=request.headers.get("Authorization"),
            now=now,
            unix_time=int(time.time()),
            admitted=self.policy.too_many == "429" or self.server.rate.admit(now),
        )
        self.dialogue = Dialogue(opening, self.policy, self.server.new_recognizer)
        self.advance()

    # --- frames in ------------------------------------------------------------------------------------------------

    def _frame(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return  # pings are answered by websockets
        self._fragments.append(frame)
        if frame.fin:
            first = self._fragments[0].opcode
            payload = b"".join(bytes(fragment.data) for fragment in self._fragments)
            self._fragments.clear()
            self.received(first, payload)

    def received(self, opcode: Opcode, payload: bytes) -> None:
        """One whole message from the client."""
        if self.dialogue is None:
            return
        now = time.monotonic()
        if opcode is Opcode.BINARY:
            self.dialogue.receive_audio(payload, now)
        else:
            self.dialogue.receive_text(payload.decode(errors="replace"), now)
        self.advance()

    # --- answers out ----------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Send what is due, and see to it that we are called again when the next message is."""
        if self.dialogue is None:
            return
        for action in self.dialogue.advance(time.monotonic()):
            self.perform(action)
        self.flush()
        if self._wake is not None:
            self._wake.cancel()
        due = self.dialogue.next_due
        loop = asyncio.get_running_loop()
        # The loop's clock is time.monotonic, the one the dialogue is told.
        self._wake = loop.call_at(due, self.advance) if due is not None and self.is_open else None
        if self.dialogue.busy:
            self.server.share(self)

    def perform(self, action: Action) -> None:
        match action:
            case Send(text):
                self.send(text)
            case Close(code, reason):
                self.close(code, reason)

    def send(self, text: str) -> None:
        if self.is_open:
            self.websocket.send_text(text.encode())

    def close(self, code: int, reason: str = "") -> None:
        if self.is_open:
            self.websocket.send_close(code, reason)
            self.flush()
            self.end_within(CLOSING_S)

    def end_within(self, seconds: float | None) -> None:
        """Whatever the client does or does not do, its socket does not stay longer; None lets it stay."""
        if self._deadline is not None:
            self._deadline.cancel()
        loop = asyncio.get_running_loop()
        self._deadline = None if seconds is None else loop.call_later(seconds, self.transport.abort)

    def flush(self) -> None:
        """Write what websockets wants written; an empty piece is its sign for the end."""
        for data in self.websocket.data_to_send():
            if self.transport.is_closing():
                return
            if data:
                self.transport.write(data)
            else:
                self.end_within(CLOSING_S)
                self.transport.close()  # flushes first; the close frame is answered by now, or nobody waits for one


class Server:
    """Listens on loopback only. Its methods belong to the loop's thread."""

    def __init__(
        self,
        new_recognizer: Callable[[Parameters], Recognizer],
        policy: Policy,
        *,
        new_connection: Callable[["Server"], Connection] = Connection,
        tls: ssl.SSLContext | None = None,
        on_idle: Callable[[bool], None] = lambda idle: None,
    ) -> None:
        self.new_recognizer = new_recognizer
        self.policy = policy
        self.rate = SessionRate(policy.sessions_per_minute)
        self.connections: set[Connection] = set()
        self.port = 0
        self._new_connection = new_connection
        self._tls = tls
        self._on_idle = on_idle
        self._busy: deque[Connection] = deque()
        self._working = False
        self.listener: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://127.0.0.1:{self.port}"

    async def listen(self, port: int) -> None:
        """Port 0 takes any free one; `port` tells which."""
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(self._accept, "127.0.0.1", port, ssl=self._tls, backlog=128)
        self.port = self.listener.sockets[0].getsockname()[1]

    def deafen(self) -> None:
        """Take no new connections: the port refuses them."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    async def stop(self) -> None:
        """End all connections. One that is being accepted is let in first, for asyncio fails if its listener closes
        in the middle of that; only its task tells of it."""
        while accepting := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(accepting)
        self.deafen()
        for connection in list(self.connections):
            connection.transport.abort()
        while self.connections:
            await asyncio.sleep(0)

    def _accept(self) -> Connection:
        self._on_idle(False)
        return self._new_connection(self)

    def forget(self, connection: Connection) -> None:
        self.connections.discard(connection)
        if not self.connections:
            self._on_idle(True)

    def share(self, connection: Connection) -> None:
        """This connection has audio to be recognised."""
        if connection not in self._busy:
            self._busy.append(connection)
        if not self._working:
            self._working = True
            asyncio.get_running_loop().call_soon(self._work)

    def _work(self) -> None:
        """One slice of one session; in between, the loop reads and writes sockets."""
        self._working = False
        if not self._busy:
            return
        connection = next((each for each in self._busy if each.dialogue and each.dialogue.urgent), self._busy[0])
        self._busy.remove(connection)
        if connection.dialogue is not None and connection.dialogue.busy:
            connection.dialogue.work(time.monotonic())
            connection.advance()  # which shares again if there is more
        if self._busy and not self._working:
            self._working = True
            asyncio.get_running_loop().call_soon(self._work)


def _from_this_machine(origin: str | None) -> bool:
    """A browser names the page that connects; only programs, and pages of this machine, are served."""
    return origin is None or urlsplit(origin).hostname in ("127.0.0.1", "localhost", "::1")
