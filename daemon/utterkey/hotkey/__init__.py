"""The global key. Here is what a mechanism offers, and which one is used."""

import logging
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from utterkey import autostart
from utterkey.dictation.events import PartFailed, Post
from utterkey.errors import HotkeyError
from utterkey.hotkey.plan import Plan, plan
from utterkey.settings import HotkeySettings

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus

log = logging.getLogger(__name__)
CHOOSING_SECONDS = 10.0
PROMPT = f"Press the key you want and let it go, within {CHOOSING_SECONDS:.0f} seconds; Escape gives up."


class Hotkeys(Protocol):
    """Posts `Pressed`, `Released`, `Toggled` and `Cancelled` from a thread of its own, which sleeps in between.

    The methods may be called from any thread; but for `close`, which waits for that thread to end, they only order.
    """

    name: str

    @property
    def key(self) -> str:
        """The key that starts a dictation, as the settings or the desktop call it: of several the first, "" while
        there is none. It may change; then something is posted afterwards."""

    def listen(self, on: bool) -> None:
        """Listen, or leave the keys to the applications. It listens from the start."""

    def watch_cancel(self, on: bool) -> None:
        """Watch for the cancel key: there is a recording to throw away, or there is none any more."""

    def close(self) -> None:
        """Leave the keyboard as it was. What is held counts as let go."""


def choose(settings: HotkeySettings, post: Post, bus: "Bus | None" = None) -> Hotkeys:
    """Start the mechanism that this desktop allows; a `HotkeyError` says why there is none.

    Hotkeys that cannot be had beside others that can are told by `PartFailed`.
    """
    wanted = plan(settings)
    for error in wanted.refused:
        post(PartFailed("hotkey", error))
    start = _elsewhere if sys.platform in ("win32", "darwin") else _on_linux
    return start(wanted, post, bus)


def _on_linux(wanted: Plan, post: Post, bus: "Bus | None") -> Hotkeys:
    if _is_wayland():
        return _on_wayland(wanted, post, bus)

    from utterkey.hotkey.x11 import X11Hotkeys
    from utterkey.hotkey.x11_raw import XInputError

    try:
        return X11Hotkeys(wanted, post)
    except XInputError:
        from utterkey.hotkey.pynput import PynputHotkeys

        return PynputHotkeys(wanted, post)


def _on_wayland(wanted: Plan, post: Post, bus: "Bus | None") -> Hotkeys:
    """Never pynput: it would hear the keys of X programs alone, and mistake our own for others."""
    if wanted.evdev:
        from utterkey.hotkey.evdev import EvdevHotkeys

        try:
            return EvdevHotkeys(wanted, post)
        except HotkeyError as error:
            post(PartFailed("hotkey", error))
    from utterkey.hotkey.bindings import BindingHotkeys, advise, portal_gives_keys

    if bus is not None and portal_gives_keys(os.environ):
        from utterkey.hotkey.portal import PortalHotkeys

        try:
            return PortalHotkeys(wanted, post, bus)
        except HotkeyError as error:
            log.info("%s", error)
    advice = advise(os.environ, wanted, autostart.program())
    if advice.left_out:
        post(PartFailed("hotkey", HotkeyError(advice.left_out)))
    return BindingHotkeys(advice)


def choose_by_pressing(listening: Callable[[], None], seconds: float = CHOOSING_SECONDS) -> str:
    """Wait until somebody has pressed a hotkey and let it go; its name, as hotkey.key has it. Escape gives up.

    `listening` is called when keys are heard. This blocks, so it belongs on a thread of its own, or into a program of
    its own. Hotkeys that are listened to must be paused meanwhile. Raises `HotkeyError`: given up, too late, a key that
    cannot be a hotkey, a desktop where no program sees every key.
    """
    if not programs_see_keys():
        raise HotkeyError(
            "The key cannot be taken from a press here: write its name, as in `utterkey config set hotkey.key f9`."
        )

    from utterkey.hotkey import x11_choosing

    return x11_choosing.choose(listening, seconds)


def programs_see_keys() -> bool:
    """Can a hotkey be chosen by pressing it?"""
    return sys.platform == "linux" and not _is_wayland()


def _is_wayland() -> bool:
    return bool(os.environ.get("WAYLAND_DISPLAY")) or os.environ.get("XDG_SESSION_TYPE") == "wayland"


def _elsewhere(wanted: Plan, post: Post, bus: "Bus | None") -> Hotkeys:
    hotkeys: Hotkeys
    if sys.platform == "win32":
        from utterkey.hotkey.windows import WindowsHotkeys

        hotkeys = WindowsHotkeys(wanted, post)
    else:
        from utterkey.hotkey.macos import MacosHotkeys

        hotkeys = MacosHotkeys(wanted, post)
    return hotkeys
