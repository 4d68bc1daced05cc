"""The desktop of the tests: the private desktop of the demonstration, and windows whose text can be read back."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Literal, Protocol

from Xlib import X
from Xlib.display import Display
from Xlib.ext import xfixes

from virtual_desktop import START_SECONDS, VirtualDesktop, await_true, end

__all__ = ["Desktop", "Target", "TargetKind", "await_true", "end"]

TargetKind = Literal["tk", "xterm", "gtk3", "gtk4", "gtk4-entry", "chromium"]
SYSTEM_PYTHON = "/usr/bin/python3"
"""Debian's own Python: tkinter and GTK come as its packages, not into a virtual environment."""

_TARGETS = Path(__file__).parent / "targets"


class Screen(Protocol):
    """What a window of the tests needs of its desktop."""

    folder: Path

    def start(self, command: Sequence[str]) -> subprocess.Popen[bytes]: ...
    def find_window(self, title: str) -> int: ...
    def focus(self, window: int) -> None: ...
    def tap(self, *names: str) -> None: ...


class Target:
    """A window of another process that tells what it received."""

    def __init__(self, desktop: Screen, kind: str, title: str) -> None:
        self._desktop = desktop
        self._folder = desktop.folder / title
        self._folder.mkdir()
        self.title = title
        self.process = desktop.start(_command(kind, title, self._folder))
        await_true(lambda: desktop.find_window(title), START_SECONDS, f"window of {title}")
        self.window = desktop.find_window(title)
        self.focus()
        await_true((self._folder / "ready").exists, START_SECONDS, f"text field of {title}")
        if kind == "chromium":  # its page has the focus before it has been painted, and loses keys until then
            await_true(self._hears_a_key, START_SECONDS, f"keys in {title}", every=0.1)

    def text(self) -> str:
        """All text of the window."""
        return self._read("text")

    def wait_text(self, expected: str, deadline: float = 5.0) -> None:
        """Wait up to `deadline` seconds until the text is exactly the expected one."""
        try:
            await_true(lambda: self.text() == expected, deadline, "text", every=0.002)
        except TimeoutError:
            raise AssertionError(
                f"expected {expected!r} within {deadline:g} s, the window has {self.text()!r}"
            ) from None

    def wait_change(self, deadline: float = 5.0) -> str:
        """Wait up to `deadline` seconds until there is any text; the text."""
        await_true(self.text, deadline, f"any text in {self.title}", every=0.002)
        return self.text()

    def keys(self) -> list[str]:
        """The X names of all keys whose press reached the window (a terminal tells none)."""
        return self._read("keys").split()

    def changes(self) -> list[tuple[float, int]]:
        """When the text changed (time.monotonic(), after drawing) and how long it was then."""
        return [(float(line.split()[0]), int(line.split()[1])) for line in self._read("changes").splitlines()]

    def focus(self) -> None:
        self._desktop.focus(self.window)

    def close(self) -> None:
        end(self.process)

    def _hears_a_key(self) -> bool:
        """One tap more; the taps before it have arrived by then, or were lost."""
        self._desktop.tap("Shift_R")
        return bool(self.keys())

    def _read(self, name: str) -> str:
        try:
            return (self._folder / name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""


class Desktop(VirtualDesktop):
    """The private desktop, with target windows and the clipboard of an independent program."""

    def __init__(self, *, audio: bool = True, bus: bool = True, window_manager: bool = True) -> None:
        super().__init__(audio=audio, bus=bus, window_manager=window_manager)
        self._numbers = count(1)

    def open_target(self, kind: TargetKind = "tk") -> Target:
        """Open a window and give it the keyboard."""
        return Target(self, kind, f"target-{next(self._numbers)}-{kind}")

    def set_clipboard(
        self, content: str | bytes, selection: str = "clipboard", kind: str = "UTF8_STRING"
    ) -> subprocess.Popen[bytes]:
        """Let another program own a selection, as a user's copy would; it ends when somebody else takes over."""
        source = self.folder / f"copied-{next(self._numbers)}"
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        with closing(Display(self.environment["DISPLAY"])) as display:
            # The owner's window does not tell: X gives the number of one that is gone to the next program.
            display.xfixes_query_version()
            atom, root = display.intern_atom(selection.upper()), display.screen().root
            display.xfixes_select_selection_input(root, atom, xfixes.XFixesSetSelectionOwnerNotifyMask)
            display.sync()
            # -quiet keeps xclip in the foreground, where it can be ended with the desktop
            owner = self.start(["xclip", "-quiet", "-i", "-selection", selection, "-t", kind, str(source)])
            await_true(display.pending_events, START_SECONDS, "xclip owns the clipboard")
        return owner

    def selection_owner(self, selection: str) -> int:
        display: Display = self._x
        owner = display.get_selection_owner(display.intern_atom(selection.upper()))
        return X.NONE if isinstance(owner, int) else int(owner.id)


def _command(kind: str, title: str, folder: Path) -> list[str]:
    inside = [SYSTEM_PYTHON, str(_TARGETS / "terminal.py"), str(folder)]
    if kind == "foot":
        return ["foot", "-T", title, "-o", "locked-title=yes", *inside]
    if kind == "xterm":
        return ["xterm", "-u8", "-T", title, "-xrm", "XTerm*allowTitleOps: false", "-e", *inside]
    toolkit, _, field = kind.partition("-")
    return [SYSTEM_PYTHON, str(_TARGETS / f"{toolkit}.py"), title, str(folder), *([field] if field else [])]
