"""The audio of one utterance, append-only: one thread writes, any thread reads.

Every block is given to the operating system before anybody is told of it, so a crash of this program loses at most the
block being written. A thread of the recording's own asks for it to be put on the disk each second, against a crash of
the machine: `fsync` may take long, and the writer must not. The last minute is kept in memory as well, for that is what
is read; older audio is read from the file. Where the file cannot be written, everything stays in memory.

The file is a WAV file that can be played. Its name carries the utterance's number and when it was started.
"""

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from io import FileIO
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Self

from utterkey.audio.voice import VoiceDetector
from utterkey.audio.wav import HEADER_BYTES, header, sample_rate_of
from utterkey.dictation.events import Span
from utterkey.errors import RecordingError

SAMPLE_BYTES = 2

_MEMORY_BYTES = 2 << 20
"""What is kept in memory when it is on the disk too: about a minute at 16 kHz."""
_TRIM_BYTES = 256 << 10
"""Memory is given back in pieces of this size."""
_SYNC_SECONDS = 1
_LAST_SYNC_SECONDS = 1.0
"""How long a file that cannot be deleted yet is waited for: Windows deletes none that is open, and the thread that
syncs it may be at its last one."""
_STILL_OPEN = 32
"""What Windows calls that: ERROR_SHARING_VIOLATION."""
_VOICE_BLOCK = 32 << 10

_NAME = re.compile(r"utterance-(\d+)-(\d+)\.wav")


class Recording:
    """Made by `create` or `open`. `number` is the utterance's, `started` the time of day in seconds since 1970."""

    def __init__(self, number: int, sample_rate: int, started: float, path: Path) -> None:
        self.number = number
        self.sample_rate = sample_rate
        self.started = started
        self.path = path
        self.length = 0
        """In bytes."""
        self.completed = False
        self._lock = Lock()  # held for copies, and for reads and writes of the file; never for a sync or a wake
        self._memory = bytearray()
        self._memory_start = 0
        self._on_disk = 0
        self._writer: FileIO | None = None
        self._reader: FileIO | None = None
        self._fault: RecordingError | None = None
        self._sync: _Sync | None = None
        self._wakes: tuple[Callable[[], None], ...] = ()
        self._voice = VoiceDetector(sample_rate)
        self._voice_end = 0

    @classmethod
    def create(cls, folder: Path, number: int, sample_rate: int) -> Self:
        """Start a recording. Always works: what is wrong with the disk is told by the first `append`."""
        started = time.time()
        recording = cls(number, sample_rate, started, folder / f"utterance-{number}-{int(started * 1000)}.wav")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            recording._writer = FileIO(recording.path, "xb", opener=_owner_only)
            recording._writer.write(header(sample_rate))
            recording._sync = _Sync(recording._writer, sample_rate)
        except OSError as error:
            recording._give_up_file(error)
        return recording

    @classmethod
    def open(cls, path: Path) -> Self:
        """A recording of an earlier run, complete as it is; raises RecordingError if it is none."""
        name = _NAME.fullmatch(path.name)
        try:
            reader = FileIO(path, "rb")
            rate = sample_rate_of(reader.read(HEADER_BYTES))
            size = reader.seek(0, os.SEEK_END) - HEADER_BYTES
        except OSError as error:
            raise RecordingError(f"The kept audio {path} cannot be read ({error.strerror}).") from error
        if not name or not rate:
            reader.close()
            raise RecordingError(f"The kept audio {path} is damaged; delete it or play it by hand.")
        recording = cls(int(name[1]), rate, int(name[2]) / 1000, path)
        recording.length = recording._on_disk = recording._memory_start = size - size % SAMPLE_BYTES
        recording.completed = True
        recording._reader = reader
        return recording

    @staticmethod
    def kept(folder: Path) -> dict[int, Path]:
        """All recordings in the folder, by the utterance's number."""
        named = ((_NAME.fullmatch(path.name), path) for path in folder.glob("utterance-*.wav"))
        return {int(name[1]): path for name, path in sorted(named, key=str) if name}

    # --- the writer's thread -----------------------------------------------------------------------------------------

    def append(self, block: bytes) -> RecordingError | None:
        """Add audio. An error is returned once, and says that from now on the audio is in memory only."""
        assert not self.completed
        with self._lock:
            self._write(block)
            self._memory += block
            self.length += len(block)
            self._trim()
            fault, self._fault = self._fault, None
            if self._writer and self._sync:
                self._sync.written(len(block))
        self._wake()
        self._voice.feed(block)
        self._voice_end = self.length
        return fault

    def complete(self) -> None:
        """No more audio follows."""
        if self.completed:
            return
        with self._lock:
            if self._writer:
                # A header without the right sizes is tolerated by `open` and by players.
                with suppress(OSError):
                    self._writer.seek(0)
                    self._writer.write(header(self.sample_rate, self._on_disk))
            self._close_writer()
            self.completed = True
        self._wake()

    def save(self) -> bool:
        """Put onto the disk what is in memory only, if it takes it by now. Is all of it there?"""
        with self._lock:
            try:
                self._write_rest()
                return self.path.stat().st_size >= HEADER_BYTES + self.length
            except OSError:
                return False

    # --- any thread --------------------------------------------------------------------------------------------------

    @property
    def duration_ms(self) -> int:
        return self.length * 1000 // (self.sample_rate * SAMPLE_BYTES)

    @property
    def moment(self) -> datetime:
        """When it was started, in the time zone of here."""
        return datetime.fromtimestamp(self.started).astimezone()

    def read(self, start: int, size: int) -> bytes:
        """Up to `size` bytes from `start` on, fewer if there are no more yet; RecordingError if the file is gone."""
        with self._lock:
            end = min(start + size, self.length)
            if start >= end:
                return b""
            old = self._read_file(start, min(end, self._memory_start) - start) if start < self._memory_start else b""
            recent = max(start, self._memory_start) - self._memory_start
            return old + bytes(self._memory[recent : max(recent, end - self._memory_start)])

    def watch(self, wake: Callable[[], None]) -> None:
        """Call `wake` from the writer's thread after each block and at completion; it must not block."""
        with self._lock:
            self._wakes = (*self._wakes, wake)

    def unwatch(self, wake: Callable[[], None]) -> None:
        with self._lock:
            self._wakes = tuple(other for other in self._wakes if other != wake)

    def voice(self) -> tuple[Span, ...]:
        """Where somebody spoke. At once while recording; of an opened recording, after reading all of it."""
        if self.completed and self._voice_end < self.length:
            for at in range(0, self.length, _VOICE_BLOCK):
                self._voice.feed(self.read(at, _VOICE_BLOCK))
            self._voice_end = self.length
        return self._voice.spans()

    def close(self) -> None:
        """Give the file back and leave it where it is. What is in memory can still be read. One that still grows goes
        on into its file until it is complete."""
        with self._lock:
            self._close_reader()

    def discard(self) -> None:
        """Delete the file; RecordingError if that is refused."""
        with self._lock:
            self._close_writer()
            self._close_reader()
        try:
            delete(self.path)
        except RecordingError as refusal:
            if self._sync is None or getattr(refusal.__cause__, "winerror", None) != _STILL_OPEN:
                raise  # it would be refused again
            self._sync.wait(_LAST_SYNC_SECONDS)
            delete(self.path)

    # --- with the lock held ------------------------------------------------------------------------------------------

    def _write(self, block: bytes) -> None:
        if not self._writer:
            return
        try:
            # A disk that fills up takes the first part of a block, and refuses at the next try.
            rest = memoryview(block)
            while rest:
                written = self._writer.write(rest) or 0
                self._on_disk += written
                rest = rest[written:]
        except OSError as error:
            self._give_up_file(error)

    def _write_rest(self) -> None:
        on_disk = max(0, self.path.stat().st_size - HEADER_BYTES) if self.path.exists() else 0
        if self._writer or not self._memory_start <= on_disk < self.length:
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileIO(self.path, "r+b", opener=_owner_only) as file:
            file.write(header(self.sample_rate, self.length))
            file.seek(HEADER_BYTES + on_disk)
            file.write(memoryview(self._memory)[on_disk - self._memory_start :])

    def _give_up_file(self, error: OSError) -> None:
        self._close_writer()
        self._fault = RecordingError(
            f"The audio cannot be saved to disk ({error.strerror}) and is kept in memory only; "
            f"make room in, or get access to, {self.path.parent}."
        )

    def _close_writer(self) -> None:
        if not self._writer:
            return
        if self._sync:
            self._sync.end()
        self._writer.close()
        self._writer = None

    def _close_reader(self) -> None:
        if self._reader:
            self._reader.close()
            self._reader = None

    def _trim(self) -> None:
        spare = min(len(self._memory) - _MEMORY_BYTES, self._on_disk - self._memory_start)
        if spare >= _TRIM_BYTES:
            del self._memory[:spare]
            self._memory_start += spare

    def _read_file(self, start: int, size: int) -> bytes:
        try:
            if not self._reader:
                self._reader = FileIO(self.path, "rb")
            self._reader.seek(HEADER_BYTES + start)
            data = self._reader.read(size)
        except OSError as error:
            raise RecordingError(f"The audio {self.path} cannot be read ({error.strerror}).") from error
        if data is None or len(data) < size:
            raise RecordingError(f"The audio {self.path} was cut short by something else.")
        return data

    # --- without it --------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        for wake in self._wakes:
            wake()


class _Sync:
    """Puts a file onto the disk each second, on a thread and a descriptor of its own, until the file is closed."""

    def __init__(self, file: FileIO, sample_rate: int) -> None:
        self._descriptor = os.dup(file.fileno())
        self._due = sample_rate * SAMPLE_BYTES * _SYNC_SECONDS
        self._pending = 0
        self._orders: SimpleQueue[bool] = SimpleQueue()
        self._thread = Thread(target=self._run, name="recording-sync", daemon=True)
        self._thread.start()

    def written(self, count: int) -> None:
        self._pending += count
        if self._pending >= self._due:
            self._pending = 0
            self._orders.put(True)

    def end(self) -> None:
        self._orders.put(False)

    def wait(self, seconds: float) -> None:
        """After `end`: until its descriptor is closed."""
        self._thread.join(seconds)

    def _run(self) -> None:
        go_on = True
        while go_on:
            go_on = self._orders.get()
            while not self._orders.empty():  # a slow disk: one sync serves all that waited
                go_on = self._orders.get() and go_on
            # A disk that cannot sync still has the file; a disk that is full was told by the write.
            with suppress(OSError):
                os.fsync(self._descriptor)
        os.close(self._descriptor)


def delete(path: Path) -> None:
    """Delete a recording's file, if there is one; RecordingError if that is refused."""
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return  # it never could be made
    except OSError as error:
        raise RecordingError(f"The audio {path} could not be deleted ({error.strerror}); delete it by hand.") from error


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT, 0o600)
