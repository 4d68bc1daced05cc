"""The log: a file in the state folder for its owner only, and stderr.

Transcripts and secrets are never logged: callers say lengths and numbers, and a `Secret` does not show its value.
"""

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from utterkey import paths

log = logging.getLogger(__name__)

_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s: %(message)s"


class _PrivateFile(RotatingFileHandler):
    def _open(self):  # type: ignore[no-untyped-def]  # the stream class is named in typeshed's stub only
        return open(self.baseFilename, "a", encoding="utf-8", opener=paths.open_private)


class _Terminal(logging.StreamHandler[TextIO]):
    """stderr, through a descriptor of its own: loading PortAudio sends descriptor 2 to nowhere for a moment."""

    def __init__(self) -> None:
        stream: TextIO
        try:
            stream = open(os.dup(sys.stderr.fileno()), "w", buffering=1, errors="backslashreplace")  # noqa: SIM115 - closed in close()
        except OSError:  # it is no file
            stream = sys.stderr
        super().__init__(stream)

    def close(self) -> None:
        super().close()
        if self.stream is not sys.stderr:
            self.stream.close()


def start(path: Path, verbose: bool = False) -> None:
    """Log to `path` and to stderr. Without a place for the file (a full or read-only disk) stderr must do."""
    logging.raiseExceptions = False  # a log that cannot be written must not fill the terminal with tracebacks
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    logging.getLogger("utterkey").setLevel(logging.DEBUG if verbose else logging.INFO)
    if sys.stderr is not None:  # pythonw has none
        _add(root, _Terminal())
    try:
        _add(root, _PrivateFile(path, maxBytes=1_000_000, backupCount=2))
    except OSError as error:
        log.warning("The log file %s cannot be written (%s).", path, error.strerror)


def stop() -> None:
    """Flush and close what `start` opened."""
    root = logging.getLogger()
    for handler in [h for h in root.handlers if h.get_name() == __name__]:
        root.removeHandler(handler)
        handler.close()


def _add(root: logging.Logger, handler: logging.Handler) -> None:
    handler.set_name(__name__)
    handler.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(handler)
