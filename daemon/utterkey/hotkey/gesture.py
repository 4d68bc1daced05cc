"""From keys going down and up to presses and releases. Pure.

A mechanism tells a `Gesture` what happens at the keyboard, with monotonic times in seconds, and posts the events it
gets back. Only one hotkey counts at a time: another one that goes down meanwhile is like any other key.

How the modes differ:

    hold    Pressed when it goes down, Released when it goes up; Cancelled if that was sooner than `min_hold`
    toggle  Toggled when it goes down
    auto    Toggled when it goes down, and Released when it goes up unless that was a tap
    insert last
            InsertLastRequested when it is up again: text cannot be inserted while its modifiers are down

A lone modifier also begins shortcuts, so another key or button that joins it makes it one: what it started is
cancelled, and nothing more is heard of it until it is up. Where it could end something it therefore acts when it goes
up, in toggle mode altogether, in auto mode from the second tap on. That mode has to know for this whether its first
tap still counts: `ended` tells that the recording is over for another reason.
"""

from dataclasses import dataclass
from typing import assert_never

from utterkey.dictation.events import Cancelled, InsertLastRequested, Pressed, Released, Toggled
from utterkey.hotkey.plan import Binding

TAP_SECONDS = 0.4
"""A shorter press in auto mode is a tap. Taps last 50 to 200 ms; nobody says a word in less than 400."""


@dataclass(frozen=True, slots=True)
class Idle:
    pass


@dataclass(frozen=True, slots=True)
class Held:
    """It went down at `since`, which was told, and its key-up counts."""

    binding: Binding
    since: float


@dataclass(frozen=True, slots=True)
class Undecided:
    """It acts when it goes up, a lone modifier only if it stays alone; `latched` is what that would end."""

    binding: Binding
    latched: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """It is still down, but nothing more comes of it; `latched` is what an earlier tap left."""

    binding: Binding
    latched: bool = False


@dataclass(frozen=True, slots=True)
class Latched:
    """A tap of a lone modifier started a recording; the next one ends it."""

    binding: Binding


State = Idle | Held | Undecided | Spent | Latched
GestureEvent = Pressed | Released | Toggled | Cancelled | InsertLastRequested
Events = tuple[GestureEvent, ...]


class Gesture:
    """`min_hold` is how many seconds a hotkey in hold mode must be down to be meant."""

    def __init__(self, min_hold: float) -> None:
        self._min_hold = min_hold
        self.state: State = Idle()

    @property
    def down_binding(self) -> Binding | None:
        """The hotkey that is down and counts, for which a key-up has to be watched for."""
        return self.state.binding if isinstance(self.state, Held | Undecided | Spent) else None

    def down(self, binding: Binding, at: float) -> Events:
        """A hotkey went down. The same one again is auto-repeat."""
        match self.state:
            case Idle():
                return self._start(binding, at)
            case Latched(latched) if latched == binding:
                self.state = Undecided(binding, latched=True)
                return ()
            case Held(held) | Undecided(held) if held != binding:
                return self.joined()
            case Held() | Undecided() | Spent() | Latched():
                return ()
            case never:
                assert_never(never)

    def up(self, binding: Binding, at: float) -> Events:
        """A hotkey went up. One that does not count changes nothing."""
        match self.state:
            case Held(held, since) if held == binding:
                return self._let_go(held, max(0.0, at - since))  # a mechanism's two clocks may differ a little
            case Undecided(held, latched) if held == binding:
                self.state = Idle()
                if held.mode == "insert last":
                    return (InsertLastRequested(),)
                return (Released(held.trigger),) if latched else (Toggled(held.trigger),)
            case Spent(held, latched) if held == binding:
                self.state = Latched(held) if latched else Idle()
        return ()

    def joined(self) -> Events:
        """Another key or a mouse button went down."""
        match self.state:
            case Held(binding) if binding.alone:
                self.state = Spent(binding)
                return (Cancelled(binding.trigger),)
            case Undecided(binding, latched) if binding.alone:
                self.state = Spent(binding, latched)
        return ()

    def cancelled(self) -> Events:
        """The cancel key went down."""
        match self.state:
            case Held(binding) | Undecided(binding) | Spent(binding):
                self.state = Spent(binding)
            case Latched():
                self.state = Idle()
        return (Cancelled(),)

    def ended(self) -> None:
        """Nothing is being recorded any more, so there is nothing for a tap to end."""
        match self.state:
            case Latched():
                self.state = Idle()
            case Undecided(binding, True) | Spent(binding, True):
                self.state = Spent(binding)

    def reconcile(self, physically_down: bool, at: float) -> Events:
        """The state of the held hotkey's key as the keyboard has it: a key-up may have been lost."""
        if self.down_binding is None or physically_down:
            return ()
        return self.up(self.down_binding, at)

    def stop(self, at: float) -> Events:
        """Nobody listens from now on: what is held ends here, and its real key-up is nobody's business."""
        events = self.up(self.state.binding, at) if isinstance(self.state, Held) else ()
        self.state = Idle()
        return events

    def _start(self, binding: Binding, at: float) -> Events:
        match binding.mode:
            case "hold":
                self.state = Held(binding, at)
                return (Pressed(binding.trigger),)
            case "auto":
                self.state = Held(binding, at)
                return (Pressed(binding.trigger),) if binding.alone else (Toggled(binding.trigger),)
            case "insert last":
                self.state = Undecided(binding, latched=False)
                return ()
            case "toggle" if binding.alone:
                self.state = Undecided(binding, latched=False)
                return ()
            case "toggle":
                self.state = Spent(binding)
                return (Toggled(binding.trigger),)
            case never:
                assert_never(never)

    def _let_go(self, binding: Binding, held: float) -> Events:
        self.state = Idle()
        if binding.mode == "auto" and held < TAP_SECONDS:
            if binding.alone:
                self.state = Latched(binding)
            return ()
        if binding.mode == "hold" and held < self._min_hold:
            return (Cancelled(binding.trigger),)
        return (Released(binding.trigger),)
