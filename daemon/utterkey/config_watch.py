"""Notices that a file was changed, by whoever: an editor that writes it anew, another program, a link put elsewhere.

What is watched is the folder, since most editors replace a file; and the folder of what a link points to, too. The
thread that watches sleeps in the kernel.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

SETTLE_MS = 50
"""An editor writes in several steps."""
_END_SECONDS = 1.0


def watch(path: Path, changed: Callable[[], None]) -> Callable[[], None]:
    """Call `changed`, on a thread of its own, whenever the file may have another content. Returns what ends that.

    Makes the folder if it is not there. Raises OSError where nothing can be watched.
    """
    names = {place.parent: place.name for place in (path.resolve(), path)}
    for folder in names:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    by = _by_inotify if sys.platform == "linux" else _by_watchdog  # noqa: TID251 - the choice of the mechanism
    return by(names, changed)


def _by_inotify(names: dict[Path, str], changed: Callable[[], None]) -> Callable[[], None]:
    from inotify_simple import INotify, flags

    inotify = INotify()
    interest = flags.CLOSE_WRITE | flags.MOVED_TO | flags.MOVED_FROM | flags.CREATE | flags.DELETE
    watched = {inotify.add_watch(os.fspath(folder), interest): name for folder, name in names.items()}

    def serve() -> None:
        open_ones = set(watched)
        while open_ones:
            events = inotify.read(read_delay=SETTLE_MS)
            open_ones -= {event.wd for event in events if event.mask & flags.IGNORED}
            if any(watched.get(event.wd) == event.name for event in events):
                changed()

    def end() -> None:
        for number in watched:
            with suppress(OSError):  # its folder is gone, and the watch with it
                inotify.rm_watch(number)  # wakes the thread, which sees that nothing is left
        thread.join(_END_SECONDS)
        inotify.close()

    thread = Thread(target=serve, name="settings file", daemon=True)
    thread.start()
    return end


def _by_watchdog(names: dict[Path, str], changed: Callable[[], None]) -> Callable[[], None]:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers import Observer

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            paths = {os.path.basename(os.fspath(path)) for path in (event.src_path, event.dest_path)}
            if not event.is_directory and paths & set(names.values()):
                changed()

    observer = Observer()
    for folder in names:
        observer.schedule(Handler(), os.fspath(folder), recursive=False)
    observer.start()

    def end() -> None:
        observer.stop()
        observer.join(_END_SECONDS)

    return end
