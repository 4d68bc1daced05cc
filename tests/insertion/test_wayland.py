"""Insertion on a real Wayland compositor: every character arrives once in every window, the clipboard is as it was.

The keyboard's layout is German there, and the windows are foot, GTK 3, GTK 4 and an xterm of XWayland.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Literal

import pytest

from desktop import await_true
from insertion.posted import DEADLINE, Inserting, now, own, own_badly, visible_ms
from sway import WINDOWS, Sway, SwayTarget
from utterkey.desktop.wayland import Connection
from utterkey.dictation.effects import CopyText, InsertText
from utterkey.dictation.events import TextCopied, TextInserted
from utterkey.insertion import choose, paste, wayland_delivery
from utterkey.settings import OutputSettings

MIXED = "Grüße — “naïve” ß € 日本語 😀 ñ Žluťoučký кот 👩‍💻 "
TEXTS = {
    "ASCII": "The quick brown fox jumps over the lazy dog.",
    "mixed": MIXED * 15,
    "long": (MIXED * 600)[:20_000],
    "right to left": "שלום עולם — مرحبا بالعالم, and back",
}
PNG = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(400_000)
TEXT_TYPE = "text/plain;charset=utf-8"
FORMER = {
    "text": (TEXT_TYPE, "vorher — “日本”".encode()),
    "picture": ("image/png", PNG),
    "markup": ("text/html", b"<b>"),
}


@pytest.mark.parametrize("kind", WINDOWS)
@pytest.mark.parametrize("method", ["auto", "type"])
@pytest.mark.timeout(300)
def test_every_character_arrives_once(
    sway: Sway,
    kind: SwayTarget,
    method: Literal["auto", "type"],
    counts: Callable[[int, int], int],
    request: pytest.FixtureRequest,
) -> None:
    target, written = sway.open_target(kind), ""
    cells = []
    with Inserting(OutputSettings(method=method)) as inserting:
        for number, (name, text) in enumerate(TEXTS.items() if method == "auto" else _typed(counts)):
            former = list(FORMER.values())[number % len(FORMER)]
            sway.copy(former[1], former[0])
            inserting.mark()
            start = now()
            assert inserting.insert(text) == TextInserted(1)
            target.wait_text(written + text)
            written += text
            cells.append(f"{name} {visible_ms(target, start):.0f}")
            sway.wait_clipboard(*former)
            assert target.text() == written, "something came twice"
    line = f"        insertion on Wayland into {kind:10} by {method:5}  [{', '.join(cells)}]"
    request.node.user_properties.append(("figure", line))


def _typed(counts: Callable[[int, int], int]) -> list[tuple[str, str]]:
    return [("ASCII", TEXTS["ASCII"]), ("mixed", MIXED), *[("2000", (MIXED * 100)[:2000])] * counts(0, 1)]


@pytest.mark.parametrize("former", FORMER)
def test_every_type_of_what_was_there_comes_back(sway: Sway, former: str) -> None:
    """Also when several texts come in one go, and both selections were taken for an xterm."""
    kind, content = FORMER[former]
    sway.copy(content, kind)
    sway.copy(b"selected", TEXT_TYPE, "--primary")
    target = sway.open_target("xterm")
    with Inserting() as inserting:
        inserting.mark()
        for text in ("one ", "two ", "three"):
            assert inserting.insert(text) == TextInserted(1)
        target.wait_text("one two three")
        sway.wait_clipboard(kind, content)
        sway.wait_clipboard(TEXT_TYPE, b"selected", "primary")


def test_several_types_come_back_together(sway: Sway) -> None:
    """What an X program offers; wl-copy has one type only."""
    sway.open_target("xterm")  # XWayland takes selections over from X programs while an X window has the keyboard
    own(sway, {"UTF8_STRING": b"plain", "text/html": b"<i>marked up</i>", "image/png": PNG})
    await_true(lambda: sway.clipboard_bytes("text/html"), DEADLINE, "the X program's content")
    target = sway.open_target("foot")
    with Inserting() as inserting:
        inserting.dictate("text")
        target.wait_text("text")
        sway.wait_clipboard("text/html", b"<i>marked up</i>")
        sway.wait_clipboard("image/png", PNG)
        sway.wait_clipboard(TEXT_TYPE, b"plain")


def test_what_was_there_outlives_us(sway: Sway) -> None:
    """A program that ends takes its clipboard along; ours leaves it to one that stays."""
    sway.copy(PNG, "image/png")
    target = sway.open_target("foot")
    with Inserting() as inserting:
        inserting.dictate("text")
        target.wait_text("text")
    sway.wait_clipboard("image/png", PNG)
    sway.copy(b"the end of the keeper")


def test_an_empty_clipboard_is_empty_again(sway: Sway) -> None:
    target = sway.open_target("gtk3-entry")
    with Inserting() as inserting:
        inserting.dictate("text")
        target.wait_text("text")
        await_true(lambda: not sway.run(["wl-paste", "-l"], check=False), DEADLINE, "an empty clipboard")


def test_what_cannot_be_read_is_not_taken_away(sway: Sway, usual_limits: None) -> None:
    """An owner that does not answer: the text is typed."""
    sway.open_target("xterm")
    own_badly(sway, "mute")
    target = sway.open_target("foot")
    with Inserting() as inserting:
        inserting.dictate("typed — кот")
        target.wait_text("typed — кот")
        assert sway.run(["wl-paste", "-l"])


def test_a_clipboard_manager_is_not_taken_for_the_window(
    sway: Sway, usual_limits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads what is new at once; nobody pastes, so the text stays on the clipboard and the user is told."""
    monkeypatch.setattr(wayland_delivery, "_MANAGER_SECONDS", 1.0)  # "at once" on a busy machine
    seen = sway.folder / "seen"
    sway.start(["sh", "-c", f"exec wl-paste --watch sh -c 'cat >> {seen}; echo >> {seen}'"])
    sway.copy(b"before")
    await_true(lambda: seen.exists() and b"before" in seen.read_bytes(), DEADLINE, "the manager")
    sway.start(["foot", "-T", "deaf", "-o", "key-bindings.clipboard-paste=none", "cat"])
    await_true(lambda: sway.find_window("deaf") and sway.focused_window() == sway.find_window("deaf"), DEADLINE, "foot")
    with Inserting() as inserting:
        inserting.mark()
        assert "did not take the text" in inserting.fail("text")
        assert sway.clipboard() == "text"


def test_dictated_text_is_marked_as_sensitive(sway: Sway, monkeypatch: pytest.MonkeyPatch) -> None:
    """wl-clipboard and KDE know this type; managers that follow it do not remember the text."""
    for name in ("QUIET_SECONDS", "_MOST_QUIET_SECONDS"):  # the text is there until it was looked at
        monkeypatch.setattr(paste, name, DEADLINE)
    types = sway.folder / "types"
    sway.start(["sh", "-c", f"exec wl-paste --watch sh -c 'wl-paste -l >> {types}'"])
    sway.copy(b"before")
    await_true(types.exists, DEADLINE, "the watcher")
    target = sway.open_target("foot")
    with Inserting() as inserting:
        inserting.dictate("secret")
        target.wait_text("secret")
        await_true(lambda: "x-kde-passwordManagerHint" in types.read_text(), DEADLINE, "the mark")


@pytest.mark.parametrize("where", ["a file", "/dev/null", "what cannot be written"])
def test_somebody_takes_what_we_have_into(sway: Sway, where: str) -> None:
    """Any descriptor may be handed over, also one that nobody can wait for. The inserter outlives it."""
    file = sway.folder / "taken"
    file.touch()
    target = sway.open_target("foot")
    with Inserting() as inserting:
        inserting.inserter.order(CopyText(1, MIXED))
        assert inserting.next() == TextCopied(1)
        flags = os.O_RDONLY if where == "what cannot be written" else os.O_WRONLY
        descriptor = os.open("/dev/null" if where == "/dev/null" else file, flags)
        _take_into(descriptor)
        os.close(descriptor)
        if where == "a file":
            await_true(lambda: file.read_text() == MIXED, DEADLINE, "the text in the file")
        inserting.dictate("text", 2)
        target.wait_text("text")


def _take_into(descriptor: int) -> None:
    """As a client of data-control of our own."""
    client = Connection()
    seat = client.bind("wl_seat", 1, ("u", None), ("s", None))
    offers: list[int] = []
    manager = client.bind("zwlr_data_control_manager_v1", 1)
    device = client.new(("n", client.adopt), ("o", offers.append), ("", None))
    client.send(manager, 1, "no", device, seat)
    client.round_trip()
    client.send(offers[-1], 0, "sh", TEXT_TYPE, descriptor)
    client.round_trip()
    client.close()


def test_the_focus_is_elsewhere(sway: Sway) -> None:
    first = sway.open_target("foot")
    with Inserting() as inserting:
        inserting.mark(1)
        second = sway.open_target("gtk4-entry")
        assert "Another window has the focus" in inserting.fail("text", 1)
        assert sway.clipboard() == "text"
        first.close()
        second.close()
        await_true(lambda: not sway.focused_window(), DEADLINE, "no window")
        assert "No window has the keyboard" in inserting.fail("text", 1)


def test_where_the_user_wants_it_the_text_follows_the_focus(sway: Sway) -> None:
    first = sway.open_target("foot")
    with Inserting(OutputSettings(follow_focus=True)) as inserting:
        marked = inserting.mark()
        second = sway.open_target("xterm")
        inserted = inserting.insert("text")
        assert isinstance(inserted, TextInserted)
        assert inserted.window not in ("", marked)
        second.wait_text("text")
        assert not first.text()


@pytest.mark.parametrize("kind", WINDOWS)
def test_where_the_focus_is_not_told(sway: Sway, kind: SwayTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    """One chord for all: windows that paste PRIMARY for it and those that paste the clipboard both get the text."""
    monkeypatch.setattr("utterkey.insertion.wayland_focus._MANAGER", "not_offered_here")
    sway.copy(PNG, "image/png")
    sway.copy(b"selected", TEXT_TYPE, "--primary")
    target = sway.open_target(kind)
    with Inserting() as inserting:
        assert inserting.mark() == ""
        assert inserting.insert("somewhere") == TextInserted(1)
        target.wait_text("somewhere")
        sway.wait_clipboard("image/png", PNG)
        sway.wait_clipboard(TEXT_TYPE, b"selected", "primary")


def test_a_selected_word_is_replaced(sway: Sway) -> None:
    target = sway.open_target("gtk4-entry")
    with Inserting() as inserting:
        inserting.dictate("one two")
        target.wait_text("one two")
        sway.run(
            ["wtype", "-s", "50", "-M", "ctrl", "-M", "shift", "-k", "Left", "-m", "shift", "-m", "ctrl", "-k", "F35"]
        )
        inserting.dictate("three", 2)
        target.wait_text("one three")


def test_a_compositor_that_is_gone(sway: Sway) -> None:
    with Inserting() as inserting:
        sway.run(["swaymsg", "exit"], check=False)
        failed = inserting.next()
        assert "closed the connection" in str(failed)
        inserting.inserter.order(InsertText(1, "text"))
        assert "kept in the history" in str(inserting.next())


def test_chosen_by_the_desktop(sway: Sway) -> None:
    inserter = choose(OutputSettings(), lambda event: None)
    inserter.close()
    assert inserter.name == "wayland"
    assert os.environ["WAYLAND_DISPLAY"]
