"""One session's life: connect, converse, end. A thread of its own does all of it; the methods only leave orders.

Whatever happens, and also if it is aborted, the last thing posted is one `SessionEnded` or `SessionFailed`, and by then
the socket is closed.
"""

import logging
import threading

from utterkey.dictation.effects import Ending
from utterkey.dictation.events import Post, SessionEnded, SessionFailed, SocketOpened
from utterkey.errors import CredentialsError, KeyRefused, SessionError, SessionLost, SessionRefused, UtterkeyError
from utterkey.session.conversation import Conversation, Ended, Outcome, Timing
from utterkey.session.endpoint import Endpoint
from utterkey.session.interruption import Interrupted, Interruption, Wake
from utterkey.session.parameters import Parameters
from utterkey.session.part import Part, Recording
from utterkey.session.wire import Wire

__all__ = ["Connection", "Recording", "Timing"]

FAULT = "The session broke off through a fault of utterkey: try again, and report it with the log if it stays."
GONE = "The session that was kept open is gone: a new one has to be opened."

log = logging.getLogger(__name__)


class Connection:
    """`send` the first utterance, then `start`; later ones after `finish("linger")`. Call from one thread."""

    def __init__(
        self,
        session: int,
        endpoint: Endpoint,
        parameters: Parameters,
        post: Post,
        timing: Timing = Timing(),  # noqa: B008 - immutable
    ) -> None:
        self._session = session
        self._endpoint = endpoint
        self._parameters = parameters
        self._post = post
        self._timing = timing
        self._parts: list[Part] = []
        self._lock = threading.Lock()
        self._over = False
        self._interruption = Interruption()
        self._wake = Wake()
        self._thread = threading.Thread(target=self._run, name=f"session-{session}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def send(self, utterance: int, recording: Recording, from_ms: int) -> None:
        """Send this recording from there on, as it grows. On a session that is gone `SessionFailed` says so."""
        with self._lock:
            if not self._over:
                self._parts.append(Part(utterance, recording, from_ms))
                self._wake()
                return
        self._post(SessionFailed(utterance, self._session, SessionLost(GONE)))

    @property
    def utterance(self) -> int:
        """The newest that it took: how the session ended is told of this one."""
        return self._parts[-1].utterance

    def finish(self, ending: Ending) -> None:
        """Once the newest utterance's recording is complete and sent, ask for its last words; `AudioSent` follows.

        A session that lingers is ended by `finish("terminate")`.
        """
        self._parts[-1].ending = ending
        self._wake()

    def abort(self) -> None:
        """End it now, with a `Terminate` if there is an open socket; no more turns are posted."""
        self._interruption.ask()
        self._wake()

    def join(self, seconds: float) -> bool:
        """Wait for the thread's end; False if it takes longer."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            outcome = self._live()
        except Exception as error:  # noqa: BLE001 - the top of the thread: whatever it is, the machine must hear of it
            outcome = self._failure(error)
        if self._interruption.asked and isinstance(outcome, SessionError):
            outcome = Ended(None)
        with self._lock:
            self._over = True
            utterance = self._parts[-1].utterance
        self._wake.close()
        if isinstance(outcome, Ended):
            self._post(SessionEnded(utterance, self._session, outcome.billed_seconds))
        else:
            self._post(SessionFailed(utterance, self._session, outcome))

    def _live(self) -> Outcome:
        self._parameters.check()
        address = self._endpoint.resolve(self._interruption)
        dialer = self._endpoint.dialer
        query = self._parameters.query()
        with dialer.open(address, query, self._timing.connect, self._interruption) as sock:
            self._post(SocketOpened(self._parts[0].utterance, self._session))
            conversation = Conversation(
                self._session, Wire(sock), self._parameters, self._parts, self._post, self._timing, self._wake,
                self._interruption, address.conceal,
            )  # fmt: skip
            outcome = conversation.run()
            dialer.remember(address.host, sock)
        return outcome

    def _failure(self, error: Exception) -> Outcome:
        match error:
            case Interrupted():
                return Ended(None)
            case SessionError():
                return error
            case CredentialsError():
                return _as(KeyRefused(str(error)), error)
            case UtterkeyError():
                return _as(SessionRefused(str(error)), error)
            case _:
                log.error("session %d broke off", self._session, exc_info=error)
                return _as(SessionLost(FAULT), error)


def _as(session_error: SessionError, cause: Exception) -> SessionError:
    session_error.__cause__ = cause
    return session_error
