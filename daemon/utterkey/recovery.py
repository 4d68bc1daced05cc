"""What a start finds of the run before: the history and the recordings are made to agree again."""

from contextlib import suppress
from pathlib import Path

from utterkey.audio.recording import Recording, delete
from utterkey.errors import RecordingError
from utterkey.history import History

SHORTEST_ORPHAN_MS = 300
"""Audio without a line that is shorter than this was a key that turned out to begin a shortcut."""


def recover(history: History, folder: Path) -> None:
    """What was under way when the program ended was interrupted.

    A line without audio cannot be sent again: it stays for the words it has, else it is removed. Audio without a line
    is what a new journal does not know of, or a disk that was full: it gets one.
    """
    history.interrupt_living()
    audio = Recording.kept(folder)
    lines = {entry.id: entry for entry in history.entries()}
    for number in audio.keys() - lines.keys():
        _adopt(history, number, audio[number])
    for number, entry in lines.items():
        if entry.status == "delivered" and number in audio:
            with suppress(RecordingError):  # told when it was delivered
                delete(audio[number])
        elif entry.status == "interrupted" and number in audio:
            _measure(history, number, audio[number])
        elif entry.status != "delivered" and number not in audio and not entry.text:
            history.remove(number)


def _adopt(history: History, number: int, path: Path) -> None:
    """Give audio without a line one, if it is worth it."""
    try:
        recording = Recording.open(path)
    except RecordingError:
        return  # not ours to delete: it may be played by hand
    recording.close()
    if recording.duration_ms < SHORTEST_ORPHAN_MS:
        with suppress(RecordingError):
            delete(path)
        return
    history.begin(number, recording.moment, "")
    history.set_status(number, "interrupted", seconds=recording.duration_ms / 1000)


def _measure(history: History, number: int, path: Path) -> None:
    try:
        recording = Recording.open(path)
    except RecordingError:
        return  # `retry` says what is wrong with it
    recording.close()
    history.set_status(number, "interrupted", seconds=recording.duration_ms / 1000)
