"""The global key by the GlobalShortcuts portal: KDE, GNOME from 48 on.

The desktop watches the key, may ask the user for it in a dialog, and tells when it goes down and up; which key it is,
is the desktop's to say. All of this runs on the thread `dbus`; the three methods of `Hotkeys` only order.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from time import monotonic

from utterkey.desktop import portal
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Remote, Signal, Values
from utterkey.dictation.events import PartFailed, PartWell, Post
from utterkey.errors import BusError, HotkeyError
from utterkey.hotkey.bindings import BY_PORTAL, bindable, key_symbol
from utterkey.hotkey.gesture import Events, Gesture
from utterkey.hotkey.keys import Combo, Hotkey
from utterkey.hotkey.plan import Binding, Plan

log = logging.getLogger(__name__)

_SHORTCUTS = portal.interface("GlobalShortcuts")
_PART = "portal"
"""Whose failures these are. What is wrong with the settings is told as of the part "hotkey": it stays when all is well
here."""

_SESSION = "utterkey"
"""The same at each start: desktops remember by it which keys the user has chosen."""

_NO_KEY = (
    "The desktop has no key for what {} is to do; choose one that nothing else has, in its settings "
    "(KDE: Shortcuts > utterkey, GNOME: Apps > utterkey)."
)
_LIST = "a(sa{sv})"
_MODIFIERS = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "super": "LOGO"}


class PortalHotkeys:
    """Raises HotkeyError where the desktop has no such portal. That it declines the keys is told by `PartFailed`."""

    def __init__(self, wanted: Plan, post: Post, bus: Bus) -> None:
        require(bus)
        self.name = f"{BY_PORTAL} (no answer yet)"
        self.key = ""
        self._post = post
        self._bus = bus
        self._bindings = _bindings(wanted)
        self._gesture = Gesture(wanted.min_hold)
        self._listening = True
        self._triggers: dict[str, str] = {}
        self._problem = ""
        self._session = ""
        self._unsubscribe: Callable[[], None] | None = None  # from the session's end
        self._owner = ""
        self._ended = False
        signals = {
            "Activated": self._activated, "Deactivated": self._deactivated, "ShortcutsChanged": self._changed,
        }  # fmt: skip
        self._subscriptions = [
            bus.subscribe(Signal(_SHORTCUTS.interface, member, path=portal.PATH), happened)
            for member, happened in signals.items()
        ]
        self._subscriptions.append(bus.watch_name(portal.NAME, self._owned))

    def listen(self, on: bool) -> None:
        self._bus.run(lambda: self._listen(on))

    def watch_cancel(self, on: bool) -> None:
        """A key that is only taken while it is wanted cannot be had; but what a tap began is over."""
        if not on:
            self._bus.run(self._gesture.ended)

    def close(self) -> None:
        self.listen(False)
        self._bus.run(self._end)

    # --- the thread `dbus` -------------------------------------------------------------------------------------------

    def _owned(self, owner: str) -> None:
        """The portal is there, or is there again: sessions of the one before are gone."""
        if owner in ("", self._owner) or self._ended:
            return
        self._owner = owner
        self._leave_session()
        self._tell(self._gesture.stop(monotonic()))
        portal.register(self._bus, self._create)

    def _create(self) -> None:
        # Plasma 5.27 takes the shortcuts from here and binds nothing without them.
        options = {"session_handle_token": ("s", _SESSION), "shortcuts": (_LIST, self._wanted())}
        portal.request(self._bus, _SHORTCUTS, "CreateSession", "", (), options, self._created)

    def _created(self, result: portal.Results | BusError) -> None:
        if isinstance(result, BusError):
            self._fail(result)
            return
        self._session = str(result["session_handle"])
        if self._ended:
            self._end()
            return
        closed = Signal("org.freedesktop.portal.Session", "Closed", path=self._session)
        self._unsubscribe = self._bus.subscribe(closed, self._closed)
        values = (self._session, self._wanted(), "")
        portal.request(self._bus, _SHORTCUTS, "BindShortcuts", f"o{_LIST}s", values, {}, self._bound)

    def _bound(self, result: portal.Results | BusError) -> None:
        if self._ended:
            return
        if isinstance(result, BusError):
            self._fail(result)
        elif not result.get("shortcuts"):
            self._fail(BusError("it gave none of the keys"))
        else:
            self._triggers = dict.fromkeys(self._bindings, "")
            self._named(result["shortcuts"])

    def _named(self, shortcuts: list[tuple[str, Mapping[str, tuple[str, object]]]]) -> None:
        """Keep which keys were given. A shortcut whose key the user left out, or that another program has, is there
        with an empty one; and so may be one that is in the settings no more, which the desktop remembers."""
        for name, about in shortcuts:
            if name not in self._bindings:
                continue
            self._triggers[name] = str(about.get("trigger_description", ("s", "a key it does not name"))[1])
        given = [trigger for trigger in self._triggers.values() if trigger]
        keys = ", ".join(given)
        missing = [self._bindings[name].hotkey.name for name, key in self._triggers.items() if not key]
        problem = _NO_KEY.format(" and ".join(missing)) if missing else ""
        self.name = f"{BY_PORTAL} ({keys})" if keys else problem
        self.key = next(iter(given), "")
        if not problem:
            self._post(PartWell(_PART))  # even if nothing was wrong: whoever shows the key looks at it anew
        elif problem != self._problem:
            self._post(PartFailed(_PART, HotkeyError(problem)))
        self._problem = problem

    def _changed(self, values: Values) -> None:
        """Those that are another one now."""
        session, shortcuts = values
        if session == self._session:
            self._named(shortcuts)

    def _activated(self, values: Values) -> None:
        """Repeated while the key is held, which the gesture knows."""
        session, name, *_ = values
        if session == self._session and self._listening and (binding := self._bindings.get(name)):
            self._tell(self._gesture.down(binding, monotonic()))

    def _deactivated(self, values: Values) -> None:
        session, name, *_ = values
        if session == self._session and (binding := self._bindings.get(name)):
            self._tell(self._gesture.up(binding, monotonic()))

    def _closed(self, _: Values) -> None:
        self._leave_session()
        self._tell(self._gesture.stop(monotonic()))
        self._fail(BusError("it ended the session"))

    def _leave_session(self) -> None:
        self._session = ""
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None

    def _fail(self, error: BusError) -> None:
        if self._ended:
            return
        reason = str(error).rstrip(".")
        self.key = ""
        self.name = self._problem = f"The desktop gives no global key ({reason}); allow it and restart utterkey."
        self._post(PartFailed(_PART, HotkeyError(self.name)))

    def _listen(self, on: bool) -> None:
        self._listening = on
        if not on:
            self._tell(self._gesture.stop(monotonic()))

    def _end(self) -> None:
        self._ended = True
        for leave in self._subscriptions:
            leave()
        self._subscriptions.clear()
        if self._session:
            session = Remote(portal.NAME, self._session, "org.freedesktop.portal.Session")
            self._leave_session()
            self._bus.send(session, "Close")

    def _tell(self, events: Events) -> None:
        for event in events:
            self._post(event)

    def _wanted(self) -> list[tuple[str, dict[str, tuple[str, str]]]]:
        return [
            (name, {"description": ("s", _description(binding)), "preferred_trigger": ("s", _trigger(binding.hotkey))})
            for name, binding in self._bindings.items()
        ]


def require(bus: Bus) -> None:
    """Raises HotkeyError where the desktop has no such portal. Asks the user nothing."""
    try:
        portal.version(bus, _SHORTCUTS)
    except BusError as error:
        raise HotkeyError(f"This desktop has no portal for global shortcuts ({error}).") from error


def _bindings(wanted: Plan) -> dict[str, Binding]:
    """Under the names that the desktop remembers them by. A key that no desktop can give becomes one that it can."""
    found: dict[str, Binding] = {}
    for binding in wanted.bindings:
        name = "dictate" if not found else f"dictate-{binding.hotkey.name}"
        hotkey = bindable(binding.hotkey)
        given = replace(binding, hotkey=hotkey)
        if hotkey != binding.hotkey:
            given = replace(given, trigger=replace(binding.trigger, alone=False, blocks_insertion=False))
        found[name] = given
    return found


def _description(binding: Binding) -> str:
    return "Push to talk" if binding.mode == "hold" else "Start and stop dictation"


def _trigger(hotkey: Hotkey) -> str:
    """The XDG shortcuts specification."""
    modifiers = hotkey.modifiers if isinstance(hotkey, Combo) else ()
    return "+".join((*(_MODIFIERS[name] for name in modifiers), key_symbol(hotkey)))
