"""The door on Windows: one daemon at a time, a port for this machine only, and a password for its owner only."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from control.conftest import Daemon
from fake_windows import FakeWindows, fake_windows
from modes import for_its_owner_only
from utterkey import paths
from utterkey.control import client, loopback
from utterkey.control.loopback import LoopbackDoor
from utterkey.errors import AlreadyRunning, DaemonError, DaemonNotRunning


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWindows]:
    monkeypatch.setattr(paths, "state_folder", lambda: tmp_path)
    with fake_windows() as windows:
        yield windows


def test_a_command_reaches_the_daemon(windows: FakeWindows) -> None:
    daemon = Daemon()
    daemon.server.claim()
    daemon.server.start()
    try:
        assert client.ask({"do": "status"}) == {"state": "idle"}
        assert client.send("press") == 0
        assert [request.command for request in daemon.requests] == ["status", "press"]
    finally:
        daemon.server.stop()
    with pytest.raises(DaemonNotRunning):
        client.ask({"do": "status"})
    assert windows.mutexes == {}


def test_who_cannot_read_the_file_cannot_command(windows: FakeWindows, tmp_path: Path) -> None:
    daemon = Daemon()
    daemon.server.claim()
    daemon.server.start()
    try:
        note = tmp_path / "control"
        assert for_its_owner_only(note)
        port = int(note.read_text().split()[0])
        for guess in (b"press\n", b"0" * 64 + b" press\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as stranger:
                stranger.sendall(guess)
                assert b'"ok": true' not in stranger.recv(1000)
        assert daemon.requests == []
    finally:
        daemon.server.stop()


def test_one_daemon_at_a_time(windows: FakeWindows) -> None:
    first, second = LoopbackDoor(), LoopbackDoor()
    with closing(first), closing(first.open()):
        with pytest.raises(AlreadyRunning):
            second.open()
        second.close()
        loopback.connect(5)[0].close()
    assert list(windows.mutexes.values()) == []
    with closing(second), closing(second.open()):
        assert list(windows.mutexes.values()) == [r"Local\io.github.utterkey.Utterkey"]


@pytest.mark.parametrize("note", [b"", b"nonsense", b"\xff\xfe"])
def test_a_note_that_is_none(windows: FakeWindows, tmp_path: Path, note: bytes) -> None:
    (tmp_path / "control").write_bytes(note)
    with pytest.raises(DaemonNotRunning):
        client.ask({"do": "status"})


def test_only_this_machine_is_listened_to(windows: FakeWindows) -> None:
    door = LoopbackDoor()
    with closing(door), closing(door.open()) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_folder_that_cannot_be_written(windows: FakeWindows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "state_folder", lambda: tmp_path / "none")
    with pytest.raises(DaemonError, match="The control port cannot be opened"):
        LoopbackDoor().open()
    assert windows.mutexes == {}
