"""The log file: private, with the thread's name, and no reason to stop if it cannot be written."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modes import for_its_owner_only
from utterkey import log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    log.stop()
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("utterkey").setLevel(logging.NOTSET)


def test_every_line_names_its_thread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.start(tmp_path / "log")
    thread = threading.Thread(target=logging.getLogger("utterkey.x").info, args=("begun",), name="controller")
    thread.start()
    thread.join()
    assert "INFO    controller: begun\n" in (tmp_path / "log").read_text()
    assert "INFO    controller: begun\n" in capsys.readouterr().err
    assert for_its_owner_only(tmp_path / "log")


def test_libraries_are_heard_only_when_something_is_wrong(tmp_path: Path) -> None:
    log.start(tmp_path / "log", verbose=True)
    logging.getLogger("websocket").info("sent: everything")
    logging.getLogger("utterkey.x").debug("detail")
    logging.getLogger("PIL").warning("broken")
    text = (tmp_path / "log").read_text()
    assert "everything" not in text
    assert "detail" in text
    assert "broken" in text


def test_a_log_that_cannot_be_written_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.start(tmp_path / "missing" / "log")
    logging.getLogger("utterkey.x").error("heard all the same")
    err = capsys.readouterr().err
    assert "cannot be written (No such file or directory)" in err
    assert "heard all the same" in err


def test_old_log_files_are_private_too(tmp_path: Path) -> None:
    log.start(tmp_path / "log")
    for _ in range(1300):
        logging.getLogger("utterkey.x").info("x" * 900)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["log", "log.1"]
    assert all(map(for_its_owner_only, files))
