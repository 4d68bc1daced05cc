"""Choosing a hotkey by pressing it, on a real X server: the listener itself, and the command beside a daemon."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
import tomlkit
from Xlib import X
from Xlib.display import Display

from desktop import Desktop, await_true, end
from program import Program, command
from service import Service
from utterkey.errors import HotkeyError
from utterkey.hotkey import choose_by_pressing
from utterkey.hotkey.choice import GIVEN_UP

pytestmark = pytest.mark.system("linux")


@contextmanager
def choosing(seconds: float = 10.0) -> Iterator[Future[str]]:
    """It listens; what comes of it."""
    listening = Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(choose_by_pressing, listening.set, seconds)
        assert listening.wait(10)
        yield future


def click(desktop: Desktop, button: int) -> None:
    desktop.button_down(button)
    desktop.button_up(button)


PRESSED: dict[str, tuple[Callable[[Desktop], None], str]] = {
    "a key": (lambda desktop: desktop.tap("F9"), "f9"),
    "a modifier": (lambda desktop: desktop.tap("Control_R"), "right_ctrl"),
    "a combination": (lambda desktop: desktop.tap("Control_L", "Alt_L", "space"), "ctrl+alt+space"),
    "a mouse button": (lambda desktop: click(desktop, 9), "mouse9"),
    "a letter with super": (lambda desktop: desktop.tap("Super_L", "d"), "super+d"),
}


@pytest.mark.parametrize("name", PRESSED)
def test_what_is_pressed_is_chosen(x11: Desktop, name: str) -> None:
    press, expected = PRESSED[name]
    with choosing() as chosen:
        press(x11)
        assert chosen.result(5) == expected


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("Escape", GIVEN_UP), ("x", "x alone is needed for typing"), ("Caps_Lock", "caps_lock switches")],
)
def test_what_cannot_be_chosen_is_one_sentence(x11: Desktop, key: str, sentence: str) -> None:
    with choosing() as chosen:
        x11.tap(key)
        with pytest.raises(HotkeyError, match=sentence):
            chosen.result(5)
    if key == "Caps_Lock":
        x11.tap(key)  # it is a lock: off again


def test_nobody_presses_anything(x11: Desktop) -> None:
    with choosing(0.1) as chosen, pytest.raises(HotkeyError, match="No key was pressed in time"):
        chosen.result(5)


def test_what_is_pressed_reaches_no_window(x11: Desktop) -> None:
    """Nor does a shortcut of the desktop run, and afterwards all is as before."""
    target = x11.open_target()
    with choosing() as chosen:
        x11.key_down("F9")
        x11.tap("q")
        x11.key_up("F9")
        assert chosen.result(5) == "f9"
    x11.tap("z")
    await_true(lambda: target.keys(), 5, "a key in the window")
    assert target.keys() == ["z"]


def test_the_keyboard_is_another_program_s(x11: Desktop) -> None:
    display = Display()
    try:
        display.screen().root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        with pytest.raises(HotkeyError, match="Another program holds the keyboard"):
            choose_by_pressing(lambda: None)
    finally:
        display.close()


def test_under_wayland_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")
    with pytest.raises(HotkeyError, match=r"config set hotkey\.key f9"):
        choose_by_pressing(lambda: None)


# --- the command -----------------------------------------------------------------------------------------------------


@contextmanager
def command_listens(desktop: Desktop) -> Iterator[subprocess.Popen[str]]:
    """`utterkey config set hotkey.key --press`, ready for a key."""
    file = desktop.folder / "settings.toml"
    arguments = command("config", "set", "hotkey.key", "--press", "--config", str(file))
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        arguments, env=desktop.environment, text=True, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe,
        start_new_session=True,
    )  # fmt: skip
    assert process.stderr
    try:
        with process:
            assert process.stderr.readline().startswith("Press the key you want")
            yield process
    finally:
        end(process)  # type: ignore[arg-type]  # of text or of bytes


def test_the_command_writes_what_was_pressed_and_the_daemon_sleeps_meanwhile(desktop: Desktop) -> None:
    """The old hotkey, pressed to be chosen, starts no dictation."""
    with Service() as service, Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program:
        for key, name in (("F9", "f9"), ("Pause", "pause")):
            with command_listens(desktop) as process:
                program.wait_state("paused")
                desktop.tap(key)
                out, err = process.communicate(timeout=20)
                assert (process.returncode, out) == (0, f"{name}\n"), err
            settings = tomlkit.parse((desktop.folder / "settings.toml").read_text()).unwrap()
            assert settings["hotkey"]["key"] == name
            await_true(lambda: program.status()["settings"]["hotkey.key"] == name, 5, name)  # noqa: B023 - awaited at once
            assert settings["service"]["endpoint"] == service.url
            program.wait_state("idle")
        assert service.sessions == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_command_that_is_interrupted_leaves_the_daemon_listening(desktop: Desktop, number: signal.Signals) -> None:
    with Service() as service, Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program:
        before = (desktop.folder / "settings.toml").read_text()
        with command_listens(desktop) as process:
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
            assert process.returncode != 0
            assert "Traceback" not in err
        program.wait_state("idle")
        assert (desktop.folder / "settings.toml").read_text() == before


def test_a_daemon_that_was_paused_stays_so(desktop: Desktop) -> None:
    with Service() as service, Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program:
        subprocess.run(command("pause"), env=desktop.environment, check=True, timeout=20)
        program.wait_state("paused")
        with command_listens(desktop) as process:
            desktop.tap("Escape")
            process.wait(20)
        assert process.returncode == 1
        assert program.status()["state"] == "paused"
