"""Recordings on a real disk: read while written, over in memory, after a crash, and where the disk refuses."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import wave
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

import utterkey
from utterkey.audio import recording as recording_module
from utterkey.audio.recording import Recording
from utterkey.errors import RecordingError

RATE = 16000
BLOCK = RATE // 50 * 2
MEMORY = 2 << 20
"""What a recording keeps in memory."""


def block(number: int) -> bytes:
    """A block that no other block resembles."""
    return number.to_bytes(4, "little") * (BLOCK // 4)


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    made = Recording.create(tmp_path, 7, RATE)
    yield made
    made.complete()
    made.close()


def test_what_is_appended_can_be_read_and_is_in_the_file(recording: Recording) -> None:
    for number in range(10):
        assert recording.append(block(number)) is None
        assert recording.path.read_bytes()[44:] == b"".join(map(block, range(number + 1)))
    assert recording.length == 10 * BLOCK
    assert recording.duration_ms == 200
    assert recording.read(0, BLOCK) == block(0)
    assert recording.read(9 * BLOCK - 4, 8) == block(8)[-4:] + block(9)[:4]
    assert recording.read(9 * BLOCK, 5 * BLOCK) == block(9)
    assert recording.read(10 * BLOCK, 1) == b""
    assert not recording.completed


def test_the_file_is_the_owners_alone_and_plays(recording: Recording) -> None:
    recording.append(block(1))
    assert recording.path.stat().st_mode & 0o777 == 0o600
    recording.complete()
    with wave.open(str(recording.path)) as player:
        assert (player.getframerate(), player.getnchannels(), player.getsampwidth()) == (RATE, 1, 2)
        assert player.readframes(player.getnframes()) == block(1)


def test_a_watcher_is_woken_once_the_block_is_on_the_disk_and_at_the_end(recording: Recording) -> None:
    seen: list[tuple[int, int, bool]] = []

    def wake() -> None:
        seen.append((recording.length, recording.path.stat().st_size - 44, recording.completed))

    recording.watch(wake)
    recording.append(block(1))
    recording.append(block(2))
    recording.complete()
    recording.complete()
    assert seen == [(BLOCK, BLOCK, False), (2 * BLOCK, 2 * BLOCK, False), (2 * BLOCK, 2 * BLOCK, True)]


def test_who_does_not_watch_any_more_is_not_woken(recording: Recording) -> None:
    woken: list[str] = []
    first, second = (lambda: woken.append("first")), (lambda: woken.append("second"))
    recording.watch(first)
    recording.watch(second)
    recording.unwatch(first)
    recording.append(block(1))
    assert woken == ["second"]


def test_old_audio_comes_from_the_file_and_new_from_memory(recording: Recording) -> None:
    count = 2 * MEMORY // BLOCK
    for number in range(count):
        recording.append(block(number))
    whole = b"".join(map(block, range(count)))
    boundary = recording.length - MEMORY
    for start, size in [(0, BLOCK), (boundary - 1000, 500), (boundary - (1 << 19), 1 << 20), (0, 1 << 30)]:
        assert recording.read(start, size) == whole[start : start + size]


def test_an_hour_costs_little_memory(recording: Recording, counts: Callable[[int, int], int]) -> None:
    seconds = counts(600, 3600)
    quiet = bytes(BLOCK)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(seconds * 50):
        recording.append(quiet)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert recording.duration_ms == seconds * 1000
    assert after - before < 5 << 20
    assert peak - before < 10 << 20


def test_readers_get_every_byte_while_it_is_written(recording: Recording) -> None:
    count = MEMORY * 3 // 2 // BLOCK  # so that the slowest reader needs the file
    news = [threading.Event() for _ in range(3)]
    heard: list[bytes] = [b""] * len(news)

    def read(index: int) -> None:
        cursor, parts, sizes = 0, [], random.Random(index)
        while True:
            completed = recording.completed
            part = recording.read(cursor, sizes.randrange(2, 40000))
            if part:
                parts.append(part)
                cursor += len(part)
            elif completed:
                break
            else:
                assert news[index].wait(10)
                news[index].clear()
        heard[index] = b"".join(parts)

    readers = [threading.Thread(target=read, args=(index,)) for index in range(len(news))]
    for event in news:
        recording.watch(event.set)
    for reader in readers:
        reader.start()
    for number in range(count):
        recording.append(block(number))
    recording.complete()
    for reader in readers:
        reader.join(30)
    assert heard == [b"".join(map(block, range(count)))] * len(news)


def test_a_closed_recording_gives_back_its_descriptors_and_its_thread(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    threads = set(threading.enumerate())
    made = Recording.create(tmp_path, 1, RATE)
    made.append(block(1))
    made.complete()
    made.close()
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)
    assert len(os.listdir("/proc/self/fd")) == before
    assert made.read(0, BLOCK) == block(1)


def test_one_that_is_closed_while_it_grows_goes_on_into_its_file(tmp_path: Path) -> None:
    """It is laid aside when its utterance is cancelled; the microphone has still to hand over the last of it."""
    made = Recording.create(tmp_path, 1, RATE)
    made.append(block(1))
    made.close()
    assert made.save()
    made.append(block(2))
    made.complete()
    assert made.path.read_bytes()[44:] == block(1) + block(2)
    with closing(Recording.open(made.path)) as kept:
        assert kept.read(0, 3 * BLOCK) == block(1) + block(2)


def test_it_is_synced_each_second_and_a_slow_disk_delays_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by, go_on, begun = [], threading.Event(), threading.Event()

    def slow(_: int) -> None:
        by.append(threading.current_thread().name)
        begun.set()
        assert go_on.wait(10)

    monkeypatch.setattr(os, "fsync", slow)
    made = Recording.create(tmp_path, 1, RATE)
    for number in range(49):
        made.append(block(number))
    assert not by
    made.append(block(49))
    assert begun.wait(10)
    for number in range(200):  # four seconds, while the first sync is still under way
        made.append(block(number))
    made.complete()
    made.close()
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "recording-sync":
            thread.join(10)
    assert by == ["recording-sync"] * 2  # the second serves all that waited


# --- kept recordings -----------------------------------------------------------------------------------------------


def test_a_kept_recording_is_found_and_opened_again(tmp_path: Path) -> None:
    for number in (12, 3):
        made = Recording.create(tmp_path, number, 48000)
        made.append(bytes(9600))
        made.complete()
        made.close()
    (tmp_path / "utterance-x.wav").write_bytes(b"not one of ours")
    kept = Recording.kept(tmp_path)
    assert list(kept) == [3, 12]
    again = Recording.open(kept[12])
    assert (again.number, again.sample_rate, again.duration_ms, again.completed) == (12, 48000, 100, True)
    assert abs(again.started - made.started) < 60
    assert again.read(0, 20000) == bytes(9600)
    again.close()


def test_an_opened_recording_knows_where_somebody_spoke(tmp_path: Path, speech: bytes) -> None:
    made = Recording.create(tmp_path, 1, RATE)
    for start in range(0, len(speech), BLOCK):
        made.append(speech[start : start + BLOCK])
    made.complete()
    made.close()
    again = Recording.open(made.path)
    assert again.voice() == made.voice() != ()
    assert again.voice() == made.voice()
    again.close()


def test_a_discarded_recording_leaves_nothing_and_may_still_be_written_to(recording: Recording) -> None:
    recording.append(block(1))
    recording.discard()
    assert Recording.kept(recording.path.parent) == {}
    assert recording.append(block(2)) is None
    assert recording.read(0, 2 * BLOCK) == block(1) + block(2)
    recording.complete()
    recording.discard()


def test_a_file_that_is_open_for_its_last_sync_is_deleted_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where a file that is open cannot be deleted."""

    class StillOpen(PermissionError):
        winerror = 32

    refused, unlink = threading.Event(), Path.unlink

    def unlink_what_is_closed(path: Path, missing_ok: bool = False) -> None:
        if str(path) in {os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")}:
            refused.set()
            raise StillOpen(13, "used by another process")
        unlink(path, missing_ok)

    monkeypatch.setattr(recording_module, "_LAST_SYNC_SECONDS", 10.0)
    monkeypatch.setattr(os, "fsync", lambda _: refused.wait(10))
    monkeypatch.setattr(Path, "unlink", unlink_what_is_closed)
    made = Recording.create(tmp_path, 1, RATE)
    made.append(block(1))
    made.discard()
    assert refused.is_set()
    assert Recording.kept(tmp_path) == {}


def test_a_refusal_that_would_stay_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after the last sync, which may take long: whoever deletes it has other things to do."""
    synced = threading.Event()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(recording_module, "_LAST_SYNC_SECONDS", 5.0)
    monkeypatch.setattr(os, "fsync", lambda _: synced.wait(10))
    made = Recording.create(tmp_path, 1, RATE)
    made.append(block(1))
    monkeypatch.setattr(Path, "unlink", refuse)
    started = time.monotonic()
    with pytest.raises(RecordingError, match="denied"):
        made.discard()
    seconds = time.monotonic() - started
    synced.set()
    assert seconds < 5.0


@pytest.mark.parametrize("content", [b"", b"RIFF", bytes(100), b"x" * 1000])
def test_what_is_no_recording_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "utterance-1-1.wav"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="damaged"):
        Recording.open(path)


def test_a_recording_whose_file_was_taken_away_says_so(recording: Recording) -> None:
    for number in range(MEMORY * 3 // 2 // BLOCK):
        recording.append(block(number))
    recording.path.unlink()
    with pytest.raises(RecordingError, match="cannot be read"):
        recording.read(0, BLOCK)
    assert recording.read(recording.length - BLOCK, BLOCK) == block(MEMORY * 3 // 2 // BLOCK - 1)
    recording.complete()
    assert not recording.save(), "the end of it alone is not what was said"
    assert not recording.path.exists()


# --- crashes and full disks ----------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from utterkey.audio.recording import Recording
recording = Recording.create(Path(sys.argv[1]), 5, 16000)
for number in range(1 << 30):
    print(number, flush=True)                 # this many blocks were appended
    recording.append(number.to_bytes(4, "little") * 160)
"""


def test_after_kill_9_at_most_the_last_block_is_missing(tmp_path: Path, counts: Callable[[int, int], int]) -> None:
    chance = random.Random(5)
    for turn in range(counts(5, 50)):
        folder = tmp_path / str(turn)
        source = str(Path(utterkey.__file__).parent.parent)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": source},
        )
        assert writer.stdout
        told = b"".join(writer.stdout.readline() for _ in range(chance.randrange(1, 500)))
        os.kill(writer.pid, signal.SIGKILL)
        appended = int((told + writer.stdout.read()).split()[-1])
        writer.stdout.close()
        writer.wait()
        kept = Recording.open(Recording.kept(folder)[5])
        blocks = kept.length // BLOCK
        assert blocks in (appended, appended + 1)
        assert kept.read(0, kept.length)[: blocks * BLOCK] == b"".join(map(block, range(blocks)))
        kept.close()


@pytest.fixture
def small_files() -> Iterator[Callable[[int], None]]:
    """Refuse files beyond a size, as a full disk does: first a part of a write, then nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [44 + 100, 44 + 5 * BLOCK + 102, MEMORY * 3 // 2])
def test_a_full_disk_is_told_once_and_nothing_is_lost(
    recording: Recording, room: int, small_files: Callable[[int], None]
) -> None:
    small_files(room)
    count = MEMORY * 3 // BLOCK
    faults = [fault for fault in (recording.append(block(number)) for number in range(count)) if fault]
    assert len(faults) == 1
    assert "in memory only" in str(faults[0])
    assert str(recording.path.parent) in str(faults[0])
    assert recording.read(0, count * BLOCK) == b"".join(map(block, range(count)))
    recording.complete()
    assert not recording.save()
    small_files(resource.RLIM_INFINITY)
    kept = Recording.open(recording.path)
    assert kept.read(0, kept.length) == recording.read(0, kept.length)
    kept.close()
    assert recording.save(), "there is room again"
    kept = Recording.open(recording.path)
    assert kept.read(0, count * BLOCK) == b"".join(map(block, range(count)))
    kept.close()


def test_without_a_folder_to_write_to_the_audio_stays_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    made = Recording.create(tmp_path / "file" / "folder", 1, RATE)
    fault = made.append(block(1))
    assert fault is not None
    assert "in memory only" in str(fault)
    assert made.append(block(2)) is None
    made.complete()
    assert made.read(0, 2 * BLOCK) == block(1) + block(2)
    assert not made.save()
    (tmp_path / "file").unlink()
    assert made.save()
    assert made.path.stat().st_mode & 0o777 == 0o600
    kept = Recording.open(made.path)
    assert kept.read(0, 3 * BLOCK) == block(1) + block(2)
    kept.close()
    made.discard()
