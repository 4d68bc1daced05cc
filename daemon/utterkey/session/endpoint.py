"""Where sessions go, and what proves that we may open them. `resolve` runs in the connection's thread and may block.

The key and the token are in no log, `repr` or error, and in no address: both go as the raw value of `Authorization`.
"""

import shlex
import subprocess
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from utterkey import child
from utterkey.dictation.view import OFFLINE_ENGINE
from utterkey.errors import GET_A_KEY, CredentialsError, SessionLost, SettingsError
from utterkey.prices import OFFLINE
from utterkey.session.address import Address, is_local
from utterkey.session.interruption import Interruption

if TYPE_CHECKING:
    import ssl

    from utterkey.session.connecting import Dialer

PATH = "/v3/ws"
HOSTS = {
    "global": "streaming.assemblyai.com",
    "us": "streaming.us.assemblyai.com",
    "eu": "streaming.eu.assemblyai.com",
}
TOKEN_SECONDS = 10.0
LONGEST_SECRET = 16384

NO_KEY = (
    f"There is no API key: {GET_A_KEY} (or in ASSEMBLYAI_API_KEY), or install the offline engine with "
    "`pip install utterkey[offline]`."
)
NO_OFFLINE = "The offline engine is not installed: install it with `pip install utterkey[offline]`, or set an API key."


class Endpoint:
    """The service that `service.endpoint` names. One for the life of the daemon: it holds the dialer.

    `engine_url` starts the offline engine if need be and returns its ws:// address; None where it is not installed.
    """

    def __init__(
        self,
        choice: str,
        *,
        key: str | None,
        token_command: str,
        engine_url: Callable[[], str] | None,
        tls_context: "Callable[[], ssl.SSLContext]",
    ) -> None:
        self._key = key or None
        self._token_command = token_command
        self._engine_url = engine_url
        self._choice = self._decide(choice.strip())
        self._fixed = None if self._choice == "offline" else _address(self._choice)
        self._tls_context = tls_context

    def __repr__(self) -> str:
        return f"Endpoint({self.describe()!r})"

    def describe(self) -> str:
        """The engine in use, for `status`."""
        if self._choice in HOSTS:
            return f"AssemblyAI ({self._choice})"
        if self._fixed is None:
            return OFFLINE_ENGINE if self._engine_url else NO_OFFLINE
        withheld = self._key is not None and not self._token_command and not _is_private(self._fixed)
        return _shown(self._fixed) + (" (not encrypted, so the API key is not sent: use wss://)" if withheld else "")

    def billed_as(self, model: str) -> str:
        """What the sessions cost goes by this name: the vendor's prices are not those of an address of one's own."""
        if self._fixed is None:
            return OFFLINE
        return model if self._choice in HOSTS else f"{model} at {_shown(self._fixed)}"

    @property
    def offline(self) -> bool:
        """Is it the engine on this machine?"""
        return self._fixed is None

    @property
    def problem(self) -> str | None:
        """Why no session can be opened; None if one can be tried."""
        has_secret = bool(self._key or self._token_command)
        if self._choice in HOSTS and not has_secret:
            return NO_KEY
        if self._choice == "offline" and self._engine_url is None:
            return NO_OFFLINE if has_secret else NO_KEY
        return None

    @cached_property
    def dialer(self) -> "Dialer":
        """Made when it is asked for: the program starts without TLS and what speaks it."""
        from utterkey.session.connecting import Dialer

        return Dialer(self._tls_context)

    def prepare(self) -> None:
        """Do what the first session would wait for. On any thread; no connection is opened."""
        if self._fixed is not None and self.problem is None:
            self.dialer.prepare(Address(self._fixed))

    def resolve(self, interruption: Interruption) -> Address:
        """The address for one session. A token is made for each: it lives for minutes and may serve but once."""
        if self.problem is not None:
            raise CredentialsError(self.problem)
        if self._fixed is None:
            assert self._engine_url is not None  # else it is a problem
            return Address(_address(self._engine_url()))
        if self._token_command:
            return Address(self._fixed, _token(self._token_command, interruption))
        if self._key is not None and not _fits_header(self._key):
            raise CredentialsError("The API key has characters no key has: set it again with `utterkey key set`.")
        return Address(self._fixed, self._key if _is_private(self._fixed) else None)

    def _decide(self, choice: str) -> str:
        if choice == "auto":
            return "global" if self._key or self._token_command else "offline"
        return choice


def _address(choice: str) -> str:
    if choice in HOSTS:
        return f"wss://{HOSTS[choice]}{PATH}"
    try:
        parts = urlsplit(choice)
        usable = parts.scheme in ("ws", "wss") and parts.hostname and parts.port != 0 and choice.isascii()
    except ValueError:  # a port that is no number, half an IPv6 address
        usable = False
    if not usable:
        raise SettingsError(
            "service.endpoint must be auto, global, us, eu, offline, or an address such as wss://host or "
            "ws://127.0.0.1:8080."
        )
    path = parts.path if parts.path not in ("", "/") else PATH
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def _shown(address: str) -> str:
    """Without what may be secret."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_private(address: str) -> bool:
    """Can nobody on the way read what is sent there?"""
    parts = urlsplit(address)
    return parts.scheme == "wss" or is_local(parts.hostname or "")


def _token(command: str, interruption: Interruption) -> str:
    """Run the user's program, without a shell, and take the one line it prints."""
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise CredentialsError(f"service.token_command cannot be read ({error}): check its quotes.") from error
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=child.NO_WINDOW,
        )  # fmt: skip
    except (OSError, ValueError, IndexError) as error:
        raise CredentialsError("service.token_command cannot be started: check the program's path.") from error
    with process:
        try:
            with interruption.guarding(process.kill):
                output, _ = process.communicate(timeout=TOKEN_SECONDS)
        except subprocess.TimeoutExpired:
            raise SessionLost(f"service.token_command printed no token within {TOKEN_SECONDS:.0f} s.") from None
        finally:
            process.kill()
            if process.stdout:
                process.stdout.close()  # a grandchild may hold the other end
    if process.returncode:
        raise SessionLost(
            f"service.token_command failed with exit code {process.returncode}: run it by hand to see why."
        )
    token = output.strip()
    if not token.isascii() or not _fits_header(text := token.decode()):
        raise CredentialsError("service.token_command must print one token and nothing else.")
    return text


def _fits_header(secret: str) -> bool:
    return 0 < len(secret) <= LONGEST_SECRET and secret.isascii() and secret.isprintable() and " " not in secret
