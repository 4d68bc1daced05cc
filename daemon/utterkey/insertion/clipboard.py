"""Insertion where no text can be put into a window: onto the clipboard, for the user to paste.

Runs on the thread `insertion`, since copying starts a program or asks the system. On Linux it calls the same programs
as pyperclip, but with a time limit and without our output as theirs: they stay behind to own the clipboard, and keep
open whatever they inherit (asweigart/pyperclip#116). On other systems it is pyperclip.
"""

import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable

from utterkey.dictation.effects import CopyText, InsertText, MarkTarget, PrepareInsertion, ScratchLast
from utterkey.dictation.events import Event, InsertionFailed, Post, TargetMarked, TextCopied
from utterkey.errors import InsertionError
from utterkey.insertion import Order, cannot_scratch
from utterkey.settings import OutputSettings

_NO_WINDOW = "No text can be put into a window here; it is on the clipboard, please paste it."
_COPY_SECONDS = 2.0
_CLOSE_SECONDS = 5.0

Copy = Callable[[str], None]
"""Puts a text on the clipboard. Raises InsertionError."""


class ClipboardInserter:
    """See `Inserter`; `reason` is why no text can be put into a window. Raises InsertionError if there is no way to the
    clipboard."""

    name = "clipboard"

    def __init__(self, post: Post, reason: str) -> None:
        self.reason = reason
        self._copy = find_copy()
        self._post = post
        self._work: queue.SimpleQueue[InsertText | CopyText | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="insertion", daemon=True)
        self._thread.start()

    def order(self, order: Order) -> None:
        match order:
            case PrepareInsertion():
                pass  # there is nothing to give back: the text stays on the clipboard
            case MarkTarget(utterance):
                self._post(TargetMarked(utterance, ""))
            case InsertText() | CopyText():
                self._work.put(order)
            case ScratchLast(utterance):
                self._post(cannot_scratch(utterance))

    def adopt(self, output: OutputSettings) -> None:
        """Texts go onto the clipboard whatever the settings say."""

    def close(self) -> None:
        self._work.put(None)
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while (order := self._work.get()) is not None:
            self._post(self._put(order))

    def _put(self, order: InsertText | CopyText) -> Event:
        try:
            self._copy(order.text)
        except InsertionError as error:
            return InsertionFailed(order.utterance, error, on_clipboard=False)
        if isinstance(order, CopyText):
            return TextCopied(order.utterance)
        return InsertionFailed(order.utterance, InsertionError(_NO_WINDOW))


def find_copy() -> Copy:
    """How to copy on this system. Raises InsertionError that names what to install."""
    command = _command()
    if command is not None:
        return lambda text: _run_command(command, text)
    import pyperclip

    copy, _ = pyperclip.determine_clipboard()
    if not callable(copy) or not bool(copy):  # pyperclip's stand-in for "nothing found" is false
        raise InsertionError("No clipboard can be reached; install xclip (X11) or wl-clipboard (Wayland).")
    return lambda text: _call(copy, text)


def _command() -> list[str] | None:
    """The program that copies its input, where the desktop is Wayland or X11."""
    if os.environ.get("WAYLAND_DISPLAY") and (found := shutil.which("wl-copy")):
        return [found, "--type", "text/plain;charset=utf-8"]
    if os.environ.get("DISPLAY"):
        if found := shutil.which("xclip"):
            return [found, "-selection", "clipboard"]
        if found := shutil.which("xsel"):
            return [found, "--clipboard", "--input"]
    return None


def _run_command(command: list[str], text: str) -> None:
    try:
        subprocess.run(
            command,
            input=text.encode(errors="replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            timeout=_COPY_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        name = os.path.basename(command[0])
        raise InsertionError(f"{name} could not reach the clipboard; the text is kept, see `utterkey last`.") from error


def _call(copy: Callable[[str], None], text: str) -> None:
    import pyperclip

    try:
        copy(text)
    except pyperclip.PyperclipException as error:
        raise InsertionError("The clipboard is in use by another program; try `utterkey last --copy`.") from error
