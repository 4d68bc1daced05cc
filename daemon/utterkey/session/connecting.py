"""From an address to an open WebSocket: names, addresses, proxy, TLS, upgrade. Runs in the connection's thread.

websocket-client would do all this, but it moves on to the next address only for some errors, has no TLS resumption, and
knows no system proxy, so only the upgrade is its part. Every stage has a time limit and can be interrupted.
"""

import base64
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import SplitResult, unquote, urlsplit

import websocket

from utterkey.errors import CertificateRefused, SessionError, SessionLost, SessionRefused
from utterkey.session import failures, names
from utterkey.session.address import Address, is_local
from utterkey.session.interruption import Interruption
from utterkey.session.names import LookUp, Names
from utterkey.session.racing import race

KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
UNSENT_BYTES = 64 * 1024
DEFAULT_PORTS = {"ws": 80, "http": 80, "wss": 443}


class Dialer:
    """Opens connections. It outlives them: it keeps the TLS context, whose making takes 20 ms, TLS sessions, and where
    names led to."""

    def __init__(self, tls_context: Callable[[], ssl.SSLContext]) -> None:
        self._make_context = tls_context
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._sessions: dict[str, ssl.SSLSession] = {}
        self._names = Names()

    def prepare(self, address: Address) -> None:
        """Do what the first connection would wait for, without waiting for a name server. What goes wrong is told by
        that connection."""
        url = urlsplit(address.url)
        if url.scheme == "wss":
            with suppress(OSError, SessionError):
                self._tls()
                if find_proxy(url.scheme, address.host) is None:
                    self._names.look_up(address.host, _port(url)).close()

    def open(self, address: Address, query: str, seconds: float, interruption: Interruption) -> socket.socket:
        """Connect and upgrade. The socket that is returned does not block. Raises `SessionError` or `Interrupted`."""
        deadline = time.monotonic() + seconds
        with ExitStack() as closed_on_failure:
            sock = closed_on_failure.enter_context(self._line(urlsplit(address.url), deadline, interruption))
            with _explained(address.host), interruption.guarding(lambda: _hang_up(sock)):
                _upgrade(sock, address, query, deadline)
            sock.setblocking(False)
            closed_on_failure.pop_all()
        return sock

    def reach(self, address: Address, seconds: float) -> None:
        """Connect, with TLS where the address asks for it, and hang up. No session is opened. Raises `SessionError`."""
        self._line(urlsplit(address.url), time.monotonic() + seconds, Interruption()).close()

    def remember(self, host: str, sock: socket.socket) -> None:
        """Keep the TLS session for the next connection. Call it at the end: TLS 1.3 sends it after the handshake."""
        # Only for OpenSSL's own verification: truststore asks the system again for every connection's chain.
        if isinstance(sock, ssl.SSLSocket) and type(sock.context) is ssl.SSLContext and sock.session is not None:
            self._sessions[host] = sock.session

    def _line(self, url: SplitResult, deadline: float, interruption: Interruption) -> socket.socket:
        """A connection to the service, with TLS where the address asks for it."""
        host, port = url.hostname or "", _port(url)
        proxy = find_proxy(url.scheme, host)
        if proxy is not None:
            sock = _through(proxy, host, port, deadline, interruption)
            return self._secure(sock, host, deadline, interruption) if url.scheme == "wss" else sock
        if url.scheme != "wss":  # nothing would prove that an address from before is still the host's
            line, _ = _connect(host, LookUp(host, port), deadline, interruption)
            return line
        look_up = self._names.look_up(host, port)
        line, address = _connect(host, look_up, deadline, interruption)
        try:
            return self._secure(line, host, deadline, interruption)
        except SessionError as refusal:
            if not look_up.known:
                raise
            # Somebody else may have that address by now, or had it all the time: the sign-in page of a network, say.
            self._names.forget(host, port)
            try:
                line, _ = _connect(host, self._names.look_up(host, port, but=address), deadline, interruption)
            except SessionError:
                raise refusal from None  # there is no other
            return self._secure(line, host, deadline, interruption)

    def _secure(self, line: socket.socket, host: str, deadline: float, interruption: Interruption) -> socket.socket:
        # The duplicate can end the connection from another thread whatever TLS makes of the socket meanwhile.
        with line, _explained(host), line.dup() as same, interruption.guarding(lambda: _hang_up(same)):
            _limit(line, deadline)
            # The handshake belongs into wrap_socket: truststore verifies right after it.
            return self._tls().wrap_socket(line, server_hostname=host, session=self._sessions.get(host))

    def _tls(self) -> ssl.SSLContext:
        with self._lock:
            self._context = self._context or self._make_context()
            return self._context


def _port(url: SplitResult) -> int:
    return url.port or DEFAULT_PORTS[url.scheme]


def find_proxy(scheme: str, host: str) -> SplitResult | None:
    """The proxy that the environment or the system names for this host; never one for this machine itself."""
    if is_local(host) or not _may_have_proxy():
        return None
    import urllib.request

    proxies = urllib.request.getproxies()
    found = proxies.get({"ws": "http", "wss": "https"}[scheme]) or proxies.get("all")
    if not found or urllib.request.proxy_bypass(host):
        return None
    proxy = urlsplit(found if "://" in found else f"http://{found}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise SessionRefused(
            f"The proxy {proxy.scheme}://{proxy.hostname or ''} cannot be used: name an http:// proxy in https_proxy, "
            "or except the service in no_proxy."
        )
    return proxy


def _may_have_proxy() -> bool:
    """The library that knows brings HTTP and the email package along, a megabyte; most have no proxy. On a free desktop
    only the environment can name one."""
    system: str = sys.platform  # noqa: TID251 - the others keep proxies in their settings
    return system != "linux" or any(name.lower().endswith("_proxy") for name in os.environ)


def _through(proxy: SplitResult, host: str, port: int, deadline: float, interruption: Interruption) -> socket.socket:
    name = proxy.hostname or ""
    known_as = f"The proxy {name}"
    with ExitStack() as closed_on_failure:
        sock, _ = _connect(known_as, LookUp(name, proxy.port or DEFAULT_PORTS["http"]), deadline, interruption)
        closed_on_failure.enter_context(sock)
        with _explained(known_as), interruption.guarding(lambda: _hang_up(sock)):
            _tunnel(sock, proxy, host, port, deadline)
        closed_on_failure.pop_all()
    return sock


def _tunnel(sock: socket.socket, proxy: SplitResult, host: str, port: int, deadline: float) -> None:
    """Ask the proxy for a connection to the service. Nothing but the service's bytes follow its answer's headers, and
    those do not come before ours, so that a buffered reader cannot take any of them."""
    from http.client import HTTPException, HTTPResponse, RemoteDisconnected  # loaded by now: see _may_have_proxy

    _limit(sock, deadline)
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username is not None:
        credentials = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(credentials.encode()).decode()}")
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    with HTTPResponse(sock, method="CONNECT") as response:
        try:
            response.begin()
        except RemoteDisconnected:
            raise
        except HTTPException as error:
            raise ValueError("the answer is not HTTP") from error
        status = response.status
    if not 200 <= status < 300:
        if status == 407:
            raise failures.from_status(status, host)
        raise SessionLost(f"The proxy {proxy.hostname} does not connect to {host} (HTTP {status}): check the proxy.")


def _upgrade(sock: socket.socket, address: Address, query: str, deadline: float) -> None:
    """From HTTP to WebSocket. The library reads the answer byte by byte, so no frame is lost in a buffer of its own."""
    _limit(sock, deadline)
    headers = [f"Authorization: {address.authorization}"] if address.authorization else []
    # A redirection would take the key to wherever it points; none is followed.
    websocket.create_connection(
        address.with_query(query), socket=sock, header=headers, suppress_origin=True, redirect_limit=0
    )


def _connect(
    name: str, look_up: LookUp, deadline: float, interruption: Interruption
) -> tuple[socket.socket, names.Address]:
    """And to which address."""
    with _explained(name), ExitStack() as closed_on_failure:
        sock, address = race(look_up, deadline, interruption)
        closed_on_failure.enter_context(sock)
        _set_options(sock)
        closed_on_failure.pop_all()
    return sock, address


def _set_options(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # What waits in the kernel cannot be overtaken by a ping or an end: keep the backlog on this side.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


def _limit(sock: socket.socket, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(left)


def _hang_up(sock: socket.socket) -> None:
    """Wake the thread that blocks on this socket. SSLSocket.shutdown would take the TLS state from under it."""
    with suppress(OSError):  # it is gone already, and so is the wait
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Whatever the network, TLS and the libraries for them raise leaves as a `SessionError`."""
    try:
        yield
    except (OSError, websocket.WebSocketException, ValueError, IndexError) as error:
        raise _explain(error, name) from error


def _explain(error: Exception, host: str) -> SessionError:
    match error:
        case ssl.SSLCertVerificationError():
            return CertificateRefused(
                f"The certificate of {host} is not trusted ({error.verify_message}): if it is your own, put its CA "
                "into the system's store or name it in SSL_CERT_FILE; if not, do not use this network."
            )
        case ssl.SSLError():
            return SessionLost(
                f"No secure connection to {host} ({error.reason}): check service.endpoint and the proxy."
            )
        case socket.gaierror():
            return SessionLost(f"The name {host} cannot be found: check the network connection.")
        case TimeoutError() | websocket.WebSocketTimeoutException():
            return SessionLost(f"{host} does not answer: check the network connection.")
        case ConnectionRefusedError():
            return SessionLost(
                f"{host} refuses the connection: check service.endpoint, and that the service runs there."
            )
        case websocket.WebSocketBadStatusException():
            return failures.from_status(error.status_code, host)
        case websocket.WebSocketConnectionClosedException() | ConnectionResetError() | BrokenPipeError():
            return SessionLost(f"{host} closed the connection before a session began: try again in a moment.")
        case OSError():
            return SessionLost(f"{host} cannot be reached ({error.strerror or error}): check the network connection.")
        case _:
            return SessionLost(f"{host} does not speak the session's protocol: check service.endpoint.")
