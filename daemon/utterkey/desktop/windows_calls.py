"""The calls of Windows that are made: structures and prototypes, declared once, for ctypes and for type checkers.

Only `user32` and its like touch the system, so this can be imported anywhere. Numbers have their sizes in their names,
since `wintypes.DWORD` is eight bytes where `long` is. Everything is documented by Microsoft under the name it has here.
"""

import ctypes
import sys
from collections.abc import Sequence
from ctypes import POINTER, c_int32, c_size_t, c_ssize_t, c_uint8, c_uint16, c_uint32, c_void_p, c_wchar_p
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from ctypes import _CArgObject, _Pointer

    T = TypeVar("T", bound=ctypes._CData)
    Out: TypeAlias = _CArgObject | _Pointer[T]
    """What `byref` makes."""
    WinEventProc: TypeAlias = ctypes._CFunctionType

OURS = 0x75746B79
"""In `dwExtraInfo` of every key we send, so that the hook knows it from the user's and from other programs'."""

INPUT_KEYBOARD = 1


class KEYBDINPUT(ctypes.Structure):
    wVk: int
    wScan: int
    dwFlags: int
    dwExtraInfo: int
    _fields_ = (
        ("wVk", c_uint16),
        ("wScan", c_uint16),
        ("dwFlags", c_uint32),
        ("time", c_uint32),
        ("dwExtraInfo", c_size_t),
    )


class MOUSEINPUT(ctypes.Structure):
    """Never sent: it gives the union its size."""

    _fields_ = (
        ("dx", c_int32),
        ("dy", c_int32),
        ("mouseData", c_uint32),
        ("dwFlags", c_uint32),
        ("time", c_uint32),
        ("dwExtraInfo", c_size_t),
    )


class _Inputs(ctypes.Union):
    ki: KEYBDINPUT
    _fields_ = (("ki", KEYBDINPUT), ("mi", MOUSEINPUT))


class INPUT(ctypes.Structure):
    type: int
    u: _Inputs
    _fields_ = (("type", c_uint32), ("u", _Inputs))


class SID_AND_ATTRIBUTES(ctypes.Structure):
    """TOKEN_MANDATORY_LABEL is one of these."""

    sid: int
    _fields_ = (("sid", c_void_p), ("attributes", c_uint32))


class POINT(ctypes.Structure):
    _fields_ = (("x", c_int32), ("y", c_int32))


class MSG(ctypes.Structure):
    _fields_ = (
        ("hwnd", c_void_p),
        ("message", c_uint32),
        ("wParam", c_size_t),
        ("lParam", c_ssize_t),
        ("time", c_uint32),
        ("pt", POINT),
    )


if sys.platform == "win32":
    _function = ctypes.WINFUNCTYPE
else:
    _function = ctypes.CFUNCTYPE

WNDPROC = _function(c_ssize_t, c_void_p, c_uint32, c_size_t, c_ssize_t)


WINEVENTPROC = _function(None, c_void_p, c_uint32, c_void_p, c_int32, c_int32, c_uint32, c_uint32)


class WNDCLASSW(ctypes.Structure):
    _fields_ = (
        ("style", c_uint32),
        ("lpfnWndProc", WNDPROC),
        ("cbClsExtra", c_int32),
        ("cbWndExtra", c_int32),
        ("hInstance", c_void_p),
        ("hIcon", c_void_p),
        ("hCursor", c_void_p),
        ("hbrBackground", c_void_p),
        ("lpszMenuName", c_wchar_p),
        ("lpszClassName", c_wchar_p),
    )


_Prototype = tuple[object, Sequence[object]]

_PROTOTYPES: dict[str, dict[str, _Prototype]] = {
    "user32": {
        "SendInput": (c_uint32, (c_uint32, POINTER(INPUT), c_int32)),
        "GetAsyncKeyState": (ctypes.c_int16, (c_int32,)),
        "GetForegroundWindow": (c_void_p, ()),
        "GetClassNameW": (c_int32, (c_void_p, c_wchar_p, c_int32)),
        "GetWindowThreadProcessId": (c_uint32, (c_void_p, POINTER(c_uint32))),
        "OpenInputDesktop": (c_void_p, (c_uint32, c_int32, c_uint32)),
        "CloseDesktop": (c_int32, (c_void_p,)),
        "OpenClipboard": (c_int32, (c_void_p,)),
        "CloseClipboard": (c_int32, ()),
        "EmptyClipboard": (c_int32, ()),
        "GetClipboardOwner": (c_void_p, ()),
        "IsHungAppWindow": (c_int32, (c_void_p,)),
        "EnumClipboardFormats": (c_uint32, (c_uint32,)),
        "GetClipboardData": (c_void_p, (c_uint32,)),
        "SetClipboardData": (c_void_p, (c_uint32, c_void_p)),
        "RegisterClipboardFormatW": (c_uint32, (c_wchar_p,)),
        "GetClipboardSequenceNumber": (c_uint32, ()),
        "CreateWindowExW": (
            c_void_p,
            (
                *(c_uint32, c_wchar_p, c_wchar_p, c_uint32, c_int32, c_int32, c_int32, c_int32),
                *(c_void_p, c_void_p, c_void_p, c_void_p),
            ),
        ),
        "DestroyWindow": (c_int32, (c_void_p,)),
        "RegisterClassW": (c_uint16, (POINTER(WNDCLASSW),)),
        "DefWindowProcW": (c_ssize_t, (c_void_p, c_uint32, c_size_t, c_ssize_t)),
        "GetMessageW": (c_int32, (POINTER(MSG), c_void_p, c_uint32, c_uint32)),
        "DispatchMessageW": (c_ssize_t, (POINTER(MSG),)),
        "PostMessageW": (c_int32, (c_void_p, c_uint32, c_size_t, c_ssize_t)),
        "PostQuitMessage": (None, (c_int32,)),
        "SetWinEventHook": (c_void_p, (c_uint32, c_uint32, c_void_p, WINEVENTPROC, c_uint32, c_uint32, c_uint32)),
        "UnhookWinEvent": (c_int32, (c_void_p,)),
    },
    "kernel32": {
        "GlobalAlloc": (c_void_p, (c_uint32, c_size_t)),
        "GlobalFree": (c_void_p, (c_void_p,)),
        "GlobalLock": (c_void_p, (c_void_p,)),
        "GlobalUnlock": (c_int32, (c_void_p,)),
        "GlobalSize": (c_size_t, (c_void_p,)),
        "GetCurrentProcess": (c_void_p, ()),
        "OpenProcess": (c_void_p, (c_uint32, c_int32, c_uint32)),
        "CloseHandle": (c_int32, (c_void_p,)),
        "GetModuleHandleW": (c_void_p, (c_wchar_p,)),
        "CreateMutexW": (c_void_p, (c_void_p, c_int32, c_wchar_p)),
    },
    "advapi32": {
        "OpenProcessToken": (c_int32, (c_void_p, c_uint32, POINTER(c_void_p))),
        "GetTokenInformation": (c_int32, (c_void_p, c_int32, c_void_p, c_uint32, POINTER(c_uint32))),
        "GetSidSubAuthorityCount": (POINTER(c_uint8), (c_void_p,)),
        "GetSidSubAuthority": (POINTER(c_uint32), (c_void_p, c_uint32)),
    },
    "wtsapi32": {
        "WTSRegisterSessionNotification": (c_int32, (c_void_p, c_uint32)),
        "WTSUnRegisterSessionNotification": (c_int32, (c_void_p,)),
    },
}


class User32(Protocol):
    def SendInput(self, count: int, inputs: ctypes.Array[INPUT], size: int, /) -> int: ...
    def GetAsyncKeyState(self, vk: int, /) -> int: ...
    def GetForegroundWindow(self) -> int | None: ...
    def GetClassNameW(self, window: int, name: ctypes.Array[ctypes.c_wchar], size: int, /) -> int: ...
    def GetWindowThreadProcessId(self, window: int, process: "Out[c_uint32]", /) -> int: ...
    def OpenInputDesktop(self, flags: int, inherit: int, access: int, /) -> int | None: ...
    def CloseDesktop(self, desktop: int, /) -> int: ...
    def OpenClipboard(self, window: int | None, /) -> int: ...
    def CloseClipboard(self) -> int: ...
    def EmptyClipboard(self) -> int: ...
    def GetClipboardOwner(self) -> int | None: ...
    def IsHungAppWindow(self, window: int | None, /) -> int: ...
    def EnumClipboardFormats(self, last: int, /) -> int: ...
    def GetClipboardData(self, form: int, /) -> int | None: ...
    def SetClipboardData(self, form: int, memory: int, /) -> int | None: ...
    def RegisterClipboardFormatW(self, name: str, /) -> int: ...
    def GetClipboardSequenceNumber(self) -> int: ...
    def CreateWindowExW(
        self, extended: int, class_name: str, title: str | None, style: int, x: int, y: int, width: int, height: int,
        parent: int | None, menu: None, instance: int | None, parameter: None, /,
    ) -> int | None: ...  # fmt: skip
    def DestroyWindow(self, window: int, /) -> int: ...
    def RegisterClassW(self, window_class: "Out[WNDCLASSW]", /) -> int: ...
    def DefWindowProcW(self, window: int | None, message: int, w: int, l: int, /) -> int: ...
    def GetMessageW(self, message: "Out[MSG]", window: None, first: int, last: int, /) -> int: ...
    def DispatchMessageW(self, message: "Out[MSG]", /) -> int: ...
    def PostMessageW(self, window: int, message: int, w: int, l: int, /) -> int: ...
    def PostQuitMessage(self, code: int, /) -> None: ...
    def SetWinEventHook(
        self, first: int, last: int, module: None, told: "WinEventProc", process: int, thread: int, flags: int, /
    ) -> int | None: ...
    def UnhookWinEvent(self, hook: int, /) -> int: ...


class Kernel32(Protocol):
    def GlobalAlloc(self, flags: int, size: int, /) -> int | None: ...
    def GlobalFree(self, memory: int, /) -> int | None: ...
    def GlobalLock(self, memory: int, /) -> int | None: ...
    def GlobalUnlock(self, memory: int, /) -> int: ...
    def GlobalSize(self, memory: int | None, /) -> int: ...
    def GetCurrentProcess(self) -> int: ...
    def OpenProcess(self, access: int, inherit: int, process: int, /) -> int | None: ...
    def CloseHandle(self, handle: int | c_void_p, /) -> int: ...
    def GetModuleHandleW(self, name: None, /) -> int: ...
    def CreateMutexW(self, security: None, owned: int, name: str, /) -> int | None: ...


class Advapi32(Protocol):
    def OpenProcessToken(self, process: int, access: int, token: "Out[c_void_p]", /) -> int: ...
    def GetTokenInformation(
        self, token: c_void_p, kind: int, into: ctypes.Array[ctypes.c_char], size: int, needed: "Out[c_uint32]", /
    ) -> int: ...
    def GetSidSubAuthorityCount(self, sid: int, /) -> "ctypes._Pointer[c_uint8]": ...
    def GetSidSubAuthority(self, sid: int, index: int, /) -> "ctypes._Pointer[c_uint32]": ...


class Wtsapi32(Protocol):
    def WTSRegisterSessionNotification(self, window: int, which: int, /) -> int: ...
    def WTSUnRegisterSessionNotification(self, window: int, /) -> int: ...


def user32() -> User32:
    return cast(User32, _library("user32"))


def kernel32() -> Kernel32:
    return cast(Kernel32, _library("kernel32"))


def advapi32() -> Advapi32:
    return cast(Advapi32, _library("advapi32"))


def wtsapi32() -> Wtsapi32:
    return cast(Wtsapi32, _library("wtsapi32"))


def last_error() -> int:
    """GetLastError, as it was after the last call of this thread."""
    if sys.platform == "win32":
        return ctypes.get_last_error()
    raise AssertionError("errors of Windows are on Windows")


def _library(name: str) -> object:
    """A library of Windows, with the prototypes of all that is called in it; ctypes gives its functions no types."""
    if sys.platform == "win32":
        loaded = ctypes.WinDLL(name, use_last_error=True)
        for function, (result, arguments) in _PROTOTYPES[name].items():
            getattr(loaded, function).restype = result
            getattr(loaded, function).argtypes = arguments
        return loaded
    raise AssertionError(f"{name} is a library of Windows")
