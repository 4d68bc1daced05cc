"""pyobjc's modules, recorded: every call is noted, with the event it was given. The values of constants are Apple's.

The answers are what a test sets; a run loop runs what it is given, and a pasteboard holds it. Nothing else of macOS is
imitated.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from utterkey.desktop import macos_calls

KEY_DOWN, KEY_UP, FLAGS_CHANGED, OTHER_DOWN, OTHER_UP, LEFT_DOWN = 10, 11, 12, 25, 26, 1
TIMED_OUT = 0xFFFFFFFE

CONSTANTS = {
    **{"kCGSessionEventTap": 1, "kCGHIDEventTap": 0, "kCGHeadInsertEventTap": 0, "kCGEventTapOptionListenOnly": 1},
    **{"kCGEventSourceUnixProcessID": 41, "kCGKeyboardEventKeycode": 9, "kCGMouseEventButtonNumber": 3},
    **{"kCGEventSourceStateHIDSystemState": 1, "kCGEventSourceStateCombinedSessionState": 0},
    **{
        "kCGEventSourceStatePrivate": -1,
        "kCFRunLoopDefaultMode": "default",
        "kCFRunLoopRunTimedOut": 3,
        "kCFRunLoopRunFinished": 1,
    },
    **{"kCGWindowListOptionOnScreenOnly": 1, "kCGWindowListExcludeDesktopElements": 16, "kCGNullWindowID": 0},
}


class Pools(threading.local):
    """How many autorelease pools are around this thread: without one, what it is lent stays."""

    depth = 0


POOLS = Pools()


@contextmanager
def autorelease_pool() -> Iterator[None]:
    POOLS.depth += 1
    try:
        yield
    finally:
        POOLS.depth -= 1


@dataclass
class FakeEvent:
    """A CGEvent, as received or as sent, from `source`."""

    fields: dict[int, int] = field(default_factory=dict)
    flags: int = 0
    text: str = ""
    down: bool = False
    source: str | None = None


class FakeQuartz(ModuleType):
    """`calls` are those that change something; `allowed` the rights that were given."""

    def __init__(self) -> None:
        super().__init__("Quartz")
        for name, value in CONSTANTS.items():
            setattr(self, name, value)
        self.calls: list[tuple[object, ...]] = []
        self.allowed = {"listen", "post"}
        self.down: set[int] = set()
        self.flags = 0
        self.windows: list[dict[str, object]] = []
        self.has_tap = True
        self.has_lost_tap = False
        self._callback: Callable[..., object] | None = None
        self._loop: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._stopped = False

    # -- what a test does ----------------------------------------------------------------------------------------------

    def key(self, kind: int, code: int = 0, flags: int = 0, button: int = 0, pid: int = 0) -> None:
        """Something happens at the keyboard or the mouse."""
        event = FakeEvent({9: code, 3: button, 41: pid}, flags)
        self._loop.put(lambda: self._callback and self._callback("proxy", kind, event, None))

    # -- rights --------------------------------------------------------------------------------------------------------

    def CGPreflightListenEventAccess(self) -> bool:
        return "listen" in self.allowed

    def CGRequestListenEventAccess(self) -> bool:
        self.calls.append(("CGRequestListenEventAccess",))
        return False

    def CGPreflightPostEventAccess(self) -> bool:
        return "post" in self.allowed

    def CGRequestPostEventAccess(self) -> bool:
        self.calls.append(("CGRequestPostEventAccess",))
        return False

    # -- the tap and its loop ------------------------------------------------------------------------------------------

    def CGEventTapCreate(
        self, tap: int, place: int, options: int, events: int, callback: Any, refcon: None
    ) -> object | None:
        self.calls.append(("CGEventTapCreate", tap, place, options, events))
        self._callback = callback
        return "tap" if self.has_tap else None

    def CGEventTapEnable(self, tap: object, enable: bool) -> None:
        self.calls.append(("CGEventTapEnable", enable))

    def CFMachPortCreateRunLoopSource(self, allocator: None, port: object, order: int) -> str:
        return "source"

    def CFRunLoopGetCurrent(self) -> str:
        return threading.current_thread().name

    def CFRunLoopAddSource(self, loop: str, source: str, mode: str) -> None:
        self.calls.append(("CFRunLoopAddSource", loop, source, mode))

    def CFRunLoopRemoveSource(self, loop: str, source: str, mode: str) -> None:
        self.calls.append(("CFRunLoopRemoveSource", loop, source, mode))

    def CFRunLoopRunInMode(self, mode: str, seconds: float, once: bool) -> int:
        if self.has_lost_tap:
            return 1
        try:
            self._loop.get(timeout=min(seconds, threading.TIMEOUT_MAX))()
        except Empty:
            return 3
        return 4

    def CFRunLoopPerformBlock(self, loop: str, mode: str, block: Callable[[], None]) -> None:
        self._loop.put(block)

    def CFRunLoopWakeUp(self, loop: str) -> None: ...

    def CFRunLoopStop(self, loop: str) -> None:
        assert threading.current_thread().name == loop, "from elsewhere it may be lost"

    # -- events --------------------------------------------------------------------------------------------------------

    def CGEventGetIntegerValueField(self, event: FakeEvent, name: int) -> int:
        return event.fields.get(name, 0)

    def CGEventGetFlags(self, event: FakeEvent) -> int:
        return event.flags

    def CGEventSetFlags(self, event: FakeEvent, flags: int) -> None:
        event.flags = flags

    def CGEventSourceKeyState(self, state: int, code: int) -> bool:
        return code in self.down

    def CGEventSourceFlagsState(self, state: int) -> int:
        assert state == 1, "what is held, not what we post"
        return self.flags

    def CGEventSourceCreate(self, state: int) -> str:
        return f"source {state}"

    def CGEventCreateKeyboardEvent(self, source: str | None, code: int, down: bool) -> FakeEvent:
        assert POOLS.depth
        return FakeEvent({9: code}, flags=0xFFFF, down=down, source=source)

    def CGEventKeyboardSetUnicodeString(self, event: FakeEvent, length: int, text: str) -> None:
        assert length == len(text.encode("utf-16-le")) // 2, "it is counted in units of UTF-16"
        event.text = text

    def CGEventPost(self, tap: int, event: FakeEvent) -> None:
        direction = "down" if event.down else "up"
        assert event.source == "source -1", "what the user holds has no part in it"
        self.calls.append(("CGEventPost", tap, direction, event.fields[9], event.flags, event.text))

    def CGWindowListCopyWindowInfo(self, option: int, relative_to: int) -> list[dict[str, object]]:
        assert option == 1 | 16
        assert POOLS.depth
        return self.windows


class FakeAppKit(ModuleType):
    """The program in front, and a pasteboard: its changes are noted with what it was given."""

    def __init__(self) -> None:
        super().__init__("AppKit")
        self.calls: list[tuple[object, ...]] = []
        self.items: list[dict[str, bytes]] = []
        self.count = 1
        self.takes = True
        self.pid = 7
        self.bundle: str | None = "com.apple.TextEdit"
        self.name = "Editor"
        self.observers: list[tuple[str, Callable[[object], None]]] = []
        self.NSWorkspace = SimpleNamespace(sharedWorkspace=lambda: self)
        self.NSPasteboard = SimpleNamespace(generalPasteboard=lambda: self)
        self.NSPasteboardItem = SimpleNamespace(alloc=lambda: SimpleNamespace(init=FakeItem))

    # -- NSWorkspace ---------------------------------------------------------------------------------------------------

    def frontmostApplication(self) -> SimpleNamespace | None:
        assert POOLS.depth
        if not self.pid:
            return None
        return SimpleNamespace(
            processIdentifier=lambda: self.pid, bundleIdentifier=lambda: self.bundle, localizedName=lambda: self.name
        )

    def notificationCenter(self) -> FakeAppKit:
        return self

    def defaultCenter(self) -> FakeAppKit:
        return self

    def addObserverForName_object_queue_usingBlock_(
        self, name: str, thing: None, queue: None, block: Callable[[object], None]
    ) -> object:
        self.observers.append((name, block))
        return self.observers[-1]

    def removeObserver_(self, observer: tuple[str, Callable[[object], None]]) -> None:
        if observer in self.observers:
            self.observers.remove(observer)

    def tell(self, name: str) -> None:
        """As macOS tells those who asked for it, on the main thread."""
        for asked_for, block in list(self.observers):
            if asked_for == name:
                block("notification")

    # -- NSPasteboard --------------------------------------------------------------------------------------------------

    def changeCount(self) -> int:
        return self.count

    def pasteboardItems(self) -> list[FakeItem]:
        assert POOLS.depth
        return [FakeItem(item) for item in self.items]

    def clearContents(self) -> int:
        return self._clear("clearContents")

    def prepareForNewContentsWithOptions_(self, options: int) -> int:
        return self._clear("prepareForNewContents", options)

    def _clear(self, *call: object) -> int:
        self.calls.append(call)
        self.items = []
        self.count += 1
        return self.count

    def writeObjects_(self, items: list[FakeItem]) -> bool:
        self.calls.append(("writeObjects", *(item.forms for item in items)))
        if self.takes:
            self.items = [item.forms for item in items]
        return self.takes


class FakeItem:
    def __init__(self, forms: dict[str, bytes] | None = None) -> None:
        self.forms = dict(forms or {})

    def types(self) -> list[str]:
        return list(self.forms)

    def dataForType_(self, kind: str) -> bytes | None:
        return self.forms[kind]

    def setData_forType_(self, data: bytes, kind: str) -> bool:
        self.forms[kind] = data
        return True


class FakeCarbon:
    """What is called through ctypes; `layout` is what the keys write, from the first on."""

    def __init__(self) -> None:
        self.secure = False
        self.layout = "asdfhgzxcv"
        self.released = 0

    def load(self, path: str) -> SimpleNamespace:
        def translate(*arguments: Any) -> int:
            assert arguments[2:4] == (3, 1), "what is displayed with Command down"
            code = arguments[1]
            if code < len(self.layout):
                arguments[8]._obj.value = 1
                arguments[9][0] = ord(self.layout[code])
            return 0

        def release(source: int) -> None:
            self.released += 1

        return SimpleNamespace(
            IsSecureEventInputEnabled=lambda: self.secure,
            TISCopyCurrentKeyboardLayoutInputSource=lambda: 1,
            TISGetInputSourceProperty=lambda source, key: 2,
            LMGetKbdType=lambda: 40,
            UCKeyTranslate=translate,
            CFDataGetBytePtr=lambda data: 3,
            CFRelease=release,
        )


class Mac:
    """All of it. `later` is what was handed over to the main thread."""

    def __init__(self) -> None:
        self.quartz = FakeQuartz()
        self.appkit = FakeAppKit()
        self.carbon = FakeCarbon()
        self.later: list[Callable[[], None]] = []
        self.signals: dict[int, Callable[[int], None]] = {}

    def serve_main_thread(self) -> None:
        while self.later:
            self.later.pop(0)()


def module(name: str, **members: object) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(members)
    return made


@contextmanager
def fake_macos() -> Iterator[Mac]:
    """As if on a Mac: `sys.platform` says so, and pyobjc is recorded."""
    mac = Mac()
    tools = module(
        "PyObjCTools",
        AppHelper=module("AppHelper", callAfter=mac.later.append),
        MachSignals=module("MachSignals", signal=mac.signals.__setitem__),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        patch.setattr(ctypes, "CDLL", mac.carbon.load)
        patch.setattr(macos_calls, "layout_data_key", lambda: 1)
        for name, fake in {
            "Quartz": mac.quartz,
            "AppKit": mac.appkit,
            "Foundation": module("Foundation", NSDistributedNotificationCenter=mac.appkit),
            "PyObjCTools": tools,
            "objc": module("objc", autorelease_pool=autorelease_pool),
        }.items():
            patch.setitem(sys.modules, name, fake)
        yield mac
