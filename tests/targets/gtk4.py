"""A GTK 4 text view, or an entry with a third word: argv = title, folder. Mirrors its text and keys into files."""

import os
import sys
import time
from pathlib import Path

import gi

gi.require_version("Gtk", "4.0")
gi.require_version("Gdk", "4.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402 - the versions must be named first

title, folder, view = sys.argv[1], Path(sys.argv[2]), len(sys.argv) == 3
Gtk.init()
loop = GLib.MainLoop()
window = Gtk.Window(title=title, default_width=600, default_height=300)
field = Gtk.TextView() if view else Gtk.Entry()
content = field.get_buffer() if view else field


def text() -> str:
    return str(content.get_text(*content.get_bounds(), True) if view else content.get_text())


def mirror(_: object) -> None:
    now = text()
    (folder / "text.new").write_text(now, encoding="utf-8")
    with (folder / "changes").open("a") as changes:
        changes.write(f"{time.monotonic():.6f} {len(now)}\n")
    os.replace(folder / "text.new", folder / "text")  # last: who sees the text finds the change told


def key(_: object, symbol: int, *_rest: object) -> bool:
    with (folder / "keys").open("a") as keys:
        keys.write(f"{Gdk.keyval_name(symbol)}\n")
    return False


def active(*_: object) -> None:
    if window.is_active() and window.get_focus() is not None:
        (folder / "ready").touch()


content.connect("changed", mirror)
controller = Gtk.EventControllerKey(propagation_phase=Gtk.PropagationPhase.CAPTURE)
controller.connect("key-pressed", key)
window.add_controller(controller)
window.connect("notify::is-active", active)
window.connect("close-request", lambda _: loop.quit())
window.set_child(field)
field.grab_focus()
window.present()
loop.run()
