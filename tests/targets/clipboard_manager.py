"""A small clipboard manager: argv = folder, option. Writes each text it sees to folder/history, one JSON per line.

It reads the clipboard whenever its owner changes, as such programs do. `plain` knows nothing of the hint that a text
is sensitive, `polite` honours it, `saving` is plain and also owns CLIPBOARD_MANAGER: asked to SAVE_TARGETS it reads all
targets, and owns the clipboard with them when its owner is gone.
"""

import json
import sys
from pathlib import Path

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.ext import xfixes
from Xlib.protocol import event, rq

folder, option = Path(sys.argv[1]), sys.argv[2]
display = Display()
window = display.screen().root.create_window(0, 0, 1, 1, 0, 0, X.InputOnly, event_mask=X.PropertyChangeMask)
clipboard, manager = display.get_atom("CLIPBOARD"), display.get_atom("CLIPBOARD_MANAGER")
saved: dict[int, tuple[int, bytes]] = {}
waiting: list[rq.Event] = []


def read(target: str) -> tuple[int, list[int] | bytes] | None:
    """The content of one target of the clipboard: type and value."""
    window.convert_selection(clipboard, display.get_atom(target), display.get_atom("GOT"), X.CurrentTime)
    while (happened := display.next_event()).type != X.SelectionNotify:
        waiting.append(happened)
    if happened.property == X.NONE:
        return None
    found = window.get_full_property(happened.property, X.AnyPropertyType, 1_000_000)
    return None if found is None else (found.property_type, found.value)


def see() -> None:
    found = read("TARGETS")
    targets = [display.get_atom_name(atom) for atom in found[1]] if found else []
    if option == "polite" and "x-kde-passwordManagerHint" in targets:
        hint = read("x-kde-passwordManagerHint")
        if hint and hint[1] == b"secret":
            return
    text = read("UTF8_STRING")
    if text:
        with (folder / "history").open("a") as history:
            history.write(json.dumps(bytes(text[1]).decode()) + "\n")


def answer(request: event.SelectionRequest, given: bool) -> None:
    request.requestor.send_event(
        event.SelectionNotify(
            time=request.time,
            requestor=request.requestor,
            selection=request.selection,
            target=request.target,
            property=request.property if given else X.NONE,
        )
    )
    display.sync()


def save(request: event.SelectionRequest) -> None:
    wanted = request.requestor.get_full_property(request.property, Xatom.ATOM)
    for atom in wanted.value:
        if piece := read(display.get_atom_name(atom)):
            saved[atom] = (piece[0], bytes(piece[1]))
    answer(request, given=True)


def serve(request: event.SelectionRequest) -> None:
    if request.target == display.get_atom("TARGETS"):
        request.requestor.change_property(request.property, Xatom.ATOM, 32, [request.target, *saved])
    elif request.target in saved:
        kind, data = saved[request.target]
        request.requestor.change_property(request.property, kind, 8, data)
    answer(request, request.target in saved or request.target == display.get_atom("TARGETS"))


display.xfixes_query_version()
mask = xfixes.XFixesSetSelectionOwnerNotifyMask | xfixes.XFixesSelectionWindowDestroyNotifyMask
mask |= xfixes.XFixesSelectionClientCloseNotifyMask
display.xfixes_select_selection_input(window, clipboard, mask)
if option == "saving":
    window.set_selection_owner(manager, X.CurrentTime)
display.sync()
(folder / "ready").touch()
while True:
    happened = waiting.pop(0) if waiting else display.next_event()
    if isinstance(happened, event.SelectionRequest):
        save(happened) if happened.selection == manager else serve(happened)
    elif isinstance(happened, xfixes.SelectionNotify):
        if happened.owner.id == X.NONE:
            if saved:
                window.set_selection_owner(clipboard, happened.timestamp)
        elif happened.owner.id != window.id:
            see()
