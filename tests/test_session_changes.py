"""Lock, sleep and end on Windows and macOS: what is told by which notification, and what it is held off by."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack, closing
from queue import Queue
from types import SimpleNamespace

import pytest

from desktop import await_true
from fake_macos import fake_macos
from fake_windows import fake_windows
from utterkey import desktop
from utterkey.desktop import session_changes, signals
from utterkey.desktop.session_changes import Change, Follower
from utterkey.desktop.windows_session import SessionWindow
from utterkey.dictation.events import Event, GoingToSleep, QuitRequested, ScreenLocked, ScreenUnlocked, WokeUp

WINDOWS: dict[str, tuple[int, int, list[Change]]] = {
    "locked": (0x02B1, 7, ["locked"]),
    "unlocked": (0x02B1, 8, ["unlocked"]),
    "sat down at": (0x02B1, 1, ["unlocked"]),
    "reached from afar": (0x02B1, 3, ["unlocked"]),
    "somebody logged on elsewhere": (0x02B1, 5, []),
    "going to sleep": (0x0218, 4, ["asleep"]),
    "awake": (0x0218, 0x12, ["awake"]),
    "on battery": (0x0218, 0x0A, []),
    "ending": (0x0016, 1, ["ending"]),
    "not ending after all": (0x0016, 0, []),
}


@pytest.mark.parametrize(("message", "w", "changes"), WINDOWS.values(), ids=WINDOWS.keys())
def test_what_windows_tells(message: int, w: int, changes: list[Change]) -> None:
    told: Queue[Change] = Queue()
    with fake_windows() as windows, closing(SessionWindow(told.put)):
        windows.tell_windows(message, w)
        windows.tell_windows(0x02B1, 7)  # the last word
        expected = [*changes, "locked"]
        assert [told.get(timeout=5) for _ in expected] == expected


def test_windows_tells_of_another_desktop() -> None:
    told: Queue[Change] = Queue()
    with fake_windows() as windows:
        with closing(SessionWindow(told.put)):
            windows.switch_desktop()
            assert told.get(timeout=5) == "switched"
        assert not windows._hooks


def test_windows_is_asked_and_given_back() -> None:
    calls: list[tuple[object, ...]] = []
    with fake_windows() as windows:
        windows.answers["WTSRegisterSessionNotification"] = lambda window, which: calls.append(("register", which))
        windows.answers["WTSUnRegisterSessionNotification"] = lambda window: calls.append(("unregister",))
        with ExitStack() as stack:
            posted: Queue[Event] = Queue()
            hold = desktop.watch_session(stack, None, posted.put)
            windows.tell_windows(0x0218, 4)
            assert posted.get(timeout=5) == GoingToSleep()
            windows.tell_windows(0x0218, 0x12)
            assert posted.empty(), "Windows is kept waiting"
            hold(False)
            assert posted.get(timeout=5) == WokeUp()
    assert calls == [("register", 0), ("unregister",)]


MACOS: dict[str, Event] = {
    "com.apple.screenIsLocked": ScreenLocked(),
    "com.apple.screenIsUnlocked": ScreenUnlocked(),
    "NSWorkspaceWillSleepNotification": GoingToSleep(),
    "NSWorkspaceDidWakeNotification": WokeUp(),
    "NSWorkspaceSessionDidResignActiveNotification": ScreenLocked(),
    "NSWorkspaceSessionDidBecomeActiveNotification": ScreenUnlocked(),
    "NSWorkspaceWillPowerOffNotification": QuitRequested(),
}


def test_what_macos_tells() -> None:
    posted: list[Event] = []
    with fake_macos() as mac:
        with ExitStack() as stack:
            desktop.watch_session(stack, None, posted.append)(False)
            assert {name for name, _ in mac.appkit.observers} == MACOS.keys()
            for name, event in MACOS.items():
                mac.appkit.tell(name)
                assert posted.pop() == event
        assert not mac.appkit.observers


def test_the_end_is_held_off_until_the_program_has_ended() -> None:
    follower = Follower(lambda event: None, waits_for_end=True)
    told = threading.Thread(target=follower.tell, args=("ending",))
    told.start()
    told.join(0.1)
    assert told.is_alive()
    follower.end()
    told.join(5)
    assert not told.is_alive()


def test_nothing_is_held_off_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_changes, "SLEEP_SECONDS", 0.05)
    Follower(lambda event: None, waits_for_end=True).tell("asleep")


def until(event: threading.Event) -> None:
    event.wait(10)


@pytest.mark.system("linux", "darwin")  # on Windows no process is asked to end that way
def test_a_signal_is_heard_while_the_first_thread_waits() -> None:
    asked, before = threading.Event(), {number: signal.getsignal(number) for number in (2, 15, 1)}
    try:
        assert signal.SIGTERM in signals.listen(asked.set)
        kill = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
        kill.start()
        desktop.wait_on_first_thread(lambda: until(asked), [], lambda: None)
        kill.join()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert asked.is_set()


def test_the_main_loop_of_macos_runs_until_the_end() -> None:
    calls: list[tuple[object, ...]] = []
    ended = threading.Event()
    with fake_macos() as mac:

        def run() -> None:
            calls.append(("run", threading.current_thread() is threading.main_thread()))
            await_true(lambda: mac.later, 5, "the end handed over to the main thread")
            mac.serve_main_thread()

        application = SimpleNamespace(
            setActivationPolicy_=lambda policy: calls.append(("policy", policy)),
            run=run,
            stop_=lambda sender: calls.append(("stop",)),
            postEvent_atStart_=lambda event, start: calls.append(("post", event, start)),
        )
        mac.appkit.__dict__.update(
            NSApplication=SimpleNamespace(sharedApplication=lambda: application),
            NSPoint=lambda x, y: (x, y),
            NSEvent=SimpleNamespace(
                **{
                    "otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_": (
                        lambda kind, *_: kind
                    )
                }
            ),
        )
        mac.signals.clear()
        desktop.wait_on_first_thread(ended.set, [signal.SIGTERM], lambda: calls.append(("quit",)))
        mac.signals[signal.SIGTERM](signal.SIGTERM)
    assert ended.is_set()
    assert calls == [("policy", 1), ("run", True), ("stop",), ("post", 15, True), ("quit",)]
