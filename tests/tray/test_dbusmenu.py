"""The menu as the protocol's nodes: layout, changes, clicks. (Over a real bus: test_sni.py.)"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from utterkey.dictation.errand import LookAround
from utterkey.dictation.events import Asked, CopyRequested, Event, PauseRequested, QuitRequested, ResumeRequested
from utterkey.errors import BusError
from utterkey.tray.dbusmenu import DbusMenu, Update
from utterkey.tray.item import Item

QUIT = Item(id="quit", label="Quit", action=QuitRequested())
PAUSE = Item(id="pause", label="Pause", action=PauseRequested())
SOUNDS = Item(id="sounds", label="Sounds", kind="check", checked=True, action=PauseRequested())
MICROPHONES = Item(
    id="microphones",
    label="Microphone",
    items=(
        Item(id="mic-1", label="usb_mic", kind="radio", checked=True, action=CopyRequested("1")),
        Item(id="mic-2", label="Built-in", kind="radio", action=CopyRequested("2")),
    ),
)
LINE = Item(id="line", kind="separator")


class Reader:
    """What a panel does with a menu."""

    def __init__(self, *items: Item) -> None:
        self.posted: list[Event] = []
        self.menu = DbusMenu(items, self.posted.append)
        self._methods = self.menu.interface().methods

    def call(self, member: str, *values: object) -> Any:
        return self._methods[member].answer(*values)

    def layout(self, parent: int = 0, depth: int = -1, names: list[str] | None = None) -> Any:
        return self.call("GetLayout", parent, depth, names or [])[1]

    def number(self, label: str) -> int:
        (nodes,) = self.call("GetGroupProperties", [], ["label"])
        labels: dict[str, int] = {properties["label"][1]: number for number, properties in nodes if properties}
        return labels[label]

    def click(self, label: str) -> None:
        self.call("Event", self.number(label), "clicked", ("s", ""), 0)


def test_layout_of_every_kind_of_item() -> None:
    number, properties, children = Reader(LINE, SOUNDS, MICROPHONES).layout()
    assert (number, properties) == (0, {"children-display": ("s", "submenu")})
    line, sounds, microphones = (node for _, node in children)
    assert line == (1, {"type": ("s", "separator")}, [])
    assert sounds[1]["toggle-type"] == ("s", "checkmark")
    assert sounds[1]["toggle-state"] == ("i", 1)
    assert microphones[1] == {
        "label": ("s", "Microphone"),
        "enabled": ("b", True),
        "children-display": ("s", "submenu"),
    }
    radios = [node[1] for _, node in microphones[2]]
    assert [radio["toggle-type"] for radio in radios] == [("s", "radio")] * 2
    assert [radio["toggle-state"] for radio in radios] == [("i", 1), ("i", 0)]


def test_an_underscore_is_no_access_key() -> None:
    reader = Reader(MICROPHONES)
    assert reader.number("usb__mic")


def test_depth_and_names_limit_the_layout() -> None:
    reader = Reader(MICROPHONES)
    _, _, children = reader.layout(depth=1, names=["label"])
    assert children == [("(ia{sv}av)", (1, {"label": ("s", "Microphone")}, []))]
    _, _, below = reader.layout(parent=1)
    assert [node[0] for _, node in below] == [2, 3]


CHANGES: dict[str, tuple[tuple[Item, ...], tuple[Item, ...], list[Update]]] = {
    "nothing": ((PAUSE, QUIT), (PAUSE, QUIT), []),
    "an action alone": ((PAUSE,), (Item(id="pause", label="Pause", action=ResumeRequested()),), []),
    "a label": (
        (QUIT, PAUSE),
        (QUIT, Item(id="pause", label="Resume", action=ResumeRequested())),
        [("ItemsPropertiesUpdated", "a(ia{sv})a(ias)", ([(2, {"label": ("s", "Resume")})], []))],
    ),
    "an action that comes": (
        (Item(id="copy", label="Copy"),),
        (Item(id="copy", label="Copy", action=CopyRequested("x")),),
        [("ItemsPropertiesUpdated", "a(ia{sv})a(ias)", ([(1, {"enabled": ("b", True)})], []))],
    ),
    "a mark": (
        (SOUNDS,),
        (Item(id="sounds", label="Sounds", kind="check", action=PauseRequested()),),
        [("ItemsPropertiesUpdated", "a(ia{sv})a(ias)", ([(1, {"toggle-state": ("i", 0)})], []))],
    ),
    "an item more": ((PAUSE,), (PAUSE, QUIT), [("LayoutUpdated", "ui", (2, 0))]),
    "an item less": ((PAUSE, QUIT), (QUIT,), [("LayoutUpdated", "ui", (2, 0))]),
    "another order": ((PAUSE, QUIT), (QUIT, PAUSE), [("LayoutUpdated", "ui", (2, 0))]),
    "another kind": ((PAUSE,), (Item(id="pause", label="Pause", kind="check"),), [("LayoutUpdated", "ui", (2, 0))]),
}


@pytest.mark.parametrize(("before", "after", "signals"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_told_as_briefly_as_possible(
    before: tuple[Item, ...], after: tuple[Item, ...], signals: list[Update]
) -> None:
    assert Reader(*before).menu.update(after) == signals


def test_a_number_stays_with_its_item() -> None:
    reader = Reader(PAUSE, QUIT)
    quit_number = reader.number("Quit")
    reader.menu.update((QUIT,))
    reader.menu.update((LINE, PAUSE, QUIT))
    assert reader.number("Quit") == quit_number


def test_clicks_become_the_events_of_now() -> None:
    reader = Reader(PAUSE, MICROPHONES)
    reader.click("Pause")
    reader.click("Built-in")
    number = reader.number("Pause")
    reader.menu.update((Item(id="pause", label="Resume", action=ResumeRequested()),))
    reader.call("Event", number, "clicked", ("s", ""), 0)
    assert reader.posted == [PauseRequested(), CopyRequested("2"), ResumeRequested()]


def test_what_is_no_click_does_nothing() -> None:
    reader = Reader(PAUSE, Item(id="state", label="Ready"), MICROPHONES)
    reader.call("Event", reader.number("Pause"), "hovered", ("s", ""), 0)
    reader.click("Ready")
    reader.click("Microphone")
    assert reader.posted == []


def test_several_clicks_at_once_and_numbers_that_are_gone() -> None:
    reader = Reader(PAUSE, QUIT)
    events = [(number, "clicked", ("s", ""), 0) for number in (reader.number("Quit"), 99)]
    assert reader.call("EventGroup", events) == ([99],)
    assert reader.posted == [QuitRequested()]
    assert reader.call("AboutToShowGroup", [1, 99]) == ([], [99])


def test_what_changes_by_itself_is_looked_up_when_the_menu_is_opened() -> None:
    reader = Reader(MICROPHONES, replace(MICROPHONES, id="other", items=()))
    assert reader.call("AboutToShow", 3) == (False,)
    assert not reader.posted
    assert reader.call("AboutToShow", 0) == (False,)
    assert reader.call("AboutToShowGroup", [0, 1]) == ([], [])
    assert reader.posted == [Asked(LookAround())] * 2


def test_only_the_submenu_that_changed_is_asked_for_again() -> None:
    reader = Reader(PAUSE, MICROPHONES)
    more = replace(MICROPHONES, items=(*MICROPHONES.items, Item(id="mic-3", label="Headset", action=QuitRequested())))
    assert reader.menu.update((PAUSE, more)) == [("LayoutUpdated", "ui", (2, reader.number("Microphone")))]
    assert reader.menu.update((more,)) == [("LayoutUpdated", "ui", (3, 0))]
    nothing = replace(MICROPHONES, items=())
    assert reader.menu.update((nothing,)) == [("LayoutUpdated", "ui", (4, 0))], "it is no submenu any more"


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("GetLayout", (99, -1, [])),
        ("Event", (99, "clicked", ("s", ""), 0)),
        ("GetProperty", (99, "label")),
        ("GetProperty", (1, "no-such-property")),
    ],
)
def test_unknown_numbers_and_names_are_refused(member: str, values: tuple[object, ...]) -> None:
    with pytest.raises(BusError) as refused:
        Reader(PAUSE).call(member, *values)
    assert refused.value.name == "org.freedesktop.DBus.Error.InvalidArgs"


def test_single_properties() -> None:
    reader = Reader(PAUSE)
    assert reader.call("GetProperty", 1, "label") == (("s", "Pause"),)
    assert reader.call("GetGroupProperties", [1, 99], ["enabled"]) == ([(1, {"enabled": ("b", True)})],)
