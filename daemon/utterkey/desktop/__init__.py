"""What the edges share of a desktop: connections to the X server and to the message bus, the systems' own calls.

Here is chosen how the login session is followed, and how the process' first thread waits.
"""

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from utterkey.errors import BusError

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus
    from utterkey.dictation.events import Post

log = logging.getLogger(__name__)


def watch_session(stack: ExitStack, bus: "Bus | None", post: "Post") -> Callable[[bool], None]:
    """Follow lock and sleep until the stack is closed, and return what holds sleep off.

    On a free desktop without D-Bus neither is noticed, and the longest utterance is the only limit.
    """
    if sys.platform == "win32":
        from utterkey.desktop.session_changes import Follower
        from utterkey.desktop.windows_session import SessionWindow

        follower = Follower(post, waits_for_end=True)
        stack.callback(SessionWindow(follower.tell).close)
        stack.callback(follower.end)
        hold = follower.hold_sleep
    elif sys.platform == "darwin":
        from utterkey.desktop import macos_session
        from utterkey.desktop.session_changes import Follower

        follower = Follower(post, waits_for_end=False)  # the main thread is told, and is needed for ending
        stack.callback(macos_session.watch(follower.tell))
        stack.callback(follower.end)
        hold = follower.hold_sleep
    else:
        hold = _watch_over_bus(stack, bus, post)
    return hold


def _watch_over_bus(stack: ExitStack, bus: "Bus | None", post: "Post") -> Callable[[bool], None]:
    if bus is None:
        return lambda _: None
    from utterkey.desktop.dbus import Bus
    from utterkey.desktop.session import system_address, watch_logind, watch_screen_saver
    from utterkey.desktop.sleep import SleepDelay

    watch_screen_saver(bus, post)
    try:
        system_bus = stack.enter_context(closing(Bus(system_address(), lambda error: log.info("%s", error))))
    except BusError as error:
        log.info("%s", error)
        return lambda _: None
    watch_logind(system_bus, post)
    delay = SleepDelay(system_bus, post)
    stack.callback(delay.hold, False)
    return delay.hold


def wait_on_first_thread(until_end: Callable[[], None], signals: list[int], quit_politely: Callable[[], None]) -> None:
    """Wait for the end; macOS wants its main loop served meanwhile."""
    if sys.platform == "darwin":
        from utterkey.desktop.macos import run_application

        run_application(until_end, signals, quit_politely)
    else:
        from utterkey.desktop.signals import wait

        wait(until_end)
