"""What the tests of this folder share."""

from __future__ import annotations

import pytest

from session.conftest import Authority


@pytest.fixture(scope="session")
def right(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("right"))


@pytest.fixture(scope="session")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("wrong"))
