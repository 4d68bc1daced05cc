"""`kill -9` in the middle of a dictation loses nothing that was captured."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nothing_lost.child import dictator
from nothing_lost.dictator import CAPTURED, DELIVERED, spoken_in_real_time
from rig import BLOCK_MS, Rig
from scripted import Marks
from service import Policy, Service
from utterkey.audio.wav import HEADER_BYTES

SECONDS = 2
LATEST_S = 3.0
"""The last ones are killed while they are finished, or after."""
LISTED_MS = 300
MISSING_MS = 100
BYTES_A_MS = 2 * 16
AT_ONCE = 4


@pytest.mark.timeout(600)
def test_kill_at_any_moment(tmp_path: Path, counts: Callable[[int, int], int]) -> None:
    count = counts(6, 50)
    rng = random.Random(3)
    moments = [rng.uniform(0.05, LATEST_S) for _ in range(count)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        killed = [pool.submit(_kill_and_recover, tmp_path / str(n), at) for n, at in enumerate(moments)]
    for at, future in zip(moments, killed, strict=True):
        error = future.exception()
        assert error is None, f"killed {at:.2f} s after the first sound: {error!r}"
    assert sum(future.result() for future in killed) >= count // 2, "too few were killed in the middle"


def _kill_and_recover(folder: Path, at: float) -> bool:
    """Whether it was killed before its text was delivered."""
    folder.mkdir()
    with Service(policy=Policy(final_delay_s=0.5)) as service:
        said = _killed(service.url, folder, at)
        captured_ms = said.count(CAPTURED) * BLOCK_MS
        with Rig(service.url, folder) as rig:
            if DELIVERED in said:
                assert rig.interrupted <= 1  # between the window and the journal nobody knows
                return False
            if captured_ms <= LISTED_MS:
                return False  # a slip of the finger, listed or not
            _is_all_there(rig, service, captured_ms)
    return True


def _is_all_there(rig: Rig, service: Service, captured_ms: int) -> None:
    assert rig.interrupted == 1
    (entry,) = rig.entries()
    assert entry.status == "interrupted"
    (file,) = rig.audio_folder.iterdir()
    kept = file.read_bytes()[HEADER_BYTES:]
    spoken = spoken_in_real_time(SECONDS)
    assert kept == spoken[: len(kept)], "it does not begin with the first block"
    assert captured_ms - MISSING_MS <= len(kept) / BYTES_A_MS <= captured_ms
    assert entry.seconds == len(kept) // BYTES_A_MS / 1000
    rig.retry()
    assert rig.wait_outcome(entry.id, 20) == "delivered"
    assert rig.window.texts == [" ".join(word.text for word in Marks(16000).hear(kept))]
    sent = bytes(service.sessions[-1].audio)
    assert sent[: len(kept)] == kept
    assert not sent[len(kept) :].strip(b"\0"), "more than silence follows"


def _killed(url: str, folder: Path, at: float) -> bytes:
    """What it had said by then; the time counts from the first block."""
    with dictator(url, folder, "held", SECONDS) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)
        timer = threading.Timer(at, _kill, [process])
        timer.start()
        rest = process.stdout.read()
        timer.join()
        process.wait(10)
    return first + rest


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
