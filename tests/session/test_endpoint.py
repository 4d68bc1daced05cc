"""Where sessions go, and what proves that they may."""

import os
import shlex
import ssl
import sys
import time
from pathlib import Path

import pytest

from service import Policy, Service, marked_speech
from session.client import KEY, Client, MemoryRecording
from utterkey.errors import CredentialsError, KeyRefused, SessionLost, SettingsError, UtterkeyError
from utterkey.session.address import Address
from utterkey.session.endpoint import Endpoint
from utterkey.session.interruption import Interruption

ENGINE = "ws://127.0.0.1:4711"


def endpoint(choice: str, *, key: str | None = KEY, command: str = "", offline: bool = True) -> Endpoint:
    engine_url = (lambda: ENGINE) if offline else None
    return Endpoint(
        choice, key=key, token_command=command, engine_url=engine_url, tls_context=ssl.create_default_context
    )


CHOICES: dict[str, tuple[Endpoint, str, str | None, str]] = {
    "auto with a key": (endpoint("auto"), "wss://streaming.assemblyai.com/v3/ws", KEY, "AssemblyAI (global)"),
    "auto without": (endpoint("auto", key=None), f"{ENGINE}/v3/ws", None, "offline engine"),
    "global": (endpoint("global"), "wss://streaming.assemblyai.com/v3/ws", KEY, "AssemblyAI (global)"),
    "us": (endpoint("us"), "wss://streaming.us.assemblyai.com/v3/ws", KEY, "AssemblyAI (us)"),
    "eu": (endpoint("eu"), "wss://streaming.eu.assemblyai.com/v3/ws", KEY, "AssemblyAI (eu)"),
    "offline is not told the key": (endpoint("offline"), f"{ENGINE}/v3/ws", None, "offline engine"),
    "a host": (endpoint("wss://speech.example"), "wss://speech.example/v3/ws", KEY, "wss://speech.example"),
    "a port and a slash": (endpoint("ws://[::1]:80/", key=None), "ws://[::1]:80/v3/ws", None, "ws://[::1]:80"),
    "this machine": (endpoint("ws://127.0.0.1:80"), "ws://127.0.0.1:80/v3/ws", KEY, "ws://127.0.0.1:80"),
    "who listens on the way is not told the key": (
        endpoint("ws://speech.example"),
        "ws://speech.example/v3/ws",
        None,
        "ws://speech.example (not encrypted, so the API key is not sent: use wss://)",
    ),
    "a path": (endpoint("wss://a.example/b?c=d#e"), "wss://a.example/b?c=d", KEY, "wss://a.example"),
}


@pytest.mark.parametrize(("chosen", "url", "authorization", "engine"), CHOICES.values(), ids=CHOICES)
def test_choice(chosen: Endpoint, url: str, authorization: str | None, engine: str) -> None:
    assert chosen.problem is None
    assert chosen.resolve(Interruption()) == Address(url, authorization)
    assert chosen.describe() == engine


def test_the_query_is_added_to_one_that_is_there() -> None:
    assert Address("ws://a/b").with_query("x=1") == "ws://a/b?x=1"
    assert Address("ws://a/b?c=d").with_query("x=1") == "ws://a/b?c=d&x=1"


def test_secrets_are_not_shown() -> None:
    chosen = endpoint("wss://user:secret@host.example/?token=secret", key="secret")
    assert "secret" not in repr(chosen) + chosen.describe()
    assert "secret" not in repr(Address("wss://host.example", "secret"))


PROBLEMS: dict[str, tuple[Endpoint, str]] = {
    "auto, nothing at hand": (endpoint("auto", key=None, offline=False), "utterkey key set"),
    "an empty key is none": (endpoint("auto", key="", offline=False), "utterkey key set"),
    "global without a key": (endpoint("global", key=None), "utterkey key set"),
    "offline without the engine": (endpoint("offline", offline=False), "pip install utterkey\\[offline\\]"),
    "a key of two lines": (endpoint("eu", key="a\nb: c"), "utterkey key set"),
}


@pytest.mark.parametrize(("chosen", "sentence"), PROBLEMS.values(), ids=PROBLEMS)
def test_nothing_proves_it(chosen: Endpoint, sentence: str) -> None:
    with pytest.raises(CredentialsError, match=sentence):
        chosen.resolve(Interruption())


@pytest.mark.parametrize("choice", ["gloabl", "", "http://a.example", "wss://", "ws://a:b", "ws://a:0", "wss://[::1"])
def test_a_choice_that_is_none(choice: str) -> None:
    with pytest.raises(SettingsError, match=r"service\.endpoint"):
        endpoint(choice)


def test_a_missing_key_reaches_the_user() -> None:
    client = Client(endpoint("auto", key=None, offline=False), MemoryRecording()).start()
    error = client.failed().error
    assert isinstance(error, KeyRefused)
    assert "utterkey key set" in str(error)


# --- temporary tokens ----------------------------------------------------------------------------------------------


def program(folder: Path, text: str) -> str:
    """A command line that runs this Python text; its path has a space, and $HOME is not the shell's."""
    script = folder / "mint a $HOME token.py"
    script.write_text(text)
    return shlex.join([sys.executable, str(script)])


def test_a_fresh_token_for_each_session(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    command = program(
        tmp_path, f"from pathlib import Path\np = Path({str(counter)!r})\np.open('a').write('x')\n"
        "print('token-' + str(len(p.read_text())))\n",
    )  # fmt: skip
    with Service(policy=Policy(keys=frozenset({"token-1", "token-2"}))) as service:
        chosen = endpoint(service.url, command=command)
        for _ in range(2):
            client = Client(chosen, MemoryRecording(marked_speech([1]), completed=True)).start()
            client.finish()
            client.ended()
    assert [session.headers["authorization"] for session in service.sessions] == ["token-1", "token-2"]
    assert not any("token" in session.query for session in service.sessions)


COMMANDS: dict[str, tuple[str, type[UtterkeyError], str]] = {
    "prints nothing": ("", CredentialsError, "one token"),
    "prints two": ("print('a b')", CredentialsError, "one token"),
    "prints two lines": ("print('a\\nb')", CredentialsError, "one token"),
    "prints bytes": ("import sys; sys.stdout.buffer.write(b'\\xff')", CredentialsError, "one token"),
    "prints a book": ("print('a' * 100_000)", CredentialsError, "one token"),
    "fails": ("import sys; print('secret'); sys.exit(3)", SessionLost, "exit code 3"),
}


@pytest.mark.parametrize(("text", "kind", "sentence"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_that_fails(tmp_path: Path, text: str, kind: type[UtterkeyError], sentence: str) -> None:
    chosen = endpoint("eu", command=program(tmp_path, text))
    with pytest.raises(kind, match=sentence) as caught:
        chosen.resolve(Interruption())
    assert "secret" not in str(caught.value)


def test_a_command_gets_nothing_of_our_input(tmp_path: Path) -> None:
    command = program(tmp_path, "import sys; print(f'read-{len(sys.stdin.read())}')")
    ours = os.dup(0)
    reading, writing = os.pipe()
    try:
        os.write(writing, b"what the daemon was given")
        os.close(writing)
        os.dup2(reading, 0)
        assert endpoint("eu", command=command).resolve(Interruption()).authorization == "read-0"
    finally:
        os.dup2(ours, 0)
        os.close(ours)
        os.close(reading)


@pytest.mark.parametrize("command", ["/nowhere/at-all", '"half a quote', "   "])
def test_a_command_that_is_none(command: str) -> None:
    with pytest.raises(CredentialsError, match=r"service\.token_command"):
        endpoint("eu", command=command).resolve(Interruption())


def test_a_command_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("utterkey.session.endpoint.TOKEN_SECONDS", 0.5)
    command = program(tmp_path, "import threading; threading.Event().wait()")
    with pytest.raises(SessionLost, match="no token within"):
        endpoint("eu", command=command).resolve(Interruption())


def test_abort_while_the_command_runs(tmp_path: Path) -> None:
    started = tmp_path / "started"
    command = program(
        tmp_path, f"import threading, pathlib; pathlib.Path({str(started)!r}).touch(); threading.Event().wait()"
    )
    client = Client(endpoint("eu", command=command), MemoryRecording()).start()
    deadline = time.monotonic() + 10
    while not started.exists():
        assert time.monotonic() < deadline
        assert not client.connection.join(0.01)
    asked = time.monotonic()
    client.connection.abort()
    client.ended()
    assert time.monotonic() - asked < 2
