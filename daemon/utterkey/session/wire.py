"""WebSocket frames on a socket that never blocks. Used by the connection's thread only.

Framing, masking and their checks are websocket-client's; sending and receiving are not: its send cannot resume a
half-written frame on a non-blocking TLS socket, and its recv_data answers pings by such a send.
"""

import socket
import ssl
import struct
from dataclasses import dataclass

from websocket import ABNF, WebSocketException, frame_buffer

LONGEST_MESSAGE = 1_000_000
READ_BYTES = 65536
FRAMES_A_ROUND = 64
"""A server that floods us does not keep us from sending."""

WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
TOO_LONG = "a message of more than 1 MB came"


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing more comes. 1006: without a close frame."""

    code: int | None
    reason: str


class TooLong(Exception):
    """A message longer than any of the service's."""


class Wire:
    """`received` counts bytes, for whoever wants to know whether the other side is alive."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._outgoing = bytearray()
        self._broken = False
        self._incoming = b""
        self._frames = frame_buffer(self._take, skip_utf8_validation=False)
        self._message: list[bytes] = []
        self.more = False
        self.received = 0

    @property
    def pending(self) -> int:
        """Bytes the kernel has not taken yet."""
        return len(self._outgoing)

    def send_text(self, text: str) -> None:
        self._queue(text.encode(), ABNF.OPCODE_TEXT)

    def send_audio(self, audio: bytes) -> None:
        self._queue(audio, ABNF.OPCODE_BINARY)

    def ping(self) -> None:
        self._queue(b"", ABNF.OPCODE_PING)

    def send_close(self) -> None:
        self._queue(struct.pack("!H", 1000), ABNF.OPCODE_CLOSE)

    def write(self) -> None:
        """Hand over as much as the kernel takes. A broken connection shows in reading, where the reason may be too."""
        try:
            while self._outgoing:
                # OpenSSL wants the same bytes again after it could not write them; they stay in front till it could.
                with memoryview(self._outgoing) as view:
                    taken = self.sock.send(view)
                del self._outgoing[:taken]
        except WOULD_BLOCK:
            pass
        except OSError:
            self._broken = True
            self._outgoing.clear()

    def read(self) -> list[bytes | Closed]:
        """The text messages that are there; `Closed` comes once and last. `more` says that some were left for later."""
        found: list[bytes | Closed] = []
        self.more = False
        try:
            for _ in range(FRAMES_A_ROUND):
                message = self._next()
                if message is not None:
                    found.append(message)
                if isinstance(message, Closed):
                    return found
            self.more = True
        except WOULD_BLOCK:
            pass
        except TooLong:
            found.append(Closed(1006, TOO_LONG))
        except (WebSocketException, OSError):
            found.append(Closed(1006, ""))
        return found

    def _next(self) -> bytes | Closed | None:
        frame = self._frames.recv_frame()
        data = frame.data if isinstance(frame.data, bytes) else frame.data.encode()
        match frame.opcode:
            case ABNF.OPCODE_CLOSE:
                code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else None
                return Closed(code, data[2:].decode("utf-8", "replace"))
            case ABNF.OPCODE_PING:
                self._queue(data, ABNF.OPCODE_PONG)
                return None
            case ABNF.OPCODE_PONG:
                return None
            case _:
                return self._join(data, bool(frame.fin))

    def _join(self, data: bytes, last: bool) -> bytes | None:
        self._message.append(data)
        if sum(map(len, self._message)) > LONGEST_MESSAGE:
            raise TooLong
        if not last:
            return None
        message = b"".join(self._message)
        self._message.clear()
        return message

    def _take(self, size: int) -> bytes:
        """What the library reads frames from. It keeps the beginning of a frame when this would block."""
        if (self._frames.length or 0) > LONGEST_MESSAGE:
            raise TooLong
        if not self._incoming:
            self._incoming = self.sock.recv(READ_BYTES)
            if not self._incoming:
                raise ConnectionAbortedError
            self.received += len(self._incoming)
        taken, self._incoming = self._incoming[:size], self._incoming[size:]
        return taken

    def _queue(self, data: bytes, opcode: int) -> None:
        if not self._broken:
            self._outgoing += ABNF.create_frame(data, opcode).format()
