"""An open session: audio and messages out, events in, watches over both. Runs in the connection's thread, to its end.

It never blocks but in its selector, which wakes it for the socket, for growing audio and for orders. It has no more
than a frame beyond `AHEAD_BYTES` of formatted bytes waiting, so that a server that stops reading costs no memory.
"""

import logging
import selectors
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from utterkey.dictation.events import AudioSent, Post, SessionBegan, TurnReceived
from utterkey.dictation.events import SpeechStarted as SpeechHeard
from utterkey.errors import SessionError, SessionLost
from utterkey.session.failures import from_close
from utterkey.session.interruption import Interruption, Wake
from utterkey.session.messages import (
    KEEP_ALIVE,
    TERMINATE,
    Begin,
    Error,
    Malformed,
    Message,
    SpeechStarted,
    Termination,
    Turn,
    Unknown,
    Warning,
    parse,
)
from utterkey.session.parameters import Parameters
from utterkey.session.part import Feeder, Part
from utterkey.session.protocol import finishing
from utterkey.session.wire import Closed, Wire

AHEAD_BYTES = 64 * 1024

NO_BEGIN = "The service does not begin the session: try again in a moment."
NO_SIGN = "Nothing is heard from the service any more: check the network connection."
NO_TERMINATION = "The service did not end the session in time: try again in a moment."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long is waited for what, in seconds. `ping`: with nothing heard; `answer`: for anything after that.
    `abort`: for the answer to `Terminate` when nothing depends on it but the book-keeping."""

    connect: float = 10.0
    begin: float = 10.0
    ping: float = 5.0
    answer: float = 5.0
    termination: float = 5.0
    close: float = 1.0
    abort: float = 0.5


# --- the stages of a session: what is waited for, and until when ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sending:
    """The recording, as it grows."""


@dataclass(frozen=True, slots=True)
class Finishing:
    """All of an utterance is queued, and so is what ends it; the session is to live on."""


@dataclass(frozen=True, slots=True)
class Lingering:
    """All of it is written: the next utterance may come, or the end."""


@dataclass(frozen=True, slots=True)
class Terminating:
    """`Terminate` is queued; from when it is written, `Termination` is waited for."""

    until: float | None = None


@dataclass(frozen=True, slots=True)
class Aborting:
    until: float


@dataclass(frozen=True, slots=True)
class Closing:
    """`Termination` came: only the service's close frame is missing."""

    until: float
    billed_seconds: int | None


Stage = Sending | Finishing | Lingering | Terminating | Aborting | Closing


@dataclass(frozen=True, slots=True)
class Ended:
    """The session ended as it should."""

    billed_seconds: int | None


Outcome = Ended | SessionError


class Conversation:
    """`parts` grows while this runs; each is sent after the one before is finished."""

    def __init__(
        self,
        session: int,
        wire: Wire,
        parameters: Parameters,
        parts: Sequence[Part],
        post: Post,
        timing: Timing,
        wake: Wake,
        interruption: Interruption,
        conceal: Callable[[str], str],
    ) -> None:
        self._session = session
        self._wire = wire
        self._parameters = parameters
        self._post = post
        self._timing = timing
        self._wake = wake
        self._interruption = interruption
        self._conceal = conceal
        self._feeder = Feeder(parts, parameters, wake)
        self._stage: Stage = Sending()
        self._outcome: Outcome | None = None
        self._began = False
        self._now = self._opened_at = self._heard_at = self._spoke_at = time.monotonic()
        self._pinged_at: float | None = None
        self._received = 0
        self._lead_wait: float | None = None
        self._selector = selectors.DefaultSelector()

    @property
    def _utterance(self) -> int:
        return self._feeder.part.utterance

    def run(self) -> Outcome:
        """Talk until the session is over."""
        with self._selector, closing(self._feeder):
            self._selector.register(self._wire.sock, selectors.EVENT_READ)
            self._selector.register(self._wake.reader, selectors.EVENT_READ)
            self._check_rate()
            while self._outcome is None:
                self._round()
            self._wire.write()  # a close frame, if there is room for it
            return self._outcome

    def _round(self) -> None:
        """One round: say what there is to say, sleep, hear what there is to hear."""
        if self._interruption.asked:
            self._abort()
        queued = self._fill()
        self._wire.write()
        told = self._tell_when_written()
        self._sleep(more=self._wire.more or ((queued or told) and self._wire.pending < AHEAD_BYTES))
        for message in self._wire.read():
            if self._outcome is None:
                self._closed(message) if isinstance(message, Closed) else self._hear(parse(message))
        self._notice_life()
        for when, action in self._alarms():
            if when <= self._now and self._outcome is None:
                action()

    # --- sending ---------------------------------------------------------------------------------------------------

    def _check_rate(self) -> None:
        if not self._feeder.fits:
            self._outcome = SessionLost("The microphone's sample rate changed: a new session has to be opened.")

    def _fill(self) -> bool:
        """Queue what there is to send, but no more than a round's worth. False if there was nothing."""
        self._lead_wait = None
        queued = False
        while self._outcome is None:
            if self._wire.pending >= AHEAD_BYTES:
                return True
            if not self._send_next():
                return queued
            queued = True
        return queued

    def _send_next(self) -> bool:
        match self._stage:
            case Sending():
                return self._send_audio()
            case Lingering():
                return self._go_on()
            case Finishing() | Terminating() | Aborting() | Closing():
                return False

    def _send_audio(self) -> bool:
        """Queue one frame, or what ends the utterance. False if there is nothing to send now."""
        wait = self._feeder.due_in(self._now - self._opened_at)
        ending = self._feeder.part.ending
        if wait == 0:
            self._say(self._feeder.take())
        elif wait is not None:
            self._lead_wait = self._now + wait
            return False
        elif ending is not None and self._feeder.exhausted:
            for message in finishing(self._parameters, ending):
                self._say(message)
            self._stage = Terminating() if ending == "terminate" else Finishing()
        else:
            return False
        return True

    def _go_on(self) -> bool:
        """With the next utterance, or to the end. False if neither was ordered yet."""
        if self._feeder.advance():
            self._stage = Sending()
            self._check_rate()
            return True
        if self._feeder.part.ending == "terminate":
            self._say(TERMINATE)
            self._stage = Terminating(self._now + self._timing.termination)
            return True
        return False

    def _say(self, message: str | bytes) -> None:
        self._spoke_at = self._now
        if isinstance(message, str):
            self._wire.send_text(message)
        else:
            self._wire.send_audio(message)
            self._feeder.count(message)

    def _tell_when_written(self) -> bool:
        """Post `AudioSent` once everything of an utterance is written."""
        if self._wire.pending:
            return False
        match self._stage:
            case Terminating(until=None):
                self._stage = Terminating(self._termination_limit())
            case Finishing():
                self._stage = Lingering()
            case _:
                return False
        self._post(AudioSent(self._utterance, self._session))
        return True

    def _termination_limit(self) -> float:
        """The service decodes no faster than one speaks, so that a backlog has its time on top."""
        lead = max(0.0, self._feeder.sent_seconds - (self._now - self._opened_at))
        return self._now + self._timing.termination + lead

    def _abort(self) -> None:
        match self._stage:
            case Sending() | Finishing() | Lingering():
                self._say(TERMINATE)
                self._stage = Aborting(self._now + self._timing.abort)
            case Terminating():
                self._stage = Aborting(self._now + self._timing.abort)
            case Aborting() | Closing():
                pass

    # --- sleeping --------------------------------------------------------------------------------------------------

    def _sleep(self, *, more: bool) -> None:
        """Until something happens or an alarm is due; not at all if there is more to do already."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._wire.pending else 0)
        if self._selector.get_key(self._wire.sock).events != events:
            self._selector.modify(self._wire.sock, events)
        wake_at = min(when for when, _ in self._alarms())
        seconds = 0.0 if more else max(0.0, wake_at - time.monotonic())
        self._selector.select(seconds)
        self._wake.drain()
        self._now = time.monotonic()

    def _alarms(self) -> list[tuple[float, Callable[[], None]]]:
        """What is to be done when, if nothing happens before."""
        alarms: list[tuple[float, Callable[[], None]]] = []
        if self._pinged_at is None:
            alarms.append((self._heard_at + self._timing.ping, self._ping))
        else:
            alarms.append((self._pinged_at + self._timing.answer, self._fail(NO_SIGN)))
        if not self._began:
            alarms.append((self._opened_at + self._timing.begin, self._fail(NO_BEGIN)))
        if self._lead_wait is not None:
            alarms.append((self._lead_wait, lambda: None))  # the next round sends
        match self._stage:
            case Lingering():
                # Only here: where audio is expected, its absence is what the service's inactivity time is for.
                keep_alive_at = self._spoke_at + self._parameters.inactivity_seconds / 2
                alarms.append((keep_alive_at, lambda: self._say(KEEP_ALIVE)))
            case Terminating(until=float(until)):
                alarms.append((until, self._fail(NO_TERMINATION)))
            case Aborting(until=until):
                alarms.append((until, lambda: self._end(None)))
            case Closing(until=until, billed_seconds=billed_seconds):
                alarms.append((until, lambda: self._end(billed_seconds)))
        return alarms

    def _ping(self) -> None:
        self._pinged_at = self._now
        self._wire.ping()

    def _notice_life(self) -> None:
        if self._wire.received != self._received:
            self._received = self._wire.received
            self._heard_at, self._pinged_at = self._now, None

    # --- hearing ---------------------------------------------------------------------------------------------------

    def _hear(self, message: Message) -> None:
        match message:
            case Begin():
                self._begin(message)
            case Turn() if not isinstance(self._stage, Aborting):
                if isinstance(self._stage, Terminating) and self._stage.until is not None:
                    self._stage = Terminating(max(self._stage.until, self._now + self._timing.termination))
                turn = self._feeder.hearing.turn(message)
                if turn is not None:
                    self._post(TurnReceived(self._utterance, self._session, turn))
            case SpeechStarted() if not isinstance(self._stage, Aborting):
                if self._feeder.hearing.speech(message):
                    self._post(SpeechHeard(self._utterance, self._session))
            case Termination(session_seconds=billed_seconds):
                until = self._stage.until if isinstance(self._stage, Aborting) else self._now + self._timing.close
                self._stage = Closing(until, billed_seconds)
            case Error(code=code, text=text):
                self._wire.send_close()
                self._outcome = from_close(code, self._conceal(text))
            case _:
                self._note(message)

    def _note(self, message: Message) -> None:
        """What changes nothing. Its words are no transcript, so they may be logged; those of a late turn may not."""
        match message:
            case Warning(code=code, text=text):
                log.warning("session %d: the service warns: %s (%s)", self._session, self._conceal(text)[:200], code)
            case Unknown() | Malformed():
                log.debug("session %d: ignored %s", self._session, message)

    def _begin(self, begin: Begin) -> None:
        if begin.model not in (None, self._parameters.model):
            log.warning("session %d: the service uses the model %s", self._session, begin.model)
        self._began = True
        self._post(SessionBegan(self._utterance, self._session))

    def _closed(self, closed: Closed) -> None:
        self._wire.send_close()
        match self._stage:
            case Closing(billed_seconds=billed_seconds):
                self._end(billed_seconds)
            case Aborting():
                self._end(None)
            case _:
                self._outcome = from_close(closed.code or 1006, self._conceal(closed.reason))

    def _end(self, billed_seconds: int | None) -> None:
        self._outcome = Ended(billed_seconds)

    def _fail(self, sentence: str) -> Callable[[], None]:
        def fail() -> None:
            self._outcome = SessionLost(sentence)

        return fail
