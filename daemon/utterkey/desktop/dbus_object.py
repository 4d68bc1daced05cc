"""Objects on D-Bus: what we offer, and how we name what others offer. Pure.

An interface is declared once, for its calls, its properties and its introspection. Knows nothing of connections:
`answer()` turns a call into its reply, dbus.py carries both.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from utterkey.errors import BusError

Values = tuple[Any, ...]
"""The body of a D-Bus message; its signature says what is in it."""

PROPERTIES = "org.freedesktop.DBus.Properties"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
PEER = "org.freedesktop.DBus.Peer"

_HEADER = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">'
)


@dataclass(frozen=True, slots=True)
class Method:
    """`takes` and `gives` are signatures; `answer` gets the values of the one and returns those of the other."""

    takes: str
    gives: str
    answer: Callable[..., Values]


@dataclass(frozen=True, slots=True)
class Property:
    """Read-only: nothing we offer may be set from outside."""

    signature: str
    read: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Interface:
    name: str
    methods: Mapping[str, Method] = field(default_factory=dict)
    properties: Mapping[str, Property] = field(default_factory=dict)
    signals: Mapping[str, str] = field(default_factory=dict)


Objects = Mapping[str, Sequence[Interface]]
"""Path -> what is offered there."""


@dataclass(frozen=True, slots=True)
class Call:
    path: str
    interface: str
    member: str
    signature: str
    values: Values
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Remote:
    """An interface of somebody else's object."""

    name: str
    path: str
    interface: str


@dataclass(frozen=True, slots=True)
class Signal:
    """Which signals are wanted; "" is any."""

    interface: str
    member: str
    sender: str = ""
    path: str = ""
    arg0: str = ""

    def rule(self) -> str:
        wanted = {
            "type": "signal",
            "interface": self.interface,
            "member": self.member,
            "sender": self.sender,
            "path": self.path,
            "arg0": self.arg0,
        }
        return ",".join(f"{key}='{value}'" for key, value in wanted.items() if value)

    def fits(self, call: Call) -> bool:
        """A sender's well-known name is left to the bus, for the message has the unique one."""
        return (
            (self.interface, self.member) == (call.interface, call.member)
            and self.path in ("", call.path)
            and (not self.sender.startswith(":") or self.sender == call.sender)
            and self.arg0 in ("", next(iter(call.values), ""))
        )


def answer(objects: Objects, call: Call) -> tuple[str, Values]:
    """The signature and the values of the reply. Raises BusError, which becomes an error reply."""
    offered = [*objects.get(call.path, ()), *_standard(objects, call.path)]
    if call.interface:
        offered = [interface for interface in offered if interface.name == call.interface]
    for interface in offered:
        if method := interface.methods.get(call.member):
            if call.signature != method.takes:
                raise _refusal("InvalidArgs", f"{call.member} takes ({method.takes}), not ({call.signature}).")
            return method.gives, method.answer(*call.values)
    raise _refusal("UnknownMethod", f"There is no {call.interface}.{call.member} at {call.path}.")


def _standard(objects: Objects, path: str) -> tuple[Interface, ...]:
    """The interfaces every object has."""
    offered = objects.get(path, ())
    properties = Interface(
        PROPERTIES,
        methods={
            "Get": Method("ss", "v", lambda interface, name: (_get(offered, interface, name),)),
            "GetAll": Method("s", "a{sv}", lambda interface: (_get_all(offered, interface),)),
            "Set": Method("ssv", "", _refuse_set),
        },
        signals={"PropertiesChanged": "sa{sv}as"},
    )
    introspectable = Interface(
        INTROSPECTABLE, methods={"Introspect": Method("", "s", lambda: (_introspection(objects, path),))}
    )
    peer = Interface(PEER, methods={"Ping": Method("", "", lambda: ())})
    return (properties, introspectable, peer) if offered else (introspectable, peer)


def _get(offered: Sequence[Interface], interface: str, name: str) -> tuple[str, object]:
    for each in offered:
        if each.name == interface and (found := each.properties.get(name)):
            return found.signature, found.read()
    raise _refusal("UnknownProperty", f"There is no property {interface}.{name}.")


def _get_all(offered: Sequence[Interface], interface: str) -> dict[str, tuple[str, object]]:
    return {
        name: (prop.signature, prop.read())
        for each in offered
        if each.name == interface
        for name, prop in each.properties.items()
    }


def _refuse_set(interface: str, name: str, _value: object) -> Values:
    raise _refusal("PropertyReadOnly", f"{interface}.{name} cannot be set.")


def _refusal(kind: str, sentence: str) -> BusError:
    return BusError(sentence, f"org.freedesktop.DBus.Error.{kind}")


def _introspection(objects: Objects, path: str) -> str:
    parts = [_HEADER, "<node>"]
    for interface in [*objects.get(path, ()), *(_standard(objects, path) if objects.get(path) else ())]:
        parts.append(f'<interface name="{interface.name}">')
        for name, method in interface.methods.items():
            arguments = _arguments(method.takes, "in") + _arguments(method.gives, "out")
            parts.append(f'<method name="{name}">{arguments}</method>')
        for name, signature in interface.signals.items():
            parts.append(f'<signal name="{name}">{_arguments(signature)}</signal>')
        for name, prop in interface.properties.items():
            parts.append(f'<property name="{name}" type="{prop.signature}" access="read"/>')
        parts.append("</interface>")
    parts += [f'<node name="{child}"/>' for child in _children(objects, path)]
    return "".join([*parts, "</node>"])


def _children(paths: Collection[str], path: str) -> list[str]:
    """The next step towards every object below `path`."""
    prefix = path.rstrip("/") + "/"
    return sorted({each[len(prefix) :].split("/")[0] for each in paths if each.startswith(prefix) and each != path})


def _arguments(signature: str, direction: str = "") -> str:
    way = f' direction="{direction}"' if direction else ""
    return "".join(f'<arg type="{each}"{way}/>' for each in complete_types(signature))


def complete_types(signature: str) -> list[str]:
    """Split a signature into its single complete types: "ia{sv}(ii)" -> ["i", "a{sv}", "(ii)"]."""
    types: list[str] = []
    start = depth = 0
    for index, letter in enumerate(signature):
        depth += (letter in "({") - (letter in ")}")
        if depth == 0 and letter != "a":
            types.append(signature[start : index + 1])
            start = index + 1
    return types
