"""A rig in a process of its own, so that it can be killed, and so that its memory is its own.

python dictator.py URL FOLDER held SECONDS     one dictation in real time; a byte on stdout for each block captured
python dictator.py URL FOLDER many COUNT       so many dictations in a row; what came of them as JSON
python dictator.py URL FOLDER long SECONDS     one dictation of so much audio, as fast as it goes; the same
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from rig import BLOCK_MS, Rig, with_settings
from scripted import marked_speech
from utterkey.dictation.press import OVERDUE_SECONDS
from utterkey.session import protocol

CAPTURED, DELIVERED = b".", b"D"
MOST_WORDS = 2000
"""What `marked_speech` can tell apart."""
WORDS_A_CHUNK = 10
WARM_UP = 30


def held(url: str, folder: Path, seconds: int) -> None:
    """Every block is counted before it is handed over: what is counted was captured."""
    with Rig(url, folder, notice=lambda _: _say(DELIVERED)) as rig:
        audio = spoken_in_real_time(seconds)
        block = 2 * rig.microphone.sample_rate * BLOCK_MS // 1000
        number = rig.press()
        began, clock = time.monotonic(), threading.Event()
        for at in range(0, len(audio), block):
            clock.wait(max(0.0, began + at / block * BLOCK_MS / 1000 - time.monotonic()))
            _say(CAPTURED)
            rig.speak(audio[at : at + block])
        rig.release()
        rig.wait_outcome(number)


def spoken_in_real_time(seconds: int) -> bytes:
    return marked_speech(range(int(seconds / 0.3)))


def many(url: str, folder: Path, count: int) -> None:
    """Two at a time: one is spoken while the other is finished. What is kept is sent again at the end."""
    with Rig(url, folder, settings=with_settings(service={"linger_seconds": 0.0})) as rig:
        for _ in range(WARM_UP):
            rig.wait_outcome(rig.dictate(marked_speech([0])))
        rig.wait_idle()
        first = len(rig.window.deliveries)
        before = _measure(rig)
        numbers: list[int] = []
        released: list[float] = []
        for index in range(count):
            numbers.append(rig.press())
            rig.speak(marked_speech(words_of(index)))
            released.append(time.monotonic())  # not after it: the time from then on is to be no shorter than it was
            rig.release()
            if index:
                rig.wait_outcome(numbers[-2], 30)
        rig.wait_outcome(numbers[-1], 30)
        kept = [number for number in numbers if rig.wait_outcome(number) != "delivered"]
        overdue = [index for index in range(count) if rig.ended_at(numbers[index]) - released[index] >= OVERDUE_SECONDS]
        for number in kept:
            rig.retry(number)
            rig.wait_outcome(number, 30)
        rig.wait_idle()
        texts = [(d.utterance - numbers[0], d.text.strip(), d.way) for d in rig.window.deliveries[first:]]
        _report(before=before, after=_measure(rig), texts=texts, kept=len(kept), overdue=overdue)


def words_of(index: int) -> tuple[int, int]:
    """Two words that no other of two thousand dictations has in this order."""
    return index % MOST_WORDS, (7 * index + 3) % MOST_WORDS


def long(url: str, folder: Path, seconds: int) -> None:
    """A word a second. The lead is set free: a clock that runs faster would show nothing else. What is recorded takes
    memory for the last minute, so the growth counts from what two minutes took."""
    protocol.MOST_LEAD_SECONDS = 1e9
    with Rig(url, folder) as rig:
        warm_up = rig.press()
        at_first = _speak(rig, 0, 120)
        rig.release()
        rig.wait_outcome(warm_up, 60)
        rig.wait_idle()
        before = _measure(rig)
        number = rig.press()
        most = _speak(rig, 0, seconds)
        rig.release()
        rig.wait_outcome(number, 300)
        rig.wait_idle()
        after = _measure(rig)
        most = max(most, after["memory"])
        _report(before=before, after=after, at_first=at_first, most=most, text=rig.window.texts[-1].strip())


def _speak(rig: Rig, first: int, last: int) -> int:
    """The most memory on the way."""
    most = 0
    for start in range(first, last, WORDS_A_CHUNK):
        words = [index % MOST_WORDS for index in range(start, min(last, start + WORDS_A_CHUNK))]
        rig.speak(marked_speech(words, gap_ms=800, lead_ms=0))
        rig.wait_view(lambda view, last=f"w{words[-1]}": view.partial.endswith(last))  # type: ignore[misc]
        most = max(most, psutil.Process().memory_info().rss)
    return most


def _measure(rig: Rig) -> dict[str, int]:
    for thread in threading.enumerate():
        if thread.name.startswith(("session-", "recording-")):
            thread.join(10)  # a session ends after its text is delivered
    gc.collect()
    process = psutil.Process()
    _await(lambda: process.num_threads() <= threading.active_count())  # Python's own end comes before the system's
    files = [path for path in rig.audio_folder.iterdir()]
    return {
        "memory": process.memory_info().rss,
        "threads": process.num_threads(),
        "descriptors": process.num_fds(),
        "files": len(files),
        "disk": sum(path.stat().st_size for path in files),
        "journal": sum(path.stat().st_size for path in rig.folder.glob("journal.db*")),
    }


def _await(condition: Callable[[], bool]) -> None:
    """For a moment: what is measured after it says what there is."""
    deadline, pause = time.monotonic() + 10, threading.Event()
    while not condition() and time.monotonic() < deadline:
        pause.wait(0.005)


def _report(**what: object) -> None:
    _say(json.dumps(what).encode())


def _say(what: bytes) -> None:
    sys.stdout.buffer.write(what)
    sys.stdout.buffer.flush()


MODES: dict[str, Callable[[str, Path, int], None]] = {"held": held, "many": many, "long": long}

if __name__ == "__main__":
    MODES[sys.argv[3]](sys.argv[1], Path(sys.argv[2]), int(sys.argv[4]))
