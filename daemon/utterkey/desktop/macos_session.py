"""What macOS tells of the login session: locked and unlocked, asleep and awake, about to end.

It is told on the main thread, whose loop has to run. The names of locking and unlocking are in no document of Apple's,
but have been the same since Mac OS X 10.5. Never run on a Mac, for none was at hand.
"""

from collections.abc import Callable

from utterkey.desktop.session_changes import Change

_WORKSPACE: dict[str, Change] = {
    "NSWorkspaceWillSleepNotification": "asleep",
    "NSWorkspaceDidWakeNotification": "awake",
    "NSWorkspaceSessionDidResignActiveNotification": "locked",  # another user sits down at it
    "NSWorkspaceSessionDidBecomeActiveNotification": "unlocked",
    "NSWorkspaceWillPowerOffNotification": "ending",
}

_OF_ALL_PROGRAMS: dict[str, Change] = {
    "com.apple.screenIsLocked": "locked",
    "com.apple.screenIsUnlocked": "unlocked",
}


def watch(tell: Callable[[Change], None]) -> Callable[[], None]:
    """Have every change told; what ends that, and may be called twice."""
    from AppKit import NSWorkspace
    from Foundation import NSDistributedNotificationCenter

    centers = (
        (NSWorkspace.sharedWorkspace().notificationCenter(), _WORKSPACE),
        (NSDistributedNotificationCenter.defaultCenter(), _OF_ALL_PROGRAMS),
    )
    observers = []
    for center, names in centers:
        for name, change in names.items():
            told = _teller(tell, change)
            observers.append((center, center.addObserverForName_object_queue_usingBlock_(name, None, None, told)))

    def stop() -> None:
        while observers:
            center, observer = observers.pop()
            center.removeObserver_(observer)

    return stop


def _teller(tell: Callable[[Change], None], change: Change) -> Callable[[object], None]:
    """A plain function: pyobjc counts the arguments of what it makes a block of."""

    def told(_notification: object) -> None:
        tell(change)

    return told
