"""Certificates for sessions over TLS, and speech: real recordings and a synthetic voice."""

import pytest

from session.conftest import Authority
from speech import Spoken, read_aloud, said_by_a_voice


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def recordings() -> list[Spoken]:
    return read_aloud()


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> list[Spoken]:
    return said_by_a_voice(tmp_path_factory.mktemp("voice"))
