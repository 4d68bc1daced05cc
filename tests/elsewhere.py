"""The whole program as on Windows or macOS, with the system's calls recorded: started, asked how it is, and ended.

A program of its own, since the daemon takes the process' signals: `elsewhere.py windows|macos`. Prints what `status`
says.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from argparse import Namespace
from contextlib import AbstractContextManager, suppress
from types import ModuleType, SimpleNamespace

from desktop import await_true
from fake_macos import Mac, fake_macos, module
from fake_windows import fake_windows
from utterkey import app  # noqa: F401 - before the fakes: Python's own libraries ask for the system as they are imported
from utterkey.cli import daemon
from utterkey.control import client
from utterkey.errors import DaemonError
from utterkey.session import connection  # noqa: F401 - so do those that a session needs

SECONDS = 20.0


def nothing(*_: object, **__: object) -> None: ...


def fake_libraries() -> None:
    """Of each library that has nothing to do here without its system, what is called of it."""
    listener = SimpleNamespace(start=nothing, wait=nothing, stop=nothing, join=nothing, suppress_event=nothing)
    keyboard = SimpleNamespace(Listener=lambda **_: listener)
    observer = SimpleNamespace(schedule=nothing, start=nothing, stop=nothing, join=nothing, daemon=True)
    events = module("watchdog.events", FileSystemEvent=object, FileSystemEventHandler=object)
    observers = module("watchdog.observers", Observer=lambda: observer)
    os.environ["PYSTRAY_BACKEND"] = "dummy"
    import pystray

    fakes: dict[str, ModuleType] = {
        "pynput": module("pynput", keyboard=keyboard, mouse=keyboard),
        "watchdog": module("watchdog", events=events, observers=observers),
        "watchdog.events": events,
        "watchdog.observers": observers,
        "winreg": module("winreg", HKEY_CURRENT_USER=1, OpenKey=refuse),
        "jeepney": None,  # type: ignore[dict-item]  # an import of it fails, as it does there
    }
    sys.modules.update(fakes)
    pystray.Icon = DrawnIcon  # type: ignore[misc, assignment]  # the same interface


class DrawnIcon:
    """pystray's icon where there is no system to draw it."""

    def __init__(self, name: str, icon: object = None, title: str | None = None, menu: object = None) -> None:
        self.icon, self.title, self.menu, self.visible = icon, title, menu, False
        self._stopped = threading.Event()

    def run(self, setup: object = None) -> None:
        self._stopped.wait()

    run_detached = nothing
    notify = nothing

    def stop(self) -> None:
        self._stopped.set()


def refuse(*_: object) -> None:
    raise FileNotFoundError


def main_loop(mac: Mac) -> None:
    """NSApplication's, which serves what is handed over to the main thread until it is told to stop."""
    stopped = threading.Event()

    def run() -> None:
        while not stopped.wait(0.01):
            mac.serve_main_thread()

    application = SimpleNamespace(
        setActivationPolicy_=nothing, run=run, stop_=lambda sender: stopped.set(), postEvent_atStart_=nothing
    )
    event = {"otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_": nothing}
    mac.appkit.__dict__.update(
        NSApplication=SimpleNamespace(sharedApplication=lambda: application),
        NSPoint=nothing,
        NSEvent=SimpleNamespace(**event),
    )
    device = SimpleNamespace(authorizationStatusForMediaType_=lambda kind: 2)
    sys.modules["AVFoundation"] = module("AVFoundation", AVCaptureDevice=device, AVMediaTypeAudio="soun")


def ask_and_quit() -> None:
    said: list[dict[str, object]] = []

    def answered() -> bool:
        with suppress(DaemonError):
            said.append(client.ask({"do": "status"}))
        return bool(said)

    await_true(answered, SECONDS, "the daemon's answer")
    sys.stdout.write(json.dumps(said[0]))
    sys.stdout.flush()
    client.send("quit")


def main(system: str) -> int:
    fake_libraries()
    fakes: AbstractContextManager[object] = fake_windows() if system == "windows" else fake_macos()
    with fakes as fake:
        if isinstance(fake, Mac):
            main_loop(fake)
        threading.Thread(target=ask_and_quit, daemon=True).start()
        return daemon.run(Namespace(config=None, overrides=["audio.cues=false"], tray=True))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
