"""The front door: usage, exit codes, quiet ends, and how little a key press has to load."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

import utterkey as package
from cli.conftest import CommandLine
from utterkey import control
from utterkey.control.client import COMMANDS
from utterkey.control.server import Server

NOT_RUNNING = "utterkey: utterkey is not running; start it with `utterkey run`.\n"


@pytest.fixture
def daemon(utterkey: CommandLine) -> Iterator[Server]:
    server = Server(control.door(), lambda _: {}, lambda _: lambda: None)
    server.claim()
    server.start()
    yield server
    server.stop()


def test_help_names_every_command(utterkey: CommandLine) -> None:
    done = utterkey("--help")
    assert done.returncode == 0
    for command in ("run", *COMMANDS, "status", "last", "history", "retry", "listen", "transcribe", "devices", "config",
                    "key", "offline-server"):  # fmt: skip
        assert f"\n    {command} " in done.stdout or f"\n    {command}\n" in done.stdout, command
        one = utterkey(command, "--help")
        assert (one.returncode, one.stderr) == (0, ""), command
        assert one.stdout.startswith(f"usage: utterkey {command}"), command


def test_the_version(utterkey: CommandLine) -> None:
    assert utterkey("--version").stdout == f"utterkey {package.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    ["", "nonsense", "press f8 now", "retry x", "transcribe", "config set", "offline-server --port 70000",
     "offline-server --port x", "status --jso n", "run --set", "key show"],
)  # fmt: skip
def test_wrong_arguments_are_a_usage_error(arguments: str, utterkey: CommandLine) -> None:
    done = utterkey(*arguments.split())
    assert done.returncode == 2
    assert done.stderr.startswith("usage: utterkey")
    assert done.stdout == ""


@pytest.mark.parametrize("command", [*COMMANDS, "status", "retry"])
def test_without_a_daemon_commands_say_so(command: str, utterkey: CommandLine) -> None:
    done = utterkey(command)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", NOT_RUNNING)


@pytest.mark.usefixtures("daemon")
def test_a_key_press_loads_next_to_nothing(utterkey: CommandLine) -> None:
    probe = "import sys; {}; sys.stdout.write(' '.join(sys.modules))"
    press = "sys.argv = ['utterkey', 'press']; from utterkey.cli import main; assert main() == 0"
    loaded = [
        set(
            subprocess.run(
                [sys.executable, "-c", probe.format(body)],
                env=utterkey.environment, capture_output=True, text=True, timeout=60, check=True,
            ).stdout.split()
        )
        for body in (press, "import socket")
    ]  # fmt: skip
    assert loaded[0] - loaded[1] == {
        "utterkey", "utterkey.cli", "utterkey.control", "utterkey.control.client", "utterkey.control.address",
    }  # fmt: skip


def test_whoever_has_read_enough_may_hang_up(utterkey: CommandLine) -> None:
    process = utterkey.start("config")
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(30), errors) == (0, "")


def test_a_second_daemon_is_refused_in_one_sentence(utterkey: CommandLine, daemon: Server) -> None:
    done = utterkey("run", "--no-tray")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("utterkey: utterkey is already running (process ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "hotkey.ky=f9"], "There is no setting 'hotkey.ky'. Did you mean 'hotkey.key'?"),
        (["--set", "audio.tail_ms=-5"], "audio.tail_ms must be between 0 and 2000, not -5."),
        (["--set", "x"], "'x' sets nothing; write SECTION.NAME=VALUE, for example hotkey.key=f9."),
    ],
)
def test_a_daemon_is_not_started_with_a_wrong_override(
    arguments: list[str], sentence: str, utterkey: CommandLine
) -> None:
    done = utterkey("run", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"utterkey: {sentence}")
    assert done.stderr.count("\n") == 1
