"""The test bed itself: if one of these fails, no other test on a desktop means anything."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import wave
from array import array
from contextlib import suppress
from pathlib import Path

import pytest

from desktop import Desktop, TargetKind

pytestmark = pytest.mark.system("linux")

RECORD = """
import sounddevice, sys
with sounddevice.RawInputStream(samplerate=16000, channels=1, dtype="int16", blocksize=320, latency=0.1) as stream:
    while True:
        sys.stdout.buffer.write(stream.read(320)[0])
        sys.stdout.flush()
"""


@pytest.mark.parametrize("kind", ["tk", "gtk3", "xterm"])
def test_typed_keys_reach_the_focused_window(x11: Desktop, kind: TargetKind) -> None:
    target = x11.open_target(kind)
    x11.type_text("Hello, World! (a_b) ~ `\n2")
    target.wait_text("Hello, World! (a_b) ~ `\n2")
    assert x11.focused_window() == target.window
    assert target.changes()[-1][1] == 25


@pytest.mark.parametrize("kind", ["tk", "gtk3"])
def test_a_window_tells_the_keys_it_received(x11: Desktop, kind: TargetKind) -> None:
    target = x11.open_target(kind)
    x11.tap("F9")
    x11.tap("Shift_L", "a")
    target.wait_text("A")
    assert target.keys() == ["F9", "Shift_L", "A"]


def test_only_the_focused_window_receives_text(x11: Desktop) -> None:
    first, second = x11.open_target(), x11.open_target()
    first.focus()
    x11.type_text("one")
    first.wait_text("one")
    second.focus()
    x11.type_text("two")
    second.wait_text("two")
    assert first.text() == "one"


def test_the_clipboard_is_that_of_an_independent_program(x11: Desktop) -> None:
    assert x11.clipboard() is None
    first = x11.set_clipboard("grüße 😀")
    assert x11.clipboard() == "grüße 😀"
    x11.set_clipboard(b"\x89PNG", kind="image/png")
    first.wait(5)  # it ends when another program takes over
    assert x11.clipboard() is None
    assert x11.clipboard_bytes("image/png") == b"\x89PNG"


def test_what_is_played_is_what_the_microphone_hears(desktop: Desktop, tmp_path: Path) -> None:
    tone = _tone(tmp_path / "tone.wav", peak=12000)
    with subprocess.Popen(
        [sys.executable, "-c", RECORD], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as recorder:
        assert recorder.stdout
        try:
            assert recorder.stdout.read(640)
            desktop.speak(tone)
            heard = array("h")
            while max(heard, default=0) < 11000:
                heard.frombytes(recorder.stdout.read(640))
                assert len(heard) < 16000 * 30, "the tone never arrived"
        finally:
            recorder.terminate()
    assert heard[0] == 0, "the microphone is silent before the tone"


def test_speech_is_16_khz_mono(desktop: Desktop, tmp_path: Path) -> None:
    with wave.open(str(desktop.say("this is a dictation program", tmp_path / "speech.wav")), "rb") as speech:
        assert (speech.getframerate(), speech.getnchannels(), speech.getsampwidth()) == (16000, 1, 2)
        assert 1.0 < speech.getnframes() / 16000 < 4.0


def test_this_process_lives_on_the_desktop_too(desktop: Desktop) -> None:
    assert os.environ["DISPLAY"] == desktop.display
    assert Path(os.environ["XDG_RUNTIME_DIR"]).parent == desktop.folder
    assert Path.home().parent == desktop.folder
    ask = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetId"]
    assert b"string" in desktop.run(ask)
    assert b"Default Source: virtmic" in desktop.run(["pactl", "info"])


def test_a_desktop_leaves_nothing_behind() -> None:
    with Desktop() as desktop:
        socket = Path(f"/tmp/.X11-unix/X{desktop.display[1:]}")
        made = socket.stat().st_ctime_ns
        processes = [desktop.open_target("tk").process, desktop.start(["sh", "-c", "trap '' TERM; exec sleep 1000"])]
    assert not desktop.folder.exists()
    assert all(process.returncode is not None for process in processes)
    with suppress(FileNotFoundError):  # another test may have a display of this number by now
        assert socket.stat().st_ctime_ns != made


def test_a_program_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError, match="Xvfb"), Desktop():
        pass


def _tone(path: Path, peak: int) -> Path:
    samples = array("h", (round(peak * math.sin(2 * math.pi * 440 * n / 16000)) for n in range(16000)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.tobytes())
    return path
