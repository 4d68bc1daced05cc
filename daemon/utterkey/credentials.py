"""The API key: the environment, else the system's keyring, else a file for its owner only.

The key never shows: it is carried as a `Secret`, which hides itself in `repr`, logs and errors.
A keyring may ask the user to unlock it, and on a desktop without a prompter it waits for ever; so it is asked on a
thread of its own, and not longer than a few seconds. Nothing here may run on a thread that must stay quick.

The daemon asks once and lives for weeks, and the library takes 6 MB and more with all it loads: a `Search` asks from a
process of its own, which this module also is (`python -m utterkey.credentials`). The key comes through its stdout.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from utterkey import child, paths
from utterkey.errors import CredentialsError
from utterkey.settings import ServiceSettings

log = logging.getLogger(__name__)

VARIABLE = "ASSEMBLYAI_API_KEY"
KEYRING_SECONDS = 5.0
_SERVICE, _ACCOUNT = "utterkey", "assemblyai"

SILENT = (
    "The system keyring did not answer: unlock it and start utterkey again, or store the key anew with "
    "`utterkey key set`."
)


class Secret:
    """A text that does not show itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the request that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class Credential:
    """A key and, in words, where it was found."""

    key: Secret
    source: str


def find() -> Credential | None:
    """The API key, or `None` if there is none. Raises `CredentialsError` if what is there cannot be a key."""
    return _find(lambda: _ask_keyring(_get_from_keyring))


class Search:
    """`find` for the daemon: begins at once, beside all else that starts, in a process of its own where it can."""

    def __init__(self) -> None:
        self.silent = False  # nothing was found, but the keyring has not answered in time: it may have one
        self._deadline = time.monotonic() + KEYRING_SECONDS
        self._process = None if os.environ.get(VARIABLE, "").strip() else _start_child()

    def result(self) -> Credential | None:
        """As `find`; waits for the keyring, but not long."""
        found = _find(self._answer)
        self.silent = self.silent and found is None
        return found

    def close(self) -> None:
        """Leave no process behind, whether or not it was asked for its result."""
        if self._process is not None:
            with self._process as process:
                process.kill()

    def _answer(self) -> str:
        if self._process is None:
            return _ask_keyring(_get_from_keyring)
        try:
            answer, _ = self._process.communicate(timeout=max(0.0, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s", SILENT)
            self.silent = True
            self.close()
            return ""
        return answer.decode("utf-8", "replace")


def search_for(service: ServiceSettings) -> Search | None:
    """A search that has begun; None where no key is wanted."""
    return Search() if service.endpoint != "offline" and not service.token_command else None


def _find(ask_keyring: Callable[[], str]) -> Credential | None:
    if text := os.environ.get(VARIABLE, "").strip():
        return Credential(as_key(text), f"the environment ({VARIABLE})")
    if text := ask_keyring().strip():
        return Credential(as_key(text), "the system keyring")
    if text := _read_file():
        return Credential(as_key(text), str(paths.key_file()))
    return None


def as_key(text: str) -> Secret:
    """Check that the text can stand in a request's header. What it is worth, only the service knows."""
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise CredentialsError("That is no API key: a key is one word of plain letters and digits. Copy it again.")
    return Secret(text)


def store(key: Secret) -> str:
    """Keep the key, in the keyring if there is one. Returns where it is, in words."""
    if _ask_keyring(lambda: _put_into_keyring(key.reveal())) == key.reveal():
        _remove_file()  # no older key is left to be found
        return "the system keyring"
    _write_file(key.reveal())
    return f"{paths.key_file()}, which only you can read"


def clear() -> list[str]:
    """Forget the key. Returns the places it was removed from, in words."""
    places = ["the system keyring"] if _ask_keyring(_remove_from_keyring) else []
    return places + ([str(paths.key_file())] if _remove_file() else [])


# --- the keyring ---------------------------------------------------------------------------------------------------


def _ask_keyring(question: Callable[[], str | None]) -> str:
    """The answer, or "" if there is none in time, no keyring, or a locked one."""
    answers: SimpleQueue[str] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(question() or "")
        except Exception as error:  # noqa: BLE001 - a thread's top; every keyring fails with exceptions of its own
            log.info("The system keyring cannot be used: %s.", type(error).__name__)
            answers.put("")

    threading.Thread(target=ask, name="keyring", daemon=True).start()
    try:
        return answers.get(timeout=KEYRING_SECONDS)
    except Empty:
        log.warning("%s", SILENT)
        return ""


def _start_child() -> "subprocess.Popen[bytes] | None":
    """None where no process can be started: then the keyring is asked from here."""
    try:
        return subprocess.Popen(
            child.command("utterkey.credentials"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child.environment(),
            creationflags=child.NO_WINDOW,
        )
    except OSError as error:
        log.info("No process can be started to ask the system keyring: %s.", error.strerror)
        return None


def _serve_parent() -> None:
    """Be the child of a `Search`: what the keyring has, which may be nothing, goes to stdout. The time limit is for a
    parent that was killed."""
    sys.stdout.buffer.write(_ask_keyring(_get_from_keyring).encode())
    sys.stdout.flush()
    os._exit(0)  # the libraries under a keyring take their time to unload, and the daemon waits for our end


def _get_from_keyring() -> str | None:
    import keyring

    return keyring.get_password(_SERVICE, _ACCOUNT)


def _put_into_keyring(text: str) -> str | None:
    import keyring

    keyring.set_password(_SERVICE, _ACCOUNT, text)
    return keyring.get_password(_SERVICE, _ACCOUNT)  # a null keyring takes everything and keeps nothing


def _remove_from_keyring() -> str | None:
    import keyring

    kept = keyring.get_password(_SERVICE, _ACCOUNT)
    if kept is not None:
        keyring.delete_password(_SERVICE, _ACCOUNT)
    return kept


# --- the file ------------------------------------------------------------------------------------------------------


def _read_file() -> str:
    path = paths.key_file()
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)  # copied here or restored from a backup
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(f"The API key in {path} cannot be read; `utterkey key set` writes it anew.") from error


def _write_file(text: str) -> None:
    path = paths.key_file()
    new = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with open(new, "x", encoding="utf-8", opener=paths.open_private) as file:
            file.write(text + "\n")
        os.replace(new, path)
    except OSError as error:
        raise CredentialsError(f"The API key cannot be written to {path} ({error.strerror}).") from error


def _remove_file() -> bool:
    try:
        paths.key_file().unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CredentialsError(f"The API key in {paths.key_file()} cannot be deleted ({error.strerror}).") from error
    return True


if __name__ == "__main__":
    _serve_parent()
