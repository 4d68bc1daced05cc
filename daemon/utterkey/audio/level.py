"""How loud the microphone is right now, for whoever shows it. Pure.

The microphone's thread feeds it with what it hands to recordings; a reader on another thread takes the peak since it
last asked. One number, written without a lock: a block that comes between reading and resetting is missed, and the next
one is 20 ms away.
"""

from math import log10

SILENCE_DB = -99

_STRIDE = 4
"""Every fourth sample: enough for a meter, and 3 microseconds for 20 ms of audio."""


class Level:
    def __init__(self) -> None:
        self._peak = 0

    def feed(self, block: bytes) -> None:
        samples = memoryview(block).cast("h")[::_STRIDE]
        if samples:
            self._peak = max(self._peak, max(samples), -min(samples))

    def take(self) -> int:
        """The peak since this was last asked, in dB of full scale."""
        peak, self._peak = self._peak, 0
        return max(SILENCE_DB, round(20 * log10(peak / 32768))) if peak else SILENCE_DB
