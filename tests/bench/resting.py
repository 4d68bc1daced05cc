"""What a contender costs before and between dictations: its start, an idle minute, its memory; and `utterkey press`."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from bench.report import Figure
from bench.stage import BASELINE, OURS, Key, Running, certified, pause, shown_since
from desktop import Desktop, Target
from service import Service
from utterkey import control
from utterkey.control import client
from utterkey.control.address import socket_path

WORDS = ((200, 500, "Hello"), (600, 900, "everybody."))
SETTLE_SECONDS = 3.0
"""After the start: the microphone has been touched, the tray has shown itself."""


# --- start and idle ------------------------------------------------------------------------------------------------


def measure_start(desktop: Desktop, count: int) -> Figure:
    seconds: dict[str, list[float]] = {BASELINE.name: [], OURS.name: []}
    with Service() as service:
        for _ in range(count):
            for contender in (BASELINE, OURS):  # in turns, so that a busy moment meets both
                with Running(desktop, contender, service.url) as running:
                    seconds[running.name].append(running.start_seconds * 1000)
    return Figure("start -> ready", "ms", seconds, "< 400")


def measure_idle(desktop: Desktop, seconds: float) -> list[Figure]:
    """One after the other: memory that two of them share would count half for each. The service has TLS, for each user
    has it loaded."""
    cpu: dict[str, list[float]] = {}
    switches: dict[str, list[float]] = {}
    fresh: dict[str, tuple[list[float], list[float]]] = {}
    used: dict[str, tuple[list[float], list[float]]] = {}
    threads: dict[str, list[float]] = {}
    with Service(WORDS, tls=certified(desktop)) as service, closing(Key(desktop, "F9")) as key:
        for number, contender in enumerate((BASELINE, OURS), 1):
            with Running(desktop, contender, service.url) as running, closing(desktop.open_target("tk")) as target:
                pause(SETTLE_SECONDS)
                folder, name = Path(f"/proc/{running.process.pid}"), contender.name
                before = _used(folder)
                pause(seconds)
                after = _used(folder)
                cpu[name] = [(after[0] - before[0]) * 60 / seconds]
                switches[name] = [(after[1] - before[1]) / seconds]
                threads[name] = [float(len(list((folder / "task").iterdir())))]
                fresh[name] = _memory(folder)
                _dictate(service, number, key, target)
                used[name] = _memory(folder)
    return [
        Figure("idle (ours with its tray): processor time in 60 s", "ms", cpu, "<= 10"),
        Figure("idle: wake-ups per second", "", switches, "< 0.1"),
        Figure("idle: PSS", "MB", {name: pss for name, (pss, _) in fresh.items()}, "< 40"),
        Figure("idle: memory of its own (USS)", "MB", {name: uss for name, (_, uss) in fresh.items()}),
        Figure("idle after a dictation: PSS", "MB", {name: pss for name, (pss, _) in used.items()}),
        Figure("idle after a dictation: memory of its own (USS)", "MB", {name: uss for name, (_, uss) in used.items()}),
        Figure("idle: threads", "", threads),
    ]


def _dictate(service: Service, number: int, key: Key, target: Target) -> None:
    pressed = key.down()
    service.wait_session(number).wait_audio(WORDS[-1][1] + 500)
    key.up()
    service.wait_session(number).wait_closed()
    shown_since(target, pressed, SETTLE_SECONDS)


def _used(process: Path) -> tuple[float, int]:
    """Milliseconds of processor time and how often a thread was switched to, since the start of the process. No thread
    comes or goes while it is idle."""
    nanoseconds = switches = 0
    for task in (process / "task").iterdir():
        nanoseconds += int((task / "schedstat").read_text().split()[0])
        for line in (task / "status").read_text().splitlines():
            if line.startswith(("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")):
                switches += int(line.split()[1])
    return nanoseconds / 1e6, switches


def _memory(process: Path) -> tuple[list[float], list[float]]:
    """PSS and USS in MB."""
    lines = (line.split() for line in (process / "smaps_rollup").read_text().splitlines())
    kilobytes = {line[0]: int(line[1]) for line in lines if line[-1] == "kB"}
    return [kilobytes["Pss:"] / 1024], [(kilobytes["Private_Clean:"] + kilobytes["Private_Dirty:"]) / 1024]


# --- press ---------------------------------------------------------------------------------------------------------


def measure_press(desktop: Desktop, count: int) -> Figure:
    """From the start of the process until the daemon tells those who follow its status that it records."""
    ways: dict[str, list[str]] = {
        "utterkey press": [str(Path(sys.executable).with_name("utterkey")), "press"],
        "python -m utterkey press": [sys.executable, "-m", "utterkey", "press"],
    }
    if shutil.which("nc"):
        ways["echo press | nc -U -N"] = ["sh", "-c", f"echo press | nc -U -N {socket_path()}"]
    took: dict[str, list[float]] = {"python3 -c pass (to its end)": []}
    took |= {name: [] for name in (*ways, "a socket of a running program")}
    with Service() as service, Running(desktop, OURS, service.url):
        states = _States()
        for _ in range(count):
            took["python3 -c pass (to its end)"].append(_ran([sys.executable, "-c", "pass"]))
            for name, command in ways.items():
                took[name].append(states.until_recording(lambda command=command: _start(desktop, command)))  # type: ignore[misc]
            took["a socket of a running program"].append(states.until_recording(_press))
    return Figure("process start -> event in the daemon", "ms", took, "<= 2.5 x python3 -c pass")


class _States:
    """The daemon's states, as its status tells them; it waits for the end of one recording before the next begins."""

    def __init__(self) -> None:
        self._states: SimpleQueue[tuple[float, object]] = SimpleQueue()
        Thread(target=self._follow, daemon=True).start()
        self._await("idle")

    def until_recording(self, press: Callable[[], None]) -> float:
        began = monotonic()
        press()
        took = (self._await("recording") - began) * 1000
        client.ask({"do": "cancel"})
        self._await("idle")
        pause(0.2)
        return took

    def _await(self, state: str) -> float:
        while True:
            try:
                at, told = self._states.get(timeout=5)
            except Empty:
                raise TimeoutError(f"the daemon is not {state}") from None
            if told == state:
                return at

    def _follow(self) -> None:
        for status in client.follow():
            self._states.put((monotonic(), status["state"]))


def _start(desktop: Desktop, command: list[str]) -> None:
    desktop.start(command)


def _press() -> None:
    connection: socket.socket
    connection, password = control.connect(5)
    with connection:
        connection.sendall(password + b"press\n")
        connection.recv(64)


def _ran(command: list[str]) -> float:
    began = monotonic()
    subprocess.run(command, check=True)
    return (monotonic() - began) * 1000
