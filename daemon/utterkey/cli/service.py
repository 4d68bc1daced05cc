"""What the commands that talk to the service themselves have in common: where it is and what is asked of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from utterkey import access, config_file, credentials
from utterkey.cli.terminal import remark
from utterkey.offline.engine import Engine
from utterkey.session.endpoint import Endpoint
from utterkey.session.parameters import Parameters
from utterkey.settings import ServiceSettings, Settings


def load(path: Path | None, overrides: list[str]) -> Settings:
    """The settings in force. What is wrong with the file is said, and is no reason to stop."""
    loaded = config_file.load(path, overrides)
    for problem in loaded.problems:
        remark(f"utterkey: {problem}")
    return loaded.settings


@contextmanager
def opened(settings: ServiceSettings) -> Iterator[Endpoint]:
    """The service the settings name, with the key that is at hand. Ends the engine it started."""
    wants_key = settings.endpoint != "offline" and not settings.token_command
    found = credentials.find() if wants_key else None
    with closing(Engine()) as engine:
        yield access.endpoint(settings, found.key if found else None, engine)


def parameters(settings: ServiceSettings, sample_rate: int) -> Parameters:
    """For text that is to be read while it is spoken: turns end by themselves."""
    return Parameters.of(settings, sample_rate, one_turn=False)
