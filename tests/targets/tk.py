"""A window with a text field: argv = title, folder. Mirrors its text, its changes and its key presses into files."""

import os
import sys
import time
import tkinter
from pathlib import Path

title, folder = sys.argv[1], Path(sys.argv[2])
window = tkinter.Tk(className="Target")
window.title(title)
text = tkinter.Text(window, width=80, height=20, undo=True)
text.pack(fill="both", expand=True)


def mirror(_: object = None) -> None:
    if not text.edit_modified():
        return  # resetting the flag below raises the same event again
    text.edit_modified(False)
    text.update_idletasks()  # the change is drawn before it is told
    moment, content = time.monotonic(), text.get("1.0", "end-1c")
    (folder / "text.new").write_text(content, encoding="utf-8")
    with (folder / "changes").open("a") as changes:
        changes.write(f"{moment:.6f} {len(content)}\n")
    os.replace(folder / "text.new", folder / "text")  # last: who sees the text finds the change told


def key(event: "tkinter.Event[tkinter.Misc]") -> None:
    with (folder / "keys").open("a") as keys:
        keys.write(f"{event.keysym}\n")


text.bind("<<Modified>>", mirror)
text.bindtags(("KeyLog", *text.bindtags()))  # before the field's own bindings, which may consume the key
text.bind_class("KeyLog", "<KeyPress>", key)
text.bind("<FocusIn>", lambda _: (folder / "ready").touch())
text.focus_force()
window.mainloop()
