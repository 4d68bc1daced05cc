"""What every test gets: the desktop fixtures, full or reduced counts, and the check that nothing is left behind."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psutil
import pytest
from PIL import Image

from buses import PrivateBus, private_bus
from desktop import Desktop, await_true
from homes import HOMES
from sway import Sway
from virtual_desktop import FOREIGN, VirtualDesktop

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus

SYSTEM: str = sys.platform  # noqa: TID251 - asked once, for what can run here
IN_CI = os.environ.get("CI") == "true"
SOURCES = str(Path(__file__).parents[1] / "daemon")
"""A program that a test starts is of these sources, whichever copy of them is installed."""
LEAVE_SECONDS = 5.0
"""How long threads and processes of a test may take to end after it."""
HANG_SECONDS = 60.0
"""How long a test may take to clean up after its time-out, before its whole process is ended."""

STDERR = pytest.StashKey[int]()
"""What the process was given as standard error; a captured one is lost with a process that ends at once."""

NEED_LINUX = [
    "whole/*", "nothing_lost/*", "bench/*", "insertion/test_x11_*", "insertion/test_wayland.py",
    "insertion/test_portal.py", "insertion/test_matrix.py", "insertion/test_former.py", "insertion/test_clipboard.py",
    "hotkey/test_x11.py", "hotkey/test_pynput.py", "hotkey/test_choosing.py", "hotkey/test_evdev.py",
    "cli/test_autostart.py", "cli/test_doctor.py", "cli/test_listen.py", "cli/test_offline.py",
    "control/test_client.py", "control/test_unix.py", "audio/test_voice.py",
    "audio/test_recording.py", "offline/test_engine.py", "offline/test_recognizer.py", "offline/test_sdk.py",
    "test_config_watch.py", "packages/test_deb.py",
]  # fmt: skip
"""Whole files that need a Linux desktop, its voice or its tools. In other files the marker `system` says so."""
collect_ignore_glob = [] if SYSTEM == "linux" else NEED_LINUX


# -- options and markers -------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the full counts and the tests marked long")
    parser.addoption("--packages", action="store_true", help="install the packages that were built, and try them")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "system(name): runs only on this system (linux, win32, darwin)")
    # the machine of the tests is shared: the time of one example says nothing
    slow = (hypothesis.HealthCheck.too_slow,)
    hypothesis.settings.register_profile("reduced", deadline=None, max_examples=100, suppress_health_check=slow)
    hypothesis.settings.register_profile("long", deadline=None, max_examples=2000, suppress_health_check=slow)
    hypothesis.settings.load_profile("long" if config.getoption("--long") else "reduced")
    _leave_home(config)
    os.environ["PYTHONPATH"] = SOURCES
    config.stash[STDERR] = os.dup(2)  # not captured yet
    config.add_cleanup(lambda: os.close(config.stash[STDERR]))
    faulthandler.enable(config.stash[STDERR])
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", 143))  # with teardown: desktops end too
    if SYSTEM == "linux":
        pr_set_child_subreaper = 36  # orphans of our children become our children, so that we see them
        ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def _leave_home(config: pytest.Config) -> None:
    """No test reaches the windows, sound, settings, keyring or account of whoever runs the tests."""
    home = tempfile.TemporaryDirectory(prefix="utterkey-home-")
    config.add_cleanup(home.cleanup)
    for name in (*FOREIGN, "DISPLAY"):
        os.environ.pop(name, None)
    for name in HOMES:
        os.environ[name] = home.name
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={home.name}/no-bus"
    os.environ["PULSE_SERVER"] = f"unix:{home.name}/no-sound"
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long tests and those of packages unless asked for, and skip what belongs to another system."""
    for name in ("long", "packages"):
        if not config.getoption(f"--{name}"):
            config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(name)])
            items[:] = [item for item in items if not item.get_closest_marker(name)]
    for item in items:
        if _belongs_elsewhere(item):
            item.add_marker(pytest.mark.skip(reason="runs on another system only"))


def _belongs_elsewhere(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("system")
    return marker is not None and SYSTEM not in marker.args


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not _belongs_elsewhere(item) and not hasattr(report, "wasxfail"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """In CI a skipped test is a test that does not run, and nobody would notice."""
    if IN_CI and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Behind the time-out of a test, which raises in it once: a test that hangs even so takes its process with it.

    pytest-xdist reports it as failed and starts another process for the rest; the run always comes to its end.
    """
    marker = item.get_closest_marker("timeout")
    seconds = float(marker.args[0] if marker else item.config.getini("timeout"))
    faulthandler.dump_traceback_later(seconds + HANG_SECONDS, exit=True, file=item.config.stash[STDERR])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def pytest_unconfigure() -> None:
    """What such a process left has become ours; nothing else is left by now."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        for process in _children():
            process.kill()


@pytest.fixture
def counts(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """counts(reduced, full): how often to repeat something, by --long."""
    long = bool(request.config.getoption("--long"))
    return lambda reduced, full: full if long else reduced


# -- nothing is left behind ----------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """A test ends the threads and processes it started. (An exception in a thread already fails through pytest.)"""
    threads, processes = set(threading.enumerate()), _children()
    yield
    try:
        await_true(lambda: not _new_threads(threads) and not (_children() - processes), LEAVE_SECONDS, "the end")
    except TimeoutError:
        left = _children() - processes
        names = [*map(str, _new_threads(threads)), *(" ".join(_command(process)) for process in left)]
        for process in left:
            process.kill()
        pytest.fail(f"left behind: {'; '.join(names)}")


def _new_threads(before: set[threading.Thread]) -> set[threading.Thread]:
    return set(threading.enumerate()) - before


def _children() -> set[psutil.Process]:
    """Running children, and theirs. One that has ended but was not waited for is no process any more."""
    running = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                running.add(process)
    return running


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return [str(process)]


# -- desktops ------------------------------------------------------------------------------------------------------


@pytest.fixture
def desktop(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """A whole desktop: display, window manager, session bus, sound. This process lives on it too."""
    with Desktop() as whole:
        move_to(whole, monkeypatch)
        sounddevice = sys.modules.get("sounddevice")
        if sounddevice:  # PortAudio looked for devices when it was loaded, on another desktop
            sounddevice._terminate()
            sounddevice._initialize()
        yield from _unchanged(whole)


@pytest.fixture
def x11(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """A display and a window manager, nothing else. This process lives on it too."""
    with Desktop(audio=False, bus=False) as display:
        move_to(display, monkeypatch)
        yield from _unchanged(display)


@pytest.fixture
def room(request: pytest.FixtureRequest) -> None:
    """A microphone hears something even when nobody speaks: a quiet hiss, far below a voice."""
    seconds = "600" if request.config.getoption("--long") else "150"  # longer than a test lasts
    desktop: VirtualDesktop = request.getfixturevalue("wayland" if "wayland" in request.fixturenames else "desktop")
    hiss = desktop.folder / "hiss.wav"
    desktop.run(
        ["sox", "-n", "-r", "16000", "-b", "16", "-c", "1", str(hiss), "synth", seconds, "whitenoise", "vol", "0.003"]
    )
    desktop.speak(hiss)


@pytest.fixture
def sway(nothing_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sway]:
    """A Wayland desktop with XWayland, nothing else. This process lives on it too."""
    with Sway(audio=False, bus=False) as display:
        move_to(display, monkeypatch)
        yield display


def move_to(desktop: VirtualDesktop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ.keys() - desktop.environment.keys():
        monkeypatch.delenv(name)
    for name, value in desktop.environment.items():
        monkeypatch.setenv(name, value)


def _unchanged(desktop: Desktop) -> Iterator[Desktop]:
    """Fail a test that leaves keys pressed or the keyboard mapping changed."""
    before = desktop.keyboard()
    yield desktop
    after = desktop.keyboard()
    names = [
        name
        for name, old, new in zip(("mapping", "auto-repeat", "pressed keys"), before, after, strict=True)
        if old != new
    ]
    assert not names, f"the test left the keyboard changed: {', '.join(names)}"


# -- buses --------------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[PrivateBus]:
    """A message bus of the test's own."""
    with private_bus() as server:
        yield server


@pytest.fixture
def bus(server: PrivateBus) -> Iterator[Bus]:
    """Our connection to it."""
    from panels import never_lost
    from utterkey.desktop.dbus import Bus  # needs jeepney, which is for Linux

    bus = Bus(server.address, never_lost)
    yield bus
    bus.close()


# -- pictures -----------------------------------------------------------------------------------------------------

PICTURES = Path(__file__).parent / "artefacts"


@pytest.fixture
def picture() -> Callable[[str, Image.Image], Path]:
    """picture("menu", image): keep what a person would have seen. Those of the README are copied from here."""

    def keep(name: str, image: Image.Image) -> Path:
        PICTURES.mkdir(exist_ok=True)
        path = PICTURES / f"{name}.png"
        image.convert("RGB").quantize(64).save(path, optimize=True)
        return path

    return keep


# -- figures -------------------------------------------------------------------------------------------------------

Figure = Callable[..., None]
"""figure("what", *seconds): a measured time, printed at the end of the run."""


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    def note(what: str, *seconds: float) -> None:
        each = ", ".join(f"{s * 1000:.0f}" for s in seconds)
        line = f"{sorted(seconds)[len(seconds) // 2] * 1000:7.1f} ms  {what}  [{each}]"
        request.node.user_properties.append(("figure", line))  # travels with the report, also from another process

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    lines = [str(value) for report in reports for name, value in report.user_properties if name == "figure"]
    if lines:
        terminalreporter.section("figures (median, all)")
        for line in sorted(lines, key=lambda line: line.split("  ", 2)[-1]):
            terminalreporter.line(line)
    _show_faults(terminalreporter, reports)


def _show_faults(terminalreporter: pytest.TerminalReporter, reports: list[pytest.TestReport]) -> None:
    cells = [str(value) for report in reports for name, value in report.user_properties if name == "fault"]
    if cells:
        from nothing_lost import table  # it needs all that the matrix needs

        terminalreporter.section(table.TITLE)
        for line in table.lines(cells):
            terminalreporter.line(line)
