"""The global key on X11. The thread `hotkey` owns the connection and all grabs.

A key is grabbed by its press only: the server hands us the press and gives us the whole keyboard with it, and we give
the keyboard back at once, so that all other keys, and the chord that pastes a text, go where they belong. The key-up
then comes as a raw event of XInput 2 and also reaches the focused window, where a lone key-up does nothing. Since every
repeat would bring the grab back, a grabbed key's auto-repeat is off while we listen. Space and letters must go on
repeating, so the grab of a combination stands until its key is up. Both make the focused window see the focus go and
come, as with any shortcut of the window manager.

Lone modifiers and mouse buttons, and all hotkeys without `grab`, are observed through raw events. Those are only
ordered while they are needed: with grabbed keys nothing of what the user types comes by here.

A key-up counts when the key is up on the server's own keyboard, which is down as long as any device holds it. Keys that
a program sends (XTEST) are not told from others, because remote desktops send the user's keys that way; a chord of ours
disturbs no hotkey, since it holds down no key that somebody else holds, its modifiers keep it from being grabbed, and
it is never sent while a modifier is down.
"""

import logging
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import assert_never

from Xlib import X
from Xlib.ext import xinput
from Xlib.protocol import rq

from utterkey.desktop.x11 import Connection
from utterkey.dictation.events import Event, PartFailed, PartWell, Post
from utterkey.errors import HotkeyError
from utterkey.hotkey.gesture import Events, Gesture
from utterkey.hotkey.keys import Combo
from utterkey.hotkey.plan import Binding, Plan
from utterkey.hotkey.x11_claims import Claims
from utterkey.hotkey.x11_keyboard import any_down, with_down
from utterkey.hotkey.x11_raw import find_xinput

log = logging.getLogger(__name__)

LOST_KEY_UP_SECONDS = 0.5
"""How often the keyboard is asked about a hotkey that is held."""

_CLOSE_SECONDS = 2.0

_NEVER = -1
"""A time at which nothing happened: raw events are never auto-repeat."""

_LATEST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Listen:
    on: bool


@dataclass(frozen=True, slots=True)
class WatchCancel:
    on: bool


@dataclass(frozen=True, slots=True)
class Close:
    pass


Order = Listen | WatchCancel | Close


class X11Hotkeys:
    """The mechanism. It listens when it is made; `HotkeyError` if it cannot."""

    name = "X11"

    def __init__(self, plan: Plan, post: Post) -> None:
        connection = Connection(HotkeyError)
        try:
            with connection.errors():
                self._loop = _Loop(connection, plan, post)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._thread = Thread(target=self._loop.run, name="hotkey", daemon=True)
        self._thread.start()

    @property
    def key(self) -> str:
        return self._loop.key

    def listen(self, on: bool) -> None:
        self._order(Listen(on))

    def watch_cancel(self, on: bool) -> None:
        self._order(WatchCancel(on))

    def close(self) -> None:
        self._order(Close())
        self._thread.join(_CLOSE_SECONDS)

    def _order(self, order: Order) -> None:
        self._loop.orders.put(order)
        self._connection.wake()


class _Loop:
    """What the thread does. Made by the thread that starts it, then its own."""

    def __init__(self, connection: Connection, plan: Plan, post: Post) -> None:
        self.orders: SimpleQueue[Order] = SimpleQueue()
        self._connection = connection
        self._display = connection.display
        self._xinput = find_xinput(connection)
        self._post = post
        self._gesture = Gesture(plan.min_hold)
        self._claims = Claims(self._display, plan)
        self._plan_is_whole = not plan.refused
        self._refused: list[HotkeyError] = []
        self._raw_mask = 0
        self._check_at = 0.0
        self._standing = 0  # the keycode of the combination whose grab stands
        self._doubt: int | None = None  # when the held key seemed to go up
        self._recent: dict[int, float] = {}  # observed keys, for the keyboard's state is ahead of the events
        refused = self._claims.claim()
        if not self._claims:
            raise refused[0]
        self._report(refused)
        self._select_raw_events()
        self._display.sync()

    def run(self) -> None:
        try:
            with self._connection.errors():
                while self._serve():
                    pass
        except HotkeyError as problem:  # the connection to the X server is gone
            self._give_up(self._connection.lost("hotkey", problem))
        except Exception as problem:  # the top of the thread: the user learns that the key is dead
            log.exception("the hotkey's thread failed")
            failure = HotkeyError("The hotkey broke down; start utterkey again.")
            failure.__cause__ = problem
            self._give_up(PartFailed("hotkey", failure))
        finally:
            self._connection.close()

    def _give_up(self, failure: Event) -> None:
        self._tell(self._gesture.stop(time.monotonic()))  # what is being said is not lost
        self.key = ""
        self._post(failure)

    def _serve(self) -> bool:
        """Wait for something to happen and see to it. False when it is time to go."""
        events = self._connection.wait(self._time_left())
        now = time.monotonic()
        remapped = False
        for event in events:
            if event.type == X.MappingNotify:
                remapped = True
            else:
                self._receive(event, now)
        if remapped:
            refused = self._claims.remap()
            if refused is not None:
                self._report(refused)
        while True:
            try:
                order = self.orders.get_nowait()
            except Empty:
                break
            if not self._obey(order):
                return False
        self._notice_lost_key_up()
        self._select_raw_events()
        return True

    # --- events ----------------------------------------------------------------------------------------------------

    def _receive(self, event: rq.Event, now: float) -> None:
        if event.type == X.KeyPress:
            self._grabbed_press(event.detail, event.state, event.time, _moment(event.time, now))
        elif event.type == X.KeyRelease:
            self._key_up(event.detail, event.time, _moment(event.time, now))
        elif raw := self._xinput.raw(event):
            self._raw(raw.kind, raw.detail, _moment(raw.time, now))

    def _grabbed_press(self, keycode: int, state: int, when: int, at: float) -> None:
        """A press that no application sees."""
        binding = self._claims.grabbed(keycode, state)
        if self._standing and not any_down(self._claims.keyboard.now(), [self._standing]):
            self._standing = 0
        if not self._standing and binding is not None and isinstance(binding.hotkey, Combo):
            self._standing = keycode
        events: Events = ()
        if binding is not None:
            events = self._press(binding, when, at)
        elif self._claims.cancels(keycode, grabbed=True):
            events = self._gesture.cancelled()
        if not self._standing:
            self._select_raw_events()  # first, so that no key-up falls between the grab and the raw events
            self._display.ungrab_keyboard(X.CurrentTime)
            self._display.flush()
        self._tell(events)

    def _press(self, binding: Binding, when: int, at: float) -> Events:
        """A hotkey went down. If it seemed to be down already, was it let go in between, or is this auto-repeat?

        A repeat is told as a key-up and a press of the same time, though the key stays down all the time.
        """
        events: Events = ()
        if binding == self._gesture.down_binding and self._doubt not in (None, when):
            events = self._gesture.reconcile(False, at)
        self._doubt = None
        self._check_at = time.monotonic() + LOST_KEY_UP_SECONDS
        return events + self._gesture.down(binding, at)

    def _raw(self, kind: int, detail: int, at: float) -> None:
        if kind == xinput.RawKeyPress:
            self._observed_press(detail, at)
            self._recent[detail] = at
        elif kind == xinput.RawButtonPress:
            self._tell_press(self._claims.button(detail), at)
        else:
            self._recent.pop(detail, None)
            self._key_up(detail, _NEVER, at)

    def _observed_press(self, keycode: int, at: float) -> None:
        """A press that goes to the application, and may be a hotkey or join one."""
        if self._claims.cancels(keycode, grabbed=False):
            self._tell(self._gesture.cancelled())
            return
        binding = None
        if self._claims.may_be_observed(keycode):
            recent = [k for k, since in self._recent.items() if at - since < LOST_KEY_UP_SECONDS]
            binding = self._claims.observed(keycode, with_down(self._claims.keyboard.now(), recent))
        self._tell_press(binding, at)

    def _tell_press(self, binding: Binding | None, at: float) -> None:
        self._tell(self._gesture.joined() if binding is None else self._press(binding, 0, at))

    def _key_up(self, detail: int, when: int, at: float) -> None:
        """A key or button went up; if it belongs to the held hotkey, is that, all of it, still down?

        If its own key went up and is down all the same, it is not known yet what that means: `_press` will tell.
        """
        binding = self._gesture.down_binding
        if binding is None:
            return
        place, keyboard = self._claims.place(binding), self._claims.keyboard
        if keyboard.has_part(place, detail):
            down = self._is_down(binding)
            if down and detail not in keyboard.modifier_keycodes(place):
                self._doubt = when
            self._tell(self._gesture.reconcile(down, at))

    def _time_left(self) -> float | None:
        if self._gesture.down_binding is None:
            return None
        return max(0.0, self._check_at - time.monotonic())

    def _notice_lost_key_up(self) -> None:
        """Ask about the held hotkey. The answer counts if nothing is on its way that is older than it."""
        binding, now = self._gesture.down_binding, time.monotonic()
        if binding is not None and now >= self._check_at:
            down = self._is_down(binding)
            if not self._display.pending_events():
                self._check_at = now + LOST_KEY_UP_SECONDS
                self._tell(self._gesture.reconcile(down, now))

    def _is_down(self, binding: Binding) -> bool:
        """Is the hotkey still down? What it starts ends with its first part; to insert the last text waits for all."""
        keyboard, place = self._claims.keyboard, self._claims.place(binding)
        if binding.mode == "insert last":
            return keyboard.is_partly_down(place, keyboard.now())
        return keyboard.is_down(place, keyboard.now())

    def _tell(self, events: Events) -> None:
        for event in events:
            self._post(event)

    # --- orders ----------------------------------------------------------------------------------------------------

    def _obey(self, order: Order) -> bool:
        match order:
            case Listen(True):
                self._report(self._claims.claim())
            case Listen():
                self._stop()
            case WatchCancel(on):
                self._claims.watch_cancel(on)
                if not on:
                    self._gesture.ended()
            case Close():
                self._stop()
                self._display.sync()
                return False
            case never:
                assert_never(never)
        return True

    def _stop(self) -> None:
        self._tell(self._gesture.stop(time.monotonic()))
        self._claims.drop()
        self._standing = 0
        self._display.ungrab_keyboard(X.CurrentTime)
        self._select_raw_events()

    def _select_raw_events(self) -> None:
        """Have the server send what is needed in the present state, and nothing else."""
        mask = self._claims.raw_events(held=self._gesture.down_binding is not None)
        if mask != self._raw_mask:
            self._xinput.select(mask)
            self._raw_mask = mask

    def _report(self, refused: list[HotkeyError]) -> None:
        self.key = self._claims.key
        if self._refused and not refused and self._plan_is_whole:
            self._post(PartWell("hotkey"))
        self._refused = refused
        for problem in refused:
            self._post(PartFailed("hotkey", problem))


def _moment(when: int, now: float) -> float:
    """When an event happened, however late we see it: how long a key was held must not depend on how busy we are.

    X servers on Linux stamp events with the monotonic clock, in milliseconds and 32 bits; one elsewhere has its own.
    """
    late = ((int(now * 1000) - when) & 0xFFFFFFFF) / 1000
    return now - late if late < _LATEST_SECONDS else now
