"""The microphone against real PortAudio and PulseAudio: a virtual microphone hears what is played into it.

What is played is noise at the rate of the recordings, so that every byte arrives as it is, and where a recording is in
what was played can be looked up.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Event
from threading import enumerate as threads
from time import monotonic
from typing import cast

import psutil
import pytest

import utterkey
from asleep import Sleeper
from audio.posted import Posted
from desktop import Desktop, await_true
from exact_sound import RATE, exact_noise, listen, play_noise
from utterkey.audio import microphone as microphone_module
from utterkey.audio import portaudio
from utterkey.audio.devices import Device
from utterkey.audio.microphone import Microphone, devices
from utterkey.audio.recording import Recording
from utterkey.dictation.events import CaptureEnded, CaptureFailed, CaptureStarted, CaptureWarned, PartFailed
from utterkey.errors import MicrophoneError
from utterkey.settings import AudioSettings

pytestmark = pytest.mark.system("linux")

Open = Callable[[AudioSettings], Microphone]
Play = Callable[[Desktop], None]
NewRecording = Callable[[], Recording]


@pytest.fixture
def awake(desktop: Desktop) -> Desktop:
    """With a default microphone that hears what is played into the sink `mouth`."""
    listen(desktop, "mouth")
    return desktop


@pytest.fixture(scope="session")
def noise() -> bytes:
    return exact_noise()


@pytest.fixture
def play(noise: bytes) -> Play:
    return lambda desktop: play_noise(desktop, "mouth", noise)


def heard(recording: Recording) -> bytes:
    """What it heard of the noise, without the silence before and after."""
    return recording.read(0, recording.length).strip(b"\0")


def captured(desktop: Desktop) -> int:
    """How many programs have a microphone open."""
    return desktop.run(["pactl", "list", "short", "source-outputs"]).count(b"protocol-native")


@pytest.fixture
def open_microphone(posted: Posted) -> Iterator[Open]:
    made: list[Microphone] = []

    def open_it(settings: AudioSettings) -> Microphone:
        """As it is some time after the start: it has touched the device, or knows why it cannot."""
        microphone = Microphone(settings, posted)
        made.append(microphone)
        await_true(lambda: microphone.device or microphone.problem, 10, "the touch at start")
        return microphone

    yield open_it
    for microphone in made:
        microphone.close()


@pytest.fixture
def new_recording(tmp_path: Path) -> Iterator[NewRecording]:
    made: list[Recording] = []
    numbers = count(1)

    def create() -> Recording:
        made.append(Recording.create(tmp_path / "recordings", next(numbers), RATE))
        return made[-1]

    yield create
    for recording in made:
        recording.close()


def await_length(recording: Recording, ms: int) -> None:
    """Until so much is recorded."""
    grown = Event()
    recording.watch(grown.set)
    deadline = monotonic() + 15
    while recording.duration_ms < ms:
        assert grown.wait(deadline - monotonic()), f"{recording.duration_ms} ms of {ms}"
        grown.clear()
    recording.unwatch(grown.set)


def sound_server() -> psutil.Process:
    (server,) = [p for p in psutil.Process().children(recursive=True) if p.name() == "pulseaudio"]
    return server


# --- what is played is what is recorded ----------------------------------------------------------------------------


def test_what_is_played_is_what_is_recorded(
    awake: Desktop,
    play: Play,
    noise: bytes,
    open_microphone: Open,
    posted: Posted,
    new_recording: NewRecording,
) -> None:
    microphone = open_microphone(AudioSettings())
    play(awake)
    recording = new_recording()
    pressed = monotonic()
    microphone.start(recording)
    await_length(recording, 2000)
    released = monotonic()
    microphone.stop(1)
    ended = posted.wait(CaptureEnded, 1)
    await_true(lambda: recording.completed, 5, "completion")  # comes right after the event
    assert posted.kinds(1) == ["CaptureStarted", "CaptureEnded"]
    assert ended.recording_ms == recording.duration_ms
    assert len(heard(recording)) > RATE
    assert heard(recording) in noise
    held_ms = (released - pressed) * 1000
    assert held_ms - recording.duration_ms < 5 * 20 + 20  # lost at the start, and up to a block at the end
    assert monotonic() - released < 5 * 0.04


def test_a_press_during_the_tail_of_the_one_before_records_both(
    awake: Desktop,
    play: Play,
    noise: bytes,
    open_microphone: Open,
    posted: Posted,
    new_recording: NewRecording,
) -> None:
    microphone = open_microphone(AudioSettings())
    play(awake)
    first, second = new_recording(), new_recording()
    microphone.start(first)
    await_length(first, 600)
    pressed = monotonic()
    microphone.start(second)
    await_length(second, 300)
    microphone.stop(1)
    both_ms = (monotonic() - pressed) * 1000
    posted.wait(CaptureEnded, 1)
    await_length(second, 900)
    microphone.stop(2)
    posted.wait(CaptureEnded, 2)
    assert heard(first) in noise
    assert heard(second) in noise
    end_of_first = noise.find(heard(first)) + len(heard(first))
    overlap_ms = (end_of_first - noise.find(heard(second))) * 1000 / RATE / 2
    assert 250 < overlap_ms < both_ms + 300  # as much as was on its way at the press


def test_a_warm_microphone_loses_nothing(
    awake: Desktop,
    play: Play,
    noise: bytes,
    monkeypatch: pytest.MonkeyPatch,
    open_microphone: Open,
    posted: Posted,
    new_recording: NewRecording,
) -> None:
    microphone = open_microphone(AudioSettings(warm_seconds=30))
    play(awake)
    first, second = new_recording(), new_recording()
    microphone.start(first)
    await_length(first, 200)
    microphone.stop(1)
    posted.wait(CaptureEnded, 1)
    assert not Event().wait(0.6)  # a pause between two utterances, longer than the pre-roll
    with monkeypatch.context() as patched:
        patched.delattr(portaudio, "open_stream")  # it takes no time, for the device is open
        pressed = monotonic()
        microphone.start(second)
        held = monotonic()
        posted.wait(CaptureStarted, 2)
    await_length(second, 800)
    released = monotonic()
    microphone.stop(2)
    let_go = monotonic()
    posted.wait(CaptureEnded, 2)
    assert second.read(0, second.length) in noise  # from the first byte on
    assert second.duration_ms - (released - held) * 1000 > 250  # the pre-roll
    assert second.duration_ms - (let_go - pressed) * 1000 < 460
    # nothing of the utterance before is in it
    assert noise.find(heard(second)) > noise.find(heard(first)) + len(heard(first))


def test_without_warmth_the_device_is_given_back(
    awake: Desktop, open_microphone: Open, posted: Posted, new_recording: NewRecording
) -> None:
    microphone = open_microphone(AudioSettings())
    recording = new_recording()
    microphone.start(recording)
    await_length(recording, 100)
    assert captured(awake) == 1
    microphone.stop(1)
    posted.wait(CaptureEnded, 1)
    await_true(lambda: captured(awake) == 0, 5, "the device is free")


def test_a_burst_of_short_presses_is_recorded_in_order(
    awake: Desktop,
    play: Play,
    noise: bytes,
    open_microphone: Open,
    posted: Posted,
    new_recording: NewRecording,
) -> None:
    microphone = open_microphone(AudioSettings())
    play(awake)
    recordings = [new_recording() for _ in range(10)]
    for recording in recordings:
        microphone.start(recording)
        posted.wait(CaptureStarted, recording.number)
        microphone.stop(recording.number)
    for recording in recordings:
        posted.wait(CaptureEnded, recording.number)
        assert posted.kinds(recording.number) == ["CaptureStarted", "CaptureEnded"]


# --- what goes wrong -----------------------------------------------------------------------------------------------


def test_a_muted_microphone_is_told_once(
    awake: Desktop, open_microphone: Open, posted: Posted, new_recording: NewRecording
) -> None:
    microphone = open_microphone(AudioSettings())
    recording = new_recording()
    microphone.start(recording)
    warned = posted.wait(CaptureWarned, 1)
    assert "silence" in str(warned.error)
    await_length(recording, 2300)
    microphone.stop(1)
    assert posted.wait(CaptureEnded, 1).voice == ()
    assert posted.kinds(1) == ["CaptureStarted", "CaptureWarned", "CaptureEnded"]


def test_the_sound_server_dies_and_comes_back(
    awake: Desktop,
    play: Play,
    noise: bytes,
    open_microphone: Open,
    posted: Posted,
    new_recording: NewRecording,
) -> None:
    microphone = open_microphone(AudioSettings())
    play(awake)
    first, second, third = new_recording(), new_recording(), new_recording()
    microphone.start(first)
    await_length(first, 500)
    server = sound_server()
    server.kill()
    server.wait(5)
    failed = posted.wait(CaptureFailed, 1)
    ended = posted.wait(CaptureEnded, 1)
    assert isinstance(failed.error, MicrophoneError)
    assert "went away" in str(failed.error)
    assert posted.kinds(1) == ["CaptureStarted", "CaptureFailed", "CaptureEnded"]
    assert ended.recording_ms >= 500
    await_true(lambda: first.completed, 5, "completion")
    microphone.stop(1)  # the key is let go later: nothing follows

    microphone.start(second)
    failed = posted.wait(CaptureFailed, 2)
    assert "No microphone was found" in str(failed.error)
    assert microphone.problem is not None

    awake._start_sound()
    await_true(awake._sounding, 10, "PulseAudio")
    listen(awake, "mouth")
    play(awake)
    microphone.start(third)
    await_length(third, 1000)
    microphone.stop(3)
    posted.wait(CaptureEnded, 3)
    assert len(heard(third)) > RATE
    assert heard(third) in noise
    assert posted.kinds(1) == ["CaptureStarted", "CaptureFailed", "CaptureEnded"]
    assert microphone.problem is None


def test_a_sound_server_that_hangs_is_noticed(
    awake: Desktop, open_microphone: Open, posted: Posted, new_recording: NewRecording
) -> None:
    microphone = open_microphone(AudioSettings())
    recording = new_recording()
    microphone.start(recording)
    await_length(recording, 300)
    server = sound_server()
    server.suspend()
    try:
        failed = posted.wait(CaptureFailed, 1)
        assert "delivers nothing" in str(failed.error)
        posted.wait(CaptureEnded, 1)
    finally:
        server.resume()


def test_no_microphone_at_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, open_microphone: Open, posted: Posted,
    new_recording: NewRecording,
) -> None:  # fmt: skip
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")
    microphone = open_microphone(AudioSettings())
    told = posted.wait(PartFailed)
    recording = new_recording()
    microphone.start(recording)
    failed = posted.wait(CaptureFailed, 1)
    assert "No microphone was found" in str(told.error)
    assert str(failed.error) == str(told.error) == str(microphone.problem)
    assert posted.wait(CaptureEnded, 1) == CaptureEnded(1, 0, ())
    await_true(lambda: recording.completed, 5, "completion")


def test_an_unknown_device_is_told_with_those_there_are(
    awake: Desktop, open_microphone: Open, posted: Posted, new_recording: NewRecording
) -> None:
    microphone = open_microphone(AudioSettings(device="Blue Yeti"))
    microphone.start(new_recording())
    error = str(posted.wait(CaptureFailed, 1).error)
    assert "'Blue Yeti'" in error
    assert "pulse, default" in error
    assert "utterkey devices" in error


def test_a_part_of_the_name_is_enough(
    awake: Desktop, open_microphone: Open, posted: Posted, new_recording: NewRecording
) -> None:
    microphone = open_microphone(AudioSettings(device="PULS"))
    recording = new_recording()
    microphone.start(recording)
    await_length(recording, 100)
    assert microphone.device == "pulse"


def test_the_default_microphone_is_asked_for_at_each_press(
    awake: Desktop,
    play: Play,
    noise: bytes,
    open_microphone: Open,
    posted: Posted,
    new_recording: NewRecording,
) -> None:
    microphone = open_microphone(AudioSettings())
    play(awake)
    first, second = new_recording(), new_recording()
    microphone.start(first)
    await_length(first, 300)
    microphone.stop(1)
    posted.wait(CaptureEnded, 1)
    listen(awake, "other")
    microphone.start(second)
    await_length(second, 300)
    microphone.stop(2)
    posted.wait(CaptureEnded, 2)
    assert heard(first)
    assert not heard(second)


def test_the_library_is_missing(tmp_path: Path) -> None:
    """In a process of its own, where nothing finds PortAudio."""
    program = """
import ctypes.util, queue
ctypes.util.find_library = lambda name: None
from utterkey.audio.microphone import Microphone
from utterkey.settings import AudioSettings
events = queue.Queue()
microphone = Microphone(AudioSettings(), events.put)
print(events.get(timeout=10).error)
microphone.close()
"""
    source = str(Path(utterkey.__file__).parent.parent)
    told = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": source}, capture_output=True, check=True
    )
    assert b"apt install libportaudio2" in told.stdout
    assert told.stderr == b""


def test_quitting_while_recording_completes_what_there_is(
    awake: Desktop, monkeypatch: pytest.MonkeyPatch, posted: Posted, new_recording: NewRecording
) -> None:
    monkeypatch.setattr(microphone_module, "_END_SECONDS", 10.0)  # the device may take longer on a busy machine
    recording = new_recording()
    with closing(Microphone(AudioSettings(warm_seconds=60), posted)) as microphone:
        microphone.start(recording)
        await_length(recording, 200)
    assert recording.completed
    assert posted.kinds(1) == ["CaptureStarted", "CaptureEnded"]
    assert not [thread for thread in threads() if thread.name == "microphone"]


# --- idle ----------------------------------------------------------------------------------------------------------


def test_an_idle_microphone_never_wakes_up(awake: Desktop, open_microphone: Open) -> None:
    open_microphone(AudioSettings())
    await_true(lambda: captured(awake) == 0, 10, "the touch is over")
    thread = Sleeper("microphone")
    thread.await_rest()  # it has closed it as well
    before = thread.switches()
    assert not Event().wait(2)  # idle
    assert thread.switches() == before


def test_the_list_of_devices(awake: Desktop) -> None:
    assert [(device.name, device.is_default) for device in devices()] == [("pulse", False), ("default", True)]


# --- devices with a will of their own ------------------------------------------------------------------------------


def test_a_device_that_cannot_do_16_khz_is_recorded_at_its_own_rate(
    awake: Desktop, play: Play, noise: bytes, monkeypatch: pytest.MonkeyPatch, open_microphone: Open, posted: Posted,
    tmp_path: Path, new_recording: NewRecording,
) -> None:  # fmt: skip
    """The device is real and takes every rate; only the refusal is played."""
    import sounddevice

    class Stubborn(sounddevice.RawInputStream):
        def __init__(self, samplerate: int, **others: object) -> None:
            if samplerate != 44100:
                raise sounddevice.PortAudioError("Invalid sample rate", -9997)
            super().__init__(samplerate=samplerate, **others)  # type: ignore[arg-type]  # passed on as they are

    with monkeypatch.context() as patched:
        patched.setattr(sounddevice, "RawInputStream", Stubborn)
        microphone = open_microphone(AudioSettings())
        await_true(lambda: microphone.sample_rate == 44100, 10, "the touch at start")
        await_true(lambda: captured(awake) == 0, 10, "the touch is over")
        microphone.start(new_recording())  # made for 16 kHz
        assert "sample rate" in str(posted.wait(CaptureFailed, 1).error)
        posted.wait(CaptureEnded, 1)
        play(awake)
        with closing(Recording.create(tmp_path, 2, microphone.sample_rate)) as recording:
            microphone.start(recording)
            await_length(recording, 600)
            microphone.stop(2)
            posted.wait(CaptureEnded, 2)
            assert len(heard(recording)) > 44100
        assert posted.kinds(2) == ["CaptureStarted", "CaptureEnded"]


def test_after_an_error_of_our_own_the_next_press_works(
    awake: Desktop, open_microphone: Open, posted: Posted, new_recording: NewRecording
) -> None:
    microphone = open_microphone(AudioSettings())
    broken, whole = new_recording(), new_recording()
    broken.complete()  # to append now is an error
    microphone.start(broken)
    posted.wait(CaptureFailed, 1)
    posted.wait(CaptureEnded, 1)
    microphone.start(whole)
    await_length(whole, 100)
    assert posted.kinds(2) == ["CaptureStarted"]


# --- the moment of the release -------------------------------------------------------------------------------------


class ScriptedStream:
    """Stands in for a stream where the moment at which a block was captured matters to the millisecond."""

    sample_rate = RATE
    device = Device("scripted", "none", 0, True, RATE)

    def __init__(self) -> None:
        self.latency = 0.1
        self.on_block: portaudio.OnBlock = lambda *_: None
        self.closed = Event()
        self.looked_again = Event()

    def captured(self, end: float) -> None:
        self.on_block(cast(portaudio.Stream, self), b"\1" * 640, end)

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedStream:
    stream = ScriptedStream()

    def open_stream(
        name: str, rate: int, preferred: int, on_block: portaudio.OnBlock, on_end: portaudio.OnEnd
    ) -> object:
        stream.on_block = on_block
        return stream

    monkeypatch.setattr(portaudio, "open_stream", open_stream)
    monkeypatch.setattr(portaudio, "look_again", stream.looked_again.set)
    return stream


def test_a_stop_waits_for_audio_that_is_on_its_way(
    scripted: ScriptedStream, monkeypatch: pytest.MonkeyPatch, open_microphone: Open, posted: Posted,
    new_recording: NewRecording,
) -> None:  # fmt: skip
    monkeypatch.setattr(microphone_module, "NEXT_BLOCK_SECONDS", 10.0)
    scripted.latency = 10.0  # nothing is given up because this test is slow
    microphone, recording = open_microphone(AudioSettings()), new_recording()
    microphone.start(recording)
    now = monotonic()
    scripted.captured(now - 0.08)
    await_length(recording, 20)
    microphone.stop(1)
    scripted.captured(now - 0.06)
    scripted.captured(now - 0.04)
    await_length(recording, 60)
    assert posted.kinds(1) == ["CaptureStarted"]
    scripted.captured(monotonic())
    scripted.captured(monotonic() + 0.02)
    assert posted.wait(CaptureEnded).recording_ms == 80
    assert scripted.closed.wait(5)


def test_a_stop_does_not_wait_for_what_never_comes(
    scripted: ScriptedStream, monkeypatch: pytest.MonkeyPatch, open_microphone: Open, posted: Posted,
    new_recording: NewRecording,
) -> None:  # fmt: skip
    monkeypatch.setattr(microphone_module, "NEXT_BLOCK_SECONDS", 5.0)
    microphone, recording = open_microphone(AudioSettings()), new_recording()
    microphone.start(recording)
    scripted.captured(monotonic() - 0.08)
    await_length(recording, 20)
    stopped = monotonic()
    microphone.stop(1)
    assert posted.wait(CaptureEnded).recording_ms == 20
    assert 0.1 < monotonic() - stopped < 5.0
    assert posted.kinds(1) == ["CaptureStarted", "CaptureEnded"]


def test_a_stream_that_fell_silent_is_not_trusted_again(
    scripted: ScriptedStream, open_microphone: Open, posted: Posted, new_recording: NewRecording
) -> None:
    microphone, first, second = open_microphone(AudioSettings()), new_recording(), new_recording()
    microphone.start(first)
    scripted.captured(monotonic())
    assert "delivers nothing" in str(posted.wait(CaptureFailed, 1).error)
    assert posted.wait(CaptureEnded, 1).recording_ms == 20
    assert scripted.closed.wait(5)
    assert not scripted.looked_again.is_set()
    microphone.start(second)
    assert scripted.looked_again.wait(5)
    scripted.captured(monotonic())
    posted.wait(CaptureStarted, 2)


def test_looking_for_devices_leaves_no_plugins_behind(desktop: Desktop) -> None:
    """ALSA's plugin for Dolby Digital (Debian's libasound2-plugins) alone brings 8 MB of video codecs."""
    looks = "import utterkey.audio.portaudio, sys; sys.stdout.write(open('/proc/self/maps').read())"
    mapped = desktop.run([sys.executable, "-c", looks]).decode()
    assert "libasound.so" in mapped
    assert "libasound_module_pcm_" not in mapped


def test_the_sound_comes_in_pieces_as_short_as_blocks(desktop: Desktop) -> None:
    """What PortAudio calls latency is ALSA's buffer without the piece that is being filled: 100 ms with pieces of 20,
    120 with pieces of 40."""
    opens = """
from utterkey.audio import portaudio
stream = portaudio.open_stream(portaudio.DEFAULT, None, 16000, lambda *_: None, lambda _: None)
print(round(stream.latency * 1000))
stream.close()
"""
    assert desktop.run([sys.executable, "-c", opens]).decode().split() == ["100"]
