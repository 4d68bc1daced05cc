"""`last` and `history`: what was said. They read the journal themselves, so they work without a daemon too; what is
to be forgotten is the daemon's to clear, for it has the journal open and knows what is being said."""

from argparse import Namespace
from contextlib import closing
from dataclasses import asdict

from utterkey import paths
from utterkey.cli.terminal import on_one_line, remark, say, say_json
from utterkey.control import client
from utterkey.errors import DaemonNotRunning, InsertionError, NoTranscript
from utterkey.history import Entry, History


def last(options: Namespace) -> int:
    if options.copy:
        return _copy()
    if options.insert:
        client.ask({"do": "last", "insert": True})
        return 0
    say(_last_text())
    return 0


def history(options: Namespace) -> int:
    if options.clear:
        client.ask({"do": options.clear})
        return 0
    with closing(History.open(paths.journal_file(), readonly=True)) as journal:
        entries = journal.entries()
    if options.json:
        say_json([asdict(entry) for entry in entries])
    else:
        for entry in entries:
            say(_line(entry))
    return 0


def _copy() -> int:
    """A running daemon keeps the clipboard itself; without one, the system's own tool must do."""
    try:
        client.ask({"do": "last", "copy": True})
    except DaemonNotRunning:
        import pyperclip

        try:
            pyperclip.copy(_last_text())
        except pyperclip.PyperclipException as error:
            raise InsertionError(
                "There is no program that can write the clipboard; install xclip or wl-clipboard, or start the daemon."
            ) from error
    remark("The last transcript is on the clipboard.")
    return 0


def _last_text() -> str:
    with closing(History.open(paths.journal_file(), readonly=True)) as journal:
        texts = journal.texts(1)
    if not texts:
        raise NoTranscript()
    return texts[0]


def _line(entry: Entry) -> str:
    when = entry.started.replace("T", " ")[:16]
    said = on_one_line(entry.text or entry.error)
    return f"{entry.id:>5}  {when}  {entry.seconds:>5.1f} s  {entry.status:<11}  {said}".rstrip()
