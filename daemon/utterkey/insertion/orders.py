"""The thread `insertion` of a desktop that is spoken to over one connection: its orders, its events.

The thread owns the connection and everything on it; it sleeps in the kernel while there is nothing to do. Other threads
hand in orders and wake it. Orders to prepare and to mark are carried out at once, also while an insertion waits for
something; insertions and copies one after another, in the order they came. What the steps of an insertion are is known
to the delivery: delivery.py for X11, wayland_delivery.py for Wayland, counted.py for Windows and macOS.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

from utterkey.dictation.effects import CopyText, InsertText, MarkTarget, PrepareInsertion, ScratchLast
from utterkey.dictation.events import (
    Event,
    InsertionFailed,
    InsertionUnderWay,
    NotScratched,
    PartFailed,
    Post,
    Scratched,
    TargetMarked,
    TextCopied,
    TextInserted,
)
from utterkey.errors import InsertionError, MechanismError
from utterkey.insertion import Order
from utterkey.insertion.chord import wanted_keys
from utterkey.settings import OutputSettings

log = logging.getLogger(__name__)

_RESCUED = "the text is on the clipboard, please paste it."
_NOT_RESCUED = "it could not be put on the clipboard either: copy it with `utterkey last --copy`."
_NOT_COPIED = "try `utterkey last --copy` again."

_SIGN_SECONDS = 5.0
_HAND_OVER_SECONDS = 1.0
_CLOSE_SECONDS = 5.0

_Work = InsertText | CopyText | ScratchLast


Wait = Callable[[Callable[[], bool], float, float | None], bool]
"""wait(condition, seconds, poll): serve events until the condition holds; whether it did. With `poll` it is looked at
every so many seconds, else after each event."""


Happened = TypeVar("Happened")
Found = TypeVar("Found", covariant=True)
Taken = TypeVar("Taken", contravariant=True)


class Connection(Protocol[Found]):
    """To the desktop; see desktop/x11.py."""

    def wait(self, timeout: float | None = None) -> Sequence[Found]: ...
    def wake(self) -> None: ...
    def errors(self) -> AbstractContextManager[None]: ...
    def close(self) -> None: ...

    def lost(self, part: str, failure: MechanismError) -> Event:
        """What to post when the connection of a part is gone."""


class Delivery(Protocol[Taken]):
    """The steps of an insertion, all on the thread. `closing`: the program ends, so nothing is to be waited for."""

    closing: bool

    def adopt(self, output: OutputSettings, chords: Mapping[str, tuple[str, ...]]) -> None:
        """Other settings, from now on."""

    def prepare(self) -> None:
        """Begin to read what will have to be given back."""

    def mark(self, utterance: int) -> str:
        """Remember the window that has the focus now as the utterance's target; its name, "" if there is none."""

    def insert(self, utterance: int, text: str) -> str:
        """Put a text into the utterance's window; where it went if that is not the marked window, else "".

        Raises InsertionError that says why it is not there; to put it elsewhere, and to say so, is the caller's.
        """

    def scratch(self, utterance: int, hotkey_presses: int) -> None:
        """Delete the last insertion from the utterance's window. Raises InsertionError if nothing may be deleted."""

    def tidy(self) -> None:
        """After each order, when its outcome is told."""

    def keep(self, text: str) -> None:
        """Put a text on the clipboard for good. Raises InsertionError."""

    def finish(self, seconds: float) -> None:
        """Give back at once what is lent, and have the clipboard's content kept by who outlives us."""

    def take_event(self, happened: Taken) -> None: ...

    def limit(self) -> float | None:
        """When `expire` is to be called at the latest."""

    def expire(self) -> None: ...


class OrderedInserter(Generic[Happened]):
    """See `Inserter`. `set_up` makes the delivery from the user's chords and a way to wait.

    It may raise InsertionError; the connection is closed then.
    """

    def __init__(
        self,
        name: str,
        connection: Connection[Happened],
        set_up: Callable[[dict[str, tuple[str, ...]], Wait], Delivery[Happened]],
        output: OutputSettings,
        post: Post,
    ) -> None:
        self.name = name
        self._post = post
        self._connection = connection
        try:
            with self._connection.errors():
                self._delivery = set_up(self._chords(output), self._wait)
        except InsertionError:
            self._connection.close()
            raise
        self._orders: deque[Order | OutputSettings] = deque()
        self._work: deque[_Work | OutputSettings] = deque()
        self._lock = threading.Lock()  # guards _open and the order of _orders against the thread's end
        self._open = True
        self._closing = False
        self._signed = 0.0  # when texts began to be under way, or that was last told
        self._thread = threading.Thread(target=self._run, name="insertion", daemon=True)
        self._thread.start()

    # --- for any thread ----------------------------------------------------------------------------------------------

    def order(self, order: Order) -> None:
        self._hand_in(order)

    def adopt(self, output: OutputSettings) -> None:
        self._hand_in(output)

    def close(self) -> None:
        """Give back what is lent, hand the clipboard over, end the thread. Safe to call twice."""
        self._closing = True
        self._connection.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSE_SECONDS)

    def _hand_in(self, order: Order | OutputSettings) -> None:
        with self._lock:
            if self._open:
                self._orders.append(order)
                self._connection.wake()
                return
        self._answer_unserved(order)

    # --- the thread --------------------------------------------------------------------------------------------------

    def _chords(self, output: OutputSettings) -> dict[str, tuple[str, ...]]:
        """The user's own, by window class. A bad one is told, the others hold."""
        chords = {}
        for window_class, text in output.chords:
            try:
                chords[window_class.lower()] = wanted_keys(text)
            except InsertionError as error:
                self._post(PartFailed("insertion", error))
        return chords

    def _run(self) -> None:
        failure: Event | None = None
        try:
            with self._connection.errors():
                self._serve()
        except InsertionError as error:
            failure = self._connection.lost("insertion", error)
        except Exception as error:  # the top of a thread: whatever breaks it must not pass unseen
            log.exception("The thread insertion broke")
            broken = InsertionError("Inserting text broke; texts stay in the history, please restart utterkey.")
            broken.__cause__ = error
            failure = PartFailed("insertion", broken)
        self._finish(failure)

    def _serve(self) -> None:
        while not (self._closing and not self._work and not self._orders):
            if self._work:
                self._deliver(self._work[0])
                self._work.popleft()
                self._delivery.tidy()
            else:
                self._step(None)
        self._delivery.finish(_HAND_OVER_SECONDS)

    def _finish(self, failure: Event | None) -> None:
        with self._lock:
            self._open = False
        if failure:
            self._post(failure)
        for order in (*self._work, *self._orders):
            self._answer_unserved(order)
        self._connection.close()

    def _answer_unserved(self, order: Order | OutputSettings) -> None:
        if isinstance(order, MarkTarget):
            self._post(TargetMarked(order.utterance, ""))
        elif isinstance(order, InsertText | CopyText):
            error = InsertionError("The desktop is gone; the text is kept in the history, see `utterkey last`.")
            self._post(InsertionFailed(order.utterance, error, on_clipboard=False))
        elif isinstance(order, ScratchLast):
            self._post(NotScratched(order.utterance, InsertionError("Nothing was scratched: the desktop is gone.")))

    # --- orders ------------------------------------------------------------------------------------------------------

    def _take_orders(self) -> None:
        while self._orders:
            order = self._orders.popleft()
            if isinstance(order, PrepareInsertion):
                self._delivery.prepare()
            elif isinstance(order, MarkTarget):
                self._post(TargetMarked(order.utterance, self._delivery.mark(order.utterance)))
            else:
                if not self._work:
                    self._signed = time.monotonic()
                self._work.append(order)

    def _deliver(self, order: _Work | OutputSettings) -> None:
        if isinstance(order, OutputSettings):
            self._delivery.adopt(order, self._chords(order))
            return
        try:
            self._post(self._carry_out(order))
        except InsertionError as error:
            if isinstance(order, ScratchLast):
                self._post(NotScratched(order.utterance, error))
            else:
                self._post(self._rescued(order, error))

    def _carry_out(self, order: _Work) -> Event:
        match order:
            case InsertText(utterance, text):
                return TextInserted(utterance, self._delivery.insert(utterance, text))
            case CopyText(utterance, text):
                self._delivery.keep(text)
                return TextCopied(utterance)
            case ScratchLast(utterance, hotkey_presses):
                self._delivery.scratch(utterance, hotkey_presses)
                return Scratched(utterance)

    def _rescued(self, order: InsertText | CopyText, error: InsertionError) -> InsertionFailed:
        """Leave a text on the clipboard that did not get where it was to go, and say where it is."""
        on_clipboard, where = False, _NOT_COPIED
        if isinstance(order, InsertText):
            try:
                self._delivery.keep(order.text)
                on_clipboard, where = True, _RESCUED
            except InsertionError:
                where = _NOT_RESCUED
        told = type(error)(f"{str(error).removesuffix('.')}; {where}")
        told.__cause__ = error
        return InsertionFailed(order.utterance, told, on_clipboard=on_clipboard)

    # --- waiting -----------------------------------------------------------------------------------------------------

    def _wait(self, condition: Callable[[], bool], seconds: float, poll: float | None) -> bool:
        """See `Wait`."""
        limit = time.monotonic() + seconds
        while not (holds := condition()):
            left = limit - time.monotonic()
            if left <= 0:
                break
            self._step(left if poll is None else min(left, poll))
        return holds

    def _step(self, seconds: float | None) -> None:
        """Sleep until something happens, at most so long, and take it in."""
        limits = [limit for limit in (seconds, self._until_limit()) if limit is not None]
        for happened in self._connection.wait(min(limits, default=None)):
            self._delivery.take_event(happened)
        self._delivery.closing = self._closing
        self._take_orders()
        self._delivery.expire()
        self._give_sign()

    def _give_sign(self) -> None:
        if time.monotonic() - self._signed < _SIGN_SECONDS:
            return
        self._signed = time.monotonic()
        for order in self._work:
            if not isinstance(order, OutputSettings):
                self._post(InsertionUnderWay(order.utterance))

    def _until_limit(self) -> float | None:
        limit = self._delivery.limit()
        return None if limit is None else max(0.0, limit - time.monotonic())
