"""Cues: two short, soft sounds, one when the microphone listens, one when it no longer does.

They are played by a program of the sound server, a child for a tenth of a second each: the daemon itself opens no
output, for the microphone's thread owns PortAudio. The thread `cues` waits for the child; it starts with the first cue.
What is played goes to the loudspeakers and never into a recording, unless the microphone hears the loudspeakers: then
it is as any sound in the room, and too soft and short for a voice.
"""

import logging
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from utterkey import paths
from utterkey.dictation.effects import Cue

log = logging.getLogger(__name__)

PLAY_SECONDS = 2.0
"""A sound server takes 0.2 s for a cue; one that hangs is not waited for any longer."""

_END_SECONDS = 0.5
_MOST_WAITING = 2
"""A cue that comes late says something that is not true any more."""

Play = Callable[[Path], None]
"""Plays a WAV file to its end. Raises OSError or subprocess.SubprocessError."""


def by_child(command: Sequence[str]) -> Play:
    """By a program that takes the file as its last argument."""

    def play(sound: Path) -> None:
        nothing = subprocess.DEVNULL
        subprocess.run(
            [*command, str(sound)], stdin=nothing, stdout=nothing, stderr=nothing, timeout=PLAY_SECONDS, check=True
        )

    return play


class Cues:
    """Without a player nothing is heard."""

    def __init__(self, player: Play | None) -> None:
        self._player = player
        self._inbox: SimpleQueue[Cue | None] = SimpleQueue()
        self._thread: Thread | None = None

    def play(self, cue: Cue) -> None:
        """Play it after those before it. Only from one thread; never waits, never raises."""
        if self._player is None or self._inbox.qsize() >= _MOST_WAITING:
            return
        if self._thread is None:
            self._thread = Thread(target=self._run, args=(self._player,), name="cues", daemon=True)
            self._thread.start()
        self._inbox.put(cue)

    def close(self) -> None:
        """Let what is playing end, unless it hangs."""
        self._inbox.put(None)
        if self._thread:
            self._thread.join(_END_SECONDS)

    def _run(self, player: Play) -> None:
        while cue := self._inbox.get():
            try:
                player(paths.asset(f"cue_{cue}.wav"))
            except (OSError, subprocess.SubprocessError) as error:
                log.info("A cue could not be played (%s).", error)
