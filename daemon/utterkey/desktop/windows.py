"""What several edges ask of Windows: which window is in front, and whether our keys get there. It has no thread."""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import c_uint32, c_void_p

from utterkey.desktop.windows_calls import (
    INPUT,
    INPUT_KEYBOARD,
    OURS,
    SID_AND_ATTRIBUTES,
    User32,
    advapi32,
    kernel32,
    last_error,
    user32,
)
from utterkey.desktop.windows_stroke import UP, Stroke

_PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
_TOKEN_QUERY = 0x0008
_TOKEN_INTEGRITY_LEVEL = 25
_DESKTOP_READOBJECTS = 0x0001
_HWND_MESSAGE = -3
_ERROR_ALREADY_EXISTS = 183
_LONGEST_CLASS_NAME = 257


class Windows:
    """What is in front, and whether our keys get there. Made and asked by any thread."""

    def __init__(self) -> None:
        self._user = user32()
        self._kernel = kernel32()
        self._security = advapi32()

    def foreground(self) -> int:
        """The window with the keyboard; 0 while there is none, for example when it changes."""
        return self._user.GetForegroundWindow() or 0

    def class_name(self, window: int) -> str:
        name = ctypes.create_unicode_buffer(_LONGEST_CLASS_NAME)
        self._user.GetClassNameW(window, name, _LONGEST_CLASS_NAME)
        return name.value

    def key_down(self, vk: int) -> bool:
        """Whether the key is down now, as the system has it: one that a hook swallowed is not."""
        return bool(self._user.GetAsyncKeyState(vk) & 0x8000)

    def was_struck(self, vk: int) -> bool:
        """Whether the key or button went down since this was last asked, or is down. Anybody who asks takes the answer
        away, so a no is not certain."""
        return bool(self._user.GetAsyncKeyState(vk) & 0x8001)

    def keyboard_is_elsewhere(self) -> bool:
        """Whether the keyboard is at the lock screen or a question of User Account Control."""
        desktop = self._user.OpenInputDesktop(0, 0, _DESKTOP_READOBJECTS)
        if not desktop:
            return True
        self._user.CloseDesktop(desktop)
        return False

    def is_above_us(self, window: int) -> bool:
        """Whether the window's program has more rights than we have.

        It takes no keys of ours then, and nothing says so: SendInput succeeds, and no hook hears what is typed there
        (User Interface Privilege Isolation). A program whose rights may not even be looked at has more.
        """
        process = c_uint32()
        if not self._user.GetWindowThreadProcessId(window, ctypes.byref(process)):
            return False  # the window is gone
        handle = self._kernel.OpenProcess(_PROCESS_QUERY_LIMITED_INFORMATION, 0, process.value)
        if not handle:
            return True
        try:
            theirs = self._integrity(handle)
        finally:
            self._kernel.CloseHandle(handle)
        ours = self._integrity(self._kernel.GetCurrentProcess())
        return theirs is None or (ours is not None and theirs > ours)

    def _integrity(self, process: int) -> int | None:
        """The integrity level of a process: 0x2000 for a usual one, 0x3000 for one run as administrator."""
        token = c_void_p()
        if not self._security.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)):
            return None
        try:
            return self._level(token)
        finally:
            self._kernel.CloseHandle(token)

    def _level(self, token: c_void_p) -> int | None:
        needed = c_uint32()
        label = ctypes.create_string_buffer(256)  # a label and its SID take 28 bytes
        size = ctypes.sizeof(label)
        if not self._security.GetTokenInformation(token, _TOKEN_INTEGRITY_LEVEL, label, size, ctypes.byref(needed)):
            return None
        sid = SID_AND_ATTRIBUTES.from_buffer(label).sid
        last = self._security.GetSidSubAuthorityCount(sid)[0] - 1
        return int(self._security.GetSidSubAuthority(sid, last)[0])


def claim(name: str) -> int | None:
    """Be the one process of this user's session with that name, until `release` or the end; None if another one is."""
    mutex = kernel32().CreateMutexW(None, 0, f"Local\\{name}")
    if mutex and last_error() == _ERROR_ALREADY_EXISTS:
        release(mutex)
        return None
    return mutex or None


def release(claimed: int) -> None:
    kernel32().CloseHandle(claimed)


def send(strokes: Sequence[Stroke]) -> int:
    """Send keys, all in one call: nothing that the user or another program types gets in between. How many went."""
    inputs = (INPUT * len(strokes))()
    for index, stroke in enumerate(strokes):
        each: INPUT = inputs[index]
        each.type = INPUT_KEYBOARD
        each.u.ki.wVk, each.u.ki.wScan, each.u.ki.dwFlags = stroke.vk, stroke.scan, stroke.flags
        each.u.ki.dwExtraInfo = OURS
    return user32().SendInput(len(inputs), inputs, ctypes.sizeof(INPUT))


def strike(vk: int) -> None:
    """Send one key that goes down and up."""
    send((Stroke(vk, 0, 0), Stroke(vk, 0, UP)))


@contextmanager
def invisible_window(user: User32) -> Iterator[int]:
    """A window of the system's own class that only receives messages, for as long as it is needed.

    Who has a window must serve its messages, or others wait for him: so not for a moment longer.
    """
    window = user.CreateWindowExW(0, "STATIC", None, 0, 0, 0, 0, 0, _HWND_MESSAGE, None, None, None)
    try:
        yield window or 0
    finally:
        if window:
            user.DestroyWindow(window)
