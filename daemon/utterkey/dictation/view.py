"""What the outside sees of the dictation: tray, overlay, `status`. Pure.

The controller makes a new one whenever something of it changed; whoever shows it compares and draws.
"""

from dataclasses import dataclass, field
from typing import Literal

from utterkey.dictation import state as machine
from utterkey.dictation.effects import Status
from utterkey.dictation.errand import Surroundings
from utterkey.dictation.events import AS_SET, Wishes
from utterkey.measured import Today
from utterkey.settings import Settings

State = Literal["idle", "recording", "finishing", "paused"]

OFFLINE_ENGINE = "offline engine"
"""How `engine` names the one on this machine."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An utterance that can be sent again. `started` is ISO 8601, `seconds` the length of its recording, `wishes` are
    those of the key that began it."""

    id: int
    status: Status
    started: str
    seconds: float
    wishes: Wishes = AS_SET


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`repr` leaves out what was said: it must not get into a log."""

    state: State = "idle"
    partial: str = field(default="", repr=False)  # the words so far of what is being recorded or finished
    settled: str = field(default="", repr=False)  # the beginning of them, which will not change any more
    awaited: Literal["", "microphone", "service"] = ""  # what has not answered yet
    trouble: str = ""  # what stands in the way of what is being recorded or finished, "" if nothing does
    recent: tuple[str, ...] = field(default=(), repr=False)  # the latest transcripts, the newest first
    last_error: str = ""  # the sentence the user was told last, "" when what came after it went well
    pending: int = 0  # utterances that are released and not yet delivered
    kept: tuple[Kept, ...] = ()  # the newest first
    replay: int | None = None  # of a recording that is sent again after its release: how many percent have words
    engine: str = ""  # the endpoint in use, by name; "" before the start
    hotkey: str = ""  # the key that is listened to, as people write it; "" if there is none
    microphone: str = ""  # the one that was last open
    today: Today = field(default_factory=Today)
    settings: Settings = field(default_factory=Settings)
    surroundings: Surroundings = field(default_factory=Surroundings)

    @property
    def last_text(self) -> str:
        """The latest transcript, "" if there is none."""
        return self.recent[0] if self.recent else ""


def project(
    state: machine.State,
    settings: Settings,
    *,
    recent: tuple[str, ...],
    kept: tuple[Kept, ...],
    today: Today,
    engine: str,
    hotkey: str,
    microphone: str,
) -> View:
    """What is to be seen of the machine's state and of what the journal holds. An arming key shows nothing yet."""
    living = [u for u in state.utterances if not isinstance(u.phase, machine.Arming)]
    pending = [u for u in living if not u.held]
    latest = living[-1] if living else None
    return View(
        state=_state(state, living, pending),
        partial=latest.heard.text if latest else "",
        settled=latest.heard.settled if latest else "",
        awaited=_awaited(latest) if latest else "",
        trouble=_trouble(latest) if latest else "",
        recent=recent,
        last_error=state.last_error,
        pending=len(pending),
        kept=kept,
        today=today,
        replay=_replay(pending),
        engine=engine,
        hotkey=hotkey,
        microphone=microphone,
        settings=settings,
        surroundings=state.surroundings,
    )


def _awaited(u: machine.Utterance) -> Literal["", "microphone", "service"]:
    if isinstance(u.phase, machine.Recording) and not u.flowing:
        return "microphone"
    return "service" if isinstance(u.link, machine.Unlinked | machine.Connecting) else ""


def _trouble(u: machine.Utterance) -> str:
    """The microphone's first: without it there is nothing to send."""
    error = u.link.error if isinstance(u.link, machine.Unlinked | machine.Refused) else None
    return u.warning or str(error or "")


def _replay(pending: list[machine.Utterance]) -> int | None:
    done = [
        min(100, 100 * u.heard.heard_ms // u.recorded.ms)
        for u in pending
        if u.replayed and isinstance(u.phase, machine.Finishing) and u.recorded is not None and u.recorded.ms
    ]
    return min(done, default=None)


def _state(state: machine.State, living: list[machine.Utterance], pending: list[machine.Utterance]) -> State:
    if len(living) > len(pending):
        return "recording"
    if pending:
        return "finishing"
    return "paused" if state.mode == "paused" else "idle"
