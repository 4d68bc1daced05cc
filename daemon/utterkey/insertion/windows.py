"""Insertion on Windows: SendInput for short texts, the clipboard and a chord for long ones.

The steps are in counted.py, what a text is in strokes in windows_plan.py. Here are the calls, all on the thread
`insertion`. Never run on a Windows machine, for none was at hand.
"""

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event
from time import monotonic

from utterkey.desktop.windows import Windows, invisible_window, send
from utterkey.desktop.windows_calls import kernel32, user32
from utterkey.desktop.windows_stroke import Stroke
from utterkey.dictation.events import PartFailed, Post
from utterkey.errors import InsertionError
from utterkey.insertion.chord import WINDOWS_CHORDS
from utterkey.insertion.counted import READ_SECONDS, Bell, CountedDelivery, Focused
from utterkey.insertion.orders import OrderedInserter
from utterkey.insertion.windows_plan import (
    KEPT_OUT,
    KEPT_OUT_BY_ZERO,
    MODIFIERS,
    OLE,
    UNICODE_TEXT,
    chord_strokes,
    is_better_typed,
    text_strokes,
    worth_reading,
)
from utterkey.settings import OutputSettings

_MOST_BYTES = 16 * 2**20
_TRIES, _TRY_SECONDS = 25, 0.02
"""Programs hold the clipboard for milliseconds; clipboard managers and remote desktops for up to half a second."""
_MOVEABLE = 0x0002

_Forms = Mapping[int, bytes]
"""Clipboard format -> what it holds."""


def inserter(output: OutputSettings, post: Post) -> OrderedInserter[object]:
    windows = Windows()
    keys, board = WindowsKeys(windows), WindowsBoard()
    return OrderedInserter(
        "SendInput",
        Bell(),
        lambda chords, wait: CountedDelivery(
            lambda: focused(windows),
            keys,
            board,
            WINDOWS_CHORDS,
            output,
            chords,
            wait,
            lambda error: post(PartFailed("insertion", error)),
        ),
        output,
        post,
    )


def focused(windows: Windows) -> Focused | None:
    window = windows.foreground()
    if not window:
        return None
    above = windows.is_above_us(window)
    refuses = "the window runs as administrator, which takes no keys from other programs" if above else ""
    return Focused(f"{window:#x}", (windows.class_name(window),), refuses)


class WindowsKeys:
    """See counted.Keys."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows

    def modifier_held(self) -> bool:
        return any(self._windows.key_down(vk) for vk in MODIFIERS)

    def type(self, text: str) -> None:
        self._send(text_strokes(text))

    def strike(self, keys: tuple[str, ...]) -> None:
        strokes = chord_strokes(keys)
        if strokes is None:
            raise InsertionError(f"Windows has no key for {'+'.join(keys)}: change output.chords.")
        self._send(strokes)

    def prefers_typing(self, text: str, focused: Focused) -> bool:
        return is_better_typed(text, *focused.names)

    def _send(self, strokes: Sequence[Stroke]) -> None:
        if send(strokes) != len(strokes):
            raise InsertionError("Windows did not let text be typed.")


class WindowsBoard:
    """See counted.Board."""

    def __init__(self) -> None:
        self._user = user32()
        self._kernel = kernel32()
        self._pause = Event()  # never set: a wait that ends by its time
        self._ole = {self._user.RegisterClipboardFormatW(name) for name in OLE}

    def count(self) -> int:
        return int(self._user.GetClipboardSequenceNumber())

    def read(self) -> _Forms | None:
        """Its owner makes each form when it is asked for it, and is waited for: so one that hangs is not asked."""
        with self._opened(None):
            if self._user.IsHungAppWindow(self._user.GetClipboardOwner()):
                return None
            present = self._formats()
            forms: dict[int, bytes] = {}
            deadline = monotonic() + READ_SECONDS
            for each in worth_reading(present, self._ole):
                memory = self._user.GetClipboardData(each)
                room = _MOST_BYTES - sum(map(len, forms.values()))
                if monotonic() > deadline or self._kernel.GlobalSize(memory) > room:
                    return None
                data = self._take(memory)
                if data is not None:
                    forms[each] = data
        return forms if forms or not present else None

    def write(self, text: str, *, passing: bool) -> None:
        forms = {
            UNICODE_TEXT: text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-16-le", "replace") + b"\0\0"
        }
        self._put({**forms, **self._marks()} if passing else forms)

    def restore(self, content: _Forms) -> None:
        """Histories have had it when it was copied: they would list it once more for each dictation."""
        self._put({**content, **self._marks()} if content else content)

    # --- details -----------------------------------------------------------------------------------------------------

    def _marks(self) -> _Forms:
        """What keeps a content out of histories and off other devices."""
        names = (*KEPT_OUT, *KEPT_OUT_BY_ZERO)
        return {self._user.RegisterClipboardFormatW(name): bytes(4) for name in names}

    def _put(self, content: _Forms) -> None:
        """Only with a window as its owner does the clipboard take anything."""
        with invisible_window(self._user) as window, self._opened(window):
            self._user.EmptyClipboard()
            for each, data in content.items():
                if not self._give(each, data):
                    raise InsertionError("Windows did not take the text onto the clipboard.")

    @contextmanager
    def _opened(self, window: int | None) -> Iterator[None]:
        for _ in range(_TRIES):
            if self._user.OpenClipboard(window):
                break
            self._pause.wait(_TRY_SECONDS)
        else:
            raise InsertionError("Another program holds on to the clipboard.")
        try:
            yield
        finally:
            self._user.CloseClipboard()

    def _formats(self) -> list[int]:
        formats, last = [], 0
        while last := self._user.EnumClipboardFormats(last):
            formats.append(last)
        return formats

    def _take(self, memory: int | None) -> bytes | None:
        if not memory or not (address := self._kernel.GlobalLock(memory)):
            return None
        try:
            return ctypes.string_at(address, self._kernel.GlobalSize(memory))
        finally:
            self._kernel.GlobalUnlock(memory)

    def _give(self, format_: int, data: bytes) -> bool:
        """The memory is the system's once it has taken it."""
        memory = self._kernel.GlobalAlloc(_MOVEABLE, len(data))
        if not memory or not (address := self._kernel.GlobalLock(memory)):
            return False
        ctypes.memmove(address, data, len(data))
        self._kernel.GlobalUnlock(memory)
        if self._user.SetClipboardData(format_, memory):
            return True
        self._kernel.GlobalFree(memory)
        return False
