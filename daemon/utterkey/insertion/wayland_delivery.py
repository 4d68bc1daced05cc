"""The steps by which a text gets into a window on Wayland, from top to bottom.

Runs on the insertion thread; see delivery.py, whose ways these are. What is different: the compositor does not say who
takes the text, so the first one to take it after the chord was struck is the receipt; the modifiers that the user holds
are not known, and do not matter, since each keyboard of a seat has its own; and a compositor may not tell which window
has the keyboard. Then the text goes wherever the keyboard goes, by Shift+Insert with both selections: whichever of them
the window pastes.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from utterkey.desktop.wayland import Connection, Happened
from utterkey.errors import InsertionError
from utterkey.insertion import cannot_scratch, keeper
from utterkey.insertion.chord import Chord, chord_for, chord_for_unknown, for_window
from utterkey.insertion.clipboard import Copy
from utterkey.insertion.content import (
    CLIPBOARD,
    PRIMARY,
    READ_SECONDS,
    TEXT_TARGETS,
    Content,
    Unreadable,
    text_content,
)
from utterkey.insertion.held import Clipboard, Selections
from utterkey.insertion.keystrokes import plan
from utterkey.insertion.marks import Marks, destination, elsewhere
from utterkey.insertion.orders import Wait
from utterkey.insertion.paste import QUIET_SECONDS, RECEIPT_SECONDS, Paste
from utterkey.insertion.waits import let_settle
from utterkey.insertion.wayland_focus import Focus, Focused
from utterkey.insertion.wayland_keyboard import FREE, VirtualKeyboard
from utterkey.settings import OutputSettings

_MANAGER_SECONDS = 0.02
"""A clipboard manager takes what is new at once. What it takes must not pass for the window's receipt."""
_KEY_SECONDS = 0.004
_MOST_TYPED = 2000
"""A window that falls behind with its keys cannot be asked how far it is, and the compositor ends the connection of one
that falls too far behind: at full speed GTK loses most of 1000 characters, at this none of 2000."""
_NO_CLIPBOARD = (
    "The desktop lets utterkey strike keys but not use the clipboard, and pasting needs both; delete "
    "remote-desktop-token in utterkey's state folder, restart it and allow both."
)
_NO_COPY = "The desktop does not let utterkey on its clipboard now: install wl-clipboard."
_KEEPER_SECONDS = 3.0  # a Python has to start
_ANSWER_SECONDS = 2.0


class Keyboard(Protocol):
    """What strikes the paste chords: a virtual keyboard, or the RemoteDesktop portal, which has to be opened first."""

    @property
    def ready(self) -> bool: ...

    def begin(self) -> None:
        """A text may be coming."""

    def make_ready(self, wait: Wait) -> None:
        """It is here. Raises InsertionError."""

    def done(self) -> None:
        """It is where it was to go, or is not going there."""

    def can_strike(self, keys: Sequence[str]) -> bool: ...

    def strike_chord(self, keys: Sequence[str]) -> None:
        """Press keys in this order and let go of them in reverse."""

    def limit(self) -> float | None:
        """When `expire` is to be called at the latest."""

    def expire(self) -> None: ...

    def end(self) -> None: ...


class Delivery:
    """`typist` types what cannot be pasted, where that can be done; `copy` puts a text on the clipboard to stay, where
    what we have there ends with the keyboard's session and is the desktop's own manager's from then on."""

    def __init__(
        self,
        connection: Connection,
        selections: Selections,
        keyboard: Keyboard,
        typist: VirtualKeyboard | None,
        copy: Copy | None,
        output: OutputSettings,
        chords: Mapping[str, tuple[str, ...]],
        wait: Wait,
    ) -> None:
        self.closing = False
        self._connection = connection
        self._wait = wait
        self.adopt(output, chords)
        self._focus = Focus(connection)
        self._clipboard = Clipboard(connection, selections, self._served)
        self._keyboard = keyboard
        self._typist = typist
        self._copy = copy
        self._marks = Marks()
        self._paste_done: Paste | None = None

    # --- orders ------------------------------------------------------------------------------------------------------

    def adopt(self, output: OutputSettings, chords: Mapping[str, tuple[str, ...]]) -> None:
        self._output = output
        self._chords = chords

    def prepare(self) -> None:
        self._keyboard.begin()
        if self._output.restore_clipboard:
            self._clipboard.look([CLIPBOARD])

    def mark(self, utterance: int) -> str:
        """Remember the window that has the focus now as the utterance's target; "" if there is none, or none known."""
        self._keyboard.begin()
        focused = self._focus.now()
        if self._output.restore_clipboard:
            self._clipboard.look(self._selections(self._chord()))
        window = focused.window if focused else ""
        self._marks.put(utterance, window)
        return window

    def insert(self, utterance: int, text: str) -> str:
        """See `orders.Delivery.insert`."""
        target = self._target(utterance)
        chord = self._chord()
        text = for_window(text, chord, self._output.trailing)
        if text:
            self._put(utterance, chord, text)
        return elsewhere(target.window, self._marks.of(utterance)) if target else ""

    def _put(self, utterance: int, chord: Chord, text: str) -> None:
        self._keyboard.make_ready(self._wait)
        if self._typist and (self._output.method == "type" or not self._keyboard.can_strike(chord.keys)):
            self._type(self._typist, utterance, text)
            return
        if not self._clipboard.ready:  # the keys would paste what is there
            raise InsertionError(_NO_CLIPBOARD)
        let_settle(self._paste_done, self._wait)
        before = self._before(chord)
        if before is not None:
            self._paste(utterance, chord, text, before)
        elif self._typist:
            self._type(self._typist, utterance, text)

    def scratch(self, utterance: int, hotkey_presses: int) -> None:
        """No compositor tells what the user has typed since."""
        raise cannot_scratch(utterance).error

    def tidy(self) -> None:
        self._keyboard.done()

    def keep(self, text: str) -> None:
        """Put a text on the clipboard for good."""
        let_settle(self._paste_done, self._wait)
        if self._copy:
            self._copy(text)
        elif self._clipboard.ready:
            self._clipboard.keep(text_content(text, sensitive=False))
        else:
            raise InsertionError(_NO_COPY)

    def finish(self, seconds: float) -> None:
        """Give back at once what is lent, and have the clipboard's content kept by who outlives us."""
        if self._clipboard.lent:
            self._wait(lambda: self._quiet_at() <= time.monotonic(), QUIET_SECONDS, 0.01)
            self._clipboard.give_back()
        content = self._clipboard.clipboard
        if content is not None and not self._clipboard.inheritable:
            self._await_manager(QUIET_SECONDS)
        elif content is not None and keeper.start(content):
            self._wait(lambda: self._clipboard.clipboard is None, _KEEPER_SECONDS, None)
        self._wait(lambda: not self._clipboard.gives, QUIET_SECONDS, None)
        self._keyboard.end()

    # --- events and time ---------------------------------------------------------------------------------------------

    def take_event(self, happened: Happened) -> None:
        happened()

    def limit(self) -> float | None:
        """When `expire` is to be called at the latest."""
        limits = [self._clipboard.limit(), self._keyboard.limit(), self._quiet_at() if self._gives_back else None]
        return min((limit for limit in limits if limit is not None), default=None)

    def expire(self) -> None:
        self._clipboard.expire()
        if self._gives_back and self._quiet_at() <= time.monotonic():
            self._paste_done = None
            self._clipboard.give_back()
        self._keyboard.expire()

    @property
    def _gives_back(self) -> bool:
        return self._clipboard.lent and self._paste_done is not None and self._paste_done.receipt is not None

    def _quiet_at(self) -> float:
        return self._paste_done.quiet_at() if self._paste_done else 0.0

    def _served(self, kind: str) -> None:
        """Somebody takes something from us, or has taken it."""
        if paste := self._paste_done:
            paste.asked = time.monotonic()
            if paste.receipt is None and kind in TEXT_TARGETS:
                paste.receipt = paste.asked

    # --- where to ----------------------------------------------------------------------------------------------------

    def _target(self, utterance: int) -> Focused | None:
        """The window with the keyboard, which must be where the text is to go; None where that is not known."""
        if not self._focus.known:
            return None
        return destination(self._focus.now(), self._marks.of(utterance), follow_focus=self._output.follow_focus)

    def _chord(self) -> Chord:
        if not self._focus.known:
            return chord_for_unknown(self._chords)
        focused = self._focus.now()
        return chord_for((focused.app,) if focused else (), self._chords)

    def _selections(self, chord: Chord) -> list[str]:
        return [CLIPBOARD, PRIMARY] if chord.primary and self._clipboard.has_primary else [CLIPBOARD]

    def _before(self, chord: Chord) -> dict[str, Content] | None:
        """What is to be given back after a paste with this chord; None if that cannot be had, so nothing is taken."""
        names = self._selections(chord)
        if not self._output.restore_clipboard:
            return {name: {} for name in names}
        self._clipboard.look(names)
        self._wait(lambda: all(self._clipboard.before(name) is not None for name in names), READ_SECONDS, None)
        found: dict[str, Content] = {}
        for name in names:
            before = self._clipboard.before(name)
            if isinstance(before, Unreadable) or before is None:
                if self._output.method == "auto" and self._typist:
                    return None
                before = {}  # told to paste at any price
            found[name] = before
        return found

    # --- pasting -----------------------------------------------------------------------------------------------------

    def _paste(self, utterance: int, chord: Chord, text: str, before: dict[str, Content]) -> None:
        content = text_content(text, sensitive=True)
        self._paste_done = None
        for name, theirs in before.items():
            self._clipboard.lend(name, content, theirs)
        self._await_manager(RECEIPT_SECONDS)
        self._target(utterance)
        self._paste_done = paste = Paste()
        self._keyboard.strike_chord(chord.keys)
        if not self._await_receipt(paste):
            if not self._keyboard.ready:
                raise InsertionError("The desktop ended what it allowed.")
            raise InsertionError("The window did not take the text.")
        if not self._output.restore_clipboard:
            for name in before:
                self._clipboard.stay(name)

    def _await_manager(self, seconds: float) -> None:
        """Until a clipboard manager has had what was just taken, and no longer than that."""
        self._await_call(self._clipboard.settled, self._clipboard.patience)
        self._wait(lambda: False, _MANAGER_SECONDS, None)
        self._wait(lambda: not self._clipboard.gives, seconds, None)

    def _await_receipt(self, paste: Paste) -> bool:
        """Until all of the text was taken; a long one takes as long as it takes."""
        while not self._wait(lambda: paste.receipt is not None or self._hopeless, RECEIPT_SECONDS, None):
            if not self._clipboard.gives:
                break
        self._wait(lambda: not self._clipboard.gives or self.closing, RECEIPT_SECONDS, None)
        return paste.receipt is not None

    @property
    def _hopeless(self) -> bool:
        return self.closing or not self._keyboard.ready

    # --- typing ------------------------------------------------------------------------------------------------------

    def _type(self, typist: VirtualKeyboard, utterance: int, text: str) -> None:
        if len(text) > _MOST_TYPED:
            raise InsertionError("This text is too long to be typed.")
        rounds = plan(text, FREE)
        assert rounds is not None, "there is room for as many symbols as there are in a round"
        for each in rounds:
            self._target(utterance)
            typist.type_round(each, self._pause)

    def _pause(self) -> None:
        if self.closing:
            raise InsertionError("utterkey is ending.")
        self._await_call(self._connection.ask, _ANSWER_SECONDS)
        self._wait(lambda: self.closing, _KEY_SECONDS, None)

    def _await_call(self, order: Callable[[Callable[[], None]], None], seconds: float) -> None:
        """Order to be called, and wait for that."""
        calls: list[bool] = []
        order(lambda: calls.append(True))
        self._wait(lambda: bool(calls), seconds, None)
