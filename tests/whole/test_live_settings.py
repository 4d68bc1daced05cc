"""Settings that change while the daemon runs: in the menu, clicked over D-Bus as panels do; by hand, in the file."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from desktop import Desktop, Target, await_true
from faults import At, Fault, Kind
from notifications import notification_service
from panels import Menu
from program import Program, command, recorded_ms, say_to
from service import Service
from utterkey.dictation.errand import Surroundings
from utterkey.dictation.view import View
from utterkey.hotkey import PROMPT
from utterkey.tray.item import Item
from utterkey.tray.menu import menu as menu_of

WORDS = ((300, 500, "Hello"), (550, 750, "there"), (800, 950, "my"), (1000, 1100, "friend."))
TEXT = "Hello there my friend."
SPOKEN_MS = 1300
COMMENT = "# mine: keep it\n"

CHOICES: dict[str, tuple[str, str, object]] = {
    "Press to start, press to stop": ("hotkey", "mode", "toggle"),
    "Onto the clipboard": ("output", "mode", "clipboard"),
    "By typing": ("output", "method", "type"),
    "Pause music while I speak": ("audio", "pause_media", True),
    "Insert as you speak": ("output", "as_you_speak", True),
    "Sounds": ("audio", "cues", False),
    "Offline, on this computer": ("service", "endpoint", "offline"),
    "universal-3-5-pro": ("service", "model", "universal-3-5-pro"),
    "At the top of the screen": ("overlay", "position", "top"),
    "Show the words while you speak": ("overlay", "show", False),
    "Keep transcripts": ("history", "keep", 0),
}


def settings_file(desktop: Desktop) -> Path:
    return desktop.folder / "settings.toml"


def await_setting(program: Program, name: str, value: object) -> None:
    await_true(lambda: program.status()["settings"][name] == value, 10, f"{name} is {value}", every=0.02)


def await_mark(menu: Menu, label: str, *, on: bool) -> None:
    await_true(lambda: f"'toggle-state': <{int(on)}>" in menu.line(label), 10, f"the mark of {label}", every=0.02)


def dictate(desktop: Desktop, service: Service, session: int, key: str = "F9") -> None:
    desktop.key_down(key)
    service.wait_session(session).wait_audio(SPOKEN_MS)
    desktop.key_up(key)


def lines(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from lines(item.items)


def test_the_whole_menu_is_there_without_pygobject(desktop: Desktop, room: None) -> None:
    """In an environment such as the daemon's, where it cannot be imported."""
    find = "import importlib.util; print(importlib.util.find_spec('gi'))"
    assert subprocess.run([sys.executable, "-c", find], text=True, capture_output=True, check=True).stdout == "None\n"
    with Program(desktop, hotkey={"key": "f9"}, service={"endpoint": "offline"}) as program:
        menu = Menu(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], program.process.pid)
        await_true(lambda: "Start at login" in menu.layout(), 10, "what was found by looking around", every=0.05)
        layout = menu.layout()
    view = View(hotkey="F9", surroundings=Surroundings(autostart=False, keys_are_seen=True))
    wanted = [item.label for item in lines(menu_of(view)) if item.label and item.id != "audio.device=default"]
    assert len(wanted) > 40
    assert [label for label in wanted if f"<'{label}'>" not in layout] == []


def test_every_choice_of_the_menu_counts_at_once_and_is_written(desktop: Desktop, room: None) -> None:
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        file = settings_file(desktop)
        file.write_text(COMMENT + file.read_text())
        menu = Menu(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], program.process.pid)
        for label, (section, name, value) in CHOICES.items():
            menu.click(label)
            await_setting(program, f"{section}.{name}", value)
            assert tomllib.loads(file.read_text())[section][name] == value
            assert COMMENT in file.read_text()
            await_mark(menu, label, on=bool(value))
        assert program.status()["last_error"] == ""
        assert program.status()["engine"] == "offline engine"


def test_the_microphones_are_listed_and_one_is_chosen(desktop: Desktop, room: None) -> None:
    with Program(desktop, hotkey={"key": "f9"}, service={"endpoint": "offline"}) as program:
        menu = Menu(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], program.process.pid)
        menu.open()
        await_true(lambda: "'pulse'" in menu.layout(), 10, "the live list", every=0.05)
        menu.click("pulse")
        await_setting(program, "audio.device", "pulse")
        await_true(lambda: program.status()["microphone"] == "pulse", 10, "the microphone in use")


def test_the_hotkey_is_chosen_by_pressing_it(desktop: Desktop, target: Target) -> None:
    """The one in force starts nothing meanwhile; the new one counts at once, and after giving up all is as it was."""
    address = desktop.environment["DBUS_SESSION_BUS_ADDRESS"]
    with (
        notification_service(address, ("body",)) as shown,
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        menu = Menu(address, program.process.pid)
        for key, name in (("F9", "f9"), ("Escape", "f9"), ("Pause", "pause")):
            told = len(shown.history)
            menu.click("Choose the key by pressing it")
            await_true(lambda: PROMPT in shown.history[told:], 10, "the question")  # noqa: B023 - awaited at once
            program.wait_state("paused")
            desktop.tap(key)
            program.wait_state("idle")
            await_true(lambda: shown.history[-1] != PROMPT, 10, "the answer")
            await_setting(program, "hotkey.key", name)
        assert shown.history[-1] == "The hotkey is pause."
        assert program.status()["last_error"] == ""
        assert service.sessions == []
        dictate(desktop, service, 1, key="Pause")
        target.wait_text(TEXT + " ")


def test_start_at_login_is_switched(desktop: Desktop, room: None) -> None:
    with Program(desktop, service={"endpoint": "offline"}) as program:
        menu = Menu(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], program.process.pid)
        menu.open()
        await_true(lambda: "Start at login" in menu.layout(), 10, "the line in the menu", every=0.05)
        menu.click("Start at login")
        await_mark(menu, "Start at login", on=True)
        assert say_to(desktop, "autostart").stdout.startswith("on ")


def test_a_dictation_is_started_and_stopped_in_the_menu(desktop: Desktop, room: None) -> None:
    output = {"mode": "clipboard", "trailing": ""}
    with Service(WORDS) as service, Program(desktop, service={"endpoint": service.url}, output=output) as program:
        menu = Menu(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], program.process.pid)
        menu.click("Start dictation")
        service.wait_session(1).wait_audio(SPOKEN_MS)
        menu.click("Stop dictation")
        await_true(lambda: desktop.clipboard() == TEXT, 10, "the text", every=0.05)
        desktop.set_clipboard("something else")
        menu.click(TEXT)  # among the recent ones
        await_true(lambda: desktop.clipboard() == TEXT, 10, "the text again", every=0.05)
        desktop.set_clipboard("something else again")
        menu.click("Copy last transcript")
        await_true(lambda: desktop.clipboard() == TEXT, 10, "the last text", every=0.05)
        target = desktop.open_target()
        menu.click("Insert last transcript again")
        target.wait_text(TEXT)
        menu.click("Forget all transcripts")
        await_true(lambda: not say_to(desktop, "history").stdout, 10, "an empty history", every=0.05)


def fail(desktop: Desktop, program: Program, number: int) -> None:
    """A dictation that the service does not take: the `number`th that is kept."""
    before = recorded_ms(desktop)
    desktop.key_down("F9")
    await_true(lambda: recorded_ms(desktop) > before + SPOKEN_MS * 1.2, 10, "the words", every=0.02)
    desktop.key_up("F9")
    await_true(lambda: program.status()["failed"] == number, 10, "it is kept", every=0.05)


def test_what_was_kept_is_sent_again_or_thrown_away(desktop: Desktop, room: None) -> None:
    faults = [Fault(Kind.HTTP, At.UPGRADE, status=401)] * 2
    with (
        Service(WORDS, faults=faults) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, output={"trailing": ""}) as program,
    ):
        menu = Menu(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], program.process.pid)
        for kept in (1, 2):
            fail(desktop, program, kept)
        (label, *_) = re.findall(r"'label': <'(\d\d-\d\d \d\d:\d\d, \d+ s, failed)'>", menu.layout())
        menu.click(label)
        await_true(lambda: desktop.clipboard() == TEXT, 10, "the text", every=0.05)
        await_true(lambda: program.status()["failed"] == 1, 10, "the other one", every=0.05)
        menu.click("Throw all of them away")
        await_true(lambda: program.status()["failed"] == 0, 10, "nothing kept", every=0.05)
        assert recorded_ms(desktop) == 0


def test_what_the_menu_forgets_the_commands_forget_too(desktop: Desktop, room: None) -> None:
    faults = [Fault(Kind.HTTP, At.UPGRADE, status=401)]
    output = {"mode": "clipboard"}
    with (
        Service(WORDS, faults=faults) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, output=output) as program,
    ):
        fail(desktop, program, 1)
        dictate(desktop, service, 2)
        await_true(lambda: desktop.clipboard() == TEXT, 10, "the text", every=0.05)
        program.wait_state("idle")
        assert say_to(desktop, "history", "--discard").returncode == 0
        await_true(lambda: program.status()["failed"] == 0, 10, "nothing kept", every=0.05)
        assert TEXT in say_to(desktop, "history").stdout
        assert say_to(desktop, "history", "--forget").returncode == 0
        await_true(lambda: not say_to(desktop, "history").stdout, 10, "an empty history", every=0.05)
    assert say_to(desktop, "history", "--forget").returncode == 3


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_another_hotkey_and_service_by_hand(desktop: Desktop, target: Target) -> None:
    """Written the way most editors do: a new file in place of the old one."""
    with Service(WORDS) as first, Service(WORDS) as second, Program(desktop, **f9_to(first)) as program:
        dictate(desktop, first, 1)
        target.wait_text(f"{TEXT} ", 10)
        program.wait_state("idle")
        written = desktop.folder / "new.toml"
        written.write_text(f'[hotkey]\nkey = "f8"\n[service]\nendpoint = "{second.url}"\n')
        written.replace(settings_file(desktop))
        await_setting(program, "hotkey.key", "f8")
        desktop.tap("F9")
        await_true(lambda: target.keys().count("F9"), 10, "F9 in the window")
        dictate(desktop, second, 1, "F8")
        target.wait_text(f"{TEXT} {TEXT} ", 10)
        assert target.keys().count("F8") == 0
        assert len(first.sessions) == 1


def test_a_key_that_cannot_be_had_beside_one_that_is_listened_to(desktop: Desktop, room: None) -> None:
    """It is told until the settings name another one."""
    with Program(desktop, hotkey={"key": "f9", "insert_last": "f24"}, service={"endpoint": "offline"}) as program:
        menu = Menu(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], program.process.pid)
        status = program.status()
        assert "This keyboard has no key for f24" in status["last_error"]
        assert status["hotkey_refused"] == [status["last_error"]]
        await_true(lambda: "Ready (F9)" in menu.layout(), 10, "the key in the menu", every=0.05)
        file = settings_file(desktop)
        file.write_text(file.read_text().replace("f24", "f8"))
        await_true(lambda: program.status()["last_error"] == "", 10, "nothing wrong any more", every=0.02)
        assert program.status()["hotkey_refused"] == []


def test_what_is_being_said_is_finished_with_the_old_settings(desktop: Desktop, target: Target) -> None:
    with Service(WORDS) as first, Service(WORDS) as second, Program(desktop, **f9_to(first)) as program:
        desktop.key_down("F9")
        first.wait_session(1).wait_audio(500)
        say_to(desktop, "config", "--config", str(settings_file(desktop)), "set", "service.endpoint", second.url)
        first.wait_session(1).wait_audio(SPOKEN_MS)
        assert program.status()["settings"]["service.endpoint"] == first.url
        desktop.key_up("F9")
        target.wait_text(f"{TEXT} ", 10)
        await_setting(program, "service.endpoint", second.url)
        dictate(desktop, second, 1)
        target.wait_text(f"{TEXT} {TEXT} ", 10)


def test_a_file_with_a_mistake_is_told_and_changes_nothing(desktop: Desktop, room: None) -> None:
    with Program(desktop, hotkey={"key": "f9"}, service={"endpoint": "offline"}) as program:
        settings_file(desktop).write_text("[hotkey\nkey = f8")
        await_true(lambda: "settings file" in program.status()["last_error"], 10, "a sentence", every=0.02)
        assert program.status()["settings"]["hotkey.key"] == "f9"
        settings_file(desktop).write_text('[hotkey]\nkey = "f7"\n[service]\nendpoint = "offline"\n')
        await_setting(program, "hotkey.key", "f7")
        await_true(lambda: program.status()["last_error"] == "", 10, "nothing wrong any more", every=0.02)


def test_a_stored_key_counts_at_once(desktop: Desktop, room: None) -> None:
    with Program(desktop, hotkey={"key": "f9"}) as program:
        await_true(lambda: program.status()["engine"] == "offline engine", 10, "the offline engine", every=0.02)
        done = subprocess.run(
            command("key", "set"), env={**desktop.environment, "HTTPS_PROXY": "http://127.0.0.1:9"},
            input="0123456789abcdef", text=True, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        await_true(lambda: "AssemblyAI" in program.status()["engine"], 10, "the service", every=0.02)
        assert say_to(desktop, "key", "clear").returncode == 0
        await_true(lambda: program.status()["engine"] == "offline engine", 10, "the offline engine", every=0.02)


def f9_to(service: Service) -> dict[str, dict[str, object]]:
    return {"hotkey": {"key": "f9"}, "service": {"endpoint": service.url}}
