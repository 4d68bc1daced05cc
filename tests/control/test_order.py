"""Presses and releases that arrive in another order than they were made in."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utterkey.control.order import Command, Order, arrange

Arrivals = list[tuple[Command, float]]

SCENARIOS: dict[str, tuple[Arrivals, list[str]]] = {
    "as made": ([("press", 1), ("release", 2), ("press", 3), ("release", 4)], ["press", "release", "press", "release"]),
    "the release overtook its press": ([("release", 2), ("press", 1)], ["release"]),
    "made in the same moment": ([("release", 2), ("press", 2)], ["release"]),
    "a press after that counts": ([("release", 2), ("press", 1), ("press", 3)], ["release", "press"]),
    "the next press overtook the release": (
        [("press", 1), ("press", 3), ("release", 2), ("release", 4)],
        ["press", "press", "release", "press", "release"],
    ),
    "the key repeats": (
        [("press", 1), ("press", 1.5), ("press", 1.54), ("release", 2)],
        ["press", "press", "press", "release"],
    ),
    "the last repeat comes after the release": (
        [("press", 1), ("press", 1.5), ("release", 2), ("press", 1.9)],
        ["press", "press", "release"],
    ),
    "a release is told twice": ([("press", 1), ("release", 2), ("release", 2)], ["press", "release"]),
    "a release that nobody waits for": ([("press", 3), ("release", 2)], ["press"]),
    "a release without a press": ([("release", 2)], ["release"]),
    "two releases without a press between": (
        [("press", 1), ("release", 2), ("release", 3)],
        ["press", "release", "release"],
    ),
    "everything reversed": ([("release", 4), ("press", 3), ("release", 2), ("press", 1)], ["release"]),
}


def run(arrivals: Arrivals) -> list[str]:
    order, done = Order(), list[str]()
    for command, at in arrivals:
        order, commands = arrange(order, command, at)
        done += commands
    return done


@pytest.mark.parametrize(("arrivals", "done"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_arrivals(arrivals: Arrivals, done: list[str]) -> None:
    assert run(arrivals) == done


@given(st.permutations(range(6)), st.booleans())
def test_in_whatever_order_they_arrive_the_latest_counts(permutation: list[int], ends_down: bool) -> None:
    """The key went down, up, down, up, ... ; when all is told, the microphone is as the key is."""
    made: Arrivals = [("release" if (index % 2 == 1) ^ ends_down else "press", float(index)) for index in range(6)]
    done = run([made[index] for index in permutation])
    assert done[-1] == made[-1][0]


def test_the_first_press_of_all_times_counts() -> None:
    assert arrange(Order(), "press", -1e9)[1] == ("press",)
    assert Order().released == -inf
