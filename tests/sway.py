"""A private Wayland desktop: headless sway with XWayland, and what else the private X11 desktop has.

Runs as root too: sway refuses to be root, so it is somebody else in a user namespace of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from desktop import Target
from utterkey.desktop.wayland import Connection
from utterkey.insertion.wayland_keyboard import VirtualKeyboard
from virtual_desktop import START_SECONDS, VirtualDesktop, await_true

SwayTarget = Literal["foot", "gtk3-entry", "gtk4-entry", "xterm"]
WINDOWS: tuple[SwayTarget, ...] = get_args(SwayTarget)

F9 = 67
"""Linux's number of the key."""

_CONFIG = """\
output HEADLESS-1 resolution 1280x720 bg #203040 solid_color
input * xkb_layout de
"""


class Sway(VirtualDesktop):
    """A context manager. The keyboard's layout is German: what is typed and pasted must not depend on it."""

    def __init__(self, *, audio: bool = True, bus: bool = True, bindings: str = "", xwayland: bool = True) -> None:
        super().__init__(audio=audio, bus=bus, window_manager=False)
        self._bindings = bindings
        self._xwayland = xwayland
        self._count = 0

    def _start_display(self) -> None:
        self.environment |= {
            "XDG_SESSION_TYPE": "wayland", "XDG_CURRENT_DESKTOP": "sway", "GDK_BACKEND": "wayland",
            "WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman",
        }  # fmt: skip
        self.environment.pop("DISPLAY", None)
        told = self.folder / "told"
        config = self.folder / "sway.config"
        xwayland = "enable" if self._xwayland else "disable"
        names = "$WAYLAND_DISPLAY $SWAYSOCK $DISPLAY"
        config.write_text(
            f"xwayland {xwayland}\n{_CONFIG}{self._bindings}\nexec echo {names} > {told}.new && mv {told}.new {told}\n"
        )
        apart = ["unshare", "-U", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
        self.start([*apart, "sway", "-c", str(config)])
        await_true(told.exists, START_SECONDS, "sway")
        words = told.read_text().split()
        self.environment |= dict(zip(("WAYLAND_DISPLAY", "SWAYSOCK", "DISPLAY"), words, strict=False))
        self.start(["wtype", "-s", "100000000"])  # a keyboard: without one no GTK window has the focus

    # --- windows -----------------------------------------------------------------------------------------------------

    def open_target(self, kind: SwayTarget) -> Target:
        self._count += 1
        return Target(self, kind, f"target-{self._count}-{kind}")

    def find_window(self, title: str) -> int:
        return next((window["id"] for window in self._windows() if window["name"] == title), 0)

    def focused_window(self) -> int:
        return next((window["id"] for window in self._windows() if window["focused"]), 0)

    def focus(self, window: int) -> None:
        self.run(["swaymsg", f"[con_id={window}] focus"])
        await_true(lambda: self.focused_window() == window, START_SECONDS, f"focus of window {window}")

    def screenshot(self, path: Path) -> Path:
        self.run(["grim", str(path)])
        return path

    def _windows(self) -> Iterator[dict[str, Any]]:
        waiting = [json.loads(self.run(["swaymsg", "-r", "-t", "get_tree"]))]
        while waiting:
            node = waiting.pop()
            waiting += [*node["nodes"], *node["floating_nodes"]]
            if node["type"] in ("con", "floating_con"):
                yield node

    # --- the clipboard -----------------------------------------------------------------------------------------------

    def copy(self, content: bytes, kind: str = "text/plain;charset=utf-8", *options: str) -> subprocess.Popen[bytes]:
        """Let another program own the clipboard, until somebody else takes over."""
        self._count += 1
        source = self.folder / f"copied-{self._count}"
        source.write_bytes(content)
        owner = self.start(["sh", "-c", 'exec wl-copy --foreground "$@" < "$0"', str(source), "--type", kind, *options])
        selection = "primary" if "--primary" in options else "clipboard"
        await_true(lambda: self.clipboard_bytes(kind, selection) == content, START_SECONDS, "wl-copy")
        return owner

    def clipboard_bytes(self, kind: str, selection: str = "clipboard") -> bytes | None:
        option = ["--primary"] if selection == "primary" else []
        types = self.run(["wl-paste", "--list-types", *option], check=False).decode().splitlines()
        return self.run(["wl-paste", "--no-newline", "--type", kind, *option]) if kind in types else None

    def wait_clipboard(self, kind: str, content: bytes, selection: str = "clipboard") -> None:
        """Wait until a selection has exactly this, as another program sees it; who reads all the time delays that."""
        await_true(
            lambda: self.clipboard_bytes(kind, selection) == content, START_SECONDS, f"{selection} as it was", every=0.3
        )

    def clipboard(self, selection: str = "clipboard") -> str | None:
        content = self.clipboard_bytes("text/plain;charset=utf-8", selection)
        return None if content is None else content.decode()


class Keys:
    """A keyboard of its own (virtual-keyboard-v1), which is gone when it is closed. Needs the desktop's environment
    here."""

    def __init__(self) -> None:
        self._connection = Connection()
        seat = self._connection.bind("wl_seat", 1, ("u", None), ("s", None))
        self._keyboard = VirtualKeyboard(self._connection, seat)

    def press(self, code: int) -> None:
        self._send(code, 1)

    def release(self, code: int) -> None:
        self._send(code, 0)

    def close(self) -> None:
        self._connection.close()

    def _send(self, code: int, state: int) -> None:
        self._keyboard._strike(code, state)
        self._connection.round_trip()
