"""What is seen of a dictation, view by view."""

from __future__ import annotations

from dataclasses import replace

import pytest

from utterkey.dictation.view import OFFLINE_ENGINE, Kept, View
from utterkey.overlay.scene import (
    DARK,
    FULL_BAR,
    LIGHT,
    Colour,
    Colours,
    Scene,
    Watched,
    advance,
    bar,
)

SILENT = "The microphone gives only silence."
NO_ANSWER = "The service does not answer."
FAILED = Kept(1, "failed", "2026-11-22T10:00:00+00:00", 2.0)
CANCELLED = Kept(2, "cancelled", "2026-11-22T10:01:00+00:00", 2.0)
RECORDING = View(state="recording")
FINISHING = View(state="finishing", pending=1)
FAILING = View(kept=(FAILED,), last_error=NO_ANSWER)
KEPT_NOTICE = Scene(
    look="notice", title="Not transcribed, but kept", message=f"{NO_ANSWER} `utterkey retry` sends it again.", number=1
)


def after(*views: View) -> Scene | None:
    watched = Watched()
    for view in views:
        watched = advance(watched, view)
    return watched.scene


SCENARIOS: dict[str, tuple[list[View], Scene | None]] = {
    "nothing happens": ([View()], None),
    "paused": ([View(state="paused")], None),
    "an error while nobody dictates": ([View(last_error="The tray went away.")], None),
    "no audio yet": (
        [replace(RECORDING, awaited="microphone")],
        Scene(look="waiting", title="Waiting for the microphone …"),
    ),
    "audio, and no session yet": (
        [replace(RECORDING, awaited="service")],
        Scene(look="listening", title="Listening", note="connecting …"),
    ),
    "listening": ([RECORDING], Scene(look="listening", title="Listening")),
    "the engine on this machine": (
        [replace(RECORDING, engine=OFFLINE_ENGINE)],
        Scene(look="listening", title="Listening", note="offline engine"),
    ),
    "a partial": (
        [replace(RECORDING, partial="Hello there")],
        Scene(look="listening", title="Listening", open="Hello there"),
    ),
    "a final and a partial": (
        [replace(RECORDING, partial="Hello there. And", settled="Hello there.")],
        Scene(look="listening", title="Listening", settled="Hello there.", open="And"),
    ),
    "the network is gone": (
        [replace(RECORDING, awaited="service", trouble=NO_ANSWER, last_error=NO_ANSWER)],
        Scene(look="listening", title="Listening", note="no connection", message=NO_ANSWER),
    ),
    "a muted microphone": (
        [replace(RECORDING, trouble=SILENT, last_error=SILENT)],
        Scene(look="listening", title="Listening", message=SILENT),
    ),
    "finishing": (
        [RECORDING, replace(FINISHING, partial="Hello.", settled="Hello.")],
        Scene(look="finishing", title="Finishing …", settled="Hello."),
    ),
    "finishing two": ([replace(FINISHING, pending=2)], Scene(look="finishing", title="Finishing 2 …")),
    "sending again": ([replace(FINISHING, replay=40)], Scene(look="finishing", title="Sending again, 40 % …")),
    "delivered": ([RECORDING, FINISHING, View(recent=("Hello.",))], None),
    "cancelled, which keeps the audio": ([RECORDING, View(kept=(CANCELLED,))], None),
    "delivered after an old error": (
        [View(last_error=SILENT), replace(RECORDING, last_error=SILENT), View(last_error=SILENT)],
        None,
    ),
    "failed and kept": (
        [RECORDING, replace(FINISHING, trouble=NO_ANSWER), FAILING],
        KEPT_NOTICE,
    ),
    "failed and kept with the error of before": (
        [View(last_error=NO_ANSWER), RECORDING, FINISHING, FAILING],
        KEPT_NOTICE,
    ),
    "the microphone fails again": (
        [
            View(last_error=SILENT),
            replace(RECORDING, last_error=SILENT, trouble=SILENT),
            View(last_error=SILENT),
        ],
        Scene(look="notice", title="That did not work", message=SILENT, number=1),
    ),
    "the text could not be inserted": (
        [RECORDING, FINISHING, View(last_error="The window is gone.")],
        Scene(look="notice", title="That did not work", message="The window is gone.", number=1),
    ),
    "the same trouble again is another notice": (
        [
            *(RECORDING, replace(RECORDING, last_error=SILENT, trouble=SILENT), View(last_error=SILENT)),
            *(RECORDING, replace(RECORDING, last_error=SILENT, trouble=SILENT), View(last_error=SILENT)),
        ],
        Scene(look="notice", title="That did not work", message=SILENT, number=2),
    ),
    "a notice stays while nothing happens": (
        [
            RECORDING,
            FINISHING,
            FAILING,
            View(kept=(CANCELLED, FAILED), last_error=NO_ANSWER),
        ],
        KEPT_NOTICE,
    ),
    "a notice goes with the next dictation": (
        [RECORDING, FINISHING, FAILING, RECORDING],
        Scene(look="listening", title="Listening"),
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_seen(name: str) -> None:
    views, expected = SCENARIOS[name]
    assert after(*views) == expected


def test_what_was_said_is_in_no_log() -> None:
    scene = after(replace(RECORDING, partial="my secret plan", settled="my secret"))
    assert "secret" not in repr(scene)


@pytest.mark.parametrize(("level", "height"), [(-99, 0), (-54, 0), (-31, 4), (-8, FULL_BAR), (0, FULL_BAR)])
def test_the_bar_of_a_level(level: int, height: int) -> None:
    assert bar(level) == height


# --- colours -------------------------------------------------------------------------------------------------------


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2: 1 is none, 21 is black on white."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    parts = [value / 255 for value in colour]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_words_can_be_read(colours: Colours) -> None:
    for words in (colours.title, colours.note, colours.settled, colours.open, colours.trouble):
        assert contrast(words, colours.card) >= 4.5
    assert contrast(colours.settled, colours.card) > 2 * contrast(colours.open, colours.card), "they differ"


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_marks_and_meter_can_be_seen(colours: Colours) -> None:
    for shape in (*colours.marks.values(), colours.meter):
        assert contrast(shape, colours.card) >= 3
