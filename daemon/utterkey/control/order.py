"""In which order presses and releases happened. Pure.

A compositor's binding starts a process for each key-down and key-up, and the processes can overtake each other on
their way. Each carries the time it was started at, so the order is known here: a release that comes before its press
still ends it, and the microphone is not left on.

What this does not do is telling a repeated press from a new one: a press while one is being recorded changes nothing
(machine.py).
"""

from dataclasses import dataclass
from math import inf
from typing import Literal

Command = Literal["press", "release"]


@dataclass(frozen=True, slots=True)
class Order:
    """Times of what has arrived: the earliest and the latest press since the last release, and that release."""

    since: float = -inf
    pressed: float = -inf
    released: float = -inf


def arrange(order: Order, command: Command, at: float) -> tuple[Order, tuple[Command, ...]]:
    """What a press or release that arrives now and was made at `at` comes to."""
    if at <= order.released:
        return order, ()  # a press that is over already, or a release that was told twice
    is_down = order.pressed > order.released
    if command == "press":
        since = min(order.since, at) if is_down else at
        return Order(since, max(order.pressed, at), order.released), ("press",)
    if is_down and at < order.since:
        return Order(order.since, order.pressed, at), ()  # the end of something nobody began
    if is_down and at < order.pressed:
        return Order(order.pressed, order.pressed, at), ("release", "press")  # a later press overtook this release
    return Order(order.since, order.pressed, at), ("release",)
