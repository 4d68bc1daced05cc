"""The states of the machine: every utterance that is alive, and what is true of the program as a whole. Pure."""

from dataclasses import dataclass, field, replace
from typing import Literal

from utterkey.dictation.effects import Ending
from utterkey.dictation.errand import Surroundings
from utterkey.dictation.events import PartFailed, Span, Trigger, Wishes
from utterkey.dictation.transcript import Heard, Insertion
from utterkey.errors import SessionError
from utterkey.settings import Settings

VOICE_MARGIN_MS = 300
"""A word's end may be reported this much too early; voice within it belongs to the word."""


# --- where an utterance is in its life -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arming:
    """A lone modifier is down and the microphone is on, but it may yet become a shortcut: nothing else is open."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The key is held."""


@dataclass(frozen=True, slots=True)
class Trailing:
    """The key is up; the microphone stays on for the tail."""


@dataclass(frozen=True, slots=True)
class Finishing:
    """The microphone is told to stop; the text is not complete."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The text is complete and waits: what each turn has `said`, and the `rest` that is still to be delivered."""

    said: tuple[str, ...]
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivering:
    """The text is on its way into the window or onto the clipboard."""

    text: str
    composed: str
    way: Literal["insert", "copy"]


@dataclass(frozen=True, slots=True)
class Part:
    """Finished turns that are on their way into the window while the rest is still being spoken."""

    text: str
    composed: str


@dataclass(frozen=True, slots=True)
class Scratching:
    """The last insertion is being removed from the window."""


Phase = Arming | Recording | Trailing | Finishing | Ready | Delivering


# --- how an utterance reaches the service --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unlinked:
    """No session yet, or the last one was lost by `error` and the next try is to come."""

    error: SessionError | None = None


@dataclass(frozen=True, slots=True)
class Connecting:
    session: int


@dataclass(frozen=True, slots=True)
class Connected:
    """`Begin` was received."""

    session: int


@dataclass(frozen=True, slots=True)
class AllSent:
    """The session has all of the audio and the request to finish. `began`: `Begin` was received."""

    session: int
    began: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The session has said its last word and is closed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The service will not have it: another try would be refused again."""

    error: SessionError


Link = Unlinked | Connecting | Connected | AllSent | Ended | Refused


@dataclass(frozen=True, slots=True)
class Recorded:
    """The complete recording."""

    ms: int
    voice: tuple[Span, ...]

    def voice_after(self, ms: int) -> int:
        """Milliseconds of voice after `ms`."""
        return sum(end - max(start, ms) for start, end in self.voice if end > ms)

    def longest_pause_after(self, ms: int) -> int:
        """Milliseconds in which nobody spoke."""
        ahead = [(max(start, ms), end) for start, end in self.voice if end > ms]
        starts, ends = [start for start, _ in ahead], [end for _, end in ahead]
        return max(later - earlier for earlier, later in zip([ms, *ends], [*starts, self.ms], strict=True))


@dataclass(frozen=True, slots=True)
class Utterance:
    """One press to release.

    `attempts` counts sessions that were lost since a final covered more of it. `repaired_from` is from where on a
    stretch that the service had passed over was last sent again, None if none was. `ending` is how its session was
    asked to finish, once it was. `in_parts` says that its finished turns are inserted as they come. `part` is on its
    way to the window before all of the rest; `missed` are parts that did not get there. `flowing` says that the
    microphone has given audio, `warning` what is wrong with it.
    """

    number: int
    trigger: Trigger
    phase: Phase
    output: Literal["insert", "clipboard"]
    link: Link = field(default_factory=Unlinked)
    attempts: int = 0
    replayed: bool = False
    repaired_from: int | None = None
    ending: Ending | None = None
    heard: Heard = field(default_factory=Heard)
    recorded: Recorded | None = None
    lateness: Literal["on time", "overdue", "late"] = "on time"
    window: str = ""
    in_parts: bool = False
    part: Part | Scratching | None = None
    missed: tuple[str, ...] = ()
    flowing: bool = False
    warning: str = ""

    @property
    def held(self) -> bool:
        return isinstance(self.phase, Arming | Recording)

    @property
    def recorded_now(self) -> bool:
        """Does the microphone listen to it, for certain?"""
        return isinstance(self.phase, Recording | Trailing) or (
            isinstance(self.phase, Finishing) and self.recorded is None
        )

    @property
    def repaired(self) -> bool:
        return self.repaired_from is not None

    @property
    def session(self) -> int | None:
        """The session that serves it now."""
        return self.link.session if isinstance(self.link, Connecting | Connected | AllSent) else None

    @property
    def unheard_ms(self) -> int:
        """Milliseconds of voice after the last word of the last final: speech that has no words yet."""
        if self.recorded is None:
            return 0
        covered = self.heard.covered_ms
        return self.recorded.voice_after(covered + VOICE_MARGIN_MS if covered else 0)


@dataclass(frozen=True, slots=True)
class IdleSession:
    """A session that lingers for the next press, opened with these wishes."""

    session: int
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class State:
    """`utterances` are those alive, in the order they were spoken. `recent_sessions` were opened within the last
    minute; `open_sessions` have not ended yet, also when nothing is wanted of them any more; `idle_session` is one of
    them, which lingers for the next press. `hotkey_presses` are those of keys and buttons since the last insertion.
    `last_failure` is where `last_error` came from, if it still says the same and a part told it. `coming` are settings
    that count once nothing is being said."""

    next_utterance: int = 1
    next_session: int = 1
    utterances: tuple[Utterance, ...] = ()
    recent_sessions: frozenset[int] = frozenset()
    open_sessions: frozenset[int] = frozenset()
    idle_session: IdleSession | None = None
    last_insertion: Insertion | None = None
    hotkey_presses: int = 0
    last_error: str = ""
    last_failure: PartFailed | None = None
    mode: Literal["listening", "paused", "quitting", "gone"] = "listening"
    screen: Literal["open", "locked"] = "open"
    media: Literal["left alone", "paused"] = "left alone"
    coming: Settings | None = None
    surroundings: Surroundings = field(default_factory=Surroundings)
    power: Literal["awake", "falling asleep", "asleep"] = "awake"

    def find(self, number: int) -> Utterance | None:
        return next((u for u in self.utterances if u.number == number), None)

    @property
    def held(self) -> Utterance | None:
        """The utterance whose key is down: at most one."""
        return next((u for u in self.utterances if u.held), None)

    def with_utterance(self, utterance: Utterance) -> "State":
        """Replace the utterance of the same number, or add it as the latest."""
        if self.find(utterance.number) is None:
            return replace(self, utterances=(*self.utterances, utterance))
        return replace(
            self, utterances=tuple(utterance if u.number == utterance.number else u for u in self.utterances)
        )

    def without(self, number: int) -> "State":
        return replace(self, utterances=tuple(u for u in self.utterances if u.number != number))
