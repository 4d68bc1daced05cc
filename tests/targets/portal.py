"""A portal frontend with RemoteDesktop and Clipboard, newer than Debian 12's: argv = folder. It serves as the XML of
xdg-desktop-portal says, independently of the product.

A window that pastes for Shift+Insert and Ctrl+V is part of it: it asks for the text and writes it to folder/text. What
is on the clipboard are files of folder/clipboard (name = type, with "%2F" for a slash). Each call is a line of
folder/calls. Files steer it: `refuse` declines the session, `dismiss` closes the question as Escape does on GNOME,
`silent` leaves the question about it open, `inhibit` creates none, as Mutter does while the screen is locked, `close`
ends the session when the key is struck, `slow` keeps one that was closed until another was created, `mute` makes the
window take nothing, `keys-only` is a user who allows that much, `tells` says at the start what is there. SIGUSR1 is a
user who copies what is in folder/clipboard.

The clipboard and its manager are Mutter's: calls are answered before they are carried out; then the new owner is told,
and the manager reads one type of it, a picture before a text, and puts that there when the owner has gone.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import gi

gi.require_version("Gio", "2.0")
gi.require_version("GLib", "2.0")
from gi.repository import Gio, GLib  # noqa: E402 - the versions must be named first

folder = Path(sys.argv[1])
clipboard = folder / "clipboard"
clipboard.mkdir(exist_ok=True)
NAME, PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
TEXT = "text/plain;charset=utf-8"
LATENCY_MS = 30
INSERT = 0xFF63


def _method(name: str, takes: str, gives: str = "") -> str:
    arguments = [f'<arg type="{kind}" direction="in"/>' for kind in takes.split()]
    arguments += [f'<arg type="{kind}" direction="out"/>' for kind in gives.split()]
    return f'<method name="{name}">{"".join(arguments)}</method>'


VERSION = '<property name="version" type="u" access="read"/>'
XML = f"""<node>
<interface name="org.freedesktop.portal.RemoteDesktop">{VERSION}
{_method("CreateSession", "a{sv}", "o")}{_method("SelectDevices", "o a{sv}", "o")}{_method("Start", "o s a{sv}", "o")}
{_method("NotifyKeyboardKeysym", "o a{sv} i u")}</interface>
<interface name="org.freedesktop.portal.Clipboard">{VERSION}
{_method("RequestClipboard", "o a{sv}")}{_method("SetSelection", "o a{sv}")}{_method("SelectionWrite", "o u", "h")}
{_method("SelectionWriteDone", "o u b")}{_method("SelectionRead", "o s", "h")}
<signal name="SelectionTransfer"><arg type="o"/><arg type="s"/><arg type="u"/></signal>
<signal name="SelectionOwnerChanged"><arg type="o"/><arg type="a{{sv}}"/></signal></interface>
<interface name="org.freedesktop.host.portal.Registry">{_method("Register", "s a{sv}")}</interface>
<interface name="org.freedesktop.portal.Session">{_method("Close", "")}</interface>
</node>"""

INTERFACES = Gio.DBusNodeInfo.new_for_xml(XML).interfaces
state: dict[str, Any] = {
    "session": "",
    "sender": "",
    "clipboard": False,
    "tokens": 0,
    "serial": 0,
    "ours": [],
    "shift": False,
    "manager": None,
    "known": "",
}
objects: dict[str, int] = {}
slow: list[tuple[str, int]] = []
asked: dict[int, Callable[[bytes], None]] = {}


def note(line: str) -> None:
    with (folder / "calls").open("a") as calls:
        calls.write(line + "\n")


def respond(connection: Gio.DBusConnection, sender: str, options: dict[str, object], results: dict[str, object]) -> str:
    path = f"{PATH}/request/{sender[1:].replace('.', '_')}/{options['handle_token']}"
    code = 1 if (folder / "refuse").exists() and "devices" in results else 0
    if (folder / "dismiss").exists() and "devices" in results:
        code = 2
    if (folder / "inhibit").exists() and "session_handle" in results:
        code = 2
    values = GLib.Variant("(ua{sv})", (code, {} if code else results))
    if (folder / "silent").exists() and "devices" in results:
        return path
    GLib.idle_add(
        lambda: connection.emit_signal(sender, path, "org.freedesktop.portal.Request", "Response", values) and False
    )
    return path


def end_session(connection: Gio.DBusConnection) -> None:
    if state["session"]:
        connection.emit_signal(
            None, state["session"], "org.freedesktop.portal.Session", "Closed", GLib.Variant("(a{sv})", ({},))
        )
        leave_clipboard(connection)
        forget_session(connection)


def closed(connection: Gio.DBusConnection) -> None:
    """By the program."""
    leave_clipboard(connection)
    forget_session(connection)
    note("close")


def forget_session(connection: Gio.DBusConnection) -> None:
    if (registered := objects.pop(state["session"], 0)) and not (folder / "slow").exists():
        connection.unregister_object(registered)
    elif registered:
        slow.append((state["session"], registered))
    state.update(session="", clipboard=False, ours=[])


def paste(connection: Gio.DBusConnection) -> None:
    if (folder / "close").exists():
        end_session(connection)
    elif not (folder / "mute").exists() and TEXT in state["ours"]:
        ask(connection, TEXT, append_text)


def append_text(data: bytes) -> None:
    with (folder / "text").open("ab") as text:
        text.write(data)


def ask(connection: Gio.DBusConnection, kind: str, taken: Callable[[bytes], None]) -> None:
    """Somebody wants a type of what the session has on the clipboard."""
    state["serial"] += 1
    asked[state["serial"]] = taken
    connection.emit_signal(
        None, PATH, "org.freedesktop.portal.Clipboard", "SelectionTransfer",
        GLib.Variant("(osu)", (state["session"], kind, state["serial"])),
    )  # fmt: skip


def tell_owner(connection: Gio.DBusConnection) -> None:
    kinds = state["ours"] or [unquote(path.name) for path in clipboard.iterdir()]
    about = {"mime_types": GLib.Variant("as", kinds), "session_is_owner": GLib.Variant("b", bool(state["ours"]))}
    connection.emit_signal(
        None, PATH, "org.freedesktop.portal.Clipboard", "SelectionOwnerChanged",
        GLib.Variant("(oa{sv})", (state["session"], about if kinds else {})),
    )  # fmt: skip


def set_selection(connection: Gio.DBusConnection, kinds: list[str] | None) -> None:
    """None: nothing is owned any more. An empty list is an error, of which the caller is not told."""
    if kinds is None:
        leave_clipboard(connection)
    elif kinds and state["clipboard"]:
        state["ours"] = kinds
        tell_owner(connection)
        manage(connection)


def manage(connection: Gio.DBusConnection) -> None:
    """What a clipboard manager does with what is new."""
    state["manager"] = None
    pictures = [kind for kind in state["ours"] if kind.startswith("image/")]
    kind = next((kind for kind in [*pictures, TEXT, "text/plain"] if kind in state["ours"]), "")

    def keep(data: bytes) -> None:
        state["manager"] = (kind, data)

    if kind:
        ask(connection, kind, keep)


def leave_clipboard(connection: Gio.DBusConnection) -> None:
    """The manager puts there what it kept."""
    if not state["ours"]:
        return
    state["ours"] = []
    for path in clipboard.iterdir():
        path.unlink()
    if state["manager"]:
        kind, data = state["manager"]
        (clipboard / quote(kind, safe="")).write_bytes(data)
    tell_owner(connection)


def copied(connection: Gio.DBusConnection) -> bool:
    """By the user, in another program."""
    state["ours"] = []
    tell_owner(connection)
    connection.flush_sync(None)
    note("copied")
    return True


def remote_desktop(connection: Gio.DBusConnection, sender: str, method: str, values: tuple[Any, ...]) -> GLib.Variant:
    options = values[-1] if isinstance(values[-1], dict) else {}
    if method == "CreateSession":
        if state["known"] != sender:
            raise RuntimeError("An app id is required")
        session = f"{PATH}/session/{sender[1:].replace('.', '_')}/{options['session_handle_token']}"
        if session in objects or any(path == session for path, _ in slow):
            raise RuntimeError("An object is already exported there")
        note("create")
        if not (folder / "inhibit").exists():
            state["session"] = session
            objects[session] = connection.register_object(session, INTERFACES[3], called, None, None)
        while slow:
            connection.unregister_object(slow.pop()[1])
        return GLib.Variant(
            "(o)", (respond(connection, sender, options, {"session_handle": GLib.Variant("s", session)}),)
        )
    if method == "SelectDevices":
        token = options.get("restore_token", "")
        note(f"select types={options['types']} persist={options['persist_mode']} token={token}")
        return GLib.Variant("(o)", (respond(connection, sender, options, {}),))
    if method == "Start":
        state["tokens"] += 1
        note(f"start clipboard={state['clipboard']}")
        if (folder / "tells").exists():
            tell_owner(connection)
        results = {
            "devices": GLib.Variant("u", 1),
            "clipboard_enabled": GLib.Variant("b", state["clipboard"] and not (folder / "keys-only").exists()),
            "restore_token": GLib.Variant("s", f"token-{state['tokens']}"),
        }
        return GLib.Variant("(o)", (respond(connection, sender, options, results),))
    _, _, keysym, down = values
    note(f"key {keysym:#x} {'down' if down else 'up'}")
    if keysym in (INSERT, ord("v")) and down:
        paste(connection)
    return GLib.Variant("()", ())


def clip(
    connection: Gio.DBusConnection, method: str, values: tuple[Any, ...]
) -> tuple[GLib.Variant, Gio.UnixFDList | None]:
    if method == "RequestClipboard":
        state["clipboard"] = True
    elif method == "SetSelection":
        kinds = values[1].get("mime_types")
        note(f"set {'nothing' if kinds is None else ' '.join(kinds)}")
        GLib.timeout_add(LATENCY_MS, set_selection, connection, kinds)
    elif method == "SelectionWrite":
        if not state["ours"] or values[1] not in asked:
            raise RuntimeError("there is no such transfer request")
        mine, theirs = os.pipe()
        descriptors = Gio.UnixFDList.new()
        handle = descriptors.append(theirs)
        os.close(theirs)
        read(mine, asked.pop(values[1]))
        return GLib.Variant("(h)", (handle,)), descriptors
    elif method == "SelectionWriteDone":
        note(f"done {values[2]}")
    elif method == "SelectionRead":
        if state["ours"]:
            raise RuntimeError("Tried to read own selection")
        path = clipboard / quote(values[1], safe="")
        if not path.exists():
            raise RuntimeError("there is nothing of that type")
        note(f"read {values[1]}")
        mine, theirs = os.pipe()
        descriptors = Gio.UnixFDList.new()
        handle = descriptors.append(mine)
        os.close(mine)
        threading.Thread(target=write, args=(theirs, path.read_bytes())).start()
        return GLib.Variant("(h)", (handle,)), descriptors
    return GLib.Variant("()", ()), None


def write(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as pipe:
        pipe.write(data)


def read(descriptor: int, taken: Callable[[bytes], None]) -> None:
    """As a window does: to its end, without holding anybody up."""
    parts = []

    def ready(_channel: object, _condition: object) -> bool:
        part = os.read(descriptor, 65536)
        parts.append(part)
        if part:
            return True
        os.close(descriptor)
        taken(b"".join(parts))
        return False

    GLib.io_add_watch(descriptor, GLib.IO_IN | GLib.IO_HUP, ready)


def called(
    connection: Gio.DBusConnection,
    sender: str,
    _path: str,
    interface: str,
    method: str,
    parameters: GLib.Variant,
    invocation: Gio.DBusMethodInvocation,
) -> None:
    values, descriptors = parameters.unpack(), None
    try:
        if interface.endswith("RemoteDesktop"):
            answer = remote_desktop(connection, sender, method, values)
        elif interface.endswith("Clipboard"):
            answer, descriptors = clip(connection, method, values)
        elif interface.endswith("Registry"):
            state["known"] = sender
            note(f"register {values[0]}")
            answer = GLib.Variant("()", ())
        else:
            GLib.timeout_add(LATENCY_MS, closed, connection)
            answer = GLib.Variant("()", ())
    except RuntimeError as error:
        invocation.return_dbus_error("org.freedesktop.portal.Error.Failed", str(error))
        return
    invocation.return_value_with_unix_fd_list(answer, descriptors)


def version(*_: object) -> GLib.Variant:
    return GLib.Variant("u", 2)


def connected(connection: Gio.DBusConnection, _name: str) -> None:
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, copied, connection)
    for interface in INTERFACES[:3]:
        connection.register_object(PATH, interface, called, version, None)


def owned(connection: Gio.DBusConnection, _name: str) -> None:
    (folder / "ready").touch()


assert unquote(quote(TEXT, safe="")) == TEXT
flags = Gio.BusNameOwnerFlags.ALLOW_REPLACEMENT | Gio.BusNameOwnerFlags.REPLACE
Gio.bus_own_name(Gio.BusType.SESSION, NAME, flags, connected, owned, None)
GLib.MainLoop().run()
