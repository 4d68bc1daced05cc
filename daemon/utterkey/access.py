"""The way to the speech service: the API key, the endpoint that the settings and the key lead to, sessions with it.

`connect`, `adopt` and what tells of the endpoint belong to the controller's thread; keys are looked for on any other.
"""

from contextlib import closing
from typing import TYPE_CHECKING, Self

from utterkey import session
from utterkey.credentials import SILENT, Search, Secret, search_for
from utterkey.dictation.events import PartFailed, Post, Wishes
from utterkey.errors import CredentialsError
from utterkey.offline.engine import Engine
from utterkey.session.endpoint import Endpoint
from utterkey.session.parameters import Parameters
from utterkey.settings import ServiceSettings, Settings
from utterkey.welcome import WITHOUT_KEY

if TYPE_CHECKING:
    from utterkey.session.connection import Connection


class Access:
    """`first_search` is under way: it takes as long as half of the start, and `adopt` waits for it."""

    endpoint: Endpoint

    def __init__(self, settings: Settings, first_search: Search | None, post: Post) -> None:
        self._settings = settings
        self._post = post
        self._engine = Engine()
        self._key: Secret | None = None
        self._made_for: tuple[ServiceSettings, Secret | None] | None = None
        self._first_search = first_search

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.close()

    def look_for_key(self, service: ServiceSettings) -> bool:
        """Whether the API key is another one than before. May wait for a keyring."""
        return self._take_key(search_for(service))

    def adopt(self, settings: Settings) -> None:
        """These settings count from the next session on. What was learnt of the way to the service is kept while the
        service and the key are the same."""
        if self._first_search is not None:
            search, self._first_search = self._first_search, None
            self._take_key(search)
        self._settings = settings
        if self._made_for != (settings.service, self._key):
            self._made_for = (settings.service, self._key)
            self.endpoint = endpoint(settings.service, self._key, self._engine)

    def prepare(self) -> None:
        """Load and look up what the first press would wait for, once the start is over. On any thread."""
        import utterkey.session.connection  # noqa: F401 - that is what takes its time

        self.endpoint.prepare()

    def connect(self, number: int, sample_rate: int, wishes: Wishes) -> "Connection":
        from utterkey.session.connection import Connection

        one_turn = not self._settings.output.as_you_speak  # a turn is inserted when it ends, at a pause
        parameters = Parameters.of(wishes.over(self._settings.service), sample_rate, one_turn=one_turn)
        return Connection(number, self.endpoint, parameters, self._post)

    @property
    def model(self) -> str:
        """What is billed."""
        return self.endpoint.billed_as(self._settings.service.model)

    @property
    def lacks_key(self) -> bool:
        """Is the offline engine used, or none, only because there is no key?"""
        choice = self._settings.service.endpoint
        return (self.endpoint.offline and choice == "auto") or (
            self.endpoint.problem is not None and choice != "offline"
        )

    def greeting(self) -> str:
        """A sentence about it for who starts the program."""
        if self.endpoint.problem is not None:
            return self.endpoint.problem
        return WITHOUT_KEY if self.lacks_key else f"Engine: {self.endpoint.describe()}."

    def _take_key(self, search: Search | None) -> bool:
        found = None
        if search is not None:
            with closing(search):
                found = search.result()
            if search.silent:
                self._post(PartFailed("credentials", CredentialsError(SILENT)))
        before, self._key = self._key, found.key if found is not None else None
        return self._key != before


def endpoint(service: ServiceSettings, key: Secret | None, engine: Engine) -> Endpoint:
    """Where the settings lead to with this key, or with the engine of this machine."""
    return Endpoint(
        service.endpoint,
        key=key.reveal() if key else None,
        token_command=service.token_command,
        engine_url=engine.url if engine.available() is None else None,
        tls_context=session.tls_context,
    )
