"""A microphone that hears exactly what is played: where a recording is in what was played can be looked up.

What is played is noise at the rate of the recordings, so that no resampler touches it.
"""

from __future__ import annotations

import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from desktop import Desktop, await_true
from utterkey.audio.wav import header

RATE = 16000


def exact_noise(seconds: int = 30) -> bytes:
    """s16le without a byte that is zero: zeros are silence."""
    chance = random.Random(1)
    return bytes(
        byte
        for _ in range(seconds * RATE)
        for byte in (chance.randrange(1, 256), chance.choice((0x01, 0x05, 0x0A, 0xF0, 0xF9, 0xFF)))
    )


def listen(desktop: Desktop, sink: str) -> None:
    """Make a virtual microphone of that name, the default one, and keep it going.

    One that nobody listens to works ahead in pieces of up to two seconds, unlike a real microphone.
    """
    shape = ["format=s16le", f"rate={RATE}", "channels=1"]
    desktop.run(["pactl", "load-module", "module-null-sink", f"sink_name={sink}", "norewinds=1", *shape])
    source = f"{sink}.monitor"
    desktop.run(["pactl", "set-default-source", source])
    desktop.run(["pactl", "load-module", "module-loopback", f"source={source}", "sink=speakers", "latency_msec=20"])
    desktop.run(["sh", "-c", f"parec --device={source} --latency-msec=20 | head -c 10000 > /dev/null"])


def play_noise(desktop: Desktop, sink: str, noise: bytes) -> None:
    """Play it, and wait until the microphone hears it."""
    path = desktop.folder / "noise.wav"
    path.write_bytes(header(RATE, len(noise)) + noise)
    desktop.start(["paplay", f"--device={sink}", str(path)])
    # A player that is there is not yet heard, and may falter at its start.
    as_it_is = f"--format=s16le --rate={RATE} --channels=1 --latency-msec=20"
    half_a_second = f"parec --device={sink}.monitor {as_it_is} | head -c {RATE}"
    await_true(lambda: desktop.run(["sh", "-c", half_a_second]) in noise, 10, "unbroken noise in the microphone")


class Listener:
    """Hears the microphone all the time, beside the program."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._changed = threading.Condition()

    def hear(self, sound: IO[bytes]) -> None:
        """To its end."""
        while block := sound.read(4096):
            with self._changed:
                self._heard += block
                self._changed.notify_all()

    def position(self, noise: bytes) -> int:
        """Where in the noise the microphone is just now, in bytes: what was heard last is behind by some 20 ms."""
        with self._changed:
            before = len(self._heard)
            assert self._changed.wait_for(lambda: len(self._heard) > before, 10)
            return noise.index(bytes(self._heard[-RATE // 5 :])) + RATE // 5


@contextmanager
def listening(desktop: Desktop, sink: str) -> Iterator[Listener]:
    shape = ["--raw", "--format=s16le", f"--rate={RATE}", "--channels=1", "--latency-msec=10"]
    listener = Listener()
    with subprocess.Popen(
        ["parec", f"--device={sink}.monitor", *shape], stdout=subprocess.PIPE, env=desktop.environment, bufsize=0
    ) as process:
        thread = threading.Thread(target=listener.hear, args=(process.stdout,))
        thread.start()
        try:
            yield listener
        finally:
            process.terminate()
            thread.join()
