"""The connection to a Wayland compositor: a real sway, and one of the test's own."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from desktop import await_true
from panels import open_files
from sway import Sway
from utterkey.desktop.wayland import Connection
from utterkey.dictation.events import DesktopGone, PartFailed
from utterkey.errors import InsertionError, MechanismError

pytestmark = pytest.mark.system("linux")


@contextmanager
def compositor(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes) -> Iterator[None]:
    """Hears out the first two requests, answers in pieces of a byte, and hangs up when the other side does."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-test")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "wayland-test"))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                heard = b""
                while len(heard) < 24:
                    heard += connection.recv(4096)
                with suppress(BrokenPipeError):  # it may have heard enough
                    for byte in answer:
                        connection.sendall(bytes([byte]))
                if answer:
                    connection.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join(5)


def message(number: int, event: int, body: bytes = b"") -> bytes:
    return struct.pack("=II", number, (8 + len(body)) << 16 | event) + body


def text(value: str) -> bytes:
    data = value.encode() + b"\0"
    return struct.pack("=I", len(data)) + data + bytes(-len(data) % 4)


def test_what_the_compositor_offers(sway: Sway) -> None:
    with closing(Connection()) as connection:
        assert connection.globals["wl_seat"].version >= 1
        assert "zwp_virtual_keyboard_manager_v1" in connection.globals


def test_numbers_are_given_again(sway: Sway) -> None:
    """A compositor allows no gaps, and a number may be used again once it says so."""
    with closing(Connection()) as connection:
        for _ in range(50):
            connection.round_trip()
        assert connection.new() < 10


def test_nothing_stays_open(sway: Sway) -> None:
    before = open_files()
    for _ in range(3):
        connection = Connection()
        mine, theirs = os.pipe()
        connection.watch(mine, writable=False, ready=lambda: None)
        os.close(theirs)
        connection.close()
    assert open_files() == before


def test_told_from_another_thread(sway: Sway) -> None:
    told: list[str] = []
    with closing(Connection()) as connection:
        threading.Timer(0.05, lambda: connection.call(lambda: told.append("now"))).start()
        for happened in connection.wait(10):
            happened()
    assert told == ["now"]


def test_a_request_that_is_refused(sway: Sway) -> None:
    with closing(Connection(InsertionError)) as connection:
        connection.send(99, 0)
        with pytest.raises(InsertionError, match="closed the connection"), connection.errors():
            connection.round_trip()


def test_one_connection_lost_is_not_the_desktop(sway: Sway) -> None:
    failure = InsertionError("Gone.")
    with closing(Connection(InsertionError)) as connection:
        assert connection.lost("insertion", failure) == PartFailed("insertion", failure)
        sway.run(["swaymsg", "exit"], check=False)
        await_true(lambda: connection.lost("insertion", failure) == DesktopGone(failure), 5, "the end of the desktop")


def test_messages_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = message(2, 0, struct.pack("=I", 7) + text("wl_seat") + struct.pack("=I", 9))
    done = message(3, 0, struct.pack("=I", 0)) + message(1, 1, struct.pack("=I", 3))
    with compositor(tmp_path, monkeypatch, offer + done), closing(Connection()) as connection:
        assert connection.globals["wl_seat"].name == 7
        assert connection.globals["wl_seat"].version == 9


def test_a_compositor_that_hangs_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with compositor(tmp_path, monkeypatch, b""), pytest.raises(MechanismError, match="closed the connection"):
        Connection()


WHERE = {
    "no desktop": ("", "WAYLAND_DISPLAY is not set"),
    "nobody there": ("wayland-nowhere", "cannot be reached"),
    "no name of a socket": ("x" * 200, "cannot be reached"),  # longer than a socket's address
}


@pytest.mark.parametrize(("name", "words"), WHERE.values(), ids=WHERE)
def test_no_compositor(name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", name)
    with pytest.raises(MechanismError, match=words):
        Connection()
