"""The steps by which a text gets into a window where the system counts the clipboard's changes, but tells nobody who
reads it: Windows and macOS. Runs on the insertion thread; what the steps are done with is in windows.py and macos.py.

What is on the clipboard is read while the user speaks, where a paste is to be expected: programs may have to make it
first, and that must not hold up the text.
A paste has no receipt there. So the clipboard is ours for as long as a busy window may take to ask for the text, and
what was there before is given back only if the count says that nobody changed it since. Several texts in a row are one
such moment: what was there is read once.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from threading import Event
from typing import Generic, Protocol, TypeVar

from utterkey.dictation.events import PartFailed
from utterkey.errors import InsertionError, MechanismError
from utterkey.insertion import cannot_scratch
from utterkey.insertion.chord import Chord, Chords, chord_for, for_window
from utterkey.insertion.marks import Marks, destination, elsewhere
from utterkey.insertion.orders import Wait
from utterkey.insertion.waits import Modifiers
from utterkey.settings import OutputSettings

log = logging.getLogger(__name__)

LENT_SECONDS = 1.2
"""Electron windows take up to a second to ask for what is pasted into them, and must not get what was there before."""
READ_SECONDS = 0.5
"""For reading all that is on the clipboard; programs make some of it when they are asked."""
KEPT_SECONDS = 60.0
"""How long that is kept for a text: it may be a password. Who speaks longer waits while it is read again."""
_SETTLED_SECONDS = 0.3  # before the next text takes the clipboard
_PORTION = 500  # characters that are typed before the focus is looked at again

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Focused:
    """The window with the keyboard. `names` are those its chord is looked up by; `refuses` says why it takes no text
    from us, "" if it does: a clause, such as "the window runs as administrator"."""

    window: str
    names: tuple[str, ...]
    refuses: str = ""


class Keys(Protocol):
    """Strikes keys. Raises InsertionError if the system refuses them."""

    def modifier_held(self) -> bool: ...
    def type(self, text: str) -> None: ...
    def strike(self, keys: tuple[str, ...]) -> None: ...

    def prefers_typing(self, text: str, focused: Focused) -> bool:
        """Whether this text is better typed than pasted, where the settings leave the choice."""


class Board(Protocol[Content]):
    """The system's clipboard. Raises InsertionError while another program holds it."""

    def count(self) -> int:
        """Another number after each change."""

    def read(self) -> Content | None:
        """All that is there; None if that cannot be given back, is too much to keep or takes longer than
        `READ_SECONDS`."""

    def write(self, text: str, *, passing: bool) -> None:
        """`passing` keeps it out of histories and off other devices."""

    def restore(self, content: Content) -> None: ...


@dataclass(frozen=True, slots=True)
class _Former(Generic[Content]):
    """What the clipboard held when it had that count; see Board.read. `since` is when it was read."""

    count: int
    content: Content | None
    since: float


@dataclass(frozen=True, slots=True)
class _Lent(Generic[Content]):
    """The clipboard is ours for a moment: what it held before, its count since, and when the text was pasted."""

    before: Content
    count: int
    since: float


class CountedDelivery(Generic[Content]):
    """See orders.Delivery. `tell` is for what the user should know before there is a text."""

    def __init__(
        self,
        focus: Callable[[], Focused | None],
        keys: Keys,
        board: Board[Content],
        system_chords: Chords,
        output: OutputSettings,
        chords: Mapping[str, tuple[str, ...]],
        wait: Wait,
        tell: Callable[[InsertionError], None],
    ) -> None:
        self.closing = False
        self._focus = focus
        self._keys = keys
        self._board = board
        self._system_chords = system_chords
        self._wait = wait
        self._tell = tell
        self._modifiers = Modifiers(keys.modifier_held, lambda: self.closing, wait)
        self._marks = Marks()
        self._former: _Former[Content] | None = None
        self._lent: _Lent[Content] | None = None
        self.adopt(output, chords)

    # --- orders ------------------------------------------------------------------------------------------------------

    def adopt(self, output: OutputSettings, chords: Mapping[str, tuple[str, ...]]) -> None:
        self._output = output
        self._chords = chords

    def prepare(self) -> None:
        """Say now, while there is time to go elsewhere, that the window will take no text; else read what a paste
        will have to give back."""
        focused = self._focus()
        if focused and focused.refuses:
            self._tell(InsertionError(f"Your text will be on the clipboard, for {focused.refuses}; paste it there."))
        elif focused and self._output.restore_clipboard and self._pastes("", focused) and not self._still_lent():
            self._read_ahead()

    def mark(self, utterance: int) -> str:
        focused = self._focus()
        window = focused.window if focused else ""
        self._marks.put(utterance, window)
        return window

    def insert(self, utterance: int, text: str) -> str:
        mark = self._marks.of(utterance)
        self._target(mark)
        self._modifiers.let_go()
        target = self._target(mark)
        chord = chord_for(target.names, self._chords, self._system_chords)
        text = for_window(text, chord, self._output.trailing)
        if text:
            self._put(target, chord, text)
        return elsewhere(target.window, mark)

    def _put(self, target: Focused, chord: Chord, text: str) -> None:
        if not self._pastes(text, target):
            self._type(target, text)
            return
        self._let_last_paste_settle()
        before = self._before() if self._output.restore_clipboard else None
        if before is None and self._output.restore_clipboard and self._output.method == "auto":
            self._type(target, text)
        else:
            self._paste(chord.keys, text, before)

    def keep(self, text: str) -> None:
        """Put a text on the clipboard for good."""
        self._let_last_paste_settle()
        self._board.write(text, passing=False)
        self._lent = None

    def scratch(self, utterance: int, hotkey_presses: int) -> None:
        """Neither system tells what the user has typed since."""
        raise cannot_scratch(utterance).error

    def tidy(self) -> None:
        """Nothing is left after a text."""

    def finish(self, seconds: float) -> None:
        """Both systems keep the clipboard for a program that is gone."""
        self._let_last_paste_settle()
        self._give_back()

    # --- events and time ---------------------------------------------------------------------------------------------

    def take_event(self, happened: object) -> None:
        """There are none."""

    def limit(self) -> float | None:
        kept = ((self._lent, LENT_SECONDS), (self._former, KEPT_SECONDS))
        return min((each.since + seconds for each, seconds in kept if each), default=None)

    def expire(self) -> None:
        now = time.monotonic()
        if self._lent and self._lent.since + LENT_SECONDS <= now:
            self._give_back()
        if self._former and self._former.since + KEPT_SECONDS <= now:
            self._former = None

    # --- where to, and when ------------------------------------------------------------------------------------------

    def _target(self, mark: str | None) -> Focused:
        focused = destination(self._focus(), mark, follow_focus=self._output.follow_focus)
        if focused.refuses:
            raise InsertionError(f"No text can be put into this window, for {focused.refuses}.")
        return focused

    # --- typing and pasting ------------------------------------------------------------------------------------------

    def _pastes(self, text: str, target: Focused) -> bool:
        method = self._output.method
        return method == "paste" or (method == "auto" and not self._keys.prefers_typing(text, target))

    def _type(self, target: Focused, text: str) -> None:
        for start in range(0, len(text), _PORTION):
            focused = self._focus() if start else target
            if focused is None or focused.window != target.window:
                raise InsertionError("The focus moved while text was typed.")
            self._keys.type(text[start : start + _PORTION])

    def _paste(self, keys: tuple[str, ...], text: str, before: Content | None) -> None:
        self._lent = None
        self._board.write(text, passing=True)
        count = self._board.count()
        self._keys.strike(keys)
        if self._output.restore_clipboard and before is not None:
            self._lent = _Lent(before, count, time.monotonic())

    def _let_last_paste_settle(self) -> None:
        """A window that is slow to ask would get this text for the one before."""
        if lent := self._lent:
            self._wait(lambda: time.monotonic() - lent.since >= _SETTLED_SECONDS, _SETTLED_SECONDS, 0.05)

    def _read_ahead(self) -> None:
        count = self._board.count()
        if self._former and self._former.count == count:
            return
        try:
            self._former = _Former(count, self._board.read(), time.monotonic())
        except InsertionError as error:  # it is tried again when there is a text
            log.info("What is on the clipboard could not be read: %s", error)

    def _before(self) -> Content | None:
        """What has to be given back after a paste."""
        lent = self._still_lent()
        former, self._former = self._former, None
        if lent:
            return lent.before
        if former and former.count == self._board.count():
            return former.content
        return self._board.read()

    def _still_lent(self) -> _Lent[Content] | None:
        return self._lent if self._lent and self._lent.count == self._board.count() else None

    def _give_back(self) -> None:
        """If nobody put something else there, even of the same words."""
        lent, self._lent = self._still_lent(), None
        if lent is None:
            return
        try:
            self._board.restore(lent.before)
        except InsertionError as error:
            log.info("What was on the clipboard could not be given back: %s", error)


class Bell:
    """Stands in for a connection where the system sends the thread nothing: only its own program wakes it."""

    def __init__(self) -> None:
        self._rung = Event()

    def wait(self, timeout: float | None = None) -> tuple[object, ...]:
        self._rung.wait(timeout)
        self._rung.clear()
        return ()

    def wake(self) -> None:
        self._rung.set()

    def errors(self) -> AbstractContextManager[None]:
        return nullcontext()

    def lost(self, part: str, failure: MechanismError) -> PartFailed:
        """There is nothing to lose."""
        return PartFailed(part, failure)

    def close(self) -> None:
        """There is nothing to close."""
