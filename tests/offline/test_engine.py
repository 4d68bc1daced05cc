"""The engine's child process: when it starts, and everything that ends it."""

import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

from desktop import await_true
from utterkey import offline
from utterkey.child import command
from utterkey.errors import SessionLost, SessionRefused
from utterkey.offline.engine import Engine

SOURCE = Path(offline.__file__).parents[2]
START_S = 20.0
END_S = 10.0


@pytest.fixture
def engine() -> Iterator[Engine]:
    with closing(Engine()) as engine:
        yield engine


def child_of(engine: Engine) -> psutil.Process:
    pid = engine.pid
    assert pid is not None
    return psutil.Process(pid)


def listens(url: str) -> bool:
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=5)) as web:
        web.request("GET", "/v3/ws/health")
        return web.getresponse().status == 200


def session(url: str) -> ClientConnection:
    return connect(f"{url}/v3/ws", proxy=None)


def test_the_address_is_there_when_it_is_asked_for(engine: Engine) -> None:
    assert engine.available() is None
    assert engine.pid is None
    url = engine.url()
    assert url.startswith("ws://127.0.0.1:")
    assert listens(url)
    assert engine.url() == url


def test_preparing_does_not_wait(engine: Engine) -> None:
    engine.prepare()
    child = child_of(engine)
    assert listens(engine.url())
    assert child_of(engine) == child


def test_many_threads_ask_and_one_child_starts(engine: Engine) -> None:
    urls: list[str] = []
    threads = [threading.Thread(target=lambda: urls.append(engine.url())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(START_S)
    assert len(urls) == 8
    assert len(set(urls)) == 1


def test_close_ends_it_and_the_next_url_starts_another(engine: Engine) -> None:
    engine.url()
    child = child_of(engine)
    engine.close()
    assert not child.is_running()
    assert engine.pid is None
    assert listens(engine.url())
    assert child_of(engine) != child


def test_a_crashed_child_is_replaced(engine: Engine) -> None:
    engine.url()
    child = child_of(engine)
    child.kill()
    await_true(lambda: engine.pid is None, END_S, "the end of the child to be noticed")
    assert listens(engine.url())
    assert child_of(engine) != child


def test_it_ends_after_idle_time_and_not_during_a_session() -> None:
    with closing(Engine([*command("utterkey.offline"), "--idle", "3"])) as engine:  # in which somebody may connect
        with session(engine.url()) as client:
            client.recv(timeout=START_S)
            child = child_of(engine)
            with pytest.raises(psutil.TimeoutExpired):
                child.wait(3.5)
        await_true(lambda: engine.pid is None, END_S, "the idle child to end")
        assert listens(engine.url())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_meant_for_the_daemon_do_not_end_a_session(engine: Engine, number: int) -> None:
    with session(engine.url()) as client:
        client.recv(timeout=START_S)
        child_of(engine).send_signal(number)
        client.send('{"type":"Terminate"}')
        assert "Termination" in str(client.recv(timeout=END_S))


def test_it_ends_with_its_parent(engine: Engine) -> None:
    program = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(SOURCE)!r})
        from utterkey.offline.engine import Engine
        engine = Engine()
        engine.url()
        print(engine.pid, flush=True)
        sys.stdin.read()
    """)
    pipes = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipes, stdout=pipes, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    await_true(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, END_S, "the child's end")


def test_a_child_that_dies_at_once_is_told_in_a_sentence() -> None:
    with closing(Engine([sys.executable, "-c", "raise SystemExit(1)"])) as engine:
        for _ in range(2):
            with pytest.raises(SessionLost, match="ended before it was ready"):
                engine.url()


def test_a_program_that_is_not_there_is_told_in_a_sentence() -> None:
    with (
        closing(Engine(["/nonexistent/python"])) as engine,
        pytest.raises(SessionRefused, match="No such file"),
    ):
        engine.url()


def test_without_the_extra_it_says_how_to_get_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "_NEEDED", ("no_such_library",))
    reason = engine.available()
    assert reason is not None
    assert "pip install 'utterkey[offline]'" in reason
    engine.prepare()
    assert engine.pid is None
    with pytest.raises(SessionRefused, match="pip install"):
        engine.url()
    with pytest.raises(SessionRefused, match="pip install"):
        offline.serve(0)


def test_the_daemon_does_not_load_the_libraries_of_the_extra() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); import utterkey.offline.engine; "
        "sys.exit(bool({'pocketsphinx', 'websockets', 'asyncio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=30).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_in_a_terminal_until_told_to_end(number: int) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); from utterkey import offline; sys.exit(offline.serve(0))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        url = next(word.rstrip(";") for word in line.split() if word.startswith("ws://"))
        assert listens(url)
        server.send_signal(number)
        assert server.wait(END_S) == 0


def test_a_port_in_use_is_told_in_a_sentence() -> None:
    program = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(SOURCE)!r})
        from utterkey import offline
        from utterkey.errors import SessionRefused
        try:
            offline.serve(int(sys.argv[1]))
        except SessionRefused as error:
            sys.exit(str(error))
    """)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = subprocess.run([sys.executable, "-c", program, port], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert run.stderr.strip() == f"Port {port} cannot be used (Address already in use): choose another with --port."
