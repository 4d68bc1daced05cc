"""Insertion on macOS: the pasteboard and Cmd+V; typing where that is asked for.

The steps are in counted.py, what a text is in key events in macos_plan.py. Here are the calls, all on the thread
`insertion`, but for the layout, which only the main thread may ask for. Any other thread has to let go by itself of
what the system lends it, so there is a pool around each. Never run on a Mac, for none was at hand.
"""

from collections.abc import Mapping
from threading import Event
from time import monotonic

from utterkey.desktop.macos import command_letters, secure_input
from utterkey.dictation.events import PartFailed, Post
from utterkey.errors import InsertionError, StrokesForbidden
from utterkey.insertion.chord import MACOS_CHORDS
from utterkey.insertion.counted import READ_SECONDS, Bell, CountedDelivery, Focused
from utterkey.insertion.macos_plan import MODIFIERS, PASSING, Press, chord_press, text_presses, units
from utterkey.insertion.orders import OrderedInserter
from utterkey.settings import OutputSettings

_MOST_BYTES = 16 * 2**20
_TEXT = "public.utf8-plain-text"
_THIS_DEVICE_ONLY = 1  # NSPasteboardContentsCurrentHostOnly
_PACE_SECONDS = 0.002
"""Between typed events: some programs drop what comes faster."""

_NOT_ALLOWED = (
    "macOS lets utterkey strike no keys until you allow it in System Settings > Privacy & Security > Accessibility "
    "(or the terminal it runs in)"
)
_SECURE = "a password field, or a program with secure input, has the keyboard for itself"

_Items = tuple[Mapping[str, bytes], ...]
"""Of each item on the pasteboard: type -> what it holds."""


def inserter(output: OutputSettings, post: Post) -> OrderedInserter[object]:
    """Asks for the right to strike keys if it is missing, and says so; texts go on the clipboard until it is there."""
    import Quartz

    def tell(error: InsertionError) -> None:
        post(PartFailed("insertion", error))

    if not Quartz.CGPreflightPostEventAccess():
        Quartz.CGRequestPostEventAccess()  # shows the system's own question, once
        tell(StrokesForbidden(f"Texts go on the clipboard, for {_NOT_ALLOWED}."))
    keys, board = MacosKeys(), MacosBoard()
    return OrderedInserter(
        "Cmd+V",
        Bell(),
        lambda chords, wait: CountedDelivery(keys.focused, keys, board, MACOS_CHORDS, output, chords, wait, tell),
        output,
        post,
    )


class MacosKeys:
    """See counted.Keys, and what has the keyboard."""

    def __init__(self) -> None:
        import AppKit
        import objc
        from PyObjCTools import AppHelper

        self._pool = objc.autorelease_pool
        self._workspace = AppKit.NSWorkspace.sharedWorkspace()
        self._later = AppHelper.callAfter
        self._letters: dict[str, int] = {}
        self._pause = Event()  # never set: a wait that ends by its time

    def focused(self) -> Focused | None:
        """The front window of the program in front. Looked at some time before each paste, so the layout is asked for
        here, and known when its letters are needed."""
        self._later(self._read_layout)
        with self._pool():
            program = self._workspace.frontmostApplication()
            if program is None:
                return None
            pid = program.processIdentifier()
            name = program.bundleIdentifier() or program.localizedName() or ""
            return Focused(f"{pid}:{self._front_window(pid)}", (name,), self._refuses())

    def modifier_held(self) -> bool:
        import Quartz

        return bool(Quartz.CGEventSourceFlagsState(Quartz.kCGEventSourceStateHIDSystemState) & MODIFIERS)

    def type(self, text: str) -> None:
        for press in text_presses(text):
            self._send(press)
            self._pause.wait(_PACE_SECONDS)

    def strike(self, keys: tuple[str, ...]) -> None:
        press = chord_press(keys, self._letters)
        if press is None:
            raise InsertionError(f"A Mac has no key for {'+'.join(keys)}: change output.chords.")
        self._send(press)

    def prefers_typing(self, text: str, focused: Focused) -> bool:
        """Many programs ignore typed events: Electron, remote desktops."""
        return False

    # --- details -----------------------------------------------------------------------------------------------------

    def _refuses(self) -> str:
        import Quartz

        if not Quartz.CGPreflightPostEventAccess():
            return _NOT_ALLOWED
        return _SECURE if secure_input() else ""

    def _front_window(self, pid: int) -> object:
        """Its number; 0 for a program without windows."""
        import Quartz

        which = Quartz.kCGWindowListOptionOnScreenOnly | Quartz.kCGWindowListExcludeDesktopElements
        for window in Quartz.CGWindowListCopyWindowInfo(which, Quartz.kCGNullWindowID) or ():  # from front to back
            if window.get("kCGWindowOwnerPID") == pid and window.get("kCGWindowLayer") == 0:
                return window.get("kCGWindowNumber")
        return 0

    def _send(self, press: Press) -> None:
        """From a source of its own, and with its own flags: what the user holds has no part in it."""
        import Quartz

        with self._pool():
            source = Quartz.CGEventSourceCreate(Quartz.kCGEventSourceStatePrivate)
            for down in (True, False):
                event = Quartz.CGEventCreateKeyboardEvent(source, press.code, down)
                Quartz.CGEventSetFlags(event, press.flags)
                if press.text:
                    Quartz.CGEventKeyboardSetUnicodeString(event, units(press.text), press.text)
                Quartz.CGEventPost(Quartz.kCGHIDEventTap, event)

    def _read_layout(self) -> None:
        """On the main thread."""
        self._letters = command_letters()


class MacosBoard:
    """See counted.Board."""

    def __init__(self) -> None:
        import AppKit
        import objc

        self._pool = objc.autorelease_pool
        self._board = AppKit.NSPasteboard.generalPasteboard()

    def count(self) -> int:
        return self._board.changeCount()

    def read(self) -> _Items | None:
        items: list[Mapping[str, bytes]] = []
        size = 0
        deadline = monotonic() + READ_SECONDS
        with self._pool():
            for item in self._board.pasteboardItems() or ():
                forms: dict[str, bytes] = {}
                for kind in item.types():
                    data = item.dataForType_(kind)
                    if data is not None:
                        forms[kind] = bytes(data)
                        size += len(forms[kind])
                    if size > _MOST_BYTES or monotonic() > deadline:
                        return None
                items.append(forms)
        return tuple(items)

    def write(self, text: str, *, passing: bool) -> None:
        forms = {_TEXT: text.encode("utf-8", "replace")}
        if passing:
            forms |= dict.fromkeys(PASSING, b"")
        with self._pool():
            self._board.prepareForNewContentsWithOptions_(_THIS_DEVICE_ONLY if passing else 0)
            self._put((forms,))

    def restore(self, content: _Items) -> None:
        with self._pool():
            self._board.clearContents()
            self._put(content)

    def _put(self, content: _Items) -> None:
        from AppKit import NSPasteboardItem

        items = []
        for forms in content:
            item = NSPasteboardItem.alloc().init()
            for kind, data in forms.items():
                item.setData_forType_(data, kind)
            items.append(item)
        if items and not self._board.writeObjects_(items):
            raise InsertionError("macOS did not take the text onto the clipboard.")
