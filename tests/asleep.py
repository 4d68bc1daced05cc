"""Whether a thread of this process sleeps, for tests of what wakes it."""

from __future__ import annotations

import threading
from pathlib import Path

from desktop import await_true

_REST_SECONDS = 0.2


class Sleeper:
    """The one thread of this name."""

    def __init__(self, name: str) -> None:
        (thread,) = (thread for thread in threading.enumerate() if thread.name == name)
        self._status = Path(f"/proc/self/task/{thread.native_id}/status")

    def switches(self) -> int:
        """How often it was woken or held up."""
        lines = self._status.read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)

    def await_rest(self) -> None:
        """Wait until it has slept for a while: in the midst of its work it may sleep too, for a moment."""

        def rests() -> bool:
            before = self.switches()
            threading.Event().wait(_REST_SECONDS)
            return self.switches() == before

        await_true(rests, 10, "a thread that sleeps")
