"""The middle of the program with made-up ends: real controller, machine, journal, recordings, sessions and sockets; a
microphone that is spoken into by the test, and a window that only notes what it was given.

    with Service() as service, Rig(service.url, folder) as rig:
        number = rig.press()
        rig.speak(marked_speech(range(4)))
        rig.release()
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts == ["w0 w1 w2 w3 "]

Everything is awaited, nothing sleeps, so a dictation takes milliseconds. `settings` may be anything the program has.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from utterkey import session
from utterkey.audio.cues import Cues
from utterkey.audio.recording import Recording
from utterkey.audio.take import Take
from utterkey.controller import Controller, Parts
from utterkey.dictation.effects import CopyText, InsertText, MarkTarget, PrepareInsertion, ScratchLast, Status
from utterkey.dictation.errand import Errand
from utterkey.dictation.events import (
    Cancelled,
    Post,
    Pressed,
    QuitRequested,
    Released,
    TargetMarked,
    TextCopied,
    TextInserted,
    Wishes,
)
from utterkey.dictation.view import View
from utterkey.errors import UtterkeyError
from utterkey.history import Entry, History
from utterkey.insertion import Order, cannot_scratch
from utterkey.journal import Journal
from utterkey.media import NoMedia
from utterkey.session.connection import Connection, Timing
from utterkey.session.endpoint import Endpoint
from utterkey.session.parameters import Parameters
from utterkey.settings import AudioSettings, OutputSettings, Settings

DEADLINE_S = 10.0
KEY = "0123456789abcdef-secret"
BLOCK_MS = 20
PROMPT = Settings(audio=AudioSettings(tail_ms=0, max_seconds=10800), output=OutputSettings(sentence="keep"))
"""No waiting for a tail, and the text as the service wrote it."""

Outcome = Status | Literal["forgotten"]


class SpokenMicrophone:
    """Captures what the test says into it, as fast as it is said."""

    sample_rate = 16000
    device = "a microphone made up"

    def __init__(self, post: Post) -> None:
        self._post = post
        self._takes: dict[int, Take] = {}
        self._changed = threading.Condition()

    def start(self, recording: Recording) -> None:
        with self._changed:
            self._takes[recording.number] = Take(recording, self._post)
            self._changed.notify_all()

    def stop(self, utterance: int) -> None:
        with self._changed:
            take = self._takes.pop(utterance, None)
            if take is not None:
                take.end()
            self._changed.notify_all()

    def close(self) -> None:
        for number in list(self._takes):
            self.stop(number)

    def speak(self, audio: bytes) -> None:
        block = 2 * self.sample_rate * BLOCK_MS // 1000
        for start in range(0, len(audio), block):
            with self._changed:
                for take in self._takes.values():
                    take.feed(audio[start : start + block], "the test")

    def wait_open(self, seconds: float = DEADLINE_S) -> int:
        """The number of the utterance that is being recorded."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._takes, seconds):
                raise TimeoutError("the microphone was not opened")
            return max(self._takes)

    def wait_closed(self, seconds: float = DEADLINE_S) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: not self._takes, seconds):
                raise TimeoutError("the microphone was not closed")


@dataclass(frozen=True, slots=True)
class Delivery:
    utterance: int
    text: str
    way: Literal["insert", "copy"]


def _refuse(errand: Errand) -> None:
    raise AssertionError(f"nobody is there for {errand}")


class Window:
    """Takes every text."""

    name = "window"

    def __init__(self, post: Post, notice: Callable[[Delivery], None] = lambda _: None) -> None:
        self._post = post
        self._notice = notice
        self.deliveries: list[Delivery] = []

    @property
    def texts(self) -> list[str]:
        return [delivery.text for delivery in self.deliveries]

    def adopt(self, output: OutputSettings) -> None:
        pass

    def order(self, order: Order) -> None:
        match order:
            case PrepareInsertion():
                pass
            case MarkTarget(utterance):
                self._post(TargetMarked(utterance, "window"))
            case InsertText(utterance, text):
                self._take(Delivery(utterance, text, "insert"))
                self._post(TextInserted(utterance))
            case CopyText(utterance, text):
                self._take(Delivery(utterance, text, "copy"))
                self._post(TextCopied(utterance))
            case ScratchLast(utterance):
                self._post(cannot_scratch(utterance))

    def _take(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self._notice(delivery)

    def close(self) -> None:
        pass


class Sentences:
    """A notifier that remembers what the user was told."""

    name = "sentences"

    def __init__(self) -> None:
        self.told: list[str] = []

    def notify(self, sentence: str) -> None:
        self.told.append(sentence)

    def close(self) -> None:
        pass


class WatchedJournal(Journal):
    """The journal, and when each utterance came to its end."""

    def __init__(self, history: History, folder: Path, settings: Settings) -> None:
        super().__init__(history, folder, settings.history)
        self.outcomes: dict[int, tuple[Outcome, float]] = {}
        self.changed = threading.Condition()

    def set_status(
        self, number: int, status: Status, text: str, error: str, *, repaired: bool = False
    ) -> UtterkeyError | None:
        try:
            return super().set_status(number, status, text, error, repaired=repaired)
        finally:
            self._note(number, status)

    def forget(self, number: int) -> UtterkeyError | None:
        warning = super().forget(number)
        self._note(number, "forgotten")
        return warning

    def _note(self, number: int, outcome: Outcome) -> None:
        with self.changed:
            if outcome in ("recording", "finishing"):
                self.outcomes.pop(number, None)  # sent again
            else:
                self.outcomes[number] = (outcome, time.monotonic())
            self.changed.notify_all()


class Rig:
    """`with Rig(...)`: the daemon without its edges. The journal and the audio lie in `folder`."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        settings: Settings = PROMPT,
        tls: Callable[[], ssl.SSLContext] = session.tls_context,
        timing: Timing = Timing(),  # noqa: B008 - immutable
        notice: Callable[[Delivery], None] = lambda _: None,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.controller = Controller(settings)
        self.microphone = SpokenMicrophone(self.controller.post)
        self.window = Window(self.controller.post, notice)
        self.notifier = Sentences()
        self.interrupted = 0
        self.replays: list[int] = []
        """Every progress of a replay that was shown."""
        self.sleeps_delayed: list[bool] = []
        """What was ordered of the computer's sleep: to wait, or to come."""
        self.connected = 0
        """Sessions that were opened, whether or not they got through."""
        self._url = url
        self._timing = timing
        self._endpoint = Endpoint(url, key=KEY, token_command="", engine_url=None, tls_context=tls)
        self._viewed = threading.Condition()

    def __enter__(self) -> Self:
        self._history = History.open(self.folder / "journal.db")
        self.journal = WatchedJournal(self._history, self.audio_folder, self.settings)
        self.interrupted = self.journal.recover()
        self.controller.watch(self._see)
        self.controller.start(self._parts())
        return self

    def _parts(self) -> Parts:
        """No part of the rig depends on settings, and it runs no errands."""
        return Parts(
            microphone=self.microphone, cues=Cues(None), media=NoMedia(), connect=self._connect,
            inserter=self.window, hotkeys=None, notifier=self.notifier, delay_sleep=self.sleeps_delayed.append,
            journal=self.journal, engine=self._url, model="a-model", hotkey=str,
            run=_refuse, adopt=lambda _: self._parts(),
        )  # fmt: skip

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.controller.post(QuitRequested())
        self.controller.wait()
        self.microphone.close()
        self.journal.close()
        self._history.close()

    def _connect(self, number: int, sample_rate: int, wishes: Wishes) -> Connection:
        with self._viewed:
            self.connected += 1
            self._viewed.notify_all()
        parameters = Parameters(model=self.settings.service.model, sample_rate=sample_rate)
        return Connection(number, self._endpoint, parameters, self.controller.post, self._timing)

    def _see(self, view: View) -> None:
        with self._viewed:
            if view.replay is not None:
                self.replays.append(view.replay)
            self._viewed.notify_all()

    def refuse_journal(self, refused: bool) -> None:
        """The journal cannot be written, or can again."""
        self._history._connection.execute(f"PRAGMA query_only = {int(refused)}")

    # --- the user ------------------------------------------------------------------------------------------------

    @property
    def audio_folder(self) -> Path:
        return self.folder / "audio"

    def press(self) -> int:
        """Press the key; the utterance's number, once the microphone is open."""
        self.microphone.wait_closed()
        self.controller.post(Pressed())
        return self.microphone.wait_open()

    def speak(self, audio: bytes) -> None:
        self.microphone.speak(audio)

    def release(self) -> float:
        """Let go; the moment of it."""
        self.controller.post(Released())
        return time.monotonic()

    def cancel(self) -> None:
        self.controller.post(Cancelled())

    def dictate(self, audio: bytes) -> int:
        """Press, speak, release; the utterance's number."""
        number = self.press()
        self.speak(audio)
        self.release()
        return number

    def retry(self, number: int | None = None, *, insert: bool = False) -> int:
        """What `utterkey retry` does; the number of the utterance that is sent again."""
        request = self.journal.retry(self.journal.choose(number), insert=insert)
        with self.journal.changed:
            self.journal.outcomes.pop(request.utterance, None)
        self.controller.post(request)
        return request.utterance

    # --- what came of it -----------------------------------------------------------------------------------------

    def wait_outcome(self, number: int, seconds: float = DEADLINE_S) -> Outcome:
        outcomes = self.journal.outcomes
        with self.journal.changed:
            if not self.journal.changed.wait_for(lambda: number in outcomes, seconds):
                raise TimeoutError(f"utterance {number} did not end in {seconds} s: {self.controller.view}")
            return outcomes[number][0]

    def ended_at(self, number: int) -> float:
        return self.journal.outcomes[number][1]

    def wait_view(self, condition: Callable[[View], bool], seconds: float = DEADLINE_S) -> View:
        with self._viewed:
            if not self._viewed.wait_for(lambda: condition(self.controller.view), seconds):
                raise TimeoutError(f"the view did not get there in {seconds} s: {self.controller.view}")
            return self.controller.view

    def wait_connected(self, count: int, seconds: float = DEADLINE_S) -> None:
        """Until so many sessions were opened."""
        with self._viewed:
            if not self._viewed.wait_for(lambda: self.connected >= count, seconds):
                raise TimeoutError(f"{self.connected} sessions were opened in {seconds} s, not {count}")

    def wait_idle(self, seconds: float = DEADLINE_S) -> None:
        self.wait_view(lambda view: view.state == "idle", seconds)

    def entries(self) -> list[Entry]:
        """The journal as another process reads it."""
        with closing(History.open(self.folder / "journal.db", readonly=True)) as history:
            return history.entries()

    def entry(self, number: int) -> Entry:
        return next(entry for entry in self.entries() if entry.id == number)


def with_settings(**sections: dict[str, object]) -> Settings:
    """PROMPT with some of its values changed: `with_settings(service={"linger_seconds": 0.0})`."""
    changed = {name: replace(getattr(PROMPT, name), **values) for name, values in sections.items()}
    return replace(PROMPT, **changed)
