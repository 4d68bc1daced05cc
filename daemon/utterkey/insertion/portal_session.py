"""A session of the RemoteDesktop portal: keys where the compositor has no virtual keyboards (KDE, GNOME).

State lives on the insertion thread; what arrives over D-Bus is handed over to it. The desktop shows that something is
controlling it for as long as a session exists, so one is opened when recording begins and closed when nothing is left
to do. The first one asks the user; a token, good for one session and replaced with each, spares them the next time.
"""

import itertools
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from utterkey.desktop import portal
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Remote, Signal, Values
from utterkey.desktop.wayland import Connection
from utterkey.errors import BusError

log = logging.getLogger(__name__)

REMOTE = portal.interface("RemoteDesktop")
CLIPBOARD = portal.interface("Clipboard")
_SESSION = "org.freedesktop.portal.Session"
_KEYBOARD = 1
_UNTIL_REVOKED = 2
_UP, _DOWN = 0, 1
_MOST_STARTS = 2


@dataclass(frozen=True, slots=True)
class Closed:
    """`reason` is why the last one could not be opened, "" if it could."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """The desktop may be asking the user. Each attempt has a number: answers to an earlier one may still come."""

    number: int
    session: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    session: str
    clipboard: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The user has declined, and is not asked a second time until the next start. Or it seems so: then a portal that is
    started again is asked, too."""

    reason: str


State = Closed | Opening | Open | Refused


class PortalSession:
    """`token` is the file of the token. `changed` is told, on the insertion thread, when the state is another one."""

    def __init__(self, bus: Bus, connection: Connection, token: Path) -> None:
        self.state: State = Closed()
        self.bus = bus
        self.calls = portal.InOrder(bus)
        self._connection = connection
        self._token = token
        self._numbers = itertools.count(1)
        self._starts_failed = 0
        self._owner = ""
        self._leave: Callable[[], None] | None = None
        self._watchers: list[Callable[[State], None]] = []
        self._wants_clipboard = _offered(bus, CLIPBOARD)
        bus.watch_name(portal.NAME, lambda owner: connection.call(lambda: self._owned(owner)))

    def watch(self, changed: Callable[[State], None]) -> None:
        self._watchers.append(changed)

    @property
    def has_clipboard(self) -> bool:
        """Whether the desktop has that portal; whether a session gets it is known when it is open."""
        return self._wants_clipboard

    def open(self) -> None:
        """Begin to open a session, unless there is one or the user has declined."""
        if isinstance(self.state, Closed):
            number = next(self._numbers)
            self._become(Opening(number))
            # Each time: a portal that was started again knows nobody, and one that knows us lets us say it.
            portal.register(self.bus, lambda: self._connection.call(lambda: self._create(number)))

    def close(self) -> None:
        if isinstance(self.state, Open | Opening):
            session = self.state.session
            self._leave_session(Closed())
            if session:
                self.calls.send(Remote(portal.NAME, session, _SESSION), "Close", "", ())

    def strike(self, keysyms: Sequence[int]) -> None:
        """Press keys in this order and let go of them in reverse."""
        if isinstance(self.state, Open):
            strokes = [*((keysym, _DOWN) for keysym in keysyms), *((keysym, _UP) for keysym in reversed(keysyms))]
            for keysym, way in strokes:
                self.calls.send(REMOTE, "NotifyKeyboardKeysym", "oa{sv}iu", (self.state.session, {}, keysym, way))

    # --- opening -----------------------------------------------------------------------------------------------------

    def _create(self, number: int) -> None:
        # Another one each time: the session before may not be gone yet, and two of one name cannot be.
        options = {"session_handle_token": ("s", f"utterkey_keys{number}")}
        self._request(number, "CreateSession", "", (), options, lambda results: self._created(number, results))

    def _created(self, number: int, results: portal.Results) -> None:
        session = str(results["session_handle"])
        if not self._is_opening(number):
            self.bus.send(Remote(portal.NAME, session, _SESSION), "Close")
            return
        self._become(Opening(number, session))
        ended = Signal(_SESSION, "Closed", path=session)
        self._leave = self.bus.subscribe(ended, lambda _: self._connection.call(lambda: self._ended(session)))
        options: dict[str, tuple[str, object]] = {"types": ("u", _KEYBOARD), "persist_mode": ("u", _UNTIL_REVOKED)}
        if token := self._read_token():
            options["restore_token"] = ("s", token)
        self._request(number, "SelectDevices", "o", (session,), options, lambda _: self._start(number, session))

    def _start(self, number: int, session: str) -> None:
        def start(_: Values | BusError) -> None:
            self._request(number, "Start", "os", (session, ""), {}, started)

        def started(results: portal.Results) -> None:
            self._started(number, session, results)

        if self._wants_clipboard:  # before the start, or it is not given
            self.bus.send(CLIPBOARD, "RequestClipboard", "oa{sv}", (session, {}), start)
        else:
            start(())

    def _started(self, number: int, session: str, results: portal.Results) -> None:
        if token := results.get("restore_token"):
            self._write_token(str(token))
        self._starts_failed = 0
        if not self._is_opening(number):
            return
        if int(results.get("devices", 0)) & _KEYBOARD:
            self._become(Open(session, bool(results.get("clipboard_enabled"))))
        else:
            self.close()
            self._become(Refused("it gave no keyboard"))

    def _request(
        self,
        number: int,
        member: str,
        signature: str,
        values: Values,
        options: Mapping[str, tuple[str, object]],
        done: Callable[[portal.Results], None],
    ) -> None:
        def answered(result: portal.Results | BusError) -> None:
            if isinstance(result, BusError):
                self._failed(number, member, result)
            else:
                done(result)

        portal.request(
            self.bus, REMOTE, member, signature, values, options,
            lambda result: self._connection.call(lambda: answered(result)),
        )  # fmt: skip

    def _failed(self, number: int, member: str, error: BusError) -> None:
        """Only what the user declined is not tried again: a desktop that is locked, or a portal that is being started,
        says no today and yes tomorrow. GNOME calls a dialog that was closed a failure of the start; so it is asked
        once more, and not with every dictation."""
        if self._is_opening(number):
            declined = error.name == portal.DECLINED
            self._starts_failed += member == "Start" and not declined
            reason = str(error).rstrip(".")
            self.close()
            self._become(Refused(reason) if declined or self._starts_failed == _MOST_STARTS else Closed(reason))

    def _is_opening(self, number: int) -> bool:
        return isinstance(self.state, Opening) and self.state.number == number

    # --- its end -----------------------------------------------------------------------------------------------------

    def _ended(self, session: str) -> None:
        """By the desktop: the screen was locked, or the user has had enough. The next one is opened with the token."""
        if isinstance(self.state, Open | Opening) and self.state.session == session:
            self._leave_session(Closed())

    def _owned(self, owner: str) -> None:
        """The portal is there, is gone, or is there again: sessions and questions of the one before are gone."""
        former, self._owner = self._owner, owner
        if former in ("", owner):
            return
        if isinstance(self.state, Open | Opening):
            self._leave_session(Closed("its portal ended"))
        elif self._starts_failed == _MOST_STARTS:  # that was perhaps the portal's doing, and no answer of the user's
            self._become(Closed())
        self._starts_failed = 0

    def _leave_session(self, state: Closed) -> None:
        if self._leave:
            self._leave()
            self._leave = None
        self._become(state)

    def _become(self, state: State) -> None:
        self.state = state
        for changed in self._watchers:
            changed(state)

    # --- the token ---------------------------------------------------------------------------------------------------

    def _read_token(self) -> str:
        with suppress(OSError):
            return self._token.read_text(encoding="utf-8").strip()
        return ""

    def _write_token(self, token: str) -> None:
        """Whoever has it can strike keys unasked: for the owner alone, and never half-written."""
        new = self._token.with_suffix(".new")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(token)
            os.replace(new, self._token)
        except OSError as error:
            log.warning("%s cannot be written, so the desktop will ask again: %s", self._token, error)


def _offered(bus: Bus, interface: Remote) -> bool:
    try:
        return portal.version(bus, interface) > 0
    except BusError:
        return False


def offered_here(bus: Bus) -> bool:
    """Whether the desktop has the portal at all. Asks the user nothing."""
    return _offered(bus, REMOTE)
