"""A mouse for a Wayland compositor whose seat has none: the protocol wlr-virtual-pointer-unstable-v1, spoken by hand.

The pointer is there as long as the connection. A message is an object's number, its own length with the request's
number, and the arguments, in words of 32 bits (The Wayland Protocol, "Wire Format").
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

LEFT, RIGHT = 0x110, 0x111
"""As the kernel's input-event-codes.h numbers the buttons."""

_MANAGER = "zwlr_virtual_pointer_manager_v1"
_DISPLAY, _REGISTRY, _POINTERS, _POINTER = 1, 2, 3, 4
_FIRST_CALLBACK = 5


class Pointer:
    """`width` and `height` are the screen's."""

    def __init__(self, path: Path, width: int = 1280, height: int = 720) -> None:
        self._size = width, height
        self._received = b""
        self._callback = _FIRST_CALLBACK - 1
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(path))

    def __enter__(self) -> Self:
        self._send(_DISPLAY, 1, _word(_REGISTRY))
        # Numbers of objects are given without gaps, and the callback's comes before those of what it finds.
        self._send(_DISPLAY, 0, _word(_POINTERS))
        found = {}
        for sender, event, body in self._events():
            if sender == _REGISTRY and event == 0:
                length = struct.unpack_from("=I", body, 4)[0]
                found[body[8 : 7 + length].decode()] = struct.unpack_from("=I", body)[0]
            elif sender == _POINTERS:
                break
        self._send(_REGISTRY, 0, _word(found[_MANAGER]) + _text(_MANAGER) + _word(1) + _word(_POINTERS))
        self._send(_POINTERS, 0, _word(0) + _word(_POINTER))
        self._sync()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def move(self, x: int, y: int) -> None:
        """In two steps, for a window that the pointer enters and leaves alone has not seen it move."""
        for place in ((x - 2, y), (x, y)):
            self._send(_POINTER, 1, struct.pack("=IIIII", _now(), *place, *self._size))
            self._send(_POINTER, 4, b"")
            self._sync()

    def click(self, button: int) -> None:
        for down in (1, 0):
            self._send(_POINTER, 2, struct.pack("=III", _now(), button, down))
            self._send(_POINTER, 4, b"")
            self._sync()

    def _sync(self) -> None:
        """Until the compositor has seen to everything."""
        self._callback += 1
        self._send(_DISPLAY, 0, _word(self._callback))
        for sender, event, body in self._events():
            assert (sender, event) != (_DISPLAY, 0), f"the compositor refuses: {body!r}"
            if sender == self._callback:
                return

    def _send(self, receiver: int, request: int, body: bytes) -> None:
        self._socket.sendall(struct.pack("=II", receiver, (8 + len(body)) << 16 | request) + body)

    def _events(self) -> Iterator[tuple[int, int, bytes]]:
        while True:
            while len(self._received) < 8 or len(self._received) < self._length():
                more = self._socket.recv(65536)
                assert more, "the compositor is gone"
                self._received += more
            sender, second = struct.unpack_from("=II", self._received)
            body, self._received = self._received[8 : self._length()], self._received[self._length() :]
            yield sender, second & 0xFFFF, body

    def _length(self) -> int:
        return int(struct.unpack_from("=I", self._received, 4)[0]) >> 16


def _now() -> int:
    return int(time.monotonic() * 1000) & 0xFFFFFFFF


def _word(number: int) -> bytes:
    return struct.pack("=I", number)


def _text(text: str) -> bytes:
    data = text.encode() + b"\0"
    return _word(len(data)) + data + b"\0" * (-len(data) % 4)
