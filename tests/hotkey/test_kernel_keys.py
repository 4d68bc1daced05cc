"""What is read out of events as the kernel wrote them."""

from __future__ import annotations

import pytest

from utterkey.hotkey.kernel_keys import NAMES, SIZE, Dropped, Stroke, read
from utterkey.hotkey.keys import LONE_MODIFIERS, SPARE_KEYS, TYPING_KEYS

# As `evtest` shows them of a USB keyboard: right ctrl down, a repeat of it, up; each after its scan code.
RECORDED = bytes.fromhex(
    "d2f3216500000000a5680100000000000400040 0e4000700".replace(" ", "")
    + "d2f3216500000000a56801000000000001006100 01000000".replace(" ", "")
    + "d2f3216500000000a5680100000000000000000000000000"
    + "d2f3216500000000b96c05000000000001006100 02000000".replace(" ", "")
    + "d2f3216500000000b96c0500000000000000000001000000"
    + "d3f32165000000000f27000000000000040004 00e4000700".replace(" ", "")
    + "d3f32165000000000f270000000000000100610000000000"
    + "d3f32165000000000f270000000000000000000000000000"
)


def test_a_recorded_key() -> None:
    assert SIZE == 24
    assert len(RECORDED) == 8 * SIZE
    assert list(read(RECORDED)) == [Stroke("right_ctrl", "down"), Stroke("right_ctrl", "up")]


def test_half_an_event_is_left() -> None:
    assert list(read(RECORDED[: 2 * SIZE + 5])) == [Stroke("right_ctrl", "down")]


def test_a_key_without_a_name() -> None:
    event = RECORDED[SIZE : SIZE + 18] + (240).to_bytes(2, "little") + RECORDED[SIZE + 20 : 2 * SIZE]
    assert list(read(event)) == [Stroke("key 240", "down")]


def test_the_kernel_dropped_events() -> None:
    event = RECORDED[:16] + (0).to_bytes(2, "little") + (3).to_bytes(2, "little") + bytes(4)
    assert list(read(event)) == [Dropped()]


@pytest.mark.parametrize("name", [*LONE_MODIFIERS, *SPARE_KEYS, *TYPING_KEYS, "mouse2", "mouse8", "mouse9"])
def test_every_key_of_the_settings_has_a_number(name: str) -> None:
    assert list(NAMES.values()).count(name) == 1
