"""A window that takes the focus and does nothing with its keys: argv = title, folder."""

import sys
from pathlib import Path

from Xlib import X, Xutil
from Xlib.display import Display

title, folder = sys.argv[1], Path(sys.argv[2])
display = Display()
window = display.screen().root.create_window(
    50, 50, 300, 200, 0, X.CopyFromParent, event_mask=X.KeyPressMask | X.FocusChangeMask
)
window.set_wm_name(title)
window.set_wm_class("deaf", "Deaf")
window.set_wm_hints(flags=Xutil.InputHint, input=1)
window.map()
while True:
    happened = display.next_event()
    if happened.type == X.FocusIn:
        (folder / "ready").touch()
    elif happened.type == X.KeyPress:
        with (folder / "keys").open("a") as keys:
            keys.write(f"{happened.detail}\n")
