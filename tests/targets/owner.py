"""An owner of a selection: argv = selection, mode, folder. It serves as ICCCM says, independently of the product.

Modes: `serve` offers the files of the folder (name = target, with "%2F" for a slash), `mute` answers nothing,
`big` offers 50 MB of text in parts, `slow` is `serve` that, when first asked, touches folder/asked and waits for an end
of the pipe folder/go. Touches folder/ready when it owns the selection, ends when it loses it.
"""

import sys
from pathlib import Path
from urllib.parse import unquote

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.protocol import event

PART = 200_000
selection_name, mode, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
display = Display()
window = display.screen().root.create_window(0, 0, 1, 1, 0, 0, X.InputOnly, event_mask=X.PropertyChangeMask)
selection = display.get_atom(selection_name)
content = {"UTF8_STRING": b"x" * 50_000_000}
if mode in ("serve", "slow"):
    files = (path for path in folder.iterdir() if path.is_file())  # a pipe is none
    content = {unquote(path.name): path.read_bytes() for path in files}
atoms = {display.get_atom(name): data for name, data in content.items()}
parts: dict[tuple[int, int], tuple[int, bytes]] = {}

window.change_property(Xatom.WM_NAME, Xatom.STRING, 8, b"owner")  # for a time from the server
while (now := display.next_event()).type != X.PropertyNotify:
    pass
window.set_selection_owner(selection, now.time)
display.sync()
(folder / "ready").touch()


def give(request: event.SelectionRequest) -> bool:
    if request.target == display.get_atom("TARGETS"):
        request.requestor.change_property(request.property, Xatom.ATOM, 32, [request.target, *atoms])
        return True
    data = atoms.get(request.target)
    if data is None:
        return False
    if len(data) > PART:
        request.requestor.change_attributes(event_mask=X.PropertyChangeMask)
        request.requestor.change_property(request.property, display.get_atom("INCR"), 32, [len(data)])
        parts[request.requestor.id, request.property] = (request.target, data)
    else:
        request.requestor.change_property(request.property, request.target, 8, data)
    return True


while (happened := display.next_event()).type != X.SelectionClear:
    if isinstance(happened, event.SelectionRequest) and mode != "mute":
        if mode == "slow" and not (folder / "asked").exists():
            (folder / "asked").touch()
            (folder / "go").read_bytes()
        answer = {name: getattr(happened, name) for name in ("time", "requestor", "selection", "target")}
        given = give(happened)
        happened.requestor.send_event(event.SelectionNotify(property=happened.property if given else X.NONE, **answer))
        display.sync()
    elif isinstance(happened, event.PropertyNotify) and happened.state == X.PropertyDelete:
        key = (happened.window.id, happened.atom)
        if key in parts:
            target, data = parts[key]
            happened.window.change_property(happened.atom, target, 8, data[:PART])
            parts[key] = (target, data[PART:])
            if not data:
                del parts[key]
            display.sync()
