"""The global key read from the keyboards themselves (Linux's evdev), for those who ask for it: `hotkey.evdev`.

It works on every compositor and with lone modifiers, and costs a right that nobody should give lightly: who may read
the keyboards can read all that is typed, and so can every other program of that user. Nothing is grabbed, so the key
reaches the focused window too. The thread `hotkey` owns the devices; it sleeps until one has something to say or
inotify tells that one came or went.
"""

import fcntl
import logging
import os
import selectors
import socket
import struct
import sys
from array import array
from contextlib import suppress
from pathlib import Path
from threading import Thread

from inotify_simple import INotify, flags

from utterkey.dictation.events import PartFailed, Post
from utterkey.errors import HotkeyError
from utterkey.hotkey.bindings import BY_EVDEV
from utterkey.hotkey.kernel_keys import SIZE, Dropped, read
from utterkey.hotkey.observer import Observer
from utterkey.hotkey.plan import Plan, first_key
from utterkey.hotkey.watch import Heard

log = logging.getLogger(__name__)

FOLDER = Path("/dev/input")
WARNING = "utterkey reads the keyboards itself, as hotkey.evdev asks: any other program of this user can do so too."
_NO_RIGHT = (
    "No keyboard can be read, as hotkey.evdev asks: put yourself into the group input "
    "(`sudo usermod -aG input $USER`) and log in again, or bind a key as `utterkey doctor` says."
)
_CLOSE_SECONDS = 2.0
_MOST_EVENTS = 64

_EV_SYN, _EV_KEY = 0, 1
_EVIOCSMASK = 0x40104593  # of linux/input.h; for the type EV_SYN the mask is one of types
_NONBLOCK_CLOEXEC = 0o2004000  # of Linux's fcntl.h


class EvdevHotkeys:
    """See `Hotkeys`. Raises HotkeyError if no device can be read."""

    name = f"{BY_EVDEV} (reads the keyboards, only observed)"

    def __init__(self, plan: Plan, post: Post, folder: Path = FOLDER) -> None:
        self._notices = _watch(folder)
        self._folder = folder
        self.key = first_key(plan.bindings)
        self._post = post
        self._observer = Observer(plan, post)
        self._selector = selectors.DefaultSelector()
        self._devices: dict[Path, _Device] = {}
        self._woken, self._wake = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._selector.register(self._notices, selectors.EVENT_READ)
        self._look()
        if not self._devices:
            self._release()
            raise HotkeyError(_NO_RIGHT)
        log.warning("%s", WARNING)
        self._thread = Thread(target=self._run, name="hotkey", daemon=True)
        self._thread.start()

    def listen(self, on: bool) -> None:
        self._observer.listen(on)

    def watch_cancel(self, on: bool) -> None:
        self._observer.watch_cancel(on)

    def close(self) -> None:
        self._observer.listen(False)
        self._wake.close()
        self._thread.join(_CLOSE_SECONDS)

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._serve()
        except Exception:  # the top of a thread: whatever breaks it must not pass unseen
            log.exception("The thread hotkey broke")
            self.key = ""
            self._post(PartFailed("hotkey", HotkeyError("The keyboards are no longer read; start utterkey again.")))
        self._release()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    return
                if key.fileobj is self._notices:
                    self._notices.read(timeout=0)
                    self._look()
                else:
                    self._read(key.data)

    def _look(self) -> None:
        """Open what is there and was not; what cannot be opened may be given the right to later."""
        for path in sorted(self._folder.glob("event*")):
            if path in self._devices:
                continue
            with suppress(OSError):
                device = _Device(path)
                self._devices[path] = device
                self._selector.register(device.descriptor, selectors.EVENT_READ, device)

    def _read(self, device: "_Device") -> None:
        try:
            data = os.read(device.descriptor, SIZE * _MOST_EVENTS)
        except BlockingIOError:
            return
        except OSError:  # ENODEV: it was pulled out
            data = b""
        if not data:
            self._forget(device)
            self._look()  # another one may be there under its name already
            return
        for happened in read(data):
            if isinstance(happened, Dropped):
                self._let_go(device)
            elif happened.way == "down":
                device.down.add(happened.name)
                self._observer.take(Heard(happened.name, True))
            else:
                device.down.discard(happened.name)
                self._observer.take(Heard(happened.name, False))

    def _forget(self, device: "_Device") -> None:
        self._let_go(device)
        del self._devices[device.path]
        self._selector.unregister(device.descriptor)
        os.close(device.descriptor)

    def _let_go(self, device: "_Device") -> None:
        """What it held is not held any more, as far as anybody can know."""
        for name in device.down:
            self._observer.take(Heard(name, False))
        device.down.clear()

    def _release(self) -> None:
        for device in list(self._devices.values()):
            self._forget(device)
        self._selector.close()
        self._notices.close()
        self._woken.close()
        self._wake.close()


class _Device:
    """An open device and what is down on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDONLY | _NONBLOCK_CLOEXEC)
        self.down: set[str] = set()
        with suppress(OSError):  # a kernel before 4.4
            _keys_only(self.descriptor)


def _keys_only(descriptor: int) -> None:
    """Have the kernel leave out all but keys and buttons: a mouse that moves would wake us 1000 times a second."""
    if sys.platform == "linux":  # noqa: TID251 - elsewhere are no such devices
        wanted = array("Q", [1 << _EV_SYN | 1 << _EV_KEY])
        address, _ = wanted.buffer_info()
        fcntl.ioctl(descriptor, _EVIOCSMASK, struct.pack("=IIQ", _EV_SYN, wanted.itemsize, address))


def _watch(folder: Path) -> INotify:
    """It can be read when a file in the folder comes, or is given other rights: udev gives them after the file."""
    notices = INotify(nonblocking=True)
    try:
        notices.add_watch(os.fspath(folder), flags.CREATE | flags.MOVED_TO | flags.ATTRIB)
    except OSError as error:
        notices.close()
        raise HotkeyError(f"{folder} cannot be watched for keyboards ({error.strerror}); see hotkey.evdev.") from error
    return notices
