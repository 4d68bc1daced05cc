"""How `doctor` looks at the service: where the key is, how far away the endpoint, and whether it takes the key.

Runs on the command's only thread. Only a session shows what a key is worth: where there is one, and the service is
reached, a session is begun and ended at once. The key itself gets into no fact.
"""

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from utterkey import access, credentials, offline, session
from utterkey.audio.recording import Recording
from utterkey.credentials import Secret
from utterkey.dictation.events import Event, SessionBegan, SessionFailed
from utterkey.doctor.facts import Endpoint, Key
from utterkey.errors import CredentialsError, KeyRefused, SessionError, SessionLimited
from utterkey.offline.engine import Engine
from utterkey.session import endpoint as endpoints
from utterkey.session.address import Address
from utterkey.session.connecting import find_proxy
from utterkey.session.connection import Connection
from utterkey.session.interruption import Interruption
from utterkey.session.parameters import Parameters
from utterkey.settings import ServiceSettings

SECONDS = 5.0
_SAMPLE_RATE = 16000

_ANY = "somebody"
"""Stands for the key or token: what they are is of no interest, only that there is one."""


def look(settings: ServiceSettings) -> tuple[Key, Endpoint]:
    try:
        found = credentials.find()
    except CredentialsError as error:
        key = Key(problem=str(error))
        return key, _endpoint(settings, key)
    key = Key(source=found.source) if found else Key()
    place = _endpoint(settings, key)
    if found is None or place.offline or place.problem or settings.token_command:
        return key, place
    return _tried(settings, found.key, key, place)


def _tried(settings: ServiceSettings, secret: Secret, key: Key, place: Endpoint) -> tuple[Key, Endpoint]:
    try:
        return replace(key, taken_by=try_key(settings, secret)), place
    except KeyRefused as error:
        return replace(key, problem=str(error)), place
    except SessionLimited:  # many presses a moment ago: that says nothing about the key
        return key, place
    except SessionError as error:
        return key, replace(place, problem=str(error))


def try_key(settings: ServiceSettings, key: Secret) -> str:
    """Begin a session, for only that shows what a key is worth, and end it at once. Returns which service took it.

    Raises `SessionError`: refused, or not reached.
    """
    inbox: SimpleQueue[Event] = SimpleQueue()
    parameters = Parameters.of(settings, _SAMPLE_RATE, one_turn=False)
    with closing(Engine()) as engine, TemporaryDirectory(prefix="utterkey-") as folder:
        service = access.endpoint(replace(settings, token_command=""), key, engine)
        recording = Recording.create(Path(folder), 0, _SAMPLE_RATE)
        connection = Connection(0, service, parameters, inbox.put)
        connection.send(0, recording, 0)
        connection.start()
        try:
            while True:
                match inbox.get():
                    case SessionBegan():
                        return service.describe()
                    case SessionFailed(error=error):
                        raise error
        finally:
            connection.abort()
            connection.join(5)
            recording.discard()


def _endpoint(settings: ServiceSettings, found: Key) -> Endpoint:
    """Connect to what the settings name, and hang up."""
    has_secret = bool(found.source or settings.token_command)
    chosen = endpoints.Endpoint(
        settings.endpoint,
        key=_ANY if has_secret else None,
        token_command="",  # a token is not needed for this, and its program is not run
        engine_url=str if offline.missing() is None else None,
        tls_context=session.tls_context,
    )
    engine = chosen.describe()
    if chosen.problem is not None:
        wants = settings.endpoint in endpoints.HOSTS
        return Endpoint(engine=engine, problem=chosen.problem, needs_key=wants, offline=chosen.offline)
    if chosen.offline:
        return Endpoint(engine=engine, offline=True)
    return _reach(engine, chosen, needs_key=settings.endpoint in endpoints.HOSTS)


def _reach(engine: str, chosen: endpoints.Endpoint, *, needs_key: bool) -> Endpoint:
    address = Address(chosen.resolve(Interruption()).url)
    proxy = None
    started = time.monotonic()
    try:
        proxy = find_proxy("wss" if address.url.startswith("wss:") else "ws", address.host)
        chosen.dialer.reach(address, SECONDS)
        problem = ""
    except SessionError as error:
        problem = str(error)
    return Endpoint(
        engine=engine,
        needs_key=needs_key,
        host=address.host,
        proxy=proxy.hostname or "" if proxy else "",
        seconds=time.monotonic() - started,
        problem=problem,
    )
