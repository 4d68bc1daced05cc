"""The menu as com.canonical.dbusmenu offers it to the panel.

Runs on the thread `dbus` alone: the panel's calls and our updates come there one after another. Translates `Item`s into
the protocol's numbered nodes and clicks back into events; knows nothing of the icon.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from utterkey.desktop.dbus_object import Interface, Method, Property, Values
from utterkey.dictation.errand import LookAround
from utterkey.dictation.events import Asked, Post
from utterkey.errors import BusError
from utterkey.tray.choices import LOOKED_UP
from utterkey.tray.item import Item

INTERFACE = "com.canonical.dbusmenu"

Properties = dict[str, tuple[str, object]]
Update = tuple[str, str, Values]
"""A signal to send: its name, its signature, its values."""

_ROOT = 0


class DbusMenu:
    """The nodes are numbered by the ids of their items; an id keeps its number for good."""

    def __init__(self, items: tuple[Item, ...], post: Post) -> None:
        self._post = post
        self._revision = 1
        self._numbers: dict[str, int] = {}
        self._root = Item(id="", items=items)
        self._nodes = self._numbered()

    def interface(self) -> Interface:
        return Interface(
            INTERFACE,
            methods={
                "GetLayout": Method("iias", "u(ia{sv}av)", self._get_layout),
                "GetGroupProperties": Method("aias", "a(ia{sv})", self._get_group_properties),
                "GetProperty": Method("is", "v", lambda number, name: (self._property(number, name),)),
                "Event": Method("isvu", "", self._event),
                "EventGroup": Method("a(isvu)", "ai", self._event_group),
                "AboutToShow": Method("i", "b", self._about_to_show),
                "AboutToShowGroup": Method("ai", "aiai", self._about_to_show_group),
            },
            properties={
                "Version": Property("u", lambda: 3),
                "Status": Property("s", lambda: "normal"),
                "TextDirection": Property("s", lambda: "ltr"),
                "IconThemePath": Property("as", list),
            },
            signals={"ItemsPropertiesUpdated": "a(ia{sv})a(ias)", "LayoutUpdated": "ui"},
        )

    def update(self, items: tuple[Item, ...]) -> list[Update]:
        """Take over a new menu; the signals say as little as is needed, since a new layout may close an open menu."""
        before, former = self._nodes, _shape(self._root)
        self._root = Item(id="", items=items)
        self._nodes = self._numbered()
        if _shape(self._root) != former:
            self._revision += 1
            return [("LayoutUpdated", "ui", (self._revision, self._number(_changed(before[_ROOT], self._root))))]
        changed = [
            (number, new)
            for number, item in self._nodes.items()
            if (new := _differences(_properties(before[number]), _properties(item)))
        ]
        return [("ItemsPropertiesUpdated", "a(ia{sv})a(ias)", (changed, []))] if changed else []

    # --- what the panel asks -----------------------------------------------------------------------------------------

    def _get_layout(self, parent: int, depth: int, names: list[str]) -> Values:
        return self._revision, self._node(self._item(parent), depth, names)

    def _node(self, item: Item, depth: int, names: list[str]) -> tuple[int, Properties, list[tuple[str, Any]]]:
        """`depth` is how many levels of children are wanted; -1 is all."""
        children = [("(ia{sv}av)", self._node(child, depth - 1, names)) for child in item.items] if depth else []
        return self._number(item), _chosen(_properties(item), names), children

    def _get_group_properties(self, numbers: list[int], names: list[str]) -> Values:
        wanted = [number for number in numbers if number in self._nodes] if numbers else list(self._nodes)
        return ([(number, _chosen(_properties(self._nodes[number]), names)) for number in wanted],)

    def _property(self, number: int, name: str) -> tuple[str, object]:
        properties = _properties(self._item(number))
        if name not in properties:
            raise BusError(f"Menu item {number} has no property {name}.", "org.freedesktop.DBus.Error.InvalidArgs")
        return properties[name]

    def _event(self, number: int, kind: str, _data: object, _timestamp: int) -> Values:
        item = self._item(number)
        if kind == "clicked" and item.action:
            self._post(item.action)
        return ()

    def _event_group(self, events: list[tuple[int, str, object, int]]) -> Values:
        for event in events:
            if event[0] in self._nodes:
                self._event(*event)
        return (self._unknown([number for number, *_ in events]),)

    def _about_to_show(self, number: int) -> Values:
        """What we offer is always up to date, but for what has to be looked up; that follows as an update."""
        if number in self._nodes and self._nodes[number].id in LOOKED_UP:
            self._post(Asked(LookAround()))
        return (False,)

    def _about_to_show_group(self, numbers: list[int]) -> Values:
        for number in numbers:
            self._about_to_show(number)
        return ([], self._unknown(numbers))

    def _unknown(self, numbers: list[int]) -> list[int]:
        return [number for number in numbers if number not in self._nodes]

    # --- numbers -----------------------------------------------------------------------------------------------------

    def _item(self, number: int) -> Item:
        if number not in self._nodes:
            raise BusError(f"There is no menu item {number}.", "org.freedesktop.DBus.Error.InvalidArgs")
        return self._nodes[number]

    def _number(self, item: Item) -> int:
        return self._numbers.setdefault(item.id, len(self._numbers))  # the root's empty id comes first: 0

    def _numbered(self) -> dict[int, Item]:
        return {self._number(item): item for item in _all(self._root)}


def _all(item: Item) -> Iterator[Item]:
    yield item
    for child in item.items:
        yield from _all(child)


def _changed(before: Item, now: Item) -> Item:
    """The innermost item that holds all that was added or removed: only its submenu is drawn anew."""
    if (before.id, [child.id for child in before.items]) != (now.id, [child.id for child in now.items]):
        return now
    pairs = [(old, new) for old, new in zip(before.items, now.items, strict=True) if _shape(old) != _shape(new)]
    return _changed(*pairs[0]) if len(pairs) == 1 and pairs[0][1].items and pairs[0][0].items else now


def _shape(item: Item) -> tuple[object, ...]:
    """What may not change without the panel asking for the layout again."""
    return (item.id, item.kind, *(_shape(child) for child in item.items))


def _properties(item: Item) -> Properties:
    if item.kind == "separator":
        return {"type": ("s", "separator")}
    if not item.id:
        return {"children-display": ("s", "submenu")}
    properties: Properties = {
        "label": ("s", item.label.replace("_", "__")),  # a single one marks the letter after it as access key
        "enabled": ("b", item.enabled),
    }
    if item.kind in ("check", "radio"):
        properties["toggle-type"] = ("s", "checkmark" if item.kind == "check" else "radio")
        properties["toggle-state"] = ("i", int(item.checked))
    if item.items:
        properties["children-display"] = ("s", "submenu")
    return properties


def _chosen(properties: Properties, names: list[str]) -> Properties:
    """No names are all names."""
    return {name: value for name, value in properties.items() if not names or name in names}


def _differences(old: Mapping[str, object], new: Properties) -> Properties:
    return {name: value for name, value in new.items() if old.get(name) != value}
