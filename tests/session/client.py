"""A connection as the tests of this folder drive it: a recording in memory, and a record of what was posted."""

import ssl
import threading
from collections.abc import Callable
from typing import TypeVar

from utterkey.dictation.events import Event, SessionEnded, SessionFailed, TurnReceived
from utterkey.session import tls_context
from utterkey.session.connection import Connection, Timing
from utterkey.session.endpoint import Endpoint
from utterkey.session.parameters import Parameters

DEADLINE_S = 10.0
PRO = Parameters(model="universal-3-6-pro", sample_rate=16000)
KEY = "0123456789abcdef-secret"

Kind = TypeVar("Kind", bound=Event)


class MemoryRecording:
    def __init__(self, audio: bytes = b"", *, completed: bool = False, sample_rate: int = 16000) -> None:
        self.sample_rate = sample_rate
        self.completed = completed
        self.watchers: list[Callable[[], None]] = []
        self._audio = bytearray(audio)

    @property
    def length(self) -> int:
        return len(self._audio)

    def read(self, start: int, size: int) -> bytes:
        return bytes(self._audio[start : start + size])

    def watch(self, wake: Callable[[], None]) -> None:
        self.watchers.append(wake)

    def unwatch(self, wake: Callable[[], None]) -> None:
        self.watchers.remove(wake)

    def append(self, audio: bytes) -> None:
        self._audio += audio
        for wake in list(self.watchers):
            wake()

    def complete(self) -> None:
        self.completed = True
        self.append(b"")


class Events:
    """What a connection posted."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self._changed = threading.Condition()

    def post(self, event: Event) -> None:
        with self._changed:
            self.all.append(event)
            self._changed.notify_all()

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.all if isinstance(event, kind)]

    def wait(self, kind: type[Kind], count: int = 1, deadline: float = DEADLINE_S) -> Kind:
        """The event of this kind with this count."""
        self._wait(lambda: len(self.of(kind)) >= count, f"{kind.__name__} number {count}", deadline)
        return self.of(kind)[count - 1]

    def wait_final(self, utterance: int) -> None:
        self._wait(lambda: bool(self.text(utterance)), f"final of {utterance}")

    def _wait(self, condition: Callable[[], bool], what: str, deadline: float = DEADLINE_S) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, deadline):
                raise TimeoutError(f"no {what} in {self.all}")

    def outcome(self) -> SessionEnded | SessionFailed:
        """How the session ended. That happens exactly once, and nothing follows."""
        self._wait(lambda: bool(self.outcomes), "end of the session")
        assert len(self.outcomes) == 1
        assert self.all[-1] == self.outcomes[0]
        return self.outcomes[0]

    @property
    def outcomes(self) -> list[SessionEnded | SessionFailed]:
        return [event for event in self.all if isinstance(event, SessionEnded | SessionFailed)]

    def text(self, utterance: int) -> str:
        finals = {event.turn.order: event.turn.text for event in self.of(TurnReceived)
                  if event.utterance == utterance and event.turn.final}  # fmt: skip
        return " ".join(finals[order] for order in sorted(finals))


def endpoint_of(url: str, context: Callable[[], ssl.SSLContext] = tls_context) -> Endpoint:
    return Endpoint(url, key=KEY, token_command="", engine_url=None, tls_context=context)


class Client:
    """One connection with its first utterance, number 1, and everything it posted."""

    def __init__(
        self,
        endpoint: Endpoint | str,
        recording: MemoryRecording,
        *,
        parameters: Parameters = PRO,
        timing: Timing = Timing(),  # noqa: B008 - immutable
        from_ms: int = 0,
    ) -> None:
        self.events = Events()
        self.recording = recording
        endpoint = endpoint_of(endpoint) if isinstance(endpoint, str) else endpoint
        self.connection = Connection(7, endpoint, parameters, self.events.post, timing)
        self.connection.send(1, recording, from_ms)

    def start(self) -> "Client":
        self.connection.start()
        return self

    def finish(self) -> None:
        self.recording.complete()
        self.connection.finish("terminate")

    def ended(self) -> SessionEnded:
        outcome = self.outcome()
        assert isinstance(outcome, SessionEnded), outcome
        return outcome

    def failed(self) -> SessionFailed:
        outcome = self.outcome()
        assert isinstance(outcome, SessionFailed), outcome
        return outcome

    def outcome(self) -> SessionEnded | SessionFailed:
        """How the session ended; nothing of it is left."""
        outcome = self.events.outcome()
        assert outcome.session == 7
        assert self.connection.join(DEADLINE_S), "the thread is still there"
        assert not self.recording.watchers, "the recording is still watched"
        return outcome
