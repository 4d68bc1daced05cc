"""Windows x texts x methods on a real X server: every character arrives, once, and the clipboard is as it was.

The time of each cell, from the order to the last change of the window, is printed at the end of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import pytest

from desktop import Desktop, Target, TargetKind, await_true
from insertion.posted import Inserting, now, open_deaf, own, visible_ms, wait_clipboard
from utterkey.dictation.events import TextInserted
from utterkey.settings import OutputSettings

Method = Literal["auto", "paste", "type"]
MIXED = ("Grüße — “naïve” ß € 日本語 😀 ñ Žluťoučký кот 👩‍💻 " * 30)[:1000]
TEXTS = {
    "ASCII": "The quick brown fox jumps over the lazy dog.",
    "mixed": MIXED,
    "long": (MIXED * 20)[:20_000],
    "lines": "one\n\ttwo\n\n\tthree, four",
    "right to left": "שלום עולם — مرحبا بالعالم, and back",
}
WINDOWS: tuple[TargetKind, ...] = get_args(TargetKind)
BEFORE = {"UTF8_STRING": "vorher — “日本”".encode(), "text/html": b"<b>before</b>"}
LEFT_OUT: dict[tuple[TargetKind, Method, str], str] = {
    ("chromium", "type", "lines"): "a typed Tab leaves the text area, as it does for the user",
    ("gtk4-entry", "type", "lines"): "a typed Tab leaves the entry, and Return is not for its text",
    ("gtk4-entry", "type", "long"): "lays its one line out anew for each key: minutes",
    ("chromium", "type", "long"): "draws nothing before the last key: minutes",
}
SECONDS = 20.0
LONG_SECONDS = 600.0
"""Toolkits take 1 to 10 ms for a typed character; GTK 15 once its text is long."""


@pytest.mark.parametrize("kind", WINDOWS)
@pytest.mark.parametrize("method", [pytest.param("paste", marks=pytest.mark.long), "auto", "type"])
@pytest.mark.timeout(900)
def test_every_character_arrives_once(
    x11: Desktop,
    kind: TargetKind,
    method: Method,
    counts: Callable[[int, int], int],
    request: pytest.FixtureRequest,
) -> None:
    row: dict[str, float] = {}
    own(x11, BEFORE)
    target = x11.open_target(kind)
    keyboard = x11.keyboard()
    with Inserting(OutputSettings(method=method)) as inserting:
        for name, text in TEXTS.items():
            if (kind, method, name) in LEFT_OUT or ((method, name) == ("type", "long") and not counts(0, 1)):
                continue
            target = _emptied(x11, target, kind)
            inserting.mark()
            start = now()
            assert inserting.insert(text) == TextInserted(1)
            target.wait_text(text, LONG_SECONDS if name == "long" else SECONDS)
            row[name] = visible_ms(target, start)
            wait_clipboard(x11, BEFORE)
            await_true(lambda: x11.keyboard() == keyboard, 60, "the keyboard as before")
            assert target.text() == text, "something came twice"
    _note(request, kind, method, row)


@pytest.mark.parametrize("method", ["auto", pytest.param("paste", marks=pytest.mark.long)])
def test_a_window_that_never_answers_leaves_the_text_on_the_clipboard(
    x11: Desktop, method: Method, request: pytest.FixtureRequest, usual_limits: None
) -> None:
    row: dict[str, float] = {}
    open_deaf(x11)
    with Inserting(OutputSettings(method=method)) as inserting:
        for name, text in TEXTS.items():
            inserting.mark()
            start = now()
            assert "did not take the text" in inserting.fail(text)
            row[name] = (now() - start) * 1000
            assert x11.clipboard() == text
    _note(request, "no answer", method, row)


@pytest.mark.parametrize("kind", ["gtk3", "gtk4", "gtk4-entry", "chromium"])
def test_a_selected_word_is_replaced(x11: Desktop, kind: TargetKind) -> None:
    target = x11.open_target(kind)
    with Inserting() as inserting:
        inserting.dictate("one two")
        target.wait_text("one two")
        x11.tap("Control_L", "Shift_L", "Left")
        inserting.dictate("three", 2)
        target.wait_text("one three")


def _emptied(desktop: Desktop, target: Target, kind: TargetKind) -> Target:
    if not target.text():
        return target
    if kind == "xterm":
        target.close()
        return desktop.open_target(kind)
    desktop.tap("Control_L", "slash" if kind == "tk" else "a")  # select all
    desktop.tap("BackSpace")
    await_true(lambda: not target.text(), SECONDS, "an empty window")
    return target


def _note(request: pytest.FixtureRequest, window: str, method: Method, row: dict[str, float]) -> None:
    cells = ", ".join(f"{name} {row[name]:.0f}" if name in row else f"{name} -" for name in TEXTS)
    line = f"{max(row.values()):7.1f} ms  insertion into {window:10} by {method:5}  [{cells}]"
    request.node.user_properties.append(("figure", line))
