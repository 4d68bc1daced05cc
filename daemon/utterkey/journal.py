"""Every living or kept utterance: its line in the history and its recording, which live and go together.

Used by the controller's thread alone, but for `choose` and `retry`. Audio is deleted when its text is delivered, and
kept when it is not: up to a size, beyond which the oldest goes first.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from utterkey import prices
from utterkey.audio.recording import Recording, delete
from utterkey.dictation.effects import Status
from utterkey.dictation.events import AS_SET, RetryRequested, Wishes
from utterkey.dictation.view import Kept
from utterkey.errors import RecordingError, UtterkeyError
from utterkey.history import RETRIABLE, History, HistoryError
from utterkey.measured import Stages, Today
from utterkey.recovery import recover
from utterkey.settings import HistorySettings

log = logging.getLogger(__name__)

BRING_BACK_MS = 1000
"""A cancelled utterance shorter than this was a slip of the finger."""

FIGURES_DAYS = 400
"""What was measured is kept so long: this year and the same month of the last."""

RECENT = 10
"""So many transcripts are at hand in the menu."""


class Journal:
    """`recent` are the latest transcripts, `kept` what can be sent again, both with the newest first. `unsaved` are
    those of the kept whose audio the disk would not take: it is offered it again at each end of an utterance."""

    def __init__(self, history: History, folder: Path, settings: HistorySettings) -> None:
        self._history = history
        self._folder = folder
        self._settings = settings
        self._living: dict[int, Recording] = {}
        self._wishes: dict[int, Wishes] = {}  # of the living
        self._unwritten: dict[int, Callable[[], None]] = {}  # lines that a full disk would not take
        self._engine = self._model = ""
        self._day, self._day_so_far = date.min, Today()
        self.unsaved: dict[int, Recording] = {}
        self.recent: tuple[str, ...] = ()
        self.kept: tuple[Kept, ...] = ()

    def recover(self) -> int:
        """At start: bring history and audio into one. Returns how many utterances were interrupted."""
        recover(self._history, self._folder)
        self._look()
        self._count_today()
        return sum(kept.status == "interrupted" for kept in self.kept)

    def close(self) -> None:
        """At the end: what a full disk would not take is tried once more, for after this it is nowhere."""
        self._save_unsaved()
        if self.unsaved:
            log.error("The audio of %d utterance(s) could not be saved and is lost.", len(self.unsaved))
        try:
            self._write_lines()
        except HistoryError as error:
            log.error("%s", error)

    def next_number(self) -> int:
        return self._history.next_number()

    # --- the living ------------------------------------------------------------------------------------------------

    def record(self, number: int, sample_rate: int) -> Recording:
        """A new recording. It is in the history only once `begin` says that it is an utterance."""
        recording = self._living[number] = Recording.create(self._folder, number, sample_rate)
        return recording

    def recording(self, number: int) -> Recording:
        """The living recording, or a kept one brought back; raises RecordingError."""
        if number not in self._living:
            self._living[number] = self._kept_audio(number)
        return self._living[number]

    def begin(self, number: int, engine: str, model: str = "", held_for: float = 0.0, wishes: Wishes = AS_SET) -> None:
        """Its key went down `held_for` seconds ago. `model` is what its sessions are billed as."""
        self._engine, self._model = engine, model
        self._wishes[number] = wishes
        self._write_lines()
        started = datetime.now().astimezone() - timedelta(seconds=held_for)
        self._history.begin(number, started, engine, model, wishes)
        self._remove_cancelled()

    def set_status(
        self, number: int, status: Status, text: str, error: str, *, repaired: bool = False
    ) -> UtterkeyError | None:
        """Returns what the user has to be warned of."""
        if status == "finishing":
            self._bring_back(number)
            self._write_lines()
            self._history.set_status(number, status)
            return None
        recording, wishes = self._living.pop(number, None), self._wishes.pop(number, AS_SET)
        refused = None
        slip = recording is not None and _was_a_slip(recording, status)
        if status == "delivered" or slip:
            self.unsaved.pop(number, None)
            refused = _discard(recording)  # before its line: a text that was delivered must not be offered again
        elif recording is not None:
            self._lay_aside(number, recording)
        if slip and refused is None:
            self._history.remove(number)
        else:
            self._remember(number, recording, wishes, status, text)
            self._unwritten[number] = self._line(number, recording, wishes, status, text, error, repaired)
        self._save_unsaved()  # the disk may have room again
        self._write_lines()
        try:
            return self._make_room(number) or refused
        finally:
            self._look()

    def forget(self, number: int) -> UtterkeyError | None:
        """Returns what the user has to be warned of."""
        refused = _discard(self._living.pop(number, None))
        self._wishes.pop(number, None)
        self._unwritten.pop(number, None)
        self._write_lines()
        if refused is None:
            self._history.remove(number)
        else:
            self._history.set_status(number, "cancelled")  # the next one tries again to delete it
        self._look()
        return refused

    def is_gone(self, number: int) -> bool:
        """Was it thrown away, with its line?"""
        return self._history.find(number) is None

    # --- what is measured ------------------------------------------------------------------------------------------

    @property
    def today(self) -> Today:
        return self._day_so_far if self._day == date.today() else Today()

    def add_billed(self, number: int, seconds: int, model: str) -> None:
        self._count(cost=prices.cost(model, seconds))
        self._history.add_billed(number, seconds, model)

    def set_stages(self, number: int, stages: Stages, sessions: int = 0) -> None:
        """The stages it has reached, and over how many more sessions it was sent."""
        self._history.set_stages(number, stages, sessions)

    def _count(self, seconds: float = 0.0, cost: float | None = 0.0) -> None:
        self._day_so_far, self._day = self.today.plus(seconds, cost), date.today()

    def _count_today(self) -> None:
        today = date.today()
        self._history.forget_measured((today - timedelta(days=FIGURES_DAYS)).isoformat())
        for measured in self._history.measured(since=today.isoformat()):
            self._count(measured.seconds, prices.cost(measured.model, measured.billed_seconds))

    # --- the end of an utterance -----------------------------------------------------------------------------------

    def _remember(self, number: int, recording: Recording | None, wishes: Wishes, status: Status, text: str) -> None:
        """Before it is written: if it cannot be, it is nowhere else."""
        if text:
            self.recent = (text, *self.recent)[:RECENT]
        if recording is not None and status in RETRIABLE:
            started = recording.moment.isoformat(timespec="milliseconds")
            self.kept = (Kept(number, status, started, recording.duration_ms / 1000, wishes), *self.kept)

    def _line(
        self,
        number: int,
        recording: Recording | None,
        wishes: Wishes,
        status: Status,
        text: str,
        error: str,
        repaired: bool,
    ) -> Callable[[], None]:
        """What writes the end of an utterance; it holds no audio, for it may have to wait."""
        history, engine, model = self._history, self._engine, self._model
        seconds = recording.duration_ms / 1000 if recording is not None else None
        started = recording.moment if recording is not None else None
        if status == "delivered":
            self._count(seconds or 0.0)

        def write() -> None:
            if started is not None and history.find(number) is None:  # the disk was full when it began
                history.begin(number, started, engine, model, wishes)
            history.set_status(number, status, seconds=seconds, text=text, error=error, repaired=repaired)
            if status == "delivered":
                history.set_figures(number, seconds=seconds or 0.0, words=len(text.split()), repaired=repaired)

        return write

    def _write_lines(self) -> None:
        """Those that the disk would not take come first: it may have room again."""
        if not self._unwritten:
            return
        for number in list(self._unwritten):
            self._unwritten[number]()
            del self._unwritten[number]
        self._history.trim(self._settings.keep)

    # --- what the user wants kept ----------------------------------------------------------------------------------

    def adopt(self, settings: HistorySettings) -> None:
        """Other settings: what is more than they allow is forgotten now."""
        self._settings = settings
        self._write_lines()
        self._history.trim(settings.keep)
        self._look()

    def clear(self, what: Literal["delivered", "kept"]) -> None:
        """Forget all transcripts, or throw away what could be sent again; what is being said is not touched."""
        self._write_lines()  # or they would come back
        if what == "delivered":
            self._history.trim(0)
        else:
            files = Recording.kept(self._folder)
            for entry in self._history.retriable():
                self._throw_away(entry.id, files.get(entry.id))
        self._look()

    # --- what is sent again: on any thread ---------------------------------------------------------------------------

    def choose(self, number: int | None) -> int:
        """The kept utterance that is meant by this number, or the latest. Raises RecordingError if it cannot be sent
        again."""
        chosen = self._choose(number).id
        self._kept_audio(chosen).close()
        return chosen

    def retry(self, number: int, *, insert: bool) -> RetryRequested:
        """What to post so that it is sent again. Reads the whole recording, which takes milliseconds for each second of
        an utterance. Raises RecordingError."""
        wishes = self._choose(number).wishes
        recording = self._kept_audio(number)
        try:
            return RetryRequested(number, recording.duration_ms, recording.voice(), insert, wishes)
        finally:
            recording.close()

    def _choose(self, number: int | None) -> Kept:
        chosen = next((kept for kept in self.kept if number in (None, kept.id)), None)
        if chosen is None:
            which = "There is no utterance" if number is None else f"Utterance {number} is not one"
            raise RecordingError(f"{which} that can be sent again: `utterkey history` lists what there is.")
        return chosen

    def _kept_audio(self, number: int) -> Recording:
        in_memory = self.unsaved.get(number)
        if in_memory is not None:
            return in_memory
        path = Recording.kept(self._folder).get(number)
        if path is None:
            raise RecordingError(f"The audio of utterance {number} is gone: it cannot be sent again.")
        return Recording.open(path)

    # --- the kept --------------------------------------------------------------------------------------------------

    def _lay_aside(self, number: int, recording: Recording) -> None:
        recording.close()
        self.unsaved[number] = recording

    def _save_unsaved(self) -> None:
        for number, recording in list(self.unsaved.items()):
            if number not in self._living and recording.save():
                del self.unsaved[number]

    def _make_room(self, newest: int) -> RecordingError | None:
        """Delete the oldest kept audio beyond the size that the settings allow, but never the newest."""
        kept = [entry.id for entry in self._history.retriable()]
        files = Recording.kept(self._folder) if kept else {}
        sizes = {number: _size(files.get(number), self.unsaved.get(number)) for number in kept}
        deleted = []
        for number in sorted(sizes):
            if number == newest or sum(sizes.values()) <= self._settings.audio_mb * 1_000_000:
                continue
            self._throw_away(number, files.get(number))
            del sizes[number]
            deleted.append(number)
        if not deleted:
            return None
        return RecordingError(
            f"There was more kept audio than history.audio_mb = {self._settings.audio_mb} allows: "
            f"the oldest {len(deleted)} utterance(s) are deleted; send the others again with `utterkey retry`."
        )

    def _remove_cancelled(self) -> None:
        """A cancelled utterance can be brought back until the next one begins."""
        for entry in self._history.retriable():
            if entry.status == "cancelled":
                self._throw_away(entry.id, Recording.kept(self._folder).get(entry.id))

    def _throw_away(self, number: int, path: Path | None) -> None:
        """Audio that cannot be deleted keeps its line: it would be given one again at the next start."""
        if path is not None:
            delete(path)
        self.unsaved.pop(number, None)
        self._no_longer_kept(number)
        self._history.remove(number)

    def _bring_back(self, number: int) -> None:
        """It is sent again."""
        for kept in self.kept:
            if kept.id == number:
                self._wishes[number] = kept.wishes
        self._no_longer_kept(number)

    def _no_longer_kept(self, number: int) -> None:
        self.kept = tuple(kept for kept in self.kept if kept.id != number)

    def _look(self) -> None:
        self.recent = tuple(self._history.texts(RECENT))
        retriable = self._history.retriable()
        audio = self.unsaved.keys() | (Recording.kept(self._folder).keys() if retriable else ())
        self.kept = tuple(
            Kept(entry.id, entry.status, entry.started, entry.seconds, entry.wishes)
            for entry in retriable
            if entry.id in audio
        )


def _discard(recording: Recording | None) -> RecordingError | None:
    """What the user has to be warned of. What became of the utterance is written all the same."""
    try:
        if recording is not None:
            recording.discard()
    except RecordingError as error:
        return error
    return None


def _was_a_slip(recording: Recording, status: Status) -> bool:
    return status == "cancelled" and recording.duration_ms < BRING_BACK_MS


def _size(path: Path | None, in_memory: Recording | None) -> int:
    if in_memory is not None:
        return in_memory.length
    return path.stat().st_size if path is not None else 0
