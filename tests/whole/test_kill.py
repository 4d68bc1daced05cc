"""`kill -9` of the whole program, in the middle of a dictation into a real microphone, loses nothing that was captured.

Many more moments, and the last block exactly: tests/nothing_lost/test_kill.py, with a microphone that counts.
"""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from conftest import Figure
from desktop import Desktop, Target, await_true
from program import Program, recorded_ms, say_to
from scripted import Script
from service import Policy, Service, Session
from utterkey.audio.wav import HEADER_BYTES

HELD_S = 2.0
LATEST_S = 3.0
"""The last ones are killed while they are finished."""
LISTED_S = 0.3
MISSING_MS = 100
BUSY_MS = 150
"""When a block was captured is only known from when the service had it, and this machine is busy: most of the kills
are held to this, and each to five times `MISSING_MS`, for in one of them the program may not have come to it."""
WORDS = tuple((start, start + 100, f"w{n}") for n, start in enumerate(range(50, 4000, 200)))


@pytest.mark.timeout(600)
def test_kill_at_any_moment(
    desktop: Desktop, target: Target, counts: Callable[[int, int], int], figure: Figure, tmp_path: Path
) -> None:
    count = counts(3, 15)
    rng = random.Random(5)
    moments = [LATEST_S * (n + rng.random()) / count for n in range(count)]  # everywhere, and random there
    missing = []
    with Service(WORDS, policy=Policy(final_delay_s=1.5)) as service:
        settings: dict[str, Any] = {"hotkey": {"key": "f9"}, "service": {"endpoint": service.url, "linger_seconds": 0}}
        for moment in moments:
            sessions = len(service.sessions)
            with Program(desktop, **settings) as program:
                held = _killed(desktop, program, moment)
            captured = recorded_ms(desktop) > LISTED_S * 1000
            live = service.sessions[sessions] if len(service.sessions) > sessions else None
            with Program(desktop, **settings):
                missing += _is_offered(desktop, service, live, held, moment, captured)
        assert len(missing) >= count // 2, "too few were killed in the middle"
        assert sorted(missing)[(len(missing) - 1) // 2] <= MISSING_MS + BUSY_MS
        assert max(missing) <= 5 * MISSING_MS
        figure("kill -9: captured by then and not kept, by the service's clock", *(ms / 1000 for ms in missing))


def _killed(desktop: Desktop, program: Program, moment: float) -> tuple[float, float]:
    """Hold the key for two seconds, and kill at that moment; when it was pressed and when that was."""
    pressed = time.monotonic()
    desktop.key_down("F9")
    Event().wait(min(moment, HELD_S))
    if moment > HELD_S:
        desktop.key_up("F9")
        Event().wait(moment - HELD_S)
    killed = time.monotonic()
    program.process.send_signal(signal.SIGKILL)
    program.process.wait(10)
    if moment <= HELD_S:
        desktop.key_up("F9")
    return pressed, killed


def _is_offered(
    desktop: Desktop,
    service: Service,
    live: Session | None,
    held: tuple[float, float],
    moment: float,
    captured: bool,
) -> list[float]:
    """How many milliseconds are missing at the end; nothing if it was not held for long enough to be listed, or the
    machine was so busy that nothing was captured by then."""
    pressed, killed = held
    entries = [entry for entry in _history(desktop) if entry["status"] == "interrupted"]
    if not entries and (killed - pressed <= LISTED_S or not captured):
        return []
    assert len(entries) == 1, f"killed after {moment:.2f} s"
    entry = entries[0]
    (file,) = Path(desktop.environment["XDG_STATE_HOME"]).rglob(f"utterance-{entry['id']}-*.wav")
    kept = file.read_bytes()[HEADER_BYTES:]
    kept_ms = len(kept) / 32
    assert abs(entry["seconds"] - kept_ms / 1000) < 0.001
    missing = _missing_ms(live, kept, min(killed, pressed + HELD_S + 0.15)) if live is not None else 0.0
    if kept_ms < 250:  # not a word: it has nothing to be sent again for
        file.unlink()
        return []
    assert say_to(desktop, "retry").returncode == 0
    await_true(lambda: _history(desktop)[0]["status"] == "delivered", 15, "the kept utterance is delivered", every=0.1)
    sent = bytes(service.sessions[-1].audio)
    assert sent[: len(kept)] == kept, "not from the first block on"
    assert not sent[len(kept) :].strip(b"\0"), "more than silence follows"
    expected = " ".join(word.text for word in Script(WORDS, 16000).hear(sent))
    await_true(lambda: desktop.clipboard() == expected, 5, f"{expected!r} on the clipboard")
    return [missing]


def _missing_ms(live: Session, kept: bytes, until: float) -> float:
    """What the service got was kept before; what was captured since its last frame is reckoned by the frames' pace."""
    frames = [frame for frame in live.frames if frame.at <= until]
    sent = bytes(live.audio)
    assert sent.rstrip(b"\0") == kept[: len(sent.rstrip(b"\0"))], "the network saw what was not on the disk"
    captured, most = 0.0, 0.0
    for frame in frames:
        captured += frame.size / 32
        most = max(most, captured + (until - frame.at) * 1000)
    return max(0.0, most - len(kept) / 32)


def _history(desktop: Desktop) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(say_to(desktop, "history", "--json").stdout)
    return entries
