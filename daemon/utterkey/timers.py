"""Timers of the machine, for the controller's thread: which is next, and which are over."""

import heapq
from itertools import count

from utterkey.dictation.events import Timer, UtteranceTimer


class Timers:
    """Times are seconds of any monotonic clock; the caller brings the clock."""

    def __init__(self) -> None:
        self._deadlines: dict[Timer, float] = {}
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = count()

    def start(self, timer: Timer, deadline: float) -> None:
        """An equal timer that still runs is replaced."""
        self._deadlines[timer] = deadline
        heapq.heappush(self._heap, (deadline, next(self._order), timer))

    def stop_utterance(self, number: int) -> None:
        for timer in [t for t in self._deadlines if isinstance(t, UtteranceTimer) and t.utterance == number]:
            del self._deadlines[timer]

    def seconds_left(self, now: float) -> float | None:
        """How long to wait for the next timer; None if there is none."""
        self._drop_stopped()
        return max(0.0, self._heap[0][0] - now) if self._heap else None

    def take_over(self, now: float) -> list[Timer]:
        """Those whose time is over, in order; they are forgotten."""
        over = []
        self._drop_stopped()
        while self._heap and self._heap[0][0] <= now:
            timer = heapq.heappop(self._heap)[2]
            del self._deadlines[timer]
            over.append(timer)
            self._drop_stopped()
        return over

    def _drop_stopped(self) -> None:
        while self._heap and self._deadlines.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
