"""Runs inside a terminal: argv = folder. Mirrors the bytes the terminal sends into a file, without line editing."""

import os
import sys
import time
import tty
from pathlib import Path

folder = Path(sys.argv[1])
tty.setraw(0)
(folder / "ready").touch()
received = b""
while piece := os.read(0, 65536):
    received += piece
    moment = time.monotonic()
    os.write(1, piece.replace(b"\r", b"\r\n"))
    (folder / "text.new").write_bytes(received.replace(b"\r", b"\n"))  # a terminal sends Return for a line's end
    with (folder / "changes").open("a") as changes:
        changes.write(f"{moment:.6f} {len(received.decode(errors='replace'))}\n")
    os.replace(folder / "text.new", folder / "text")  # last: who sees the text finds the change told
