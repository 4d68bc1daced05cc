"""A GTK 3 text view, or an entry with a third word: argv = title, folder. Mirrors its text and keys into files."""

import os
import sys
import time
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402 - the versions must be named first

title, folder, view = sys.argv[1], Path(sys.argv[2]), len(sys.argv) == 3
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


def key(_: object, event: Gdk.EventKey) -> bool:
    with (folder / "keys").open("a") as keys:
        keys.write(f"{Gdk.keyval_name(event.keyval)}\n")
    return False


def focused(*_: object) -> bool:
    (folder / "ready").touch()
    return False


content.connect("changed", mirror)
window.connect("key-press-event", key)
field.connect("focus-in-event", focused)
window.connect("destroy", Gtk.main_quit)
window.add(field)
window.show_all()
field.grab_focus()
Gtk.main()
