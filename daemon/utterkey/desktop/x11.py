"""A connection to the X server: one per thread, owned by the thread that made it.

python-xlib's `Display` may be shared by threads, but then they wait for each other's replies and take each other's
events; so every thread that needs X opens its own. Only `wake` is for other threads. Beside the connection there are
the raw events of XInput 2: what the devices do, whoever has the focus. Knows nothing of windows or selections, nor what
a key means.
"""

import contextlib
import logging
import os
import selectors
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from Xlib import error
from Xlib.display import Display
from Xlib.ext import ge, xinput
from Xlib.protocol import rq

from utterkey.dictation.events import DesktopGone, Event, PartFailed
from utterkey.errors import MechanismError

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 2.0
_HELLO = struct.pack("<cxHHHHxx", b"l", 11, 0, 0, 0)
"""A connection's setup request, in little-endian: version 11.0, no authorization (X Window System Protocol, 8)."""


class Connection:
    """A `Display`, a way to wait for its events, and a way for other threads to end that wait.

    `kind` is the type of error that its user raises: what the X server refuses or loses is told in its sentences.
    """

    def __init__(self, kind: type[MechanismError] = MechanismError) -> None:
        self.kind = kind
        self.display = _open(kind)
        with socket.socket(fileno=os.dup(self.display.fileno())) as same:
            self._server_family, self._server = same.family, same.getpeername()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.display.fileno(), selectors.EVENT_READ)
        self._selector.register(self._wake_read, selectors.EVENT_READ)

    def wait(self, timeout: float | None = None) -> list[rq.Event]:
        """Sleep until there are events, a wake-up or the time is over; the events that are there, maybe none.

        What was ordered before is sent first. Replies read meanwhile may have brought events along, so the library's
        queue is looked at before the socket.
        """
        with self.errors():
            self.display.flush()
            if self.display.display.data_send:  # flush() of python-xlib 0.33 gives up when the socket is full
                self.display.sync()
            if not self.display.pending_events():
                self._sleep(timeout)
            return [self.display.next_event() for _ in range(self.display.pending_events())]

    def wake(self) -> None:
        """End the present or the next `wait`, from any thread."""
        with contextlib.suppress(OSError):  # full: a wake-up is under way already; closed: nobody waits
            self._wake_write.send(b"\0")

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what python-xlib raises when the server goes away into the one error of this connection's user."""
        try:
            yield
        except (error.ConnectionClosedError, OSError) as cause:
            raise self.kind("The X server closed the connection; start utterkey again on a running desktop.") from cause

    def lost(self, part: str, failure: MechanismError) -> Event:
        """What to post when this connection of a part is gone. One that was killed alone, by xkill say, is that part's
        loss; where the server takes no other there is no desktop any more."""
        return PartFailed(part, failure) if self._server_answers() else DesktopGone(failure)

    def _server_answers(self) -> bool:
        """Whatever it answers. A server that is about to end still takes connections for a moment, but says nothing."""
        try:
            with socket.socket(self._server_family) as another:
                another.settimeout(_ANSWER_SECONDS)
                another.connect(self._server)
                another.sendall(_HELLO)
                return bool(another.recv(1))
        except OSError:
            return False

    def close(self) -> None:
        """Let go of everything; the server frees what this connection had grabbed or owned."""
        with contextlib.suppress(error.ConnectionClosedError, OSError):
            self.display.close()
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()

    def _sleep(self, timeout: float | None) -> None:
        for key, _ in self._selector.select(timeout):
            if key.fileobj is self._wake_read:
                with contextlib.suppress(BlockingIOError):
                    while self._wake_read.recv(4096):
                        pass


@dataclass(frozen=True, slots=True)
class Raw:
    """A raw event: its kind as in `Xlib.ext.xinput`, its keycode or button, and the server's time in milliseconds."""

    kind: int
    detail: int
    time: int


class XInput:
    """XInput 2.2 on a display. It must be there: see `find`."""

    def __init__(self, display: Display, opcode: int) -> None:
        self._root = display.screen().root
        self._opcode = opcode

    @classmethod
    def find(cls, display: Display) -> "XInput | None":
        """Agree on the version: since 2.1 raw events come whoever has grabbed the keyboard. None without it."""
        if not (display.has_extension(xinput.extname) and display.has_extension(ge.extname)):
            return None
        opcode = display.display.get_extension_major(xinput.extname)
        version = xinput.XIQueryVersion(display=display.display, opcode=opcode, major_version=2, minor_version=2)
        return cls(display, opcode) if version.major_version >= 2 else None

    def select(self, mask: int) -> None:
        """Have the server send the raw events of this mask from now on, and no others."""
        xinput.select_events(self._root, [(xinput.AllMasterDevices, [mask])])

    def raw(self, event: rq.Event) -> Raw | None:
        """The raw event that this is; None if it is another one."""
        if event.type != ge.GenericEventCode or event.extension != self._opcode:
            return None
        when, detail = struct.unpack_from("=II", event.data, _RAW_TIME)
        return Raw(event.evtype, detail, when)


_RAW_TIME = 2
"""Where a raw event has its time, and its keycode or button behind it, counted from the end of the generic part."""


def _open(kind: type[MechanismError]) -> Display:
    name = os.environ.get("DISPLAY", "")
    if not name:
        raise kind("There is no X11 desktop here (DISPLAY is not set); start utterkey from within your desktop.")
    try:
        display = Display(name)
    except error.DisplayNameError as cause:
        raise kind(
            f"DISPLAY is {name!r}, which names no X11 display; start utterkey from within your desktop."
        ) from cause
    except (error.DisplayConnectionError, error.ConnectionClosedError, error.XauthError, OSError) as cause:
        raise kind(f"The X11 display {name} cannot be reached; check DISPLAY and XAUTHORITY.") from cause
    display.set_error_handler(_log_error)
    return display


def _log_error(problem: error.XError, request: object) -> None:
    """An error nobody waits for: the window it was about is gone, most likely."""
    log.debug("X11: %s", problem)
