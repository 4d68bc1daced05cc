"""The face of the tray: what is shown for each view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from utterkey.dictation.errand import (
    ChangeSetting,
    ChooseHotkey,
    OpenSettings,
    RunDoctor,
    SendAgain,
    Surroundings,
    SwitchAutostart,
)
from utterkey.dictation.events import (
    Asked,
    ClearRequested,
    CopyRequested,
    Event,
    InsertRequested,
    PauseRequested,
    Pressed,
    QuitRequested,
    Released,
    ResumeRequested,
    Toggled,
)
from utterkey.dictation.view import Kept, State, View
from utterkey.measured import Today
from utterkey.settings import (
    AudioSettings,
    HistorySettings,
    HotkeySettings,
    OutputSettings,
    OverlaySettings,
    ServiceSettings,
    Settings,
)
from utterkey.tray.item import Item, key_label
from utterkey.tray.menu import Look, face, menu

KEPT = (
    Kept(9, "failed", "2026-03-01T14:03:12.000+01:00", 12.3),
    Kept(7, "cancelled", "2026-03-01T09:30:00.000+01:00", 61.0),
)

SEEN = Surroundings(keys_are_seen=True)

LOOKS: dict[str, tuple[View, Look]] = {
    "nothing happens": (View(), "idle"),
    "recording": (View(state="recording"), "recording"),
    "finishing": (View(state="finishing"), "finishing"),
    "paused": (View(state="paused"), "paused"),
    "a problem is shown while idle": (View(last_error="No microphone."), "attention"),
    "a problem is shown while paused": (View(state="paused", last_error="No microphone."), "attention"),
    "an open microphone is shown before a problem": (View(state="recording", last_error="No."), "recording"),
    "finishing is shown before a problem": (View(state="finishing", last_error="No."), "finishing"),
    "kept utterances alone are no alarm": (View(kept=KEPT), "idle"),
}


@pytest.mark.parametrize(("view", "look"), LOOKS.values(), ids=LOOKS.keys())
def test_look(view: View, look: Look) -> None:
    assert face(view).look == look


STATE_LINES: dict[str, tuple[View, str]] = {
    "ready, with the key": (View(hotkey="F9"), "Ready (F9)"),
    "ready, without one": (View(), "Ready (no hotkey)"),
    "recording": (View(state="recording"), "Recording"),
    "finishing one": (View(state="finishing", pending=1), "Finishing"),
    "finishing several": (View(state="finishing", pending=3), "Finishing 3 utterances"),
    "paused": (View(state="paused"), "Paused: the hotkey does nothing"),
}


@pytest.mark.parametrize(("view", "line"), STATE_LINES.values(), ids=STATE_LINES.keys())
def test_state_line_heads_menu_and_tooltip(view: View, line: str) -> None:
    first = menu(view)[0]
    assert (first.id, first.label, first.enabled) == ("state", line, False)
    assert face(view).tooltip.splitlines()[0] == line


ACTIONS: dict[str, tuple[View, dict[str, Event | None]]] = {
    "nothing said yet": (
        View(),
        {
            "dictation": Pressed(),
            "copy-last": None,
            "insert-last": None,
            "recent": None,
            "kept": None,
            "pause": PauseRequested(),
            "quit": QuitRequested(),
        },
    ),
    "something said": (
        View(recent=("Hello.",)),
        {
            "copy-last": CopyRequested("Hello."),
            "insert-last": InsertRequested("Hello."),
            "pause": PauseRequested(),
        },
    ),
    "paused": (View(state="paused"), {"dictation": None, "pause": ResumeRequested(), "quit": QuitRequested()}),
    "recording": (View(state="recording"), {"dictation": Released(), "pause": PauseRequested()}),
    "two transcripts": (
        View(recent=("Newer.", "Older.")),
        {"recent-0": CopyRequested("Newer."), "recent-1": CopyRequested("Older.")},
    ),
    "two kept": (
        View(kept=KEPT),
        {"kept-9": Asked(SendAgain(9)), "kept-7": Asked(SendAgain(7)), "kept-none": ClearRequested("kept")},
    ),
    "another hotkey": (View(surroundings=SEEN), {"hotkey.key": Asked(ChooseHotkey(paused=False))}),
    "another hotkey while paused": (
        View(state="paused", surroundings=SEEN),
        {"hotkey.key": Asked(ChooseHotkey(paused=True))},
    ),
    "no other hotkey while it is held": (View(state="recording", surroundings=SEEN), {"hotkey.key": None}),
    "files and reports": (View(), {"settings-file": Asked(OpenSettings()), "doctor": Asked(RunDoctor())}),
    "history": (
        View(recent=("Hello.",)),
        {
            "history.keep": Asked(ChangeSetting("history.keep", 0)),
            "history.clear": ClearRequested("delivered"),
        },
    ),
    "no history": (
        View(settings=Settings(history=HistorySettings(keep=0))),
        {"history.keep": Asked(ChangeSetting("history.keep", 100)), "history.clear": None},
    ),
    "a setting that is on or off": (
        View(),
        {"output.as_you_speak": Asked(ChangeSetting("output.as_you_speak", True))},
    ),
    "one of several values": (
        View(),
        {
            "hotkey.mode=toggle": Asked(ChangeSetting("hotkey.mode", "toggle")),
            "output.mode=clipboard": Asked(ChangeSetting("output.mode", "clipboard")),
            "output.method=type": Asked(ChangeSetting("output.method", "type")),
            "service.endpoint=offline": Asked(ChangeSetting("service.endpoint", "offline")),
            "service.model=universal-3-5-pro": Asked(ChangeSetting("service.model", "universal-3-5-pro")),
        },
    ),
    "a microphone": (
        View(surroundings=Surroundings(("Headset",))),
        {
            "audio.device=default": Asked(ChangeSetting("audio.device", "default")),
            "audio.device=Headset": Asked(ChangeSetting("audio.device", "Headset")),
        },
    ),
    "start at login": (View(surroundings=Surroundings(autostart=False)), {"autostart": Asked(SwitchAutostart(True))}),
    "no start at login": (
        View(surroundings=Surroundings(autostart=True)),
        {"autostart": Asked(SwitchAutostart(False))},
    ),
}


def every(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from every(item.items)


@pytest.mark.parametrize(("view", "actions"), ACTIONS.values(), ids=ACTIONS.keys())
def test_actions(view: View, actions: dict[str, Event | None]) -> None:
    items = {item.id: item for item in every(menu(view))}
    assert {name: items[name].action for name in actions} == actions
    assert {name: items[name].enabled for name in actions} == {
        name: action is not None for name, action in actions.items()
    }


def test_no_key_is_asked_for_where_the_press_would_not_be_seen() -> None:
    assert "hotkey.key" not in {item.id for item in every(menu(View()))}


MARKS: dict[str, tuple[View, list[str]]] = {
    "as it comes": (
        View(),
        [
            "audio.device=default", "service.endpoint=auto", "service.model=universal-3-6-pro", "hotkey.mode=hold",
            "output.mode=insert", "output.method=auto", "audio.cues", "overlay.show", "overlay.position=bottom",
            "history.keep",
        ],
    ),
    "a service and a model of one's own, a microphone that is gone": (
        View(
            settings=Settings(
                service=ServiceSettings(endpoint="wss://me:secret@example.org/v3", model="next"),
                audio=AudioSettings(device="Headset", cues=False),
                output=OutputSettings(mode="clipboard", as_you_speak=True),
                hotkey=HotkeySettings(key="f9", mode="auto"),
                overlay=OverlaySettings(show=False, position="top"),
                history=HistorySettings(keep=0),
            ),
            surroundings=Surroundings(("Built-in",), autostart=True),
        ),
        [
            "audio.device=Headset", "service.endpoint=wss://me:secret@example.org/v3", "service.model=next",
            "hotkey.mode=auto", "output.mode=clipboard", "output.method=auto", "output.as_you_speak",
            "overlay.position=top", "autostart",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("view", "marked"), MARKS.values(), ids=MARKS.keys())
def test_what_is_in_force_is_marked(view: View, marked: list[str]) -> None:
    items = list(every(menu(view)))
    assert [item.id for item in items if item.checked] == marked
    assert not any("secret" in item.label for item in items)


TODAY = {
    "nothing yet": (Today(), "Today: 0 s dictated"),
    "less than a minute, for nothing": (Today(42.4, 0.0), "Today: 42 s dictated"),
    "minutes": (Today(754.0, 0.0942), "Today: 12 min dictated, $0.09"),
    "a price nobody knows": (Today(60.0, None), "Today: 1 min dictated"),
}


@pytest.mark.parametrize(("today", "line"), TODAY.values(), ids=TODAY.keys())
def test_what_today_came_to(today: Today, line: str) -> None:
    assert {item.id: item.label for item in menu(View(today=today))}["today"] == line


def test_lines_of_a_submenu_tell_what_they_do() -> None:
    view = View(recent=("word " * 40,), kept=KEPT, microphone="Built-in", surroundings=Surroundings(("Built-in",)))
    labels = {item.id: item.label for item in every(menu(view))}
    assert labels["recent-0"].endswith(" …")
    assert len(labels["recent-0"]) <= 70
    assert labels["kept"] == "Send again (2 utterances kept)"
    assert labels["kept-9"] == "03-01 14:03, 12 s, failed"
    assert labels["audio.device=default"] == "The system's choice: Built-in"


CLICKS: dict[str, tuple[View, Event]] = {
    "idle: starts": (View(), Toggled()),
    "recording: stops": (View(state="recording"), Toggled()),
    "finishing: starts the next": (View(state="finishing"), Toggled()),
    "paused: resumes": (View(state="paused"), ResumeRequested()),
}


@pytest.mark.parametrize(("view", "click"), CLICKS.values(), ids=CLICKS.keys())
def test_click(view: View, click: Event) -> None:
    assert face(view).click == click


def test_a_problem_is_a_line_of_its_own_and_whole_in_the_tooltip() -> None:
    sentence = "The microphone is gone; " + "plug it in again and " * 10 + "press the key."
    shown = face(View(last_error=sentence))
    assert [item.id for item in shown.items][:2] == ["state", "problem"]
    assert len(shown.items[1].label) <= 70
    assert shown.items[1].label.startswith("The microphone is gone; ")
    assert shown.items[1].label.endswith("…")
    assert sentence in shown.tooltip


def test_tooltip_names_engine_and_kept_utterances() -> None:
    text = face(View(hotkey="F9", engine="offline", kept=KEPT[:1])).tooltip
    assert text.splitlines() == [
        "Ready (F9)",
        "Engine: offline",
        "1 utterance kept to be sent again: utterkey retry",
    ]


@pytest.mark.parametrize("state", get_args(State))
def test_the_tooltip_has_the_key_in_every_state(state: State) -> None:
    """Whoever records has to know what ends it."""
    assert "F9" in face(View(state=state, hotkey="F9")).tooltip


def test_ids_are_unique_in_every_view() -> None:
    for view, _ in LOOKS.values():
        ids = [item.id for item in every(menu(view))]
        assert len(ids) == len(set(ids))


def test_what_was_said_is_in_no_repr() -> None:
    view = View(partial="secret words", recent=("secret words",))
    assert "secret" not in repr(view)
    assert "secret" not in repr(face(view))


def test_the_words_so_far_change_nothing_here() -> None:
    assert face(View(state="recording", partial="one")) == face(View(state="recording", partial="one two"))


def test_a_submenu_can_be_opened_though_it_has_no_action() -> None:
    assert Item(id="microphones", label="Microphone", items=(Item(id="default", label="Default"),)).enabled


@pytest.mark.parametrize(
    ("key", "label"),
    [("f9", "F9"), ("right_ctrl", "Right Ctrl"), ("ctrl+alt+space", "Ctrl+Alt+Space"), ("mouse8", "Mouse8")],
)
def test_key_label(key: str, label: str) -> None:
    assert key_label(key) == label
