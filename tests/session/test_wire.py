"""Frames on a socket that never blocks, against a peer that writes them byte by byte."""

import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websocket import ABNF

from utterkey.session.wire import LONGEST_MESSAGE, Closed, Wire


class Peer:
    """The other end of a wire."""

    def __init__(self) -> None:
        ours, self.sock = socket.socketpair()
        ours.setblocking(False)
        self.sock.settimeout(5)
        self.wire = Wire(ours)

    def say(self, data: bytes, opcode: int = ABNF.OPCODE_TEXT, *, fin: bool = True) -> None:
        self.sock.sendall(frame(data, opcode, fin=fin))

    def heard(self) -> tuple[int, bytes]:
        """The next frame of the client: opcode and data."""
        first, second = self._exactly(2)
        assert second & 0x80, "a client masks"
        length = second & 0x7F
        if length == 126:
            length = struct.unpack("!H", self._exactly(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self._exactly(8))[0]
        mask = self._exactly(4)
        return first & 0xF, bytes(byte ^ mask[index % 4] for index, byte in enumerate(self._exactly(length)))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            assert piece, "closed"
            data += piece
        return data

    def close(self) -> None:
        self.sock.close()
        self.wire.sock.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def frame(data: bytes, opcode: int = ABNF.OPCODE_TEXT, *, fin: bool = True) -> bytes:
    head = bytes([opcode | (0x80 if fin else 0)])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65536:
        return head + b"\x7e" + struct.pack("!H", len(data)) + data
    return head + b"\x7f" + struct.pack("!Q", len(data)) + data


def test_nothing_is_there(peer: Peer) -> None:
    assert peer.wire.read() == []
    assert peer.wire.received == 0


def test_messages_byte_by_byte(peer: Peer) -> None:
    stream = frame(b"one") + frame(b"x" * 300) + frame(b"y" * 70_000)
    found: list[bytes | Closed] = []
    for start in range(0, 400):
        peer.sock.sendall(stream[start : start + 1])
        found += peer.wire.read()
    for start in range(400, len(stream), 1000):
        peer.sock.sendall(stream[start : start + 1000])
        found += peer.wire.read()
    assert found == [b"one", b"x" * 300, b"y" * 70_000]
    assert peer.wire.received == len(stream)


@given(st.lists(st.tuples(st.binary(max_size=300), st.integers(1, 4)), max_size=5), st.integers(1, 64))
def test_any_message_in_any_pieces(messages: list[tuple[bytes, int]], step: int) -> None:
    """Fragmented into so many frames, with a ping in between, and arriving in pieces of any size."""
    peer = Peer()
    try:
        stream = b"".join(map(fragmented, messages))
        found: list[bytes | Closed] = []
        for start in range(0, len(stream), step):
            peer.sock.sendall(stream[start : start + step])
            found += peer.wire.read()
        assert found == [message for message, _ in messages]
        peer.wire.write()
        for message, _ in messages:
            assert peer.heard() == (ABNF.OPCODE_PONG, message[:100])
    finally:
        peer.close()


def fragmented(message: tuple[bytes, int]) -> bytes:
    data, count = message
    size = len(data) // count + 1
    pieces = [data[start : start + size] for start in range(0, len(data), size)] or [b""]
    last = len(pieces) - 1
    frames = [
        frame(piece, ABNF.OPCODE_CONT if index else ABNF.OPCODE_TEXT, fin=index == last)
        for index, piece in enumerate(pieces)
    ]
    return frames[0] + frame(data[:100], ABNF.OPCODE_PING) + b"".join(frames[1:]) if last else (
        frame(data[:100], ABNF.OPCODE_PING) + frames[0]
    )  # fmt: skip


def test_a_flood_is_read_in_rounds(peer: Peer) -> None:
    peer.sock.sendall(frame(b"a") * 200)
    rounds = []
    while True:
        rounds.append(len(peer.wire.read()))
        if not peer.wire.more:
            break
    assert sum(rounds) == 200
    assert max(rounds) < 200


ENDS: dict[str, tuple[bytes, Closed]] = {
    "with a code": (frame(struct.pack("!H", 3005) + b"why", ABNF.OPCODE_CLOSE), Closed(3005, "why")),
    "without a code": (frame(b"", ABNF.OPCODE_CLOSE), Closed(None, "")),
    "end of the stream": (b"", Closed(1006, "")),
    "in the middle of a frame": (frame(b"abc")[:3], Closed(1006, "")),
    "a bad close code": (frame(struct.pack("!H", 999), ABNF.OPCODE_CLOSE), Closed(1006, "")),
    "reserved bits": (b"\xf1\x01a", Closed(1006, "")),
    "an unknown opcode": (b"\x83\x01a", Closed(1006, "")),
}


@pytest.mark.parametrize(("last", "closed"), ENDS.values(), ids=ENDS)
def test_the_end(peer: Peer, last: bytes, closed: Closed) -> None:
    peer.sock.sendall(frame(b"before") + last)
    peer.sock.shutdown(socket.SHUT_WR)
    assert peer.wire.read() == [b"before", closed]


def test_a_message_that_is_too_long(peer: Peer) -> None:
    peer.sock.sendall(b"\x81\x7f" + struct.pack("!Q", LONGEST_MESSAGE + 1) + b"x")
    assert [type(message) for message in peer.wire.read()] == [Closed]


def test_a_message_that_is_too_long_in_pieces(peer: Peer) -> None:
    found: list[bytes | Closed] = []
    peer.sock.sendall(frame(b"x" * 50_000, fin=False))
    for _ in range(LONGEST_MESSAGE // 50_000 + 1):
        found += peer.wire.read()
        if found:
            break
        peer.sock.sendall(frame(b"x" * 50_000, ABNF.OPCODE_CONT, fin=False))
    assert [type(message) for message in found] == [Closed]


def test_what_is_sent(peer: Peer) -> None:
    peer.wire.send_text('{"ü":1}')
    peer.wire.send_audio(bytes(range(256)) * 10)
    peer.wire.ping()
    peer.wire.send_close()
    peer.wire.write()
    assert [peer.heard() for _ in range(4)] == [
        (ABNF.OPCODE_TEXT, '{"ü":1}'.encode()),
        (ABNF.OPCODE_BINARY, bytes(range(256)) * 10),
        (ABNF.OPCODE_PING, b""),
        (ABNF.OPCODE_CLOSE, struct.pack("!H", 1000)),
    ]


def test_a_peer_that_does_not_read(peer: Peer) -> None:
    """What the kernel does not take waits, and goes on where it stopped; a pong does not cut into a frame."""
    frames = [bytes([number]) * 30_000 for number in range(100)]
    for audio in frames:
        peer.wire.send_audio(audio)
    peer.wire.write()
    assert peer.wire.pending > 0
    peer.say(b"are you there", ABNF.OPCODE_PING)
    assert peer.wire.read() == []
    heard = []
    for _ in range(101):
        peer.wire.write()
        heard.append(peer.heard())
    assert heard == [*((ABNF.OPCODE_BINARY, audio) for audio in frames), (ABNF.OPCODE_PONG, b"are you there")]
    assert peer.wire.pending == 0


def test_the_reason_is_read_though_nothing_can_be_written(peer: Peer) -> None:
    peer.say(b'{"error":"why"}')
    peer.sock.close()
    peer.wire.send_text("too late")
    peer.wire.write()
    peer.wire.send_text("later still")
    assert peer.wire.pending == 0
    assert peer.wire.read() == [b'{"error":"why"}', Closed(1006, "")]
