"""The StatusNotifierItem on a real bus: with a watcher of the test's own, and in a real panel."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest
from jeepney import DBusAddress, HeaderFields, new_method_call
from jeepney.io.blocking import open_dbus_connection
from PIL import Image, ImageGrab

from asleep import Sleeper
from buses import PrivateBus
from conftest import Figure
from desktop import Desktop, await_true, end
from panels import WATCHER, Clicks, Menu, Place, await_icon, await_no_icon, fake_watcher, never_lost, open_files
from tray.test_menu import KEPT
from utterkey.desktop.dbus import DRIVER, Bus, session_address
from utterkey.desktop.dbus_object import Remote, Signal, Values
from utterkey.dictation.events import CopyRequested, PauseRequested, ResumeRequested, Toggled
from utterkey.dictation.view import State, View
from utterkey.tray.menu import Look
from utterkey.tray.sni import INTERFACE, MENU_PATH, NO_WATCHER, PATH, SniTray

MENU = "com.canonical.dbusmenu"
SERVICE = f"{INTERFACE}-{os.getpid()}-1"
pytestmark = pytest.mark.system("linux")

STATES: tuple[State, ...] = ("idle", "recording", "finishing", "paused")


@pytest.fixture
def clicks() -> Clicks:
    return Clicks()


@pytest.fixture
def tray(bus: Bus, clicks: Clicks) -> SniTray:
    tray = SniTray(bus, clicks.post)
    assert bus.has_owner(SERVICE)  # asked after it, so others find it now
    return tray


def get(server: PrivateBus, name: str) -> str:
    """A property of the item, as GLib prints it."""
    properties = ["-m", "org.freedesktop.DBus.Properties.Get", INTERFACE, name]
    return server.gdbus("call", "-d", SERVICE, "-o", PATH, *properties)


@pytest.fixture
def panel(server: PrivateBus, tray: SniTray) -> Menu:
    return Menu(server.address, os.getpid())


# --- with a watcher of our own ---------------------------------------------------------------------------------------


def test_no_watcher_is_a_state_and_a_later_one_is_used(server: PrivateBus, tray: SniTray) -> None:
    assert tray.problem == NO_WATCHER
    with fake_watcher(server.address) as watcher:
        await_true(lambda: not tray.problem, 5, "registration")
        assert watcher.registered == [SERVICE]
    await_true(lambda: tray.problem == NO_WATCHER, 5, "the watcher's end noticed")


def test_registers_again_with_each_new_watcher(server: PrivateBus, tray: SniTray) -> None:
    for _ in range(5):
        with fake_watcher(server.address) as watcher:
            await_true(lambda: not tray.problem, 5, "registration")
            assert watcher.registered == [SERVICE]
        await_true(lambda: tray.problem, 5, "the watcher's end noticed")


def test_a_watcher_that_refuses_is_told(server: PrivateBus, tray: SniTray) -> None:
    refuser = Bus(server.address, never_lost)
    refuser.request_name(WATCHER)
    await_true(lambda: "refused" in tray.problem, 5, "the refusal")
    refuser.close()


def test_a_watcher_that_ends_before_it_answers_has_refused_nothing(server: PrivateBus, bus: Bus, tray: SniTray) -> None:
    with open_dbus_connection(bus=server.address) as dying:
        driver = DBusAddress(DRIVER.path, DRIVER.name, DRIVER.interface)
        dying.send_and_get_reply(new_method_call(driver, "RequestName", "su", (WATCHER, 4)))
        while dying.receive(timeout=5).header.fields.get(HeaderFields.member) != "RegisterStatusNotifierItem":
            pass
    await_true(lambda: not bus.has_owner(WATCHER), 5, "its end")
    bus.has_owner(WATCHER)  # answered after the call that nobody answers
    assert tray.problem == NO_WATCHER


def test_the_icon_as_a_panel_reads_it(server: PrivateBus, bus: Bus, tray: SniTray) -> None:
    tray.show(View(state="recording", engine="global", last_error="<b> & more"))
    assert get(server, "Id") == "(<'utterkey'>,)"
    assert get(server, "Title") == "(<'utterkey: recording'>,)"
    assert get(server, "Status") == "(<'Active'>,)"
    assert get(server, "ItemIsMenu") == "(<false>,)"
    assert get(server, "Menu") == f"(<objectpath '{MENU_PATH}'>,)"
    assert r"'utterkey', 'Recording\nEngine: global\n&lt;b&gt; &amp; more'" in get(server, "ToolTip")
    reader = Bus(server.address, never_lost)
    properties = Remote(SERVICE, PATH, "org.freedesktop.DBus.Properties")
    everything = reader.call(properties, "GetAll", "s", (INTERFACE,))[0]
    reader.close()
    signature, pixmaps = everything["IconPixmap"]
    assert signature == "a(iiay)"
    assert [(width, len(data)) for width, _, data in pixmaps] == [(s, s * s * 4) for s in (16, 22, 24, 32, 48)]


def test_attention_is_a_status_of_its_own(server: PrivateBus, tray: SniTray) -> None:
    tray.show(View(last_error="No microphone."))
    assert get(server, "Status") == "(<'NeedsAttention'>,)"
    tray.show(View())
    assert get(server, "Status") == "(<'Active'>,)"


SIGNALS = {
    INTERFACE: ("NewIcon", "NewTitle", "NewToolTip", "NewStatus", "NewAttentionIcon"),
    MENU: ("ItemsPropertiesUpdated", "LayoutUpdated"),
}


def hear(heard: list[str], member: str, _values: Values) -> None:
    heard.append(member)


def test_changes_are_signalled_once_and_only_what_changed(server: PrivateBus, tray: SniTray) -> None:
    heard: list[str] = []
    listener = Bus(server.address, never_lost)
    for interface, members in SIGNALS.items():
        for member in members:
            listener.subscribe(Signal(interface, member), partial(hear, heard, member))
    listener.has_owner(WATCHER)  # answered after the subscriptions

    def after(view: View) -> list[str]:
        heard.clear()
        tray.show(view)
        tray.show(view)
        get(server, "Id")  # answered after the signals were sent
        listener.has_owner(WATCHER)
        return sorted(heard)

    everything = ["ItemsPropertiesUpdated", "NewIcon", "NewTitle", "NewToolTip"]
    assert after(View(state="recording")) == everything
    assert after(View(state="recording", partial="the words so far")) == []
    assert after(View(state="finishing")) == everything
    assert after(View(state="finishing", recent=("Done.",))) == ["LayoutUpdated"]
    assert after(View(state="finishing", recent=("Done again.",))) == ["ItemsPropertiesUpdated"]
    problem = after(View(last_error="No microphone."))
    assert problem == ["LayoutUpdated", "NewAttentionIcon", "NewIcon", "NewStatus", "NewTitle", "NewToolTip"]
    listener.close()


def test_the_menu_read_and_clicked_over_the_bus(panel: Menu, tray: SniTray, clicks: Clicks) -> None:
    tray.show(View(hotkey="Right Ctrl", recent=("Hello world.",)))
    layout = panel.layout()
    labels = [
        "Ready (Right Ctrl)", "Start dictation", "Copy last transcript", "Insert last transcript again",
        "Copy a recent transcript", "Nothing to send again", "Microphone", "Engine", "Hotkey", "Output",
        "Insert as you speak", "Sounds", "History", "Open settings file", "What works here (doctor)", "Pause dictation",
        "Quit utterkey",
    ]  # fmt: skip
    places = [layout.index(f"'label': <'{label}'>") for label in labels]
    assert places == sorted(places)
    panel.click("Copy last transcript")
    assert clicks.next() == CopyRequested("Hello world.")
    panel.click("Pause dictation")
    assert clicks.next() == PauseRequested()
    tray.show(View(state="paused"))
    panel.click("Resume dictation")
    assert clicks.next() == ResumeRequested()
    panel.click("Copy last transcript")
    assert clicks.none(), "there is nothing to copy"


def test_a_left_click_toggles(server: PrivateBus, tray: SniTray, clicks: Clicks) -> None:
    for member in ("SecondaryActivate", "ContextMenu", "Activate"):
        server.gdbus("call", "-d", SERVICE, "-o", PATH, "-m", f"{INTERFACE}.{member}", "1", "1")
    assert clicks.next() == Toggled()
    assert clicks.none()


def test_closing_takes_the_icon_away(server: PrivateBus, bus: Bus, tray: SniTray) -> None:
    await_true(lambda: bus.has_owner(SERVICE), 5, "our name")
    tray.close()
    await_true(lambda: not bus.has_owner(SERVICE), 5, "the name's release")


def test_a_bus_that_dies_ends_nothing_else(server: PrivateBus, clicks: Clicks) -> None:
    told: list[str] = []
    bus = Bus(server.address, lambda error: told.append(str(error)))
    tray = SniTray(bus, clicks.post)
    server.kill()
    await_true(lambda: told, 5, "the loss of the bus")
    tray.show(View(state="recording"))
    tray.close()
    bus.close()
    assert [tray.problem] == told


def test_a_thousand_changes_cost_nothing_lasting(
    server: PrivateBus, tray: SniTray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    here = psutil.Process()

    def change(times: int) -> tuple[int, int]:
        for number in range(times):
            tray.show(View(state=STATES[number % 4], recent=(f"{number}",), kept=KEPT[: number % 3]))
        get(server, "IconPixmap")  # all of it is done when this is answered
        return open_files(), here.memory_full_info().uss

    with fake_watcher(server.address):
        await_true(lambda: not tray.problem, 5, "registration")
        change(1000)  # the first ones find the memory that all later ones use again
        descriptors, memory = change(1000)
        descriptors_after, memory_after = change(1000)
    assert descriptors_after == descriptors
    assert memory_after - memory < 500_000
    assert list(tmp_path.iterdir()) == [], "no icon is left as a file"


def test_the_thread_sleeps_while_nothing_happens(server: PrivateBus, tray: SniTray) -> None:
    with fake_watcher(server.address):
        await_true(lambda: not tray.problem, 5, "registration")
    await_true(lambda: tray.problem, 5, "the watcher's end")
    thread = Sleeper("dbus")
    thread.await_rest()
    before = thread.switches()
    for number in range(50):
        tray.show(View(partial="word " * number))  # nothing of it is to be seen here
    threading.Event().wait(1.0)  # the quiet that is measured
    assert thread.switches() == before


# --- in a real panel -------------------------------------------------------------------------------------------------


def start_panel(desktop: Desktop) -> subprocess.Popen[bytes]:
    return desktop.start(["xfce4-panel", "--disable-wm-check"])


def press(desktop: Desktop, place: Place, button: int) -> None:
    desktop.point_at(*place)
    desktop.button_down(button)
    desktop.button_up(button)


def menu_is_open(desktop: Desktop) -> bool:
    """A large area of one colour on the black desktop; a tooltip is smaller."""
    below = ImageGrab.grab(xdisplay=desktop.display).convert("RGB").crop((0, 40, 1280, 300))
    counts = sorted((count, colour) for count, colour in below.getcolors(below.width * below.height) or ())
    return any(count > 10_000 and colour != (0, 0, 0) for count, colour in counts)


def test_in_the_xfce_panel(
    desktop: Desktop, clicks: Clicks, figure: Figure, picture: Callable[[str, Image.Image], Path]
) -> None:
    """Icon of each state seen, menu opened and clicked with the mouse, panel killed and started again."""
    panel = start_panel(desktop)
    bus = Bus(session_address(), never_lost)
    tray = SniTray(bus, clicks.post)

    def keep(look: Look, place: Place) -> None:
        x, y = place
        shown = ImageGrab.grab(xdisplay=desktop.display)
        picture(f"tray-{look}", shown.crop((x - 13, y - 13, x + 13, y + 13)))

    try:
        tray.show(View(state="recording", recent=("Hello.",)))
        place = await_icon(desktop.display, "recording")
        keep("recording", place)
        tray.show(View(state="finishing"))
        place = await_icon(desktop.display, "finishing")  # the panel may still make room for others
        keep("finishing", place)
        tray.show(View(last_error="The microphone is gone; plug it in again."))
        place = await_icon(desktop.display, "attention")
        keep("attention", place)
        tray.show(View())
        await_icon(desktop.display, "idle", place)
        keep("idle", place)
        tray.show(View(state="paused", recent=("Hello.",)))
        await_icon(desktop.display, "paused", place)
        keep("paused", place)

        press(desktop, place, 1)
        assert clicks.next() == ResumeRequested()
        press(desktop, place, 3)
        await_true(lambda: menu_is_open(desktop), 20, "the open menu")
        await_true(lambda: clicks.looked, 20, "the question for what is to be looked up")
        for key in ("Down", "Return"):  # neither state nor start can be chosen while paused, so this is the next
            desktop.tap(key)
        assert clicks.next() == CopyRequested("Hello.")

        end(panel)
        await_true(lambda: tray.problem == NO_WATCHER, 20, "the panel's end noticed")
        started = time.monotonic()
        panel = start_panel(desktop)
        await_icon(desktop.display, "paused")
        back = time.monotonic() - started
        figure("xfce4-panel killed and started again -> icon back", back)
        assert back < 5 * 2
        assert tray.problem == ""
        tray.close()
        await_no_icon(desktop.display, "paused")
    finally:
        bus.close()
        end(panel)
