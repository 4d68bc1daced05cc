"""The menu and the icon as pystray gets them. Its own logic is real; the system below it is not here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from desktop import await_true
from panels import Clicks
from utterkey.dictation.errand import ChangeSetting
from utterkey.dictation.events import (
    Asked,
    CopyRequested,
    InsertRequested,
    PauseRequested,
    ResumeRequested,
    Toggled,
)
from utterkey.dictation.view import View
from utterkey.tray.item import Item

if TYPE_CHECKING:
    from utterkey.tray.pystray import PystrayTray


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the system would have drawn. pystray looks for a desktop when it is imported, so it gets its dummy."""
    monkeypatch.setenv("PYSTRAY_BACKEND", "dummy")
    import pystray

    calls: list[str] = []
    monkeypatch.setattr(pystray, "Icon", drawing_icon(pystray.Icon, calls.append))
    return calls


def drawing_icon(base: type, call: Callable[[str], None]) -> type:
    """pystray's own icon with a system below it that draws nothing."""
    ends: dict[object, threading.Event] = {}

    def run(icon: Any) -> None:
        ends[icon] = threading.Event()
        icon._mark_ready()
        ends[icon].wait()
        threading.Event().wait(0.02)  # Windows takes a while
        call("hide")

    below = {
        "_run": run,
        "_run_detached": lambda icon: icon._mark_ready(),
        "_stop": lambda icon: ends[icon].set() if icon in ends else None,
        "_show": lambda icon: call("show"),
        "_hide": lambda icon: None,
        "_update_icon": lambda icon: call("icon"),
        "_update_title": lambda icon: call("title"),
        "_update_menu": lambda icon: call("menu"),
        "_notify": lambda icon, message, title: call(f"{title}: {message}"),
    }
    return type("Icon", (base,), below)


@pytest.fixture
def clicks() -> Clicks:
    return Clicks()


@pytest.fixture
def tray(drawn: list[str], clicks: Clicks) -> Iterator[PystrayTray]:
    from utterkey.tray.pystray import PystrayTray

    tray = PystrayTray(clicks.post, on_main=None, ampersand="&&")
    await_true(lambda: tray._icon.visible, 5, "the icon")
    drawn.clear()
    yield tray
    tray.close()


def lines(tray: PystrayTray) -> list[Any]:
    assert tray._icon.menu
    return list(tray._icon.menu)


def show(tray: PystrayTray, view: View) -> None:
    """And wait until the system has it."""
    tray.show(view)
    there = threading.Event()
    tray._aside.do(there.set)
    assert there.wait(5)


def test_the_menu_and_its_clicks(tray: PystrayTray, clicks: Clicks) -> None:
    show(tray, View(recent=("Hello.",)))
    shown = {line.text: line for line in lines(tray)}
    assert [line.text for line in lines(tray)][:5] == [
        "Ready (no hotkey)", "- - - -", "Start dictation", "Copy last transcript", "Insert last transcript again",
    ]  # fmt: skip
    assert not shown["Ready (no hotkey)"].enabled
    assert not shown["Nothing to send again"].enabled
    icon: Any = tray._icon
    shown["Copy last transcript"](icon)
    assert clicks.next() == CopyRequested("Hello.")
    shown["Insert last transcript again"](icon)
    assert clicks.next() == InsertRequested("Hello.")
    shown["Pause dictation"](icon)
    assert clicks.next() == PauseRequested()
    (typing,) = (line for line in shown["Output"].submenu if line.text == "By typing")
    typing(icon)
    assert clicks.next() == Asked(ChangeSetting("output.method", "type"))


def test_microphones_that_are_plugged_in_later_are_looked_for_on_demand(tray: PystrayTray, clicks: Clicks) -> None:
    """These menus do not tell when they are opened."""
    await_true(lambda: clicks.looked == 1, 5, "the look at the start")
    (microphone,) = (line for line in lines(tray) if line.text == "Microphone")
    icon: Any = tray._icon
    list(microphone.submenu)[-1](icon)
    assert clicks.looked == 2


def test_a_click_on_the_icon(tray: PystrayTray, clicks: Clicks) -> None:
    icon: Any = tray._icon
    icon()
    assert clicks.next() == Toggled()
    show(tray, View(state="paused"))
    icon()
    assert clicks.next() == ResumeRequested()


def test_marks_submenus_and_ampersands(tray: PystrayTray) -> None:
    radio = Item(id="a", label="A & B", kind="radio", checked=True, action=PauseRequested())
    check = Item(id="b", label="C", kind="check", action=PauseRequested())
    line: Any = tray._line(Item(id="sub", label="Sub", items=(radio, check)))
    first, second = line.submenu
    assert (first.text, first.radio, first.checked) == ("A && B", True, True)
    assert (second.text, second.radio, second.checked) == ("C", False, False)


CHANGES: dict[str, tuple[View, list[str]]] = {
    "nothing": (View(), []),
    "the words so far": (View(partial="one"), []),
    "the state": (View(state="recording"), ["icon", "title", "menu"]),
    "a transcript": (View(recent=("Hello.",)), ["menu"]),
    "the engine": (View(engine="offline"), ["title"]),
}


@pytest.mark.parametrize(("view", "updates"), CHANGES.values(), ids=CHANGES.keys())
def test_only_what_changed_is_drawn(tray: PystrayTray, drawn: list[str], view: View, updates: list[str]) -> None:
    show(tray, view)
    assert drawn == updates


def test_windows_limits_are_kept(tray: PystrayTray, drawn: list[str]) -> None:
    tray.show(View(last_error="x" * 300))
    tray.bubble("y" * 300)
    tray.close()
    assert len(tray._icon.title) <= 127
    assert drawn[-2] == "utterkey: " + "y" * 255


def test_on_macos_the_icon_is_touched_on_the_main_thread_only(drawn: list[str], clicks: Clicks) -> None:
    from utterkey.tray.pystray import PystrayTray

    later: list[Callable[[], None]] = []
    tray = PystrayTray(clicks.post, on_main=later.append, ampersand="&")
    await_true(lambda: later, 5, "the icon's appearance handed over")
    tray.show(View(state="recording"))
    tray.bubble("Hello.")
    assert "show" not in drawn
    assert "icon" not in drawn
    for action in later:
        action()
    tray.close()
    later[-1]()
    assert "utterkey: Hello." in drawn, "which is a program that is waited for"
    assert [call for call in drawn if call not in ("menu", "utterkey: Hello.")] == ["icon", "show", "icon", "title"]


def test_a_system_that_is_slow_is_waited_for_by_nobody_else(
    tray: PystrayTray, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answers = threading.Event(), threading.Event()

    def update(icon: object) -> None:
        asked.set()
        answers.wait(10)
        drawn.append("icon")

    monkeypatch.setattr(type(tray._icon), "_update_icon", update)
    tray.show(View(state="recording"))
    assert asked.wait(5)
    tray.show(View(state="finishing"))
    tray.show(View(state="idle", recent=("Hello.",)))
    assert drawn == [], "and yet we are here"
    answers.set()
    tray.close()
    assert drawn[:-1] == ["icon", "title", "menu", "icon", "title", "menu"], "the newest state came after the first"


def test_the_icon_is_taken_away_at_the_end(tray: PystrayTray, drawn: list[str]) -> None:
    tray.close()
    assert drawn[-1] == "hide"


def test_what_cannot_be_shown_does_not_cost_what_comes_after(
    tray: PystrayTray, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(icon: object, message: str, title: str) -> None:
        raise OSError("osascript")

    monkeypatch.setattr(type(tray._icon), "_notify", refuse)
    tray.bubble("Hello.")
    show(tray, View(state="recording"))
    assert "icon" in drawn
