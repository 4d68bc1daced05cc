"""A small process that keeps the clipboard's content after the daemon is gone, until something else is copied.

The clipboard dies with its owner. What the user had there before an insertion is given back by owning it, so ending
must not take it away: on X11 a clipboard manager takes it over where there is one (delivery.py), else this process.
The content arrives on standard input: a line of JSON with its targets, then their bytes.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import IO

from utterkey import child
from utterkey.insertion.content import Content, Piece


def start(content: Content) -> bool:
    """Start the process with this content. False if it ends before it has all."""
    keeper = subprocess.Popen(
        child.command(__name__),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=child.environment(),
    )
    assert keeper.stdin
    try:
        with keeper.stdin as given:
            _write(content, given)
    except BrokenPipeError:
        return False
    keeper.returncode = 0  # it outlives us on purpose: nothing to wait for, nothing to warn about
    return True


def _write(content: Content, out: IO[bytes]) -> None:
    head = [[target, piece.kind, piece.bits, len(piece.data)] for target, piece in content.items()]
    out.write(json.dumps(head).encode() + b"\n")
    for piece in content.values():
        out.write(piece.data)


def _read(given: IO[bytes]) -> Content:
    head = json.loads(given.readline())
    return {target: Piece(kind, bits, given.read(size)) for target, kind, bits, size in head}


def main() -> None:
    from utterkey.errors import InsertionError

    content = _read(sys.stdin.buffer)
    keep = _keep_on_wayland if os.environ.get("WAYLAND_DISPLAY") else _keep_on_x11
    with suppress(InsertionError):  # the desktop ended, and every clipboard with it
        keep(content)


def _keep_on_x11(content: Content) -> None:
    from utterkey.desktop.x11 import Connection
    from utterkey.errors import InsertionError
    from utterkey.insertion.lending import Lending
    from utterkey.insertion.selection import Own

    connection = Connection(InsertionError)
    with connection.errors():
        own = Own(connection.display)
        lending = Lending(own, lambda requestor, target: None)
        own.ask_time()
        while own.time is None:
            for happened in connection.wait():
                own.take_event(happened)
        lending.keep(content, own.time)
        while lending.clipboard is not None:
            for happened in connection.wait():
                lending.take_event(happened)


def _keep_on_wayland(content: Content) -> None:
    from utterkey.desktop.wayland import Connection
    from utterkey.errors import InsertionError
    from utterkey.insertion.data_control import DataControl
    from utterkey.insertion.held import Clipboard

    connection = Connection(InsertionError)
    with connection.errors():
        seat = connection.bind("wl_seat", 1, ("u", None), ("s", None))
        clipboard = Clipboard(connection, DataControl(connection, seat), lambda kind: None)
        clipboard.keep(content)
        while clipboard.clipboard is not None or clipboard.gives:
            for happened in connection.wait():
                happened()


if __name__ == "__main__":
    main()
