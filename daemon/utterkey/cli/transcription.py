"""One recording's words on the terminal, over as many sessions as it takes. On the command's only thread.

A session that is lost is opened again from the last words that were final; the recording still has everything after.
"""

import time
from queue import Empty, SimpleQueue

from utterkey.audio.recording import Recording
from utterkey.cli.terminal import LiveLine, remark
from utterkey.dictation.events import CaptureFailed, CaptureWarned, Event, SessionEnded, SessionFailed, TurnReceived
from utterkey.dictation.transcript import Turn
from utterkey.errors import SessionError, SessionLost, UtterkeyError
from utterkey.session.connection import Connection
from utterkey.session.endpoint import Endpoint
from utterkey.session.parameters import Parameters
from utterkey.stages import StageClock

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each next try. Words that come make all tries available again."""


class Transcription:
    def __init__(
        self, service: Endpoint, parameters: Parameters, recording: Recording, inbox: SimpleQueue[Event]
    ) -> None:
        self._service = service
        self._parameters = parameters
        self._recording = recording
        self._inbox = inbox
        self._line = LiveLine()
        self._number = 0
        self._connection: Connection | None = None
        self._tries = 0
        self._due: float | None = time.monotonic()
        self._final_ms = 0
        self._turn: Turn | None = None
        self._printed = -1
        self._clock = StageClock()
        self._billed: int | None = None
        self._capture_error: UtterkeyError | None = None
        self._over = False

    def run(self, seconds: float | None = None) -> None:
        """Show words until all of the recording has been transcribed, or for so many seconds.

        Raises `SessionError` if the service refuses, or cannot be had any more, and what ended the recording too soon.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while not self._over:
            deadlines = [deadline for deadline in (self._due, end) if deadline is not None]
            try:
                wait = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
                self._take(self._inbox.get(timeout=wait))
            except Empty:
                if self._due is None or self._due > time.monotonic():
                    return
                self._open()
        if self._capture_error:
            raise self._capture_error

    def close(self) -> None:
        """End the session, whatever it is doing, and say what all of them cost."""
        if self._connection and not self._over:
            self._connection.abort()
            self._connection.join(5)
            while not self._inbox.empty():
                self._count(self._inbox.get())
            self._settle_up(self._number, None)  # if it did not even end by then
        self._settle()
        self._line.clear()
        if self._billed is not None:
            where = ", on this machine" if self._service.offline else " billed"
            remark(f"{self._billed} s of session time{where}.")

    def _open(self) -> None:
        self._due = None
        self._number += 1
        self._printed = -1
        self._connection = Connection(self._number, self._service, self._parameters, self._inbox.put)
        self._connection.send(self._recording.number, self._recording, self._final_ms)
        self._connection.finish("terminate")  # once the recording is complete
        self._connection.start()

    def _count(self, event: Event) -> None:
        """What the sessions cost: what the service says, or how long one was open that ended without a word of it."""
        self._clock.saw(time.monotonic(), event)
        if isinstance(event, SessionEnded | SessionFailed):
            self._settle_up(event.session, event.billed_seconds if isinstance(event, SessionEnded) else None)

    def _settle_up(self, session: int, told: int | None) -> None:
        was_open = self._clock.take_seconds_open(session, time.monotonic())
        seconds = was_open or None if told is None else told
        if seconds is not None:
            self._billed = (self._billed or 0) + seconds

    def _take(self, event: Event) -> None:
        self._count(event)
        match event:
            case TurnReceived(session=self._number, turn=turn):
                self._tries = 0
                self._show(turn)
            case SessionEnded(session=self._number):
                self._over = True
            case SessionFailed(session=self._number, error=error):
                self._lose(error)
            case CaptureFailed(error=error):
                self._capture_error = error  # the words so far are still to come
            case CaptureWarned(error=error):
                self._line.clear()
                remark(f"utterkey: {error}")
            case _:
                pass

    def _lose(self, error: SessionError) -> None:
        if not isinstance(error, SessionLost) or self._tries == len(_PAUSES):
            self._over = True
            raise error
        if self._turn and not self._turn.final:
            self._turn = None  # its audio is sent again
        self._settle()
        self._line.clear()
        remark(f"utterkey: {error}")
        self._due = time.monotonic() + _PAUSES[self._tries]
        self._tries += 1

    def _show(self, turn: Turn) -> None:
        if turn.order <= self._printed:
            return  # told again
        if self._turn and self._turn.order != turn.order:
            self._settle()
        self._turn = turn
        if turn.final and turn.settled:
            self._settle()
        else:
            self._line.show(turn.text)

    def _settle(self) -> None:
        """Print the turn as it is, and never ask for its audio again."""
        turn, self._turn = self._turn, None
        if turn:
            self._printed = turn.order
        if turn and turn.text:
            self._line.settle(turn.text)
            self._final_ms = max(self._final_ms, turn.end_ms)
