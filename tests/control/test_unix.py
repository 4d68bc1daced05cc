"""The socket and the lock: one daemon at a time, whatever the last one left behind, and for one user only."""

# ruff: noqa: E402 - what follows the assert is not there on Windows, for the type checker either
import sys

assert sys.platform != "win32"  # noqa: TID251 - Python has no unix sockets there

import json
import os
import re
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from control.conftest import Daemon
from utterkey.control import address, unix
from utterkey.control.unix import UnixDoor
from utterkey.errors import AlreadyRunning, DaemonError

SOURCES = Path(unix.__file__).parents[2]
HOLD = """
import sys
from utterkey.control.unix import UnixDoor

door = UnixDoor()
listener = door.open()
print(1, flush=True)
sys.stdin.read()
"""


def test_the_folder_and_what_is_in_it_are_for_their_owner_only(runtime: Path) -> None:
    previous = os.umask(0)
    try:
        door = UnixDoor()
        door.open().close()
    finally:
        os.umask(previous)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (runtime / "utterkey", *runtime.rglob("*/*"))}
    assert modes == {"utterkey": 0o700, "control": 0o600, "lock": 0o600}
    door.close()
    assert [path.name for path in runtime.rglob("*/*")] == ["lock"]


def test_an_open_folder_is_closed(runtime: Path) -> None:
    (runtime / "utterkey").mkdir()
    (runtime / "utterkey").chmod(0o777)
    door = UnixDoor()
    door.open().close()
    door.close()
    assert stat.S_IMODE((runtime / "utterkey").stat().st_mode) == 0o700


def test_a_link_in_the_folders_place_is_refused(runtime: Path) -> None:
    (runtime / "elsewhere").mkdir()
    (runtime / "utterkey").symlink_to(runtime / "elsewhere")
    with pytest.raises(DaemonError, match="is not a folder of yours"):
        UnixDoor().open()


def test_a_second_daemon_is_told_of_the_first(daemon: Daemon) -> None:
    with pytest.raises(AlreadyRunning) as refusal:
        UnixDoor().open()
    assert f"already running (process {os.getpid()})" in str(refusal.value)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(10)
        caller.connect(address.socket_path())  # the first one is still there
        caller.sendall(b"press\n")
        assert caller.recv(100) == b'{"ok": true}\n'


def test_a_daemon_that_was_killed_is_replaced(runtime: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as killed:
        assert killed.stdout
        assert killed.stdout.readline() == b"1\n"
        with pytest.raises(AlreadyRunning, match=rf"\(process {killed.pid}\)"):
            UnixDoor().open()
        killed.send_signal(signal.SIGKILL)
    assert (runtime / "utterkey" / "control").exists(), "a killed daemon leaves its socket"
    door = UnixDoor()
    door.open().close()
    door.close()


def test_a_path_too_long_for_a_socket_is_one_sentence(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = runtime / ("x" * 100)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    with pytest.raises(DaemonError, match=r"The control socket cannot be made in .*\(AF_UNIX path too long\)\.$"):
        UnixDoor().open()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))


def test_without_a_runtime_folder_the_state_folder_serves(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(runtime))
    assert address.socket_path() == str(runtime / "utterkey" / "run" / "control")
    door = UnixDoor()
    door.open().close()
    door.close()


def test_the_readmes_line_for_netcat(daemon: Daemon) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (line,) = re.findall(r"^echo press \| .*$", readme, re.MULTILINE)
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=10, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"ok": True}
    assert daemon.commands == ["press"]
