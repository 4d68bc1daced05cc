"""The one thread that owns the machine: it reads the queue, steps, and performs the effects.

Any thread may `post` an event. Nothing here waits: an effect hands over to the thread that owns the part. The only
I/O done in place is the journal's: a write of a fraction of a millisecond into SQLite's log, the deletion of a file,
and, once a full disk has room again, the recordings that it had refused, which takes as long as the disk does.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event as Signal
from threading import Thread
from typing import TYPE_CHECKING, assert_never

from utterkey.audio import Capture
from utterkey.audio.cues import Cues
from utterkey.dictation import effects as do
from utterkey.dictation.effects import Effect
from utterkey.dictation.errand import Errand
from utterkey.dictation.events import (
    Event,
    InsertRequested,
    PartFailed,
    RetryRequested,
    SessionEnded,
    SessionFailed,
    TimedOut,
    Wishes,
)
from utterkey.dictation.machine import step
from utterkey.dictation.state import State
from utterkey.dictation.view import View, project
from utterkey.errors import NoTranscript, RecordingError, SessionRefused, UtterkeyError
from utterkey.hotkey import Hotkeys
from utterkey.insertion import Inserter
from utterkey.journal import Journal
from utterkey.media import Media
from utterkey.notify import Notifier
from utterkey.settings import Settings
from utterkey.stages import StageClock
from utterkey.timers import Timers

if TYPE_CHECKING:
    from utterkey.session.connection import Connection

log = logging.getLogger(__name__)

FAULT = "Something failed through a fault of utterkey: report it with the log if it happens again."

GONE = "Utterance {number} cannot be sent again any more: it was thrown away in the meantime."

CLOSING_SECONDS = 0.7
"""How long the open sessions have, at the end, to say `Terminate`: longer than an abort takes (`Timing.abort`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the effects are performed with.

    `connect` makes the connection of a session from the session's number, the sample rate and the wishes; `engine`
    names the endpoint in use, `model` what its sessions are billed as; `hotkey` names the key that is listened to, ""
    if there is none; `delay_sleep` holds off the computer's sleep or lets it come, and does nothing where that cannot
    be done; `run` has an errand done elsewhere. `adopt` makes what depends on other settings anew and returns all
    parts: the one thing here that may take a moment, when nothing is being said.
    """

    microphone: Capture
    cues: Cues
    media: Media
    connect: "Callable[[int, int, Wishes], Connection]"
    inserter: Inserter
    hotkeys: Hotkeys | None
    notifier: Notifier
    delay_sleep: Callable[[bool], None]
    journal: Journal
    engine: str
    model: str
    hotkey: Callable[[], str]
    run: Callable[[Errand], None]
    adopt: "Callable[[Settings], Parts]"


class Controller:
    """Exists before the parts, which need its `post`; `start` gives them to it."""

    def __init__(self, settings: Settings) -> None:
        self.view = View()
        self._settings = settings
        self._queue: SimpleQueue[tuple[float, Event]] = SimpleQueue()  # with the moment it happened
        self._timers = Timers()
        self._stages = StageClock()
        self._connections: dict[int, Connection] = {}
        self._billed_as: dict[int, str] = {}  # by session: other settings may count when it ends
        self._watchers: list[Callable[[View], None]] = []
        self._thread: Thread | None = None

    def post(self, event: Event) -> None:
        """Tell the controller that something happened. From any thread, and from signal handlers."""
        self._queue.put((time.monotonic(), event))

    def watch(self, watcher: Callable[[View], None]) -> Callable[[], None]:
        """Call `watcher` with every new view, on the controller's thread; returns what ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def start(self, parts: Parts) -> None:
        """Returns once all that was posted until now has been taken: the view is then what the parts have told."""
        caught_up = Signal()
        self._thread = Thread(target=self._run, args=(parts, caught_up), name="controller")
        self._thread.start()
        caught_up.wait()

    def wait(self) -> None:
        """Until the machine has ordered the exit."""
        assert self._thread is not None, "start() comes first"
        self._thread.join()

    # --- the thread ------------------------------------------------------------------------------------------------

    def _run(self, parts: Parts, caught_up: Signal) -> None:
        try:
            self._parts = parts
            self._state = State(next_utterance=parts.journal.next_number())
            self._show()
            for _ in range(self._queue.qsize()):
                self._take_safely(*self._queue.get())
        finally:
            caught_up.set()
        while self._state.mode != "gone":
            for at, event in self._next_events():
                self._take_safely(at, event)
        self._close_connections()

    def _take_safely(self, at: float, event: Event) -> None:
        try:
            self._take(at, event)
        except Exception:  # the top of the thread: one faulty step must not end the daemon
            log.exception("The event %s could not be handled.", type(event).__name__)

    def _next_events(self) -> list[tuple[float, Event]]:
        try:
            return [self._queue.get(timeout=self._timers.seconds_left(time.monotonic()))]
        except Empty:
            now = time.monotonic()
            return [(now, TimedOut(timer)) for timer in self._timers.take_over(now)]

    def _take(self, at: float, event: Event) -> None:
        if isinstance(event, RetryRequested) and self._is_outdated(event.utterance):
            return
        self._stages.saw(at, event)
        if isinstance(event, SessionEnded | SessionFailed):
            self._close_books(at, event)
        self._state, effects = step(self._state, event, self._settings)
        self._stages.did(at, effects)
        for effect in effects:
            try:
                self._perform(effect)
            except Exception:  # the machine has gone on: no timer and no end of a session may be missed for it
                log.exception("The effect %s could not be performed.", type(effect).__name__)
                self.post(PartFailed("controller", UtterkeyError(FAULT)))
        self._show()

    def _is_outdated(self, number: int) -> bool:
        """What is to be sent again was looked up on another thread: it may be delivered by now, or on its
        way. Where it was thrown away, who asked is told."""
        if number in {kept.id for kept in self._parts.journal.kept}:
            return False
        if self._parts.journal.is_gone(number):
            self.post(PartFailed("errands", RecordingError(GONE.format(number=number))))
        return True

    def _perform(self, effect: Effect) -> None:  # noqa: C901 - one flat table of effects
        parts = self._parts
        match effect:
            case do.StartCapture(number):
                parts.microphone.start(parts.journal.record(number, parts.microphone.sample_rate))
            case do.StopCapture(number):
                parts.microphone.stop(number)
            case do.OpenSession():
                self._open_session(effect)
            case do.ReuseSession(session, number):
                self._reuse_session(session, number)
            case do.FinishSession(session, ending):
                if session in self._connections:
                    self._connections[session].finish(ending)
            case do.AbortSession(session):
                if session in self._connections:
                    self._connections[session].abort()
            case do.PrepareInsertion() | do.MarkTarget() | do.InsertText() | do.CopyText() | do.ScratchLast():
                parts.inserter.order(effect)
            case do.RecallLast():
                self.post(self._last_transcript())
            case do.StartTimer(timer, seconds):
                self._timers.start(timer, time.monotonic() + seconds)
            case do.StopTimers(number):
                self._timers.stop_utterance(number)
            case do.BeginUtterance(number, wishes):
                held_for = self._stages.held_for(number, time.monotonic())
                self._write(lambda: parts.journal.begin(number, parts.engine, parts.model, held_for, wishes))
            case do.SetStatus(number, status, text, error, repaired):
                if status != "finishing":
                    self._write(lambda: parts.journal.set_stages(number, *self._stages.finish(number)))
                self._write(lambda: parts.journal.set_status(number, status, text, error, repaired=repaired))
            case do.ForgetUtterance(number):
                self._write(lambda: parts.journal.forget(number))
            case do.WatchCancelKey(on):
                if parts.hotkeys is not None:
                    parts.hotkeys.watch_cancel(on)
            case do.ListenForHotkeys(on):
                if parts.hotkeys is not None:
                    parts.hotkeys.listen(on)
            case do.PlayCue(cue):
                parts.cues.play(cue)
            case do.PauseMedia():
                parts.media.pause()
            case do.ResumeMedia():
                parts.media.resume()
            case do.ClearHistory(what):
                self._write(lambda: parts.journal.clear(what))
            case do.AdoptSettings(settings):
                self._settings = settings
                self._write(lambda: parts.journal.adopt(settings.history))
                self._parts = parts.adopt(settings)
            case do.Run(errand):
                parts.run(errand)
            case do.DelaySleep(on):
                parts.delay_sleep(on)
            case do.Notify(sentence):
                log.info("%s", sentence)
                parts.notifier.notify(sentence)
            case do.Exit():
                pass  # the machine's state says it
            case _:
                assert_never(effect)

    def _last_transcript(self) -> Event:
        text = self.view.last_text
        return InsertRequested(text) if text else PartFailed("journal", NoTranscript())

    def _open_session(self, effect: do.OpenSession) -> None:
        try:
            recording = self._parts.journal.recording(effect.utterance)
            connection = self._parts.connect(effect.session, recording.sample_rate, effect.wishes)
        except UtterkeyError as error:
            self.post(SessionFailed(effect.utterance, effect.session, SessionRefused(str(error))))
            return
        self._connections[effect.session] = connection
        self._billed_as[effect.session] = self._parts.model
        connection.send(effect.utterance, recording, effect.from_ms)
        connection.start()

    def _reuse_session(self, session: int, number: int) -> None:
        """An utterance that is sent again may have lost its audio: the session is ended, for nothing follows in it."""
        try:
            recording = self._parts.journal.recording(number)
        except UtterkeyError as error:
            self.post(SessionFailed(number, session, SessionRefused(str(error))))
            self._connections[session].abort()
            return
        self._connections[session].send(number, recording, 0)

    def _close_books(self, at: float, event: SessionEnded | SessionFailed) -> None:
        journal, number = self._parts.journal, event.utterance
        connection = self._connections.get(event.session)
        if connection is not None and connection.utterance != number:
            return  # it could not be given that one; its own end is still to come
        self._connections.pop(event.session, None)
        model = self._billed_as.pop(event.session, "")
        told = event.billed_seconds if isinstance(event, SessionEnded) else None
        was_open = self._stages.take_seconds_open(event.session, at)
        seconds = was_open if told is None else told
        if seconds:
            self._write(lambda: journal.add_billed(number, seconds, model))
        self._write(lambda: journal.set_stages(number, self._stages.of(number)))

    def _write(self, write: Callable[[], UtterkeyError | None]) -> None:
        """The journal can fail, on a full disk or one that may not be written, or warn; the dictation goes on."""
        try:
            warning = write()
        except UtterkeyError as error:
            warning = error
        except OSError as error:
            warning = RecordingError(f"The journal or its audio cannot be changed ({error}): look at their folder.")
        if warning is not None:
            self.post(PartFailed("journal", warning))

    def _show(self) -> None:
        parts = self._parts
        view = project(
            self._state,
            self._settings,
            recent=parts.journal.recent,
            kept=parts.journal.kept,
            today=parts.journal.today,
            engine=parts.engine,
            hotkey=parts.hotkey(),
            microphone=parts.microphone.device,
        )
        if view != self.view:
            self.view = view
            for watcher in tuple(self._watchers):
                watcher(view)

    def _close_connections(self) -> None:
        """Their endings were ordered by the machine; a session that is left open would go on being billed."""
        deadline = time.monotonic() + CLOSING_SECONDS
        for connection in tuple(self._connections.values()):
            connection.join(max(0.0, deadline - time.monotonic()))
        while not self._queue.empty():
            at, event = self._queue.get()
            if isinstance(event, SessionEnded | SessionFailed):
                self._stages.saw(at, event)
                self._close_books(at, event)
