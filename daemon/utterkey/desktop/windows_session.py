"""What Windows tells of the login session: locked and unlocked, switched, asleep and awake, about to end.

It is told to windows, so there is one that nobody sees, on a thread of its own. One for messages only would not do:
those are left out when something is told to all (Microsoft, "Message-Only Windows").
"""

import ctypes
from collections.abc import Callable
from threading import Event, Thread

from utterkey.desktop.session_changes import Change
from utterkey.desktop.windows_calls import MSG, WINEVENTPROC, WNDCLASSW, WNDPROC, kernel32, user32, wtsapi32

_READY_SECONDS = 2.0
_CLOSE_SECONDS = 2.0

_WM_DESTROY, _WM_CLOSE = 0x0002, 0x0010
_THIS_SESSION = 0
_EVENT_SYSTEM_DESKTOPSWITCH = 0x0020
_ON_THIS_THREAD = 0  # WINEVENT_OUTOFCONTEXT

_CHANGES: dict[tuple[int, int], Change] = {
    (0x02B1, 7): "locked",  # WM_WTSSESSION_CHANGE: WTS_SESSION_LOCK
    (0x02B1, 8): "unlocked",  # WTS_SESSION_UNLOCK
    (0x02B1, 1): "unlocked",  # WTS_CONSOLE_CONNECT: the user sits down at it
    (0x02B1, 3): "unlocked",  # WTS_REMOTE_CONNECT
    (0x0218, 0x04): "asleep",  # WM_POWERBROADCAST: PBT_APMSUSPEND
    (0x0218, 0x12): "awake",  # PBT_APMRESUMEAUTOMATIC
    (0x0016, 1): "ending",  # WM_ENDSESSION, and it really ends
}


class SessionWindow:
    """`tell` is called on the window's thread; Windows waits for it to return, a few seconds at most."""

    def __init__(self, tell: Callable[[Change], None]) -> None:
        self._tell = tell
        self._user = user32()
        self._sessions = wtsapi32()
        self._procedure = WNDPROC(self._receive)  # kept, both: Windows calls them for as long as the window lives
        self._switch = WINEVENTPROC(lambda *_: tell("switched"))
        self._window = 0
        self._ready = Event()
        self._thread = Thread(target=self._run, name="session", daemon=True)
        self._thread.start()
        self._ready.wait(_READY_SECONDS)

    def close(self) -> None:
        """Safe to call twice: the number of a window that is gone may be another's."""
        window, self._window = self._window, 0
        if window:
            self._user.PostMessageW(window, _WM_CLOSE, 0, 0)
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        instance = kernel32().GetModuleHandleW(None)
        name = f"utterkey {id(self):#x}"
        window_class = WNDCLASSW(lpfnWndProc=self._procedure, hInstance=instance, lpszClassName=name)
        self._user.RegisterClassW(ctypes.byref(window_class))
        self._window = self._user.CreateWindowExW(0, name, None, 0, 0, 0, 0, 0, None, None, instance, None) or 0
        self._sessions.WTSRegisterSessionNotification(self._window, _THIS_SESSION)
        switch = _EVENT_SYSTEM_DESKTOPSWITCH
        hook = self._user.SetWinEventHook(switch, switch, None, self._switch, 0, 0, _ON_THIS_THREAD)
        self._ready.set()
        message = MSG()
        while self._user.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            self._user.DispatchMessageW(ctypes.byref(message))
        if hook:
            self._user.UnhookWinEvent(hook)

    def _receive(self, window: int | None, message: int, w: int, l: int) -> int:  # noqa: E741 - Windows' own names
        if change := _CHANGES.get((message, w)):
            self._tell(change)
        if message == _WM_DESTROY:
            self._sessions.WTSUnRegisterSessionNotification(window or 0)
            self._user.PostQuitMessage(0)
        return self._user.DefWindowProcW(window, message, w, l)
