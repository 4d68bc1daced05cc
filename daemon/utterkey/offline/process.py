"""The process of the offline engine: as the daemon's child, or in a terminal.

The main thread runs the loop of the server. As a child it says its address on stdout, ends when stdin does - that is,
with its parent, however that one ends - and after some minutes without a session. Must not be imported by the daemon.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable

from utterkey.errors import SessionRefused
from utterkey.offline.dialogue import Recognizer
from utterkey.offline.parameters import ParameterError, Parameters
from utterkey.offline.policy import Policy
from utterkey.offline.recognizer import Decoders, SphinxRecognizer
from utterkey.offline.server import Server

IDLE_S = 300.0
_STDIN = 0


def serve(port: int) -> int:
    """In the foreground, until Ctrl+C or SIGTERM."""

    async def run() -> None:
        life = _Life(idle_s=None)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: life.end_from_outside())
        try:
            await life.serve(port, lambda url: f"Serving the offline engine on {url}; Ctrl+C ends it.\n")
        except OSError as error:
            # asyncio puts an address and more around the system's words, but keeps the number
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise SessionRefused(f"Port {port} cannot be used ({reason}): choose another with --port.") from error

    asyncio.run(run())
    return 0


def serve_parent(idle_s: float) -> int:
    """As the daemon's child."""

    async def run() -> None:
        life = _Life(idle_s)
        # Ctrl+C in the daemon's terminal and a logout reach us too, while the daemon still finishes its last utterance.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: life.end_from_outside(after_sessions=True))
        threading.Thread(target=_wait_for_parent, args=(life,), name="parent", daemon=True).start()
        await life.serve(0, lambda url: f"{url}\n")

    asyncio.run(run())
    return 0


class _Life:
    """When the process ends. All but `end_from_outside` belongs to the loop's thread."""

    def __init__(self, idle_s: float | None) -> None:
        self._idle_s = idle_s
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._leaving = False
        self._idle = True
        self._timer: asyncio.TimerHandle | None = None

    async def serve(self, port: int, announcement: Callable[[str], str]) -> None:
        decoders = Decoders()

        def listen_to(parameters: Parameters) -> Recognizer:
            if parameters.encoding != "pcm_s16le":
                raise ParameterError(f"The offline engine knows pcm_s16le only, not {parameters.encoding}.")
            return SphinxRecognizer(decoders, parameters)

        server = Server(listen_to, Policy(), on_idle=self._idle_changed)
        await server.listen(port)
        sys.stdout.write(announcement(server.url))
        sys.stdout.flush()
        self._idle_changed(True)
        await self._over.wait()
        await server.stop()

    def end_from_outside(self, *, after_sessions: bool = False) -> None:
        """For signals and other threads."""

        def end() -> None:
            self._leaving = True
            if self._idle or not after_sessions:
                self._over.set()

        self._loop.call_soon_threadsafe(end)

    def _idle_changed(self, idle: bool) -> None:
        self._idle = idle
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if idle and self._leaving:
            self._over.set()
        elif idle and self._idle_s is not None:
            self._timer = self._loop.call_later(self._idle_s, self._over.set)


def _wait_for_parent(life: _Life) -> None:
    while os.read(_STDIN, 1024):
        pass
    life.end_from_outside()
