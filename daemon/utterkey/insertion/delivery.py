"""The steps by which a text gets into a window on X11, from top to bottom.

Runs on the insertion thread. A text is pasted: the clipboard is ours for a moment, the window's paste chord is struck,
and the request of that window's client for the text is the receipt. When the client has been quiet for a while, what
was on the clipboard before is given back. What cannot be read beforehand is not taken away: then the text is typed.
"""

import time
from collections.abc import Mapping

from Xlib import X, Xatom
from Xlib.protocol import event, rq

from utterkey.errors import InsertionError
from utterkey.insertion import keeper
from utterkey.insertion.chord import Chord, chord_for, for_window
from utterkey.insertion.content import CLIPBOARD, PRIMARY, READ_SECONDS, TEXT_TARGETS, Content, Unreadable, text_content
from utterkey.insertion.focus import Focus, Focused
from utterkey.insertion.keyboard import Keyboard
from utterkey.insertion.last import Inserted, Last
from utterkey.insertion.lending import Lending
from utterkey.insertion.marks import OTHER_WINDOW, Marks, destination, elsewhere
from utterkey.insertion.orders import Wait
from utterkey.insertion.paste import ASKS_SECONDS, BUSY_SECONDS, QUIET_SECONDS, RECEIPT_SECONDS, Paste
from utterkey.insertion.ping import Ping
from utterkey.insertion.scratching import refusal
from utterkey.insertion.selection import Own
from utterkey.insertion.touch import Touch
from utterkey.insertion.typist import Typist
from utterkey.insertion.waits import Modifiers, let_settle
from utterkey.settings import OutputSettings

_TIME_SECONDS = 2.0
_KEEPER_SECONDS = 3.0  # a Python has to start
_MANAGER = "CLIPBOARD_MANAGER"


class Delivery:
    def __init__(
        self,
        own: Own,
        keyboard: Keyboard,
        output: OutputSettings,
        chords: Mapping[str, tuple[str, ...]],
        touch: Touch | None,
        wait: Wait,
    ) -> None:
        self.closing = False
        self._own = own
        self._keyboard = keyboard
        self._wait = wait
        self._focus = Focus(own)
        self._touch = touch
        self._last = Last(touch)
        self._ping = Ping(own, self._time)
        self._modifiers = Modifiers(keyboard.modifier_held, lambda: self.closing, wait)
        self._typist = Typist(
            keyboard, self._focus, self._last, wait, self._ping, self._modifiers.let_go, lambda: self.closing
        )
        self._lending = Lending(own, self._served)
        self._marks = Marks()
        self._paste_done: Paste | None = None
        self._answer: int | None = None  # the clipboard manager's
        self.adopt(output, chords)

    # --- orders ------------------------------------------------------------------------------------------------------

    def adopt(self, output: OutputSettings, chords: Mapping[str, tuple[str, ...]]) -> None:
        self._output = output
        self._chords = chords
        self._last.want(output.spoken_commands)

    def prepare(self) -> None:
        if self._output.restore_clipboard:
            self._lending.look_again([CLIPBOARD])

    def mark(self, utterance: int) -> str:
        """Remember the window that has the focus now as the utterance's target; "" if there is none."""
        focused = self._focus.now()
        if focused and self._output.restore_clipboard:
            self._lending.look(_selections(chord_for(focused.names, self._chords)))
        window = focused.window if focused else ""
        self._marks.put(utterance, window)
        return window

    def insert(self, utterance: int, text: str) -> str:
        """See `orders.Delivery.insert`."""
        mark = self._marks.of(utterance)
        self._target(mark)
        self._modifiers.let_go()
        target = self._target(mark)
        chord = chord_for(target.names, self._chords)
        text = for_window(text, chord, self._output.trailing)
        with self._last.inserting():
            if text:
                self._put(target, chord, text)
        return elsewhere(target.window, mark)

    def _put(self, target: Focused, chord: Chord, text: str) -> None:
        if self._output.method == "type" or not self._keyboard.can_strike(chord.keys):
            self._typist.type(target, text, terminal=chord.terminal)
            return
        let_settle(self._paste_done, self._wait)
        # The time first: what is copied after it, while we still read what was there before, is not taken away.
        now = self._time()
        before = self._before(chord)
        if before is None:
            self._typist.type(target, text, terminal=chord.terminal)
        else:
            self._modifiers.let_go()
            self._confirm(target)
            self._paste(target, chord, text, before, now)

    def scratch(self, utterance: int, hotkey_presses: int) -> None:
        """Delete the last insertion from the utterance's window. Raises InsertionError if nothing may be deleted."""
        if not self._modifiers.gone():
            raise refusal("a modifier key is held down")
        self._time()  # by its answer all presses before this moment are told
        focused = self._focus.now()
        marked = focused is not None and self._marks.of(utterance) == focused.window
        count = self._last.backspaces(focused.id if focused and marked else None, hotkey_presses)
        backspace = self._keyboard.key("BackSpace")
        if focused is None or backspace is None:
            raise refusal("the keyboard has no BackSpace")
        self._last.forget()
        self._typist.strike(
            focused, [backspace] * count, "The focus moved while text was scratched: a part of it is left."
        )

    def tidy(self) -> None:
        """After each order, when its outcome is told."""
        self._typist.tidy()

    def keep(self, text: str) -> None:
        """Put a text on the clipboard for good. Raises InsertionError."""
        let_settle(self._paste_done, self._wait)
        if not self._lending.keep(text_content(text, sensitive=False), self._time()):
            raise InsertionError("Another program holds on to the clipboard.")
        self._own.display.sync()

    def finish(self, seconds: float) -> None:
        """Give back at once what is lent, and have the clipboard's content kept by who outlives us."""
        if self._lending.lent:
            self._wait(lambda: self._quiet_at() <= time.monotonic(), QUIET_SECONDS, 0.01)
            self._lending.give_back(self._time())
        self._hand_over(seconds)
        self._lending.read_no_more()
        self._wait(lambda: not self._lending.awaits, READ_SECONDS, None)  # see former.Reading

    # --- events and time ---------------------------------------------------------------------------------------------

    def take_event(self, happened: rq.Event) -> None:
        self._own.take_event(happened)
        if self._touch is not None:
            self._touch.take_event(happened)
        if isinstance(happened, event.SelectionNotify) and happened.selection == self._own.atom(_MANAGER):
            self._answer = happened.property
        elif isinstance(happened, event.ClientMessage):
            self._ping.take_event(happened)
        elif isinstance(happened, event.MappingNotify):
            self._own.display.refresh_keyboard_mapping(happened)
        else:
            self._lending.take_event(happened)

    def limit(self) -> float | None:
        """When `expire` is to be called at the latest."""
        limits = [self._lending.limit(), self._quiet_at() if self._gives_back else None]
        return min((limit for limit in limits if limit is not None), default=None)

    def expire(self) -> None:
        self._lending.expire()
        if self._gives_back and self._quiet_at() <= time.monotonic():
            self._paste_done = None
            self._lending.give_back(self._time())

    @property
    def _gives_back(self) -> bool:
        return self._lending.lent and self._paste_done is not None and self._paste_done.receipt is not None

    def _quiet_at(self) -> float:
        return self._paste_done.quiet_at() if self._paste_done else 0.0

    def _served(self, requestor: int, target: str) -> None:
        """Somebody got something from us: the window's own client, a clipboard manager, or another."""
        paste = self._paste_done
        if paste is not None and self._own.client(requestor) == paste.client:
            paste.asked = time.monotonic()
            if paste.receipt is None and target in TEXT_TARGETS:
                paste.receipt = paste.asked

    # --- where to, and when ------------------------------------------------------------------------------------------

    def _target(self, mark: str | None) -> Focused:
        return destination(self._focus.now(), mark, follow_focus=self._output.follow_focus)

    def _confirm(self, target: Focused) -> None:
        """While something was waited for, the focus may have moved."""
        if self._focus.confirm(target, None) is None:
            raise InsertionError(OTHER_WINDOW)

    def _before(self, chord: Chord) -> dict[str, Content] | None:
        """What is to be given back after a paste with this chord; None if that cannot be had, so nothing is taken."""
        names = _selections(chord)
        if not self._output.restore_clipboard:
            return {name: {} for name in names}
        self._lending.look(names)
        self._wait(lambda: all(self._lending.before(name) is not None for name in names), READ_SECONDS, None)
        found: dict[str, Content] = {}
        for name in names:
            before = self._lending.before(name)
            if isinstance(before, Unreadable) or before is None:
                if self._output.method == "auto":
                    return None
                before = {}  # told to paste at any price
            found[name] = before
        return found

    # --- pasting -----------------------------------------------------------------------------------------------------

    def _paste(self, target: Focused, chord: Chord, text: str, before: dict[str, Content], now: int) -> None:
        content = text_content(text, sensitive=True)
        self._paste_done = paste = Paste(self._own.client(target.id))
        for name in before:
            if not self._lending.lend(name, content, before[name], now):
                raise InsertionError("Another program took the clipboard.")
        with self._last.ourselves():
            self._keyboard.strike_chord(chord.keys)
        if not self._await_receipt(target, paste):
            raise InsertionError("The window did not take the text.")
        if not self._output.restore_clipboard:
            for name in before:
                self._lending.stay(name)
        self._last.note(Inserted(target.id, text, chord.terminal, typed=False))

    def _await_receipt(self, target: Focused, paste: Paste) -> bool:
        """A window that is too busy to come to the chord gets more time, and a long text, on its way in parts, gets as
        much as it takes."""

        def over() -> bool:
            return paste.receipt is not None or self.closing

        if not self._wait(over, ASKS_SECONDS, None) and self._ping.ask(target.id):
            self._wait(lambda: over() or not self._ping.open, BUSY_SECONDS, None)
            self._ping.end()
        while not self._wait(over, RECEIPT_SECONDS - ASKS_SECONDS, None):
            if not self._lending.serves(paste.client):
                break
        return paste.receipt is not None

    # --- details -----------------------------------------------------------------------------------------------------

    def _time(self) -> int:
        self._own.ask_time()
        self._wait(lambda: self._own.time is not None, _TIME_SECONDS, None)
        return self._own.time or 0  # 0 is CurrentTime, for a server that does not tell

    def _hand_over(self, seconds: float) -> None:
        """Have what we have on the clipboard kept when we are gone, by the clipboard manager if there is one.

        SAVE_TARGETS is freedesktop.org's ClipboardManager specification: the manager asks us for the content, answers,
        and owns the clipboard when we end.
        """
        content = self._lending.clipboard
        if content is None:
            return
        own, manager = self._own, self._own.atom(_MANAGER)
        if own.display.get_selection_owner(manager) != X.NONE:
            asked = own.atom("UTTERKEY_SAVE")
            own.window.change_property(asked, Xatom.ATOM, 32, [own.atom(target) for target in content])
            own.window.convert_selection(manager, own.atom("SAVE_TARGETS"), asked, self._time())
            self._wait(lambda: self._answer is not None or self._lending.clipboard is None, seconds, None)
            if self._answer:
                return
        if self._lending.clipboard is not None and keeper.start(content):
            self._wait(lambda: self._lending.clipboard is None, _KEEPER_SECONDS, None)


def _selections(chord: Chord) -> list[str]:
    return [CLIPBOARD, PRIMARY] if chord.primary else [CLIPBOARD]
