"""What we offer on D-Bus, as others see it. Pure; over a real bus: test_dbus.py."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from utterkey.desktop.dbus_object import Call, Interface, Method, Property, answer, complete_types
from utterkey.errors import BusError

DOOR = Interface(
    "org.example.Door",
    methods={"Knock": Method("si", "as", lambda name, times: ([name] * times,)), "Close": Method("", "", lambda: ())},
    properties={"Open": Property("b", lambda: True), "Size": Property("(ii)", lambda: (2, 1))},
    signals={"Opened": "sa{sv}"},
)
BELL = Interface("org.example.Bell", methods={"Ring": Method("", "s", lambda: ("ding",))})
OBJECTS = {"/house/door": (DOOR, BELL), "/house/garden/gate": (DOOR,)}


def call(member: str, *values: object, interface: str = "", signature: str = "", path: str = "/house/door") -> object:
    return answer(OBJECTS, Call(path, interface, member, signature, values))[1]


def test_methods_answer() -> None:
    knock = Call("/house/door", "org.example.Door", "Knock", "si", ("Ann", 2))
    assert answer(OBJECTS, knock) == ("as", (["Ann", "Ann"],))
    assert call("Ring") == ("ding",), "the interface may be left out"
    assert call("Close") == ()


def test_properties() -> None:
    properties = "org.freedesktop.DBus.Properties"
    assert call("Get", "org.example.Door", "Size", interface=properties, signature="ss") == (("(ii)", (2, 1)),)
    everything = call("GetAll", "org.example.Door", interface=properties, signature="s")
    assert everything == ({"Open": ("b", True), "Size": ("(ii)", (2, 1))},)
    assert call("GetAll", "org.example.Bell", interface=properties, signature="s") == ({},)


REFUSALS = {
    "no such object": (Call("/shed", "org.example.Door", "Close", "", ()), "UnknownMethod"),
    "no such interface": (Call("/house/door", "org.example.Roof", "Close", "", ()), "UnknownMethod"),
    "no such method": (Call("/house/door", "org.example.Door", "Paint", "", ()), "UnknownMethod"),
    "another object's interface": (Call("/house/garden/gate", "org.example.Bell", "Ring", "", ()), "UnknownMethod"),
    "wrong arguments": (Call("/house/door", "org.example.Door", "Knock", "s", ("Ann",)), "InvalidArgs"),
    "no such property": (Call("/house/door", "", "Get", "ss", ("org.example.Door", "Colour")), "UnknownProperty"),
    "setting a property": (
        Call("/house/door", "", "Set", "ssv", ("org.example.Door", "Open", ("b", False))),
        "PropertyReadOnly",
    ),
}


@pytest.mark.parametrize(("asked", "name"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusals(asked: Call, name: str) -> None:
    with pytest.raises(BusError) as refused:
        answer(OBJECTS, asked)
    assert refused.value.name == f"org.freedesktop.DBus.Error.{name}"


def test_introspection_tells_all() -> None:
    (text,) = answer(OBJECTS, Call("/house/door", "", "Introspect", "", ()))[1]
    door = next(node for node in ElementTree.fromstring(text) if node.get("name") == "org.example.Door")
    described = {
        (part.tag, part.get("name"), *((arg.get("type"), arg.get("direction")) for arg in part)) for part in door
    }
    assert described == {
        ("method", "Knock", ("s", "in"), ("i", "in"), ("as", "out")),
        ("method", "Close"),
        ("signal", "Opened", ("s", None), ("a{sv}", None)),
        ("property", "Open"),
        ("property", "Size"),
    }


@pytest.mark.parametrize(
    ("path", "children"), [("/", ["house"]), ("/house", ["door", "garden"]), ("/house/door", []), ("/hou", [])]
)
def test_the_way_down_to_the_objects(path: str, children: list[str]) -> None:
    (text,) = answer(OBJECTS, Call(path, "", "Introspect", "", ()))[1]
    assert [node.get("name") for node in ElementTree.fromstring(text) if node.tag == "node"] == children


@pytest.mark.parametrize(
    ("signature", "types"),
    [
        ("", []),
        ("susssasa{sv}i", ["s", "u", "s", "s", "s", "as", "a{sv}", "i"]),
        ("u(ia{sv}av)", ["u", "(ia{sv}av)"]),
        ("a(ia{sv})a(ias)", ["a(ia{sv})", "a(ias)"]),
        ("aaiai", ["aai", "ai"]),
    ],
)
def test_complete_types(signature: str, types: list[str]) -> None:
    assert complete_types(signature) == types
