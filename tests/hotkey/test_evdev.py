"""Keyboards that are read themselves: pipes in a folder stand for the devices."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hotkey.posted import Posted
from utterkey.errors import HotkeyError
from utterkey.hotkey import choose, evdev
from utterkey.hotkey.evdev import EvdevHotkeys
from utterkey.hotkey.plan import plan
from utterkey.settings import HotkeySettings

pytestmark = pytest.mark.system("linux")

RIGHT_CTRL, LEFT_SHIFT, C, F9, ESC, SIDE = 97, 42, 46, 67, 1, 0x113


class Keyboard:
    """A pipe that is written as the kernel writes a device."""

    def __init__(self, folder: Path, name: str = "event0") -> None:
        self.path = folder / name
        os.mkfifo(self.path)
        self._writer = os.open(self.path, os.O_RDWR)

    def down(self, code: int) -> None:
        self._write(1, code, 1)

    def repeat(self, code: int) -> None:
        self._write(1, code, 2)

    def up(self, code: int) -> None:
        self._write(1, code, 0)

    def drop_events(self) -> None:
        self._write(0, 3, 0)

    def pull_out(self) -> None:
        self.path.unlink()
        self.close()

    def close(self) -> None:
        os.close(self._writer)

    def _write(self, kind: int, code: int, value: int) -> None:
        event = struct.pack("@qqHHi", 1_700_000_000, 500, kind, code, value)
        os.write(self._writer, event + struct.pack("@qqHHi", 1_700_000_000, 500, 0, 0, 0))


@pytest.fixture
def keyboard(tmp_path: Path) -> Iterator[Keyboard]:
    keyboard = Keyboard(tmp_path)
    yield keyboard
    if keyboard.path.exists():
        keyboard.pull_out()


def listening(folder: Path, posted: Posted, key: str, mode: str = "hold") -> EvdevHotkeys:
    settings = HotkeySettings(key=key, min_hold_ms=0, mode="toggle" if mode == "toggle" else "hold")
    return EvdevHotkeys(plan(settings), posted, folder)


def test_a_lone_modifier_that_is_held(tmp_path: Path, keyboard: Keyboard, posted: Posted) -> None:
    with closing(listening(tmp_path, posted, "right_ctrl")):
        for _ in range(2):
            keyboard.down(RIGHT_CTRL)
            for _ in range(20):
                keyboard.repeat(RIGHT_CTRL)
            keyboard.up(RIGHT_CTRL)
            posted.expect("press right_ctrl", "release right_ctrl")


def test_a_shortcut_with_it(tmp_path: Path, keyboard: Keyboard, posted: Posted) -> None:
    with closing(listening(tmp_path, posted, "right_ctrl")):
        keyboard.down(RIGHT_CTRL)
        keyboard.down(C)
        keyboard.up(C)
        keyboard.up(RIGHT_CTRL)
        posted.expect("press right_ctrl", "cancel right_ctrl")
        keyboard.down(LEFT_SHIFT)
        keyboard.down(RIGHT_CTRL)
        keyboard.up(RIGHT_CTRL)
        keyboard.up(LEFT_SHIFT)
        posted.expect_nothing(0.1)


def test_a_mouse_button_and_the_cancel_key(tmp_path: Path, keyboard: Keyboard, posted: Posted) -> None:
    with closing(listening(tmp_path, posted, "mouse8")) as hotkeys:
        keyboard.down(SIDE)
        posted.expect("press mouse8")
        hotkeys.watch_cancel(True)
        keyboard.down(ESC)
        posted.expect("cancel all")


def test_a_keyboard_that_is_plugged_in(tmp_path: Path, keyboard: Keyboard, posted: Posted) -> None:
    """Also where the file is there before the right to read it, as udev does it."""
    with closing(listening(tmp_path, posted, "f9")):
        second = Keyboard(tmp_path, "event7")
        second.down(F9)
        posted.expect("press f9")
        second.up(F9)
        posted.expect("release f9")
        second.pull_out()
        (tmp_path / "mouse0").touch()  # another kind of file
        third = Keyboard(tmp_path, "event7")
        third.down(F9)
        posted.expect("press f9")
        third.pull_out()
        posted.expect("release f9")
        keyboard.down(F9)
        posted.expect("press f9")


def test_another_one_has_its_name_before_it_is_seen_to_be_gone(
    tmp_path: Path, keyboard: Keyboard, posted: Posted
) -> None:
    with closing(listening(tmp_path, posted, "f9")):
        second = Keyboard(tmp_path, "event7")
        second.down(F9)
        second.up(F9)
        posted.expect("press f9", "release f9")
        second.path.unlink()
        third = Keyboard(tmp_path, "event7")
        keyboard.down(F9)
        keyboard.up(F9)
        posted.expect("press f9", "release f9")  # so the new file was noticed
        second.close()
        third.down(F9)
        posted.expect("press f9")
        third.pull_out()


def test_only_keys_are_asked_for(
    tmp_path: Path, keyboard: Keyboard, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What moves and turns would wake us a thousand times a second."""
    asked = []

    def ioctl(descriptor: int, request: int, argument: bytes) -> None:
        kind, size, address = struct.unpack("=IIQ", argument)
        asked.append((os.readlink(f"/proc/self/fd/{descriptor}"), request, kind, ctypes.string_at(address, size)))
        raise OSError(errno.ENOTTY, "an elder kernel")

    monkeypatch.setattr("fcntl.ioctl", ioctl)
    with closing(listening(tmp_path, posted, "f9")):
        keyboard.down(F9)
        posted.expect("press f9")
        posted.expect_nothing()
    write, letter, number, size = 1, ord("E"), 0x93, 16  # _IOW('E', 0x93, struct input_mask), asm-generic/ioctl.h
    request = write << 30 | size << 16 | letter << 8 | number
    assert asked == [(str(keyboard.path), request, 0, bytes([0b11, *[0] * 7]))]


def test_a_keyboard_that_is_pulled_out_while_the_key_is_held(
    tmp_path: Path, keyboard: Keyboard, posted: Posted
) -> None:
    """Its key-up will never come."""
    with closing(listening(tmp_path, posted, "f9")):
        keyboard.down(F9)
        posted.expect("press f9")
        keyboard.pull_out()
        posted.expect("release f9")


def test_events_that_the_kernel_dropped(tmp_path: Path, keyboard: Keyboard, posted: Posted) -> None:
    with closing(listening(tmp_path, posted, "f9")):
        keyboard.down(F9)
        keyboard.drop_events()
        posted.expect("press f9", "release f9")


def test_paused_and_closed(tmp_path: Path, keyboard: Keyboard, posted: Posted) -> None:
    hotkeys = listening(tmp_path, posted, "f9")
    keyboard.down(F9)
    posted.expect("press f9")
    hotkeys.close()
    posted.expect("release f9")
    assert not _open_in(tmp_path, keyboard)


def _open_in(folder: Path, keyboard: Keyboard) -> list[str]:
    """What of the folder is open here, but for the test's own end."""
    links = [os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.exists()]
    return [link for link in links if link.startswith(str(folder))][1:]


def test_without_the_right_to_read(tmp_path: Path, posted: Posted) -> None:
    with pytest.raises(HotkeyError, match="usermod -aG input"):
        listening(tmp_path, posted, "f9")
    with pytest.raises(HotkeyError, match="cannot be watched"):
        listening(tmp_path / "nowhere", posted, "f9")


def test_only_for_those_who_ask_for_it(
    tmp_path: Path, keyboard: Keyboard, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "sway")
    monkeypatch.setattr(evdev.EvdevHotkeys.__init__, "__defaults__", (tmp_path,))
    with closing(choose(HotkeySettings(key="f9"), posted)) as hotkeys:
        assert hotkeys.name == "key bindings of sway"
    with closing(choose(HotkeySettings(key="f9", evdev=True, min_hold_ms=0), posted)) as hotkeys:
        assert hotkeys.name.startswith("evdev")
        keyboard.down(F9)
        posted.expect("press f9")
    posted.expect("release f9")
