"""Windows' libraries, recorded: every call that is made through ctypes is noted, with the structures it was given.

Arguments go through the prototypes that the code has declared, as ctypes would have them. The answers are what a test
sets, and a clipboard that holds what it is given; nothing here imitates what Windows does with a call.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest

from utterkey.desktop.windows_calls import INPUT, INPUT_KEYBOARD, OURS

Call = tuple[object, ...]

MEDIUM, HIGH = 0x2000, 0x3000
WM_DESTROY, WM_CLOSE = 0x0002, 0x0010


class FakeWindows:
    """`calls` are the calls in order; those in `quiet` are answered and not noted."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.quiet: set[str] = set()
        self.answers: dict[str, Callable[..., object]] = {}
        self.window = 0x10
        self.class_name = "Notepad"
        self.integrity: dict[int, int | None] = {0: MEDIUM, 0x10: MEDIUM}
        """Of our process (0), and of those that own windows; None: it may not be asked."""
        self.down: set[int] = set()
        self.struck: set[int] = set()
        """What went down and up since it was last asked for."""
        self.locked = False
        self.error = 0
        self.mutexes: dict[int, str] = {}
        self.formats = {13: "CF_UNICODETEXT"}
        self.clipboard: dict[int, bytes] = {}
        self.sequence = 1
        self.hangs = False
        """Whether the program that the clipboard's content is of answers nothing."""
        self._memory: dict[int, ctypes.Array[ctypes.c_char]] = {}
        self._messages: dict[int, SimpleQueue[tuple[int, int] | Callable[[], object] | None]] = {}
        self._procedures: dict[int, Any] = {}
        self._hooks: dict[int, Any] = {}

    def tell_windows(self, message: int, w: int) -> None:
        """As Windows tells all windows that are not for messages only."""
        for queue in list(self._messages.values()):
            queue.put((message, w))

    def switch_desktop(self) -> None:
        """As Windows tells those who asked for it."""
        for thread, told in list(self._hooks.items()):
            self._messages[thread].put(lambda told=told: told(1, 0x0020, None, 0, 0, 0, 0))  # type: ignore[misc]  # lambda

    # -- the calls -----------------------------------------------------------------------------------------------------

    def called(self, name: str, arguments: tuple[Any, ...]) -> object:
        if name in self.answers:
            return self.answers[name](*arguments)
        if name not in self.quiet:
            self.note(name, *arguments)
        return getattr(self, f"_{name}", lambda *_: 1)(*arguments)

    def note(self, name: str, *arguments: Any) -> None:
        if name == "SendInput":
            count, inputs, size = arguments
            assert (len(inputs), size) == (count, ctypes.sizeof(INPUT))
            self.calls.append((name, *(_stroke(each) for each in inputs)))
        elif name == "SetClipboardData":
            form, memory = arguments
            self.calls.append((name, self.formats[form], bytes(self._memory[memory])))
        elif name == "CreateWindowExW":
            self.calls.append((name, *(["for messages only"] if arguments[8] == -3 else [])))
        elif name in ("OpenClipboard", "EmptyClipboard", "CloseClipboard", "DestroyWindow"):
            self.calls.append((name,))

    def _GetForegroundWindow(self) -> int | None:
        return self.window or None

    def _GetClassNameW(self, window: int, name: Any, size: int) -> int:
        name.value = self.class_name
        return len(self.class_name)

    def _GetAsyncKeyState(self, vk: int) -> int:
        struck = vk in self.struck
        self.struck.discard(vk)
        return (-0x8000 if vk in self.down else 0) | struck

    def _GetWindowThreadProcessId(self, window: int, process: Any) -> int:
        process._obj.value = window
        return 1

    def _OpenProcess(self, access: int, inherit: int, process: int) -> int | None:
        assert access == 0x1000, "an elevated process gives no more"
        return process

    def _GetCurrentProcess(self) -> int:
        return 0

    def _OpenProcessToken(self, process: int, access: int, token: Any) -> int:
        assert access == 0x0008, "to be asked about, and no more"
        token._obj.value = process or None
        return self.integrity[process] is not None

    def _GetTokenInformation(self, token: Any, kind: int, into: Any, size: int, needed: Any) -> int:
        assert kind == 25
        into[0:8] = (token.value or 0).to_bytes(8, "little")
        return 1

    def _GetSidSubAuthorityCount(self, sid: int | None) -> list[int]:
        return [1]

    def _GetSidSubAuthority(self, sid: int | None, index: int) -> list[int | None]:
        return [self.integrity[sid or 0]]

    def _SendInput(self, count: int, inputs: object, size: int) -> int:
        return count

    def _RegisterClipboardFormatW(self, name: str) -> int:
        known = {other: number for number, other in self.formats.items()}
        number = known.get(name, 0xC000 + len(known))
        self.formats[number] = name
        return number

    def _GetClipboardSequenceNumber(self) -> int:
        return self.sequence

    def _RegisterClassW(self, window_class: Any) -> int:
        self._procedures[threading.get_ident()] = window_class._obj.lpfnWndProc
        return 1

    def _CreateWindowExW(self, *arguments: Any) -> int:
        only_messages = arguments[8] == -3
        if not only_messages:
            self._messages[threading.get_ident()] = SimpleQueue()
        return threading.get_ident()

    def _GetMessageW(self, message: Any, *_: object) -> int:
        while callable(got := self._messages[threading.get_ident()].get()):
            got()
        if got is None:
            del self._messages[threading.get_ident()]
            return 0
        message._obj.message, message._obj.wParam = got
        return 1

    def _DispatchMessageW(self, message: Any) -> int:
        me = threading.get_ident()
        return int(self._procedures[me](me, message._obj.message, message._obj.wParam, 0))

    def _DefWindowProcW(self, window: int, message: int, w: int, l: int) -> int:  # noqa: E741 - Windows' name
        if message == WM_CLOSE:
            self._procedures[window](window, WM_DESTROY, 0, 0)
        return 0

    def _PostMessageW(self, window: int, message: int, w: int, l: int) -> int:  # noqa: E741 - Windows' name
        self._messages[window].put((message, w))
        return 1

    def _PostQuitMessage(self, code: int) -> None:
        self._messages[threading.get_ident()].put(None)

    def _SetWinEventHook(self, first: int, last: int, module: None, told: Any, *rest: int) -> int:
        assert (first, last, rest) == (0x0020, 0x0020, (0, 0, 0)), "told to its own thread"
        self._hooks[threading.get_ident()] = told
        return threading.get_ident()

    def _UnhookWinEvent(self, hook: int) -> int:
        del self._hooks[hook]
        return 1

    def _OpenInputDesktop(self, flags: int, inherit: int, access: int) -> int | None:
        assert (flags, inherit, access) == (0, 0, 0x0001), "just to read"
        return None if self.locked else 1

    def _CreateMutexW(self, security: None, owned: int, name: str) -> int:
        self.error = 183 if name in self.mutexes.values() else 0
        handle = 0x100 + len(self.mutexes)
        self.mutexes[handle] = name
        return handle

    def _CloseHandle(self, handle: object) -> int:
        if isinstance(handle, int):
            self.mutexes.pop(handle, None)
        return 1

    def _GetClipboardOwner(self) -> int:
        return 0x30

    def _IsHungAppWindow(self, window: int) -> int:
        return self.hangs and window == 0x30

    def _EmptyClipboard(self) -> int:
        self.clipboard.clear()
        self.sequence += 1
        return 1

    def _EnumClipboardFormats(self, last: int) -> int:
        forms = [*self.clipboard, 0]
        return forms[forms.index(last) + 1] if last else forms[0]

    def _GetClipboardData(self, form: int) -> int | None:
        return self._allocate(self.clipboard[form])

    def _SetClipboardData(self, form: int, memory: int) -> int:
        self.clipboard[form] = bytes(self._memory[memory])
        self.sequence += 1
        return memory

    def _GlobalAlloc(self, flags: int, size: int) -> int:
        assert flags == 0x0002, "the clipboard takes movable memory only"
        return self._allocate(bytes(size))

    def _GlobalLock(self, memory: int) -> int:
        return memory

    def _GlobalSize(self, memory: int | None) -> int:
        return len(self._memory[memory]) if memory else 0

    def _allocate(self, data: bytes) -> int:
        memory = ctypes.create_string_buffer(data, len(data))
        self._memory[ctypes.addressof(memory)] = memory
        return ctypes.addressof(memory)


def _stroke(each: INPUT) -> tuple[int, int, int]:
    assert each.type == INPUT_KEYBOARD
    assert each.u.ki.dwExtraInfo == OURS
    return each.u.ki.wVk, each.u.ki.wScan, each.u.ki.dwFlags


class _Function:
    """A function of a library: it has the prototype that ctypes would go by."""

    restype: object = None
    argtypes: Sequence[Any] | None = None

    def __init__(self, windows: FakeWindows, name: str) -> None:
        self._windows = windows
        self._name = name

    def __call__(self, *arguments: Any) -> object:
        assert self.argtypes is not None, f"{self._name} has no prototype"
        assert len(arguments) == len(self.argtypes), self._name
        for kind, argument in zip(self.argtypes, arguments, strict=True):
            kind.from_param(argument)
        return self._windows.called(self._name, arguments)


class _Library:
    def __init__(self, windows: FakeWindows) -> None:
        self._windows = windows

    def __getattr__(self, name: str) -> _Function:
        function = _Function(self._windows, name)
        setattr(self, name, function)
        return function


@contextmanager
def fake_windows() -> Iterator[FakeWindows]:
    """As if on Windows: `sys.platform` says so, and its libraries are recorded."""
    windows = FakeWindows()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        patch.setattr(ctypes, "WinDLL", lambda name, use_last_error: _Library(windows), raising=False)
        patch.setattr(ctypes, "get_last_error", lambda: windows.error, raising=False)
        yield windows
