"""What the command line asks, and what it makes of the answers."""

# ruff: noqa: E402 - what follows the assert is not there on Windows, for the type checker either
import sys

assert sys.platform != "win32"  # noqa: TID251 - Python has no unix sockets there

import os
import subprocess
import threading
from pathlib import Path

import pytest

from control.conftest import Daemon
from utterkey.control import client
from utterkey.control.unix import UnixDoor
from utterkey.errors import DaemonError, DaemonNotRunning

SOURCES = Path(client.__file__).parents[2]
HELD_BACK = """
import sys
from utterkey.control import client
print("up", flush=True)
sys.stdin.readline()
sys.exit(client.send(sys.argv[1]))
"""


@pytest.mark.parametrize("command", [command for command in client.COMMANDS if command != "quit"])
def test_a_command_is_given(command: str, daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.send(command) == 0
    assert daemon.commands == [command]
    assert capsys.readouterr() == ("", "")


def test_a_press_is_for_another_key(daemon: Daemon) -> None:
    assert client.send("press", 'f"8') == 0
    (request,) = daemon.requests
    assert (request.command, request.key) == ("press", 'f"8')


def test_quit_returns_when_the_daemon_has_let_go(daemon: Daemon) -> None:
    codes: list[int] = []
    quitting = threading.Thread(target=lambda: codes.append(client.send("quit")))
    quitting.start()
    daemon.wait(lambda d: d.commands == ["quit"], "the request")
    quitting.join(0.2)
    assert quitting.is_alive()
    daemon.server.stop()
    quitting.join(10)
    assert codes == [0]


def test_processes_that_overtake_each_other_are_told_apart(daemon: Daemon) -> None:
    """A quick tap on a busy machine: `press` was started first, and `release` was up first."""
    press, release = _held_back("press"), _held_back("release")
    for process in (release, press):
        process.communicate("now\n", timeout=30)
        assert process.returncode == 0
    assert daemon.commands == ["release"]


def _held_back(command: str) -> "subprocess.Popen[str]":
    """A client that is up, and does not ask before it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", HELD_BACK, command],
        env={**os.environ, "PYTHONPATH": str(SOURCES)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


def test_following_ends_with_the_daemon(daemon: Daemon) -> None:
    following = client.follow()
    assert next(following) == {"state": "idle"}
    daemon.change(state="paused")
    assert next(following) == {"state": "paused"}
    daemon.server.stop()
    assert list(following) == []


def test_a_refusal_is_raised_as_the_daemon_said_it(daemon: Daemon) -> None:
    with pytest.raises(DaemonError, match=r"^There is nothing to retry\.$") as refusal:
        client.ask({"do": "retry"})
    assert refusal.value.exit_code == 1
    with pytest.raises(DaemonError) as refusal:
        client.ask({"do": "stauts"})
    assert refusal.value.exit_code == 2


def test_without_a_daemon_there_is_one_sentence(runtime: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.send("press") == 3
    assert capsys.readouterr() == ("", "utterkey: utterkey is not running; start it with `utterkey run`.\n")
    with pytest.raises(DaemonNotRunning) as missing:
        client.ask({"do": "status"})
    assert missing.value.exit_code == 3
    with pytest.raises(DaemonNotRunning):
        next(client.follow())


def test_a_daemon_that_does_not_answer_is_not_waited_for(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(client, "_SECONDS", 0.05)
    stuck = Daemon()
    stuck.server.claim()  # and never start
    try:
        assert client.send("press") == 1
        assert "does not answer" in capsys.readouterr().err
        with pytest.raises(DaemonError, match="does not answer"):
            client.ask({"do": "status"})
    finally:
        stuck.server.stop()


def test_a_daemon_that_ends_first_is_one_sentence(runtime: Path, capsys: pytest.CaptureFixture[str]) -> None:
    door = UnixDoor()
    codes: list[int] = []
    pressing = threading.Thread(target=lambda: codes.append(client.send("press")))
    with door.open() as listener:
        pressing.start()
        with listener.accept()[0] as connection:
            connection.recv(1000)
        pressing.join(10)
    door.close()
    assert codes == [1]
    assert capsys.readouterr().err == "utterkey: The daemon ended before it answered.\n"
