"""The API key: where it is looked for and kept, and that nobody sees it."""

import logging
import os
import pickle
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import psutil
import pytest

from desktop import await_true
from homes import live_in
from modes import for_its_owner_only
from utterkey import credentials, paths
from utterkey.credentials import Credential, Search, Secret, as_key, clear, find, store
from utterkey.errors import CredentialsError

KEY = "0123456789abcdef0123456789abcdef"


class MemoryKeyring(keyring.backend.KeyringBackend):
    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(MemoryKeyring):
    """Waits for somebody to unlock it, as a desktop's does where nothing can ask."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.unlocked.wait()
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.unlocked.wait()


class RefusingKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked(f"locked, and {KEY} stays in")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError(f"no bus for {password}")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    live_in(tmp_path, monkeypatch)
    monkeypatch.delenv(credentials.VARIABLE, raising=False)
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def use(backend: keyring.backend.KeyringBackend) -> None:
    keyring.set_keyring(backend)


def test_without_a_key_anywhere_there_is_none() -> None:
    assert find() is None
    assert clear() == []


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    use(MemoryKeyring())
    store(Secret("from-the-keyring"))
    monkeypatch.setenv(credentials.VARIABLE, f" {KEY}\n")
    assert find() == Credential(Secret(KEY), "the environment (ASSEMBLYAI_API_KEY)")


def test_the_keyring_comes_before_the_file() -> None:
    assert "only you can read" in store(Secret("from-the-file"))
    use(MemoryKeyring())
    assert find() == Credential(Secret("from-the-file"), str(paths.key_file()))
    assert store(Secret(KEY)) == "the system keyring"
    assert find() == Credential(Secret(KEY), "the system keyring")
    assert not paths.key_file().exists(), "an older key was left in the file"


@pytest.mark.parametrize("backend", [RefusingKeyring, "keyring.backends.fail.Keyring"], ids=str)
def test_without_a_keyring_the_file_serves(backend: object) -> None:
    use(RefusingKeyring() if backend is RefusingKeyring else keyring.core.load_keyring(str(backend)))
    assert store(Secret(KEY)) == f"{paths.key_file()}, which only you can read"
    assert find() == Credential(Secret(KEY), str(paths.key_file()))
    assert clear() == [str(paths.key_file())]
    assert find() is None


def test_a_keyring_that_keeps_nothing_is_none() -> None:
    use(keyring.core.load_keyring("keyring.backends.null.Keyring"))
    assert "only you can read" in store(Secret(KEY))


def test_a_locked_keyring_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(credentials, "KEYRING_SECONDS", 0.05)
    locked = LockedKeyring()
    use(locked)
    try:
        assert "only you can read" in store(Secret(KEY))
        assert find() == Credential(Secret(KEY), str(paths.key_file()))
        assert "did not answer" in caplog.text
    finally:
        locked.unlocked.set()


def test_clearing_forgets_all_places() -> None:
    backend = MemoryKeyring()
    store(Secret(KEY))
    use(backend)
    backend.set_password("utterkey", "assemblyai", KEY)
    assert clear() == ["the system keyring", str(paths.key_file())]
    assert find() is None
    assert not backend.kept


def test_the_file_is_for_its_owner_only() -> None:
    previous = os.umask(0)
    try:
        store(Secret(KEY))
    finally:
        os.umask(previous)
    assert for_its_owner_only(paths.key_file())
    paths.key_file().chmod(0o644)
    assert find() is not None
    assert for_its_owner_only(paths.key_file())


def test_a_file_that_is_no_text_is_one_sentence() -> None:
    store(Secret(KEY))
    paths.key_file().write_bytes(b"\xff\xfe")
    with pytest.raises(CredentialsError, match="cannot be read; `utterkey key set` writes it anew"):
        find()


@pytest.mark.parametrize("text", ["", "  ", "two words", "ключ", "a\r\nHost: evil", "a\x00b"], ids=ascii)
def test_what_cannot_stand_in_a_header_is_no_key(text: str) -> None:
    with pytest.raises(CredentialsError) as refusal:
        as_key(text)
    assert not text.strip() or text.strip() not in str(refusal.value)


def test_a_key_never_shows(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.DEBUG)
    secret = as_key(f" {KEY}\n")
    assert secret.reveal() == KEY
    use(RefusingKeyring())
    store(secret)
    found = find()
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", repr(found), str([secret]), caplog.text):
        assert KEY not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


# --- the daemon's way: the keyring is asked by a process of its own ------------------------------------------------


def in_every_process(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Make a keyring the system's one, for processes that are started from here on."""
    lines = [
        "import threading",
        "from keyring.backend import KeyringBackend",
        "class Keyring(KeyringBackend):",
        "    priority = 1",
        f"    def get_password(self, service, username): {answer}",
        "    def set_password(self, service, username, password): ...",
        "    def delete_password(self, service, username): ...",
    ]
    (folder / "system_keyring.py").write_text("\n".join(lines))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "system_keyring.Keyring")


HAS_IT = f"return '{KEY}' if (service, username) == ('utterkey', 'assemblyai') else ''"
IN_KEYRING = Credential(Secret(KEY), "the system keyring")


def children() -> set[psutil.Process]:
    return set(psutil.Process().children())


def searched() -> Credential | None:
    """What a search finds; it leaves no process behind."""
    before = children()
    with closing(Search()) as search:
        found = search.result()
        assert not search.silent
        assert children() == before
        return found


def test_a_search_finds_what_the_keyring_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_every_process(tmp_path, monkeypatch, HAS_IT)
    assert searched() == IN_KEYRING


@pytest.mark.system("linux")  # which shows what a process has
def test_a_search_shows_the_key_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the arguments nor the environment of the process have it, only its stdout."""
    in_every_process(tmp_path, monkeypatch, f"open({str(tmp_path / 'asked')!r}, 'w').close(); {HAS_IT}")
    os.mkfifo(tmp_path / "asked")  # the process stays until somebody reads
    before = children()
    with closing(Search()) as search:
        (child,) = children() - before
        await_true(lambda: "utterkey.credentials" in child.cmdline(), 10, "the child")
        assert KEY not in str(child.cmdline()) + str(child.environ())
        assert os.readlink(f"/proc/{child.pid}/fd/2") == os.devnull
        (tmp_path / "asked").read_bytes()
        assert search.result() == IN_KEYRING


@pytest.mark.parametrize("answer", ["raise OSError", "return None", "__import__('os')._exit(3)"])
def test_a_search_without_a_keyring_comes_to_the_file(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_every_process(tmp_path, monkeypatch, answer)
    assert searched() is None
    use(RefusingKeyring())
    store(Secret(KEY))
    assert searched() == Credential(Secret(KEY), str(paths.key_file()))


def test_a_search_asks_nobody_if_the_environment_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_every_process(tmp_path, monkeypatch, "return 'another'")
    monkeypatch.setenv(credentials.VARIABLE, KEY)
    before = children()
    with closing(Search()) as search:
        assert children() == before
        assert search.result() == Credential(Secret(KEY), "the environment (ASSEMBLYAI_API_KEY)")


@pytest.mark.parametrize("in_file", [False, True])
def test_a_search_does_not_wait_for_a_locked_keyring(
    in_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And it is worth telling only if there is no key elsewhere."""
    if in_file:
        use(RefusingKeyring())
        store(Secret(KEY))
    in_every_process(tmp_path, monkeypatch, "threading.Event().wait()")
    monkeypatch.setattr(credentials, "KEYRING_SECONDS", 0.05)
    before = children()
    with closing(Search()) as search:
        assert (search.result() is not None) == in_file
        assert search.silent != in_file
        assert children() == before
    assert "did not answer" in caplog.text


def test_where_no_process_can_be_started_it_asks_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    backend = MemoryKeyring()
    backend.set_password("utterkey", "assemblyai", KEY)
    use(backend)
    assert searched() == IN_KEYRING


def test_a_search_that_nobody_asks_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_every_process(tmp_path, monkeypatch, "threading.Event().wait()")
    before = children()
    Search().close()
    assert children() == before
