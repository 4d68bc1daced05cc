"""`offline-server`, and the offline engine as `transcribe` uses it."""

import re
import socket
from pathlib import Path

from cli.conftest import CommandLine, interrupt, write_wav

SPEECH = Path("/usr/share/pocketsphinx/test/data/goforward.raw")


def test_it_serves_until_ctrl_c(utterkey: CommandLine) -> None:
    process = utterkey.start("offline-server", "--port", "0")
    assert process.stdout
    announced = re.fullmatch(
        r"Serving the offline engine on ws://127\.0\.0\.1:(\d+); Ctrl\+C ends it\.\n", process.stdout.readline()
    )
    assert announced
    with socket.create_connection(("127.0.0.1", int(announced[1])), timeout=10):
        pass
    assert interrupt(process) == (0, "", "")


def test_a_port_that_is_taken_is_one_sentence(utterkey: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = utterkey("offline-server", "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "choose another with --port" in done.stderr


def test_without_a_key_files_are_transcribed_on_this_machine(utterkey: CommandLine) -> None:
    file = write_wav(utterkey.home / "x.wav", SPEECH.read_bytes())
    done = utterkey("transcribe", str(file))
    assert done.returncode == 0
    assert done.stdout.startswith("go forward ten ")
    assert done.stderr.endswith(" s of session time, on this machine.\n")
