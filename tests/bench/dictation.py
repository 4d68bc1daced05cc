"""Dictations: the key is held for two seconds while the service's words come, and the text is awaited in the window."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace

import psutil

from bench.link import Link
from bench.report import Figure
from bench.stage import BASELINE, OURS, Contender, Key, Microphone, Running, certified, pause, shown_since, utterkey
from desktop import Desktop, Target, end
from exact_sound import RATE, listen
from service import Policy, Service, Session
from utterkey.audio.wav import header

WORDS = (
    (200, 300, "The"), (350, 500, "quick"), (550, 700, "brown"), (750, 900, "fox"), (950, 1100, "jumps"),
    (1150, 1300, "over"), (1350, 1450, "the"), (1500, 1650, "lazy"), (1700, 1850, "dog."),
)  # fmt: skip
TEXT = " ".join(word for _, _, word in WORDS)
LAST_WORD_SECONDS = 1.85
TAIL_MS = 150
FINAL_MS = 200
ROUND_TRIP_MS = 80

USUAL = Policy(begin_delay_s=0.05, final_delay_s=FINAL_MS / 1000, termination_delay_s=0.3)
SILENT = Policy(begin_delay_s=0.05, final_delay_s=0.0, termination_delay_s=1.2)
"""All was final before the key was let go, and nothing more is said but Termination."""

WARM = utterkey("utterkey, warm", audio={"warm_seconds": 30})
BETWEEN_SECONDS = 0.8
"""The clipboard has been given back by then, and the microphone closed."""


@dataclass(frozen=True, slots=True)
class Held:
    """One dictation; moments are `time.monotonic()`."""

    pressed: float
    released: float
    shown: float
    hotkeys: int
    exact: bool
    session: Session

    @property
    def final(self) -> float:
        """When the last final turn went out."""
        return max(message.at for message in self.session.sent if '"end_of_turn": true' in (message.text or ""))

    @property
    def first_audio_ms(self) -> float:
        """How long after key-down the service got sound."""
        return (self.session.frames[0].at - self.pressed) * 1000

    @property
    def connected_ms(self) -> float:
        """How long after key-down the service got the request for the session."""
        return (self.session.connected_at - self.pressed) * 1000

    @property
    def held(self) -> float:
        """Seconds."""
        return self.released - self.pressed

    @property
    def open(self) -> float:
        """For how many seconds the service had the session."""
        assert self.session.closed_at is not None
        return self.session.closed_at - self.session.connected_at


class Stage:
    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.target: Target
        self.tls = certified(desktop)
        self.key = Key(desktop, "F9")
        listen(desktop, "mouth")
        self.microphone = Microphone(desktop, "mouth.monitor")

    def close(self) -> None:
        self.microphone.close()
        self.key.close()

    @contextmanager
    def noise(self, seconds: float) -> Iterator[None]:
        """Let the microphone hear noise in which every piece can be told from every other."""
        samples = _noise(seconds)
        file = self.desktop.folder / "noise.wav"
        file.write_bytes(header(RATE, len(samples)) + samples)
        player = self.desktop.start(["paplay", "--device=mouth", str(file)])
        pause(0.5)
        try:
            yield
        finally:
            end(player)

    def hold(self, service: Service, number: int, seconds: float) -> Held:
        """Hold the key so long; `number` counts the service's sessions."""
        before, keys = self.target.text(), len(self.target.keys())
        pressed = self.key.down()
        pause(seconds)
        released = self.key.up()
        session = service.wait_session(number).wait_closed()
        shown = shown_since(self.target, released, BETWEEN_SECONDS)
        exact = self.target.text() == f"{before}{TEXT} "
        hotkeys = self.target.keys()[keys:].count("F9")
        return Held(pressed, released, shown, hotkeys, exact, session)


def _noise(seconds: float) -> bytes:
    """s16le, far from silence and without a byte that is zero."""
    chance = random.Random()
    count = round(seconds * RATE)
    low = chance.randbytes(count).replace(b"\0", b"\1")
    high = chance.randbytes(count).translate(bytes((0x01, 0x05, 0x0A, 0xF0, 0xF9, 0xFF)[n % 6] for n in range(256)))
    samples = bytearray(2 * count)
    samples[::2], samples[1::2] = low, high
    return bytes(samples)


@dataclass(frozen=True, slots=True)
class Sound:
    """How late after key-down the sound begins that the service got, how late after key-up it ends (ms), and whether it
    is unbroken."""

    begins: float
    ends: float
    whole: bool

    @property
    def lost(self) -> float:
        return max(0.0, self.begins)


@dataclass(frozen=True, slots=True)
class Round:
    """The dictations of one contender, the first after its start apart, and what processor time they took."""

    first: tuple[Held, Sound]
    held: list[Held]
    sound: list[Sound]
    cpu_ms_per_second: float


def dictate(
    stage: Stage, contender: Contender, policy: Policy, seconds: float, count: int, link: Link | None = None
) -> Round:
    with ExitStack() as stack:
        stage.target = stack.enter_context(closing(stage.desktop.open_target("tk")))
        silent = policy is SILENT
        tls = stage.tls if link else None
        service = stack.enter_context(Service(WORDS, policy=policy, turn_pause_ms=300 if silent else None, tls=tls))
        if link:
            link.lead_to(service.port)
        address, prefix = (link.address, link.prefix) if link else (service.url, ())
        running = stack.enter_context(Running(stage.desktop, contender, address, prefix))
        stack.enter_context(stage.noise((count + 1) * (seconds + 6)))
        first = stage.hold(service, 1, seconds)  # it warms up: caches, the sound server
        process = psutil.Process(running.process.pid)
        before = _cpu(process)
        held = [stage.hold(service, number, seconds) for number in range(2, count + 2)]
        used = (_cpu(process) - before) * 1000 / (count * seconds)
    return Round((first, _sound(stage, first)), held, [_sound(stage, each) for each in held], used)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _sound(stage: Stage, held: Held) -> Sound:
    """The last frame may be padded with zeros."""
    audio = bytes(held.session.audio).rstrip(b"\0")
    begin, end = stage.microphone.when(audio)
    return Sound((begin - held.pressed) * 1000, (end - held.released) * 1000, stage.microphone.holds(audio))


def measure(desktop: Desktop, count: int) -> list[Figure]:
    with closing(Stage(desktop)) as stage:
        return _figures(_usual(stage, count), *_others(stage, count))


def measure_link(desktop: Desktop, count: int) -> list[Figure]:
    """The same over TLS and a line with 80 ms there and back, and one packet in a hundred lost."""
    line = f"{ROUND_TRIP_MS} ms and 1 % loss: "
    if reason := Link.missing():
        sys.stderr.write(f"not measured: {reason}\n")
        return []
    with closing(Stage(desktop)) as stage, Link(ROUND_TRIP_MS / 2000, 0.01) as link:
        usual = _usual(stage, count, link)
        figures = _figures(usual, *_others(stage, count, link), line, ROUND_TRIP_MS)
    held = {name: each.held for name, each in usual.items()}
    return [
        Figure(line + "key-down -> the service has the request", "ms",
               {name: [h.connected_ms for h in each] for name, each in held.items()}),
        Figure(line + "key-down -> the service has sound", "ms",
               {name: [h.first_audio_ms for h in each] for name, each in held.items()}),
        Figure(line + "request -> sound at the service, beyond one round trip", "ms",
               {name: [h.first_audio_ms - h.connected_ms - ROUND_TRIP_MS for h in each] for name, each in held.items()},
               "<= 20"),
        *figures,
    ]  # fmt: skip


Rounds = dict[str, Round]
"""By the contender's name."""


def _usual(stage: Stage, count: int, link: Link | None = None) -> Rounds:
    return {each.name: dictate(stage, each, USUAL, 2.0, count, link) for each in (BASELINE, OURS)}


def _others(stage: Stage, count: int, link: Link | None = None) -> tuple[Rounds, Rounds]:
    """With the microphone warm, and with a service that has nothing more to say."""
    fewer, late = max(3, count // 2), LAST_WORD_SECONDS + 1.0
    warm = {WARM.name: dictate(stage, WARM, USUAL, 2.0, fewer, link)}
    return warm, {each.name: dictate(stage, each, SILENT, late, fewer, link) for each in (BASELINE, OURS)}


def _figures(usual: Rounds, warm: Rounds, silent: Rounds, line: str = "", trip_ms: int = 0) -> list[Figure]:
    """DESIGN's table. `trip_ms` is what the line takes there and back."""
    held = {name: each.held for name, each in usual.items()}
    sound = {name: each.sound for name, each in (usual | warm).items()}
    figures = [
        Figure(f"final turn sent -> {len(TEXT)} characters visible", "ms",
               {name: [(h.shown - h.final) * 1000 for h in each] for name, each in held.items()},
               f"<= {15 + trip_ms // 2}"),
        Figure("released -> text visible", "ms",
               {name: [(h.shown - h.released) * 1000 for h in each] for name, each in held.items()},
               f"<= {TAIL_MS} + {FINAL_MS} + {trip_ms * 3 // 2 or 20}"),
        Figure("released 1 s after the last word, server silent -> text visible", "ms",
               {name: [(h.shown - h.released) * 1000 for h in each.held] for name, each in silent.items()},
               f"<= {TAIL_MS} + 320"),
        Figure("texts that were not exact", "of n",
               {name: [sum(not h.exact for h in each)] for name, each in held.items()}, "0"),
        Figure("speech lost at key-down", "ms",
               {name: [each.lost for each in heard] for name, heard in sound.items()}, "<= 20, warm 0"),
        Figure("speech lost before key-up (negative: kept beyond it)", "ms",
               {name: [-each.ends for each in heard] for name, heard in sound.items()}, "<= 0"),
        Figure("dictations with gaps in the sound", "of n",
               {name: [sum(not each.whole for each in heard)] for name, heard in sound.items()}, "0"),
        Figure("the first after the start: released -> text visible", "ms",
               {name: [(each.first[0].shown - each.first[0].released) * 1000] for name, each in usual.items()}),
        Figure("the first after the start: speech lost at key-down", "ms",
               {name: [each.first[1].lost] for name, each in usual.items()}),
        Figure("socket open, in times of the key held", "x",
               {name: [h.open / h.held for h in each] for name, each in held.items()}),
        Figure("socket open beyond the key held", "ms",
               {name: [(h.open - h.held) * 1000 for h in each] for name, each in held.items()},
               f"<= {TAIL_MS} + {FINAL_MS} + 300 + 50"),
        Figure("hotkey presses reaching the window while it is held", "",
               {name: [h.hotkeys for h in each] for name, each in held.items()}, "0"),
        Figure("processor time per second of speech", "ms",
               {name: [each.cpu_ms_per_second] for name, each in usual.items()}),
    ]  # fmt: skip
    return [replace(figure, name=line + figure.name) for figure in figures]
