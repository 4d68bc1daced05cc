"""From a name to an open WebSocket: addresses that do not answer, proxies, TLS, and what a failure is called."""

import contextlib
import gc
import os
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop import await_true
from service import Service, marked_speech
from session.client import KEY, Client, MemoryRecording, endpoint_of
from session.conftest import Authority
from utterkey.dictation.events import SessionBegan
from utterkey.errors import SessionError, SessionLost, SessionRefused
from utterkey.session import connecting, racing
from utterkey.session.address import Address, is_local
from utterkey.session.connecting import find_proxy
from utterkey.session.connection import Timing
from utterkey.session.endpoint import Endpoint
from utterkey.session.interruption import Interruption
from utterkey.session.names import LookUp, Target
from utterkey.session.racing import _Runners, race

SPEECH = marked_speech(range(3))


def speak(client: Client) -> None:
    client.start().finish()
    client.ended()
    assert client.events.text(1) == "w0 w1 w2"


def recorded() -> MemoryRecording:
    return MemoryRecording(SPEECH, completed=True)


@pytest.fixture
def silent() -> Iterator[tuple[str, int]]:
    """An address that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


@pytest.fixture
def full() -> Iterator[tuple[str, int]]:
    """An address that does not even answer: its queue of connections is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as waiting:
        fill(listener, waiting)
        yield listener.getsockname()


def fill(listener: socket.socket, waiting: contextlib.ExitStack) -> None:
    """Knock until nobody answers."""
    while True:
        knock = waiting.enter_context(socket.socket())
        knock.settimeout(0.2)
        try:
            knock.connect(listener.getsockname())
        except TimeoutError:
            return


@pytest.fixture
def closed() -> Iterator[tuple[str, int]]:
    """An address that refuses connections. Nobody listens, and nobody else is given the port meanwhile."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[str, int]]]:
    """The addresses of names that no name server of the tests knows."""
    known: dict[str, list[tuple[str, int]]] = {}
    ask = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **options: Any) -> Any:
        if host not in known:
            return ask(host, *arguments, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


# --- addresses -----------------------------------------------------------------------------------------------------


def test_localhost_has_two_addresses_and_the_service_one() -> None:
    with Service() as service:
        speak(Client(f"ws://localhost:{service.port}", recorded()))


def test_an_address_that_refuses_costs_nothing(
    names: dict[str, list[tuple[str, int]]], closed: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(racing, "STAGGER_SECONDS", 5.0)
    with Service() as service:
        names["service.example"] = [closed, closed, ("127.0.0.1", service.port)]
        started = time.monotonic()
        speak(Client("ws://service.example", recorded()))
        assert time.monotonic() - started < 5.0


def test_an_address_that_is_silent_costs_a_quarter_of_a_second(
    names: dict[str, list[tuple[str, int]]], full: tuple[str, int]
) -> None:
    with Service() as service:
        names["service.example"] = [full, ("127.0.0.1", service.port)]
        started = time.monotonic()
        client = Client("ws://service.example", recorded()).start()
        client.events.wait(SessionBegan)
        assert 0.2 < time.monotonic() - started < 5 * 0.25
        client.finish()
        client.ended()


def test_a_lost_first_packet_costs_a_quarter_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not the second after which the kernel sends it again."""
    attempts: list[float] = []
    start = _Runners.start

    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as waiting:
        fill(listener, waiting)

        def note(runners: _Runners, target: Target) -> None:
            attempts.append(time.monotonic())
            if len(attempts) == 2:  # by now packets get through
                for _ in range(2):
                    waiting.enter_context(listener.accept()[0])
            start(runners, target)

        monkeypatch.setattr(_Runners, "start", note)
        deadline = time.monotonic() + 10
        host, port = listener.getsockname()
        sock, address = race(LookUp(host, port), deadline, Interruption())
        with sock:
            assert sock.getpeername() == address == listener.getsockname()
    assert len(attempts) == 2
    assert attempts[1] - attempts[0] >= 0.25


# --- addresses that are known --------------------------------------------------------------------------------------


@pytest.fixture
def known(authority: Authority, names: dict[str, list[tuple[str, int]]]) -> Iterator[tuple[Service, Endpoint]]:
    """A service whose name has just been looked up, and the way to it."""
    with Service(tls=authority.server) as service:
        names["service.example"] = [("127.0.0.1", service.port)]
        endpoint = endpoint_of("wss://service.example", authority.client)
        speak(Client(endpoint, recorded()))
        yield service, endpoint


def test_a_name_that_is_known_is_not_waited_for(
    known: tuple[Service, Endpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def look_up(*_: Any, **__: Any) -> Any:
        asked.set()
        answer.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    speak(Client(known[1], recorded()))
    assert asked.wait(5), "but it is asked again"
    answer.set()


def test_a_name_that_was_prepared_is_known(
    authority: Authority, names: dict[str, list[tuple[str, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Service(tls=authority.server) as service:
        names["service.example"] = [("127.0.0.1", service.port)]
        endpoint = endpoint_of("wss://service.example", authority.client)
        endpoint.prepare()
        await_true(lambda: endpoint.dialer._names._known, 5, "an answer")
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
        speak(Client(endpoint, recorded()))


def test_a_known_address_where_nobody_answers_any_more_costs_nothing(
    full: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the name server tells of another one, that is tried at once."""
    monkeypatch.setattr(racing, "STAGGER_SECONDS", 5.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        look_up = LookUp(host, port, known=[(socket.AF_INET, full)])
        started = time.monotonic()
        sock, address = race(look_up, started + 10, Interruption())
        with sock:
            assert sock.getpeername() == address == listener.getsockname()
        assert time.monotonic() - started < 5.0


OTHERS: dict[str, Callable[[Authority], contextlib.AbstractContextManager[Any]]] = {
    "refuses": lambda _: contextlib.nullcontext(),
    "is somebody else": lambda other: Service(tls=other.server),
    "has no TLS": lambda _: Service(),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_known_address_that_is_not_the_services_any_more(
    other: Callable[[Authority], contextlib.AbstractContextManager[Any]],
    authority: Authority,
    names: dict[str, list[tuple[str, int]]],
    closed: tuple[str, int],
    tmp_path: Path,
) -> None:
    """The network has changed, or the page where one signs in to it had all names lead to itself."""
    with Service(tls=authority.server) as service, other(Authority(tmp_path)) as somebody:
        names["service.example"] = [("127.0.0.1", somebody.port) if somebody else closed]
        endpoint = endpoint_of("wss://service.example", authority.client)
        endpoint.prepare()
        await_true(lambda: endpoint.dialer._names._known, 5, "an answer")
        names["service.example"] = [("127.0.0.1", service.port)]
        speak(Client(endpoint, recorded()))


def test_without_tls_nothing_is_known_of_a_name(
    names: dict[str, list[tuple[str, int]]],
) -> None:
    """For whoever has the address now would hear what is said."""
    with Service() as service, Service() as other:
        endpoint = endpoint_of("ws://service.example")
        for expected in (service, other):
            names["service.example"] = [("127.0.0.1", expected.port)]
            speak(Client(endpoint, recorded()))
            assert len(expected.sessions) == 1


IMPATIENT = Timing(connect=0.5)
FAILURES: dict[str, tuple[str, Timing, str]] = {
    "refused": ("closed", Timing(), "refuses the connection"),
    "no answer to the connect": ("full", IMPATIENT, "does not answer"),
    "no answer to the upgrade": ("silent", IMPATIENT, "does not answer"),
}


@pytest.mark.parametrize("scheme", ["ws", "wss"])
@pytest.mark.parametrize(("fixture", "timing", "sentence"), FAILURES.values(), ids=FAILURES)
def test_no_connection(
    fixture: str, timing: Timing, sentence: str, scheme: str, request: pytest.FixtureRequest
) -> None:
    host, port = request.getfixturevalue(fixture)
    client = Client(f"{scheme}://{host}:{port}", recorded(), timing=timing).start()
    error = client.failed().error
    assert type(error) is SessionLost
    assert str(error).startswith(host)
    assert sentence in str(error)


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # Python leaves it to the collector
def test_a_connection_that_is_reset_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's first complaint may come at whatever is asked of the socket next."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def race_and_reset(*arguments: Any) -> tuple[socket.socket, Any]:
            won = race(*arguments)
            with listener.accept()[0] as taken:
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert select.select([won[0]], [], [], 5)[0], "no reset"
            return won

        monkeypatch.setattr(connecting, "race", race_and_reset)
        url = f"wss://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(SessionLost, match=r"127\.0\.0\.1 closed the connection") as raised:
            endpoint_of(url).dialer.reach(Address(url), 5)
    del raised
    gc.collect()


@pytest.mark.parametrize("fixture", ["full", "silent"])
@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_abort_while_connecting(fixture: str, scheme: str, request: pytest.FixtureRequest) -> None:
    host, port = request.getfixturevalue(fixture)
    client = Client(f"{scheme}://{host}:{port}", recorded()).start()
    assert not client.connection.join(0.2)
    asked = time.monotonic()
    client.connection.abort()
    client.ended()
    assert time.monotonic() - asked < 1.0


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    error = Client("wss://service.example", recorded()).start().failed().error
    assert type(error) is SessionLost
    assert "service.example cannot be found" in str(error)


def test_a_name_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def look_up(*_: Any, **__: Any) -> Any:
        answered.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    error = Client("wss://a.example", recorded(), timing=Timing(connect=0.3)).start().failed().error
    assert "does not answer" in str(error)
    aborted = Client("wss://a.example", recorded()).start()
    aborted.connection.abort()
    aborted.ended()
    answered.set()


def test_tls_to_a_plain_port() -> None:
    with Service() as service:
        error = Client(f"wss://127.0.0.1:{service.port}", recorded()).start().failed().error
    assert type(error) is SessionLost
    assert "No secure connection to 127.0.0.1" in str(error)


def test_something_else_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        client = Client(f"ws://{host}:{port}", recorded()).start()
        peer, _ = listener.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(b"220 mail.example ESMTP\r\n\r\n\r\n")
            error = client.failed().error
    assert isinstance(error, SessionError)
    assert KEY not in str(error)


def test_a_redirection_does_not_get_the_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as elsewhere:
        client = Client(f"ws://127.0.0.1:{listener.getsockname()[1]}", recorded()).start()
        peer, _ = listener.accept()
        with peer:
            peer.recv(4096)
            there = f"ws://127.0.0.1:{elsewhere.getsockname()[1]}/v3/ws"
            peer.sendall(f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode())
            client.failed()
        elsewhere.setblocking(False)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


# --- TLS -----------------------------------------------------------------------------------------------------------


def test_what_was_prepared_is_not_made_again(authority: Authority) -> None:
    made: list[ssl.SSLContext] = []

    def context() -> ssl.SSLContext:
        made.append(authority.client())
        return made[-1]

    with Service(tls=authority.server) as service:
        endpoint = endpoint_of(f"wss://127.0.0.1:{service.port}", context)
        endpoint.prepare()
        assert len(made) == 1
        speak(Client(endpoint, recorded()))
    assert len(made) == 1


def test_certificates_that_cannot_be_read_are_told_by_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with Service() as service:
        endpoint = endpoint_of(f"wss://127.0.0.1:{service.port}")
        endpoint.prepare()
        error = Client(endpoint, recorded()).start().failed().error
    assert isinstance(error, SessionLost)


# --- proxies -------------------------------------------------------------------------------------------------------


class Proxy:
    """An HTTP proxy that leads every CONNECT to one port of this machine."""

    def __init__(self, port: int, answer: str = "200 Connection established") -> None:
        self.requests: list[str] = []
        self._target = port
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()
        self.url = f"http://user:open%40sesame@127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        with self._listener:
            client, _ = self._listener.accept()
        with client:
            request = b""
            while b"\r\n\r\n" not in request:
                request += client.recv(1)
            self.requests.append(request.decode())
            client.sendall(f"HTTP/1.1 {self._answer}\r\nContent-Length: 0\r\n\r\n".encode())
            if not self._answer.startswith("200"):
                return
            with socket.create_connection(("127.0.0.1", self._target)) as service:
                back = threading.Thread(target=_pump, args=(service, client))
                back.start()
                _pump(client, service)
                back.join()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_through_a_proxy(scheme: str, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with Service(tls=authority.server if scheme == "wss" else None) as service:
        proxy = Proxy(service.port)
        monkeypatch.setenv("https_proxy" if scheme == "wss" else "http_proxy", proxy.url)
        speak(Client(endpoint_of(f"{scheme}://service.example", authority.client), recorded()))
        proxy.close()
    port = 443 if scheme == "wss" else 80
    lines = proxy.requests[0].split("\r\n")
    assert lines[0] == f"CONNECT service.example:{port} HTTP/1.1"
    assert "Proxy-Authorization: Basic dXNlcjpvcGVuQHNlc2FtZQ==" in lines
    assert KEY not in proxy.requests[0]


@pytest.mark.parametrize(
    ("answer", "sentence"), [("", "The proxy 127.0.0.1 closed the connection"), ("220 mail\r\n\r\n", "does not speak")]
)
def test_a_proxy_that_does_not_speak_http(answer: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{listener.getsockname()[1]}")
        client = Client("wss://service.example", recorded()).start()
        peer, _ = listener.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(answer.encode())
        error = client.failed().error
    assert type(error) is SessionLost
    assert sentence in str(error)


def test_the_library_for_proxies_is_loaded_for_a_proxy_only() -> None:
    code = "import sys; from utterkey.session import connecting\n"
    code += "assert connecting.find_proxy('wss', 'service.example') is None; print('http.client' in sys.modules)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    for variables, loaded in (({}, "False"), ({"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, "True")):
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment | variables, stdout=-1, text=True, check=True
        )
        assert done.stdout.strip() == loaded


@pytest.mark.parametrize(
    ("answer", "kind"), [("407 Proxy Authentication Required", SessionRefused), ("502 Bad Gateway", SessionLost)]
)
def test_a_proxy_that_refuses(answer: str, kind: type[SessionError], monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Proxy(0, answer)
    monkeypatch.setenv("https_proxy", proxy.url)
    error = Client("wss://service.example", recorded()).start().failed().error
    proxy.close()
    assert type(error) is kind
    assert "proxy" in str(error)
    assert "sesame" not in str(error), "its password is a secret too"


def test_a_proxy_that_is_not_there(closed: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{closed[1]}")
    error = Client("wss://service.example", recorded()).start().failed().error
    assert str(error).startswith("The proxy 127.0.0.1 refuses")


def test_this_machine_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch, closed: tuple[str, int]) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed[1]}")
    with Service() as service:
        speak(Client(service.url, recorded()))


LOOK_UPS: dict[str, tuple[dict[str, str], str, str | None]] = {
    "none": ({}, "wss", None),
    "https": ({"https_proxy": "http://p:1", "http_proxy": "http://q:2"}, "wss", "http://p:1"),
    "http": ({"https_proxy": "http://p:1", "http_proxy": "http://q:2"}, "ws", "http://q:2"),
    "all": ({"all_proxy": "http://p:1"}, "wss", "http://p:1"),
    "without a scheme": ({"https_proxy": "p:1"}, "wss", "http://p:1"),
    "in capitals": ({"HTTPS_PROXY": "http://p:1"}, "wss", "http://p:1"),
    "excepted": ({"https_proxy": "http://p:1", "no_proxy": "other,.example"}, "wss", None),
}


@pytest.mark.parametrize(("environment", "scheme", "found"), LOOK_UPS.values(), ids=LOOK_UPS)
def test_which_proxy(
    environment: dict[str, str], scheme: str, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    proxy = find_proxy(scheme, "service.example")
    assert (proxy.geturl() if proxy else None) == found


def test_a_proxy_of_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://user:secret@p:1")
    error = Client("wss://service.example", recorded()).start().failed().error
    assert type(error) is SessionRefused
    assert "socks5://p cannot be used" in str(error)
    assert "secret" not in str(error)


def test_which_hosts_are_local() -> None:
    assert all(map(is_local, ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"]))
    assert not any(map(is_local, ["streaming.assemblyai.com", "10.0.0.1", "localhost.example", ""]))
