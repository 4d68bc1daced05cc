"""Signals ask for an orderly end. On the process' first thread, where Python runs their handlers."""

import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

_ENDED = b"\0"
"""A number that no signal has."""


def listen(quit_politely: Callable[[], None]) -> list[int]:
    """Logging out sends SIGTERM, or SIGHUP to what was started in a terminal. Those that are listened to."""

    def quit_now(_signal: int, _frame: FrameType | None) -> None:
        quit_politely()

    heard = []
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup has it ignored
            signal.signal(number, quit_now)
            heard.append(number)
    return heard


def wait(until_end: Callable[[], None]) -> None:
    """Wait until `until_end`, on another thread, has returned, and hear every signal meanwhile.

    Python runs a signal's handler on this thread, between two steps of the program. A signal that arrives just before
    the thread falls asleep in a join does not wake it, and would be heard with the next signal only; the byte that it
    puts into a socket does (signal.set_wakeup_fd).
    """
    here, there = socket.socketpair()
    there.setblocking(False)
    before = signal.set_wakeup_fd(there.fileno())

    def tell_end() -> None:
        until_end()
        there.send(_ENDED)

    waiting = threading.Thread(target=tell_end, name="end")
    waiting.start()
    while _ENDED not in here.recv(64):
        pass  # the handler has run
    waiting.join()
    signal.set_wakeup_fd(before)
    here.close()
    there.close()
