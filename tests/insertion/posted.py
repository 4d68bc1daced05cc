"""An inserter under test, what it has posted, and the other programs around it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Queue
from types import TracebackType
from typing import Self
from urllib.parse import quote

from desktop import Desktop, Target, await_true
from utterkey.desktop.dbus import Bus
from utterkey.dictation.effects import InsertText, MarkTarget, PrepareInsertion, ScratchLast
from utterkey.dictation.events import (
    Event,
    InsertionFailed,
    InsertionUnderWay,
    NotScratched,
    Scratched,
    TargetMarked,
    TextInserted,
)
from utterkey.insertion import choose
from utterkey.settings import OutputSettings
from virtual_desktop import VirtualDesktop

TARGETS = Path(__file__).parent.parent / "targets"
DEADLINE = 20.0


class Inserting:
    """A context manager: the inserter of this desktop and the queue of its events."""

    def __init__(self, output: OutputSettings | None = None, bus: Bus | None = None) -> None:
        self._bus = bus
        self._output = output or OutputSettings()
        self._events: Queue[Event] = Queue()

    def __enter__(self) -> Self:
        self.inserter = choose(self._output, self._events.put, self._bus)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.inserter.close()

    def next(self) -> Event:
        """The next event that is not a sign of life, of which there are as many as the machine is slow."""
        while isinstance(event := self._events.get(timeout=DEADLINE), InsertionUnderWay):
            pass
        return event

    def wait_sign(self, utterance: int) -> None:
        """Wait for the sign that this text is not forgotten; nothing else may come before."""
        assert self._events.get(timeout=DEADLINE) == InsertionUnderWay(utterance)

    def nothing_more(self) -> bool:
        return self._events.empty()

    def mark(self, utterance: int = 1) -> str:
        """As a dictation does it: recording begins, and ends with the focus where it is."""
        self.inserter.order(PrepareInsertion(utterance))
        self.inserter.order(MarkTarget(utterance))
        marked = self.next()
        assert isinstance(marked, TargetMarked)
        assert marked.utterance == utterance
        return marked.window

    def insert(self, text: str, utterance: int = 1) -> Event:
        self.inserter.order(InsertText(utterance, text))
        return self.next()

    def dictate(self, text: str, utterance: int = 1) -> None:
        """Mark and insert, successfully."""
        self.mark(utterance)
        event = self.insert(text, utterance)
        assert event == TextInserted(utterance), event

    def fail(self, text: str, utterance: int = 1) -> str:
        """Insert, which is to fail with the text on the clipboard; the sentence."""
        return self.failed(self.insert(text, utterance), utterance)

    def scratch(self, utterance: int = 2, hotkey_presses: int = 0) -> None:
        """Mark and scratch, successfully."""
        event = self._scratch(utterance, hotkey_presses)
        assert event == Scratched(utterance), event

    def refuse_to_scratch(self, utterance: int = 2, hotkey_presses: int = 0) -> str:
        """Mark and scratch, which is to be refused; the sentence."""
        event = self._scratch(utterance, hotkey_presses)
        assert isinstance(event, NotScratched), event
        assert event.utterance == utterance
        return str(event.error)

    def _scratch(self, utterance: int, hotkey_presses: int) -> Event:
        self.mark(utterance)
        self.inserter.order(ScratchLast(utterance, hotkey_presses))
        return self.next()

    @staticmethod
    def failed(event: Event, utterance: int = 1) -> str:
        assert isinstance(event, InsertionFailed), event
        assert event.utterance == utterance
        assert event.on_clipboard
        return str(event.error)


def own(desktop: VirtualDesktop, content: Mapping[str, bytes], selection: str = "CLIPBOARD") -> None:
    """Another program puts content on a selection: target -> bytes."""
    folder = _folder(desktop, "owner")
    for target, data in content.items():
        (folder / quote(target, safe="")).write_bytes(data)
    _start(desktop, folder, "owner.py", selection, "serve", str(folder))


def own_slowly(desktop: VirtualDesktop, text: str) -> Path:
    """As `own`, with one text; its folder. The file `asked` is there once it is asked for, and it is given once the
    pipe `go` is written to."""
    folder = _folder(desktop, "slow")
    os.mkfifo(folder / "go")
    (folder / "UTF8_STRING").write_text(text)
    _start(desktop, folder, "owner.py", "CLIPBOARD", "slow", str(folder))
    return folder


def own_badly(desktop: VirtualDesktop, mode: str) -> None:
    """An owner that is `mute` or offers something `big`."""
    folder = _folder(desktop, mode)
    _start(desktop, folder, "owner.py", "CLIPBOARD", mode, str(folder))


def manage_clipboard(desktop: Desktop, option: str) -> Path:
    """A clipboard manager that is `plain`, `polite` or `saving`; its folder."""
    folder = _folder(desktop, "manager")
    _start(desktop, folder, "clipboard_manager.py", str(folder), option)
    return folder


def history(folder: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return [json.loads(line) for line in (folder / "history").read_text().splitlines()]
    return []


def open_deaf(desktop: Desktop) -> Path:
    """A focused window that takes keys and does nothing with them; its folder."""
    folder = _folder(desktop, "deaf")
    desktop.start([sys.executable, str(TARGETS / "deaf.py"), folder.name, str(folder)])
    await_true(lambda: desktop.find_window(folder.name), DEADLINE, "the deaf window")
    desktop.focus(desktop.find_window(folder.name))
    await_true((folder / "ready").exists, DEADLINE, "its focus")
    return folder


def wait_clipboard(desktop: Desktop, content: Mapping[str, bytes], selection: str = "clipboard") -> None:
    """Wait until the selection has exactly this again, as another program sees it."""
    await_true(
        lambda: {target: desktop.clipboard_bytes(target, selection) for target in content} == dict(content),
        DEADLINE,
        f"{selection} as it was",
        every=0.05,
    )


def visible_ms(target: Target, since: float) -> float:
    """When the last change of the text was drawn, in milliseconds after `since`."""
    return (target.changes()[-1][0] - since) * 1000


def now() -> float:
    return time.monotonic()


def _start(desktop: VirtualDesktop, folder: Path, script: str, *arguments: str) -> None:
    desktop.start([sys.executable, str(TARGETS / script), *arguments])
    await_true((folder / "ready").exists, DEADLINE, script)


def _folder(desktop: VirtualDesktop, name: str) -> Path:
    number = sum(1 for path in desktop.folder.iterdir() if path.name.startswith(f"{name}-"))
    folder = desktop.folder / f"{name}-{number + 1}"
    folder.mkdir()
    return folder
