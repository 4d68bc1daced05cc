"""Striking keys into a window: a text is typed in rounds, and the keys bound for it are made spare again.

Runs on the insertion thread, on its connection. A round begins only when the window has looked up the keys of the one
before, which most windows tell by answering a ping.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from utterkey.errors import InsertionError
from utterkey.insertion.focus import Focus, Focused
from utterkey.insertion.keyboard import Keyboard, portions
from utterkey.insertion.keystrokes import Key, Round, plan, typeable
from utterkey.insertion.last import Inserted, Last
from utterkey.insertion.orders import Wait
from utterkey.insertion.ping import Ping

_CAUGHT_UP_SECONDS = 5.0  # for a window that is still drawing what was typed
_CLOSING_SECONDS = 1.0  # the program's end does not wait for longer, for the keys have to be spare again by then
# For a window that cannot be asked whether it has caught up (Tk, xterm): a moment, and its time for each key.
_UNSEEN_SECONDS, _UNSEEN_SECONDS_PER_KEY = 0.3, 0.002


@dataclass(frozen=True, slots=True)
class _Behind:
    """A window that has still to look up keys that were bound for its text."""

    window: int
    strokes: int


class Typist:
    """`let_modifiers_go` waits for that, and raises InsertionError in the end, or when the program is `closing`."""

    def __init__(
        self,
        keyboard: Keyboard,
        focus: Focus,
        last: Last,
        wait: Wait,
        ping: Ping,
        let_modifiers_go: Callable[[], None],
        closing: Callable[[], bool],
    ) -> None:
        self._keyboard = keyboard
        self._focus = focus
        self._last = last
        self._wait = wait
        self._ping = ping
        self._let_modifiers_go = let_modifiers_go
        self._closing = closing
        self._behind: _Behind | None = None

    def type(self, target: Focused, text: str, *, terminal: bool) -> None:
        """Type a text into the window with the focus. Raises InsertionError."""
        rounds = plan(text, self._keyboard.keymap())
        if rounds is None:
            raise InsertionError("The keyboard mapping has no room for this text.")
        locks = self._keyboard.without_locks()
        try:
            for each in rounds:
                self._let_catch_up()
                self._type_round(target, each)
        finally:
            self._keyboard.set_locks(locks)
        self._last.note(Inserted(target.id, typeable(text), terminal, typed=True))

    def strike(self, target: Focused, strokes: Sequence[Key], moved: str) -> None:
        """Strike keys as long as the window has the focus, and with no modifier down.

        Raises InsertionError if there is one for too long, and with the sentence `moved` if the focus moves.
        """
        holder: int | None = None
        for portion in portions(strokes):
            self._let_modifiers_go()
            holder = self._focus.confirm(target, holder)
            if holder is None:
                raise InsertionError(moved)
            with self._last.ourselves():
                self._keyboard.strike(portion)

    def tidy(self) -> None:
        """After a text was typed, and told to be: make the keys spare again that were bound for it."""
        if self._behind is not None:
            self._let_catch_up()
            self._keyboard.unbind()

    def _type_round(self, target: Focused, each: Round) -> None:
        self._keyboard.bind(each.bindings)
        if each.bindings:
            self._behind = _Behind(target.id, len(each.strokes))
        self.strike(target, each.strokes, "The focus moved while text was typed.")

    def _let_catch_up(self) -> None:
        """Only when the client has looked up the last key may the key mean something else."""
        behind, self._behind = self._behind, None
        if behind is None:
            return
        asked = self._ping.ask(behind.window)
        seconds = _CAUGHT_UP_SECONDS if asked else _UNSEEN_SECONDS + behind.strokes * _UNSEEN_SECONDS_PER_KEY

        def caught_up() -> bool:
            return asked and not self._ping.open

        self._wait(lambda: caught_up() or self._closing(), seconds, None)
        if self._closing():
            self._wait(caught_up, min(seconds, _CLOSING_SECONDS), None)
        self._ping.end()
