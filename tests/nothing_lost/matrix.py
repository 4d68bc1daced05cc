"""The fault matrix: every fault at every place, as data; and one dictation under one of them.

The dictation is two turns with a pause between. What the service does wrong comes once; after that it is healthy, so
that text which could not be delivered can be sent again.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from faults import At, Fault, Kind
from rig import Rig, with_settings
from scripted import marked_speech
from service import Service
from session.conftest import Authority

FIRST_TURN = marked_speech(range(4)) + bytes(2 * 16 * 500)
SECOND_TURN = marked_speech(range(4, 12))
WHOLE = " ".join(f"w{n}" for n in range(12))
NEXT = range(20, 24)
TURN_PAUSE_MS = 400
STRIKE_MS = 1000
"""In the first turn: nothing of it is final yet."""

USABLE_S = 10.0
"""So long after the release the daemon is idle again, whatever happened."""
SLACK_S = 5.0
"""The machine of the tests is busy."""

Transport = Literal["plain", "TLS"]
Place = Literal[
    "first connect", "reconnect mid-speech", "reconnect after release",
    "before Begin", "mid-speech", "after release",
    "end", "every session",
]  # fmt: skip
CONNECTING: tuple[Place, ...] = ("first connect", "reconnect mid-speech", "reconnect after release")
LIVING: tuple[Place, ...] = ("before Begin", "mid-speech", "after release")
PLACES: tuple[Place, ...] = (*CONNECTING, *LIVING, "end", "every session")

LEFT_OUT = {
    "close 1006": "no close frame can carry it: it is what a client makes of the rows `reset` and `10 MB message`",
    "wrong certificate, plain": "there is no certificate without TLS",
    "silent after first turn, before Begin and after release": "it is a way to answer, from the first final on",
    "the end's faults at other places": "there is but one end of a session",
    "every session": "only faults that would be tried again for ever, if nothing bounded it",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """`expected`: where text could be delivered it is a fault to keep it. `wrong_certificate`: which connection's."""

    row: str
    place: Place
    faults: tuple[Fault, ...]
    expected: Literal["delivered", "kept"]
    wrong_certificate: int | None = None
    model: str = "universal-3-6-pro"

    def __str__(self) -> str:
        return f"{self.row}, {self.place}"


@dataclass(frozen=True, slots=True)
class Result:
    cell: Cell
    transport: Transport
    outcome: str
    seconds: float
    sessions: int


# --- the table -----------------------------------------------------------------------------------------------------

CONNECT_FAULTS: dict[str, tuple[Fault | None, Literal["delivered", "kept"]]] = {
    "refused for 1 s": (Fault(Kind.REFUSE, seconds=1), "delivered"),
    "refused for longer": (Fault(Kind.REFUSE, seconds=30), "kept"),
    "HTTP 401": (Fault(Kind.HTTP, At.UPGRADE, status=401), "kept"),
    "HTTP 403": (Fault(Kind.HTTP, At.UPGRADE, status=403), "kept"),
    "HTTP 429": (Fault(Kind.HTTP, At.UPGRADE, status=429), "delivered"),
    "HTTP 503": (Fault(Kind.HTTP, At.UPGRADE, status=503), "delivered"),
    "no answer": (Fault(Kind.SILENCE, At.UPGRADE), "delivered"),
    "Begin after 5 s": (Fault(Kind.SLOW_BEGIN, seconds=5), "delivered"),
    "wrong certificate": (None, "kept"),
}

LIVE_FAULTS: dict[str, Fault] = {
    "reset": Fault(Kind.RESET),
    "half-open silence": Fault(Kind.SILENCE),
    **{f"Error {code}, close": Fault(Kind.ERROR, code=code) for code in (1011, 1013, 3005)},
    "Error 3008, close": Fault(Kind.ERROR, code=3008, text="Session Expired: Maximum session duration exceeded"),
    "Error 3009, close": Fault(Kind.ERROR, code=3009, text="Too many concurrent sessions"),
    "Error 1008 concurrency": Fault(Kind.ERROR, code=1008, text="Too many concurrent sessions"),
    "Error without close": Fault(Kind.ERROR_WITHOUT_CLOSE, code=3005),
    "Error without type": Fault(Kind.ERROR_WITHOUT_TYPE, code=3005),
    **{f"close {code} alone": Fault(Kind.CLOSE, code=code) for code in (1011, 1013, 3005, 3008, 3009)},
    "invalid JSON": Fault(Kind.INVALID_JSON),
    "unknown type": Fault(Kind.UNKNOWN_TYPE),
    "Turn without fields": Fault(Kind.TURN_WITHOUT_FIELDS),
    "10 MB message": Fault(Kind.HUGE_MESSAGE),
    "stops reading for 1 s": Fault(Kind.STOP_READING),
}

END_FAULTS: dict[str, Fault] = {
    "silent after first turn": Fault(Kind.SILENT_AFTER_FIRST_TURN),
    "second half dropped": Fault(Kind.DROPS_WORDS, audio_ms=1500),
    "no Termination": Fault(Kind.NO_TERMINATION),
    "no final": Fault(Kind.NO_FINAL),
    "empty final": Fault(Kind.EMPTY_FINAL),
    "duplicate final": Fault(Kind.DUPLICATE_FINAL),
    "final without times": Fault(Kind.FINAL_WITHOUT_TIMES),
    "raw, then formatted": Fault(Kind.RAW_THEN_FORMATTED),
    "partials only": Fault(Kind.PARTIALS_ONLY),
}

EVERY_SESSION: dict[str, Fault] = {
    "HTTP 503": Fault(Kind.HTTP, At.UPGRADE, status=503),
    "no answer": Fault(Kind.SILENCE, At.UPGRADE),
    "reset": Fault(Kind.RESET, At.AFTER_RELEASE),
    "half-open silence": Fault(Kind.SILENCE, At.BEFORE_BEGIN),
    "Error 3005, close": Fault(Kind.ERROR, At.BEFORE_BEGIN, code=3005),
    "Error 3009, close": Fault(Kind.ERROR, At.BEFORE_BEGIN, code=3009, text="Too many concurrent sessions"),
}

_BEFORE: dict[Place, tuple[Fault, ...]] = {
    "first connect": (),
    "reconnect mid-speech": (Fault(Kind.RESET, At.MID_SPEECH, audio_ms=STRIKE_MS),),
    "reconnect after release": (Fault(Kind.RESET, At.AFTER_RELEASE),),
}
_AT: dict[Place, At] = {
    "before Begin": At.BEFORE_BEGIN, "mid-speech": At.MID_SPEECH, "after release": At.AFTER_RELEASE,
}  # fmt: skip


def cells(place: Place) -> Iterator[Cell]:
    """A column of the table."""
    if place in CONNECTING:
        before = _BEFORE[place]
        for row, (fault, expected) in CONNECT_FAULTS.items():
            if fault is None:
                yield Cell(row, place, before, expected, wrong_certificate=len(before) + 1)
            else:
                yield Cell(row, place, (*before, fault), expected)
    elif place in LIVING:
        for row, fault in LIVE_FAULTS.items():
            yield Cell(row, place, (replace(fault, at=_AT[place], audio_ms=STRIKE_MS),), "delivered")
    elif place == "every session":
        for row, fault in EVERY_SESSION.items():
            yield Cell(row, place, (fault,), "kept")
    else:
        for row, fault in END_FAULTS.items():
            model = "universal-streaming-english" if fault.kind is Kind.RAW_THEN_FORMATTED else "universal-3-6-pro"
            yield Cell(row, place, (fault,), "delivered", model=model)


# --- one cell ------------------------------------------------------------------------------------------------------


class Certificates:
    """A server's context that shows a certificate nobody vouches for on one connection."""

    def __init__(self, right: Authority, wrong: Authority, wrong_connection: int | None) -> None:
        self._wrong = wrong.server
        self._wrong_connection = wrong_connection
        self._connections = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # its own: it has a callback
        self.context.load_cert_chain(right.ca_file.with_name("service.pem"))
        self.context.sni_callback = self._choose
        if wrong_connection is not None:
            self.context.num_tickets = 0  # a session that is resumed shows no certificate

    def _choose(self, connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
        self._connections += 1
        if self._connections == self._wrong_connection:
            connection.context = self._wrong


def run(cell: Cell, transport: Transport, folder: Path, right: Authority, wrong: Authority) -> Result:
    """Dictate, and see that nothing is lost. AssertionError and TimeoutError say what was."""
    folder.mkdir()
    certificates = Certificates(right, wrong, cell.wrong_certificate) if transport == "TLS" else None
    healed = threading.Event()
    with (
        Service(
            faults=_faults(cell, healed),
            turn_pause_ms=TURN_PAUSE_MS,
            tls=certificates.context if certificates else None,
        ) as service,
        Rig(service.url, folder, settings=with_settings(service={"model": cell.model}), tls=right.client) as rig,
    ):
        number = rig.press()
        rig.speak(FIRST_TURN)
        _await_strike(cell, service, rig)
        rig.speak(SECOND_TURN)
        released = rig.release()
        outcome = rig.wait_outcome(number, USABLE_S + SLACK_S)
        seconds = rig.ended_at(number) - released
        sessions = len(service.sessions)
        assert seconds < USABLE_S, f"it took {seconds:.1f} s"
        if outcome == "delivered":
            assert [text.rstrip() for text in rig.window.texts] == [WHOLE], rig.window.texts
        else:
            healed.set()
            _send_again(cell, rig, service, number)
        assert rig.entry(number).status == "delivered"
        rig.wait_idle()
        _is_usable(rig)
        return Result(cell, transport, "delivered" if outcome == "delivered" else "kept", seconds, sessions)


def _faults(cell: Cell, healed: threading.Event) -> Iterator[Fault]:
    yield from cell.faults
    while cell.place == "every session" and not healed.is_set():
        yield from cell.faults


def _await_strike(cell: Cell, service: Service, rig: Rig) -> None:
    """Go on speaking only when the fault of the middle of speech has come, and what it brings about has begun."""
    if "mid-speech" not in cell.place:
        return
    _wait(service.changed, lambda: service.sessions and service.sessions[0].struck_at is not None, "the strike")
    if cell.place == "reconnect mid-speech":
        rig.wait_connected(2)


def _send_again(cell: Cell, rig: Rig, service: Service, number: int) -> None:
    assert rig.window.texts == [], rig.window.texts
    entry = rig.entry(number)
    assert (entry.status, bool(entry.error)) == ("failed", True), entry
    rig.wait_view(lambda view: len(view.kept) == 1)  # it is shown a moment after it is written
    service.accept()
    rig.retry()
    if rig.wait_outcome(number, 2 * USABLE_S) == "failed" and cell.place == "every session":
        rig.wait_idle()
        rig.retry()  # one more session was to fail
        rig.wait_outcome(number, 2 * USABLE_S)
    assert rig.wait_outcome(number) == "delivered"
    assert rig.window.texts == [WHOLE], rig.window.texts


def _is_usable(rig: Rig) -> None:
    number = rig.dictate(marked_speech(NEXT))
    assert rig.wait_outcome(number) == "delivered"
    assert rig.window.texts[-1] == " ".join(f"w{n}" for n in NEXT) + " "
    assert list(rig.audio_folder.iterdir()) == [], "audio of delivered utterances is left"


def _wait(changed: threading.Condition, condition: Callable[[], object], what: str) -> None:
    with changed:
        if not changed.wait_for(condition, USABLE_S):
            raise TimeoutError(f"no {what}")
