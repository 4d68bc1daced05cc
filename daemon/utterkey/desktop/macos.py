"""What the edges share of macOS: its main loop, secure input, and where the letters of shortcuts are.

NSApplication's loop has to run on the process' first thread, or no icon, question or notification comes through, and
some calls end the process on any other thread. Never run on a Mac, for none was at hand.
"""

import ctypes
from collections.abc import Callable, Sequence
from ctypes import c_size_t, c_uint16, c_uint32
from threading import Thread

from utterkey.desktop import macos_calls
from utterkey.desktop.macos_calls import carbon, core_foundation

_COMMAND = 1
"""Of Carbon's modifiers, as UCKeyTranslate takes them: some layouts are QWERTY while Command is down."""
_DISPLAY, _NO_DEAD_KEYS = 3, 1
_LETTER_CODES = range(51)
_LONGEST = 4
_ACCESSORY = 1  # no icon in the Dock, no menu bar
_APPLICATION_DEFINED = 15


def run_application(until_end: Callable[[], None], signals: Sequence[int], quit_politely: Callable[[], None]) -> None:
    """Serve the main loop on this thread until `until_end`, on another one, has returned.

    Python's own signal handlers would wait for the loop to end, so the loop is asked to tell of signals.
    """
    from AppKit import NSApplication
    from PyObjCTools import AppHelper, MachSignals

    application = NSApplication.sharedApplication()
    application.setActivationPolicy_(_ACCESSORY)
    for number in signals:
        MachSignals.signal(number, lambda _: quit_politely())

    def stop_at_the_end() -> None:
        try:
            until_end()
        finally:
            AppHelper.callAfter(_stop)

    Thread(target=stop_at_the_end, name="end").start()
    application.run()


def _stop() -> None:
    """`stop_` is heeded after the next event only, and ends the loop, where `terminate_` would end the process."""
    from AppKit import NSApplication, NSEvent, NSPoint

    application = NSApplication.sharedApplication()
    application.stop_(None)
    event = NSEvent.otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_(
        _APPLICATION_DEFINED, NSPoint(0, 0), 0, 0.0, 0, None, 0, 0, 0
    )
    application.postEvent_atStart_(event, True)


def secure_input() -> bool:
    """Whether some program keeps the keyboard for itself, as password fields do: no key is heard or taken then."""
    return bool(carbon().IsSecureEventInputEnabled())


def command_letters() -> dict[str, int]:
    """Letter -> key code in the current layout, with Command down. On the main thread only: elsewhere macOS ends the
    process for asking."""
    text_input, foundation = carbon(), core_foundation()
    source = text_input.TISCopyCurrentKeyboardLayoutInputSource()
    if not source:
        return {}
    try:
        data = text_input.TISGetInputSourceProperty(source, macos_calls.layout_data_key())
        if not data:
            return {}
        layout, keyboard = foundation.CFDataGetBytePtr(data), text_input.LMGetKbdType()
        found: dict[str, int] = {}
        for code in _LETTER_CODES:
            dead, length, units = c_uint32(), c_size_t(), (c_uint16 * _LONGEST)()
            text_input.UCKeyTranslate(
                *(layout, code, _DISPLAY, _COMMAND, keyboard, _NO_DEAD_KEYS),
                *(ctypes.byref(dead), _LONGEST, ctypes.byref(length), units),
            )
            if length.value == 1:
                found.setdefault(chr(units[0]).lower(), code)
        return found
    finally:
        foundation.CFRelease(source)
