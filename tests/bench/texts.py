"""A thousand characters into a window: by utterkey, pasted and typed, and by what others type with."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from difflib import SequenceMatcher
from time import monotonic
from typing import Any

from bench.report import Figure
from bench.stage import Key, Running, pause, shown_since, utterkey
from desktop import Desktop, Target
from service import Policy, Service

TEXT = ("Grüße — “naïve” ß € 日本語 ñ Žluťoučký кот ça va? Ωμέγα 1234567890 Hello there, everybody. " * 20)[:999] + "."
_PYNPUT = [
    sys.executable,
    "-c",
    "import sys, time; from pynput.keyboard import Controller\n"
    "typist = Controller(); print(time.monotonic(), flush=True); typist.type(sys.argv[1])",
]
"""It says when it began to type: a program has it imported long before."""
_XDOTOOL = ["xdotool", "type"]

QUIET_SECONDS = 1.0
"""A window whose text has not changed for so long has got all of it."""


@dataclass(frozen=True, slots=True)
class Shown:
    ms: float
    wrong: int


def measure(desktop: Desktop, count: int) -> list[Figure]:
    by: dict[str, list[Shown]] = {
        "pynput": [_type(_PYNPUT) for _ in range(count)],
        "xdotool": [_type(_XDOTOOL) for _ in range(max(1, count // 5))],
        "xdotool --delay 0": [_type([*_XDOTOOL, "--delay", "0"]) for _ in range(count)],
        "utterkey, paste": _dictate(desktop, count, method="paste"),
        "utterkey, type": _dictate(desktop, count, method="type"),
    }
    times = {name: [shown.ms for shown in each] for name, each in by.items()}
    wrong = {name: [float(shown.wrong) for shown in each] for name, each in by.items()}
    return [
        Figure(f"{len(TEXT)} mixed Unicode characters -> visible", "ms", times, "paste <= 25, type <= 200"),
        Figure(f"wrong characters of {len(TEXT)}", "", wrong, "0"),
    ]


def _type(command: list[str]) -> Shown:
    """On a display of its own: some leave keys bound to what they typed, some set off shortcuts."""
    with Desktop(audio=False, bus=False) as desktop, closing(desktop.open_target("tk")) as target:
        began = monotonic()
        said = desktop.run([*command, TEXT], seconds=60)
        return _shown(target, float(said or began), TEXT)


def _dictate(desktop: Desktop, count: int, **output: Any) -> list[Shown]:
    """The time is from the final turn, as the others are from the call: it has the whole program in it."""
    contender = utterkey(output={"sentence": "keep", "trailing": "", **output})
    words = ((100, 400, TEXT),)
    shown = []
    with (
        closing(Key(desktop, "F9")) as key,
        Service(words, policy=Policy(final_delay_s=0.2, termination_delay_s=0.1)) as service,
        Running(desktop, contender, service.url),
    ):
        for number in range(1, count + 1):
            with closing(desktop.open_target("tk")) as target:
                key.down()
                session = service.wait_session(number).wait_audio(600)
                key.up()
                session.wait_closed()
                final = max(message.at for message in session.sent if '"end_of_turn": true' in (message.text or ""))
                shown.append(_shown(target, final, TEXT))
                pause(0.5)  # the keyboard is given back by then
    return shown


def _shown(target: Target, began: float, expected: str) -> Shown:
    shown = shown_since(target, began, QUIET_SECONDS)
    return Shown((shown - began) * 1000, wrong(expected, target.text()))


def wrong(expected: str, got: str) -> int:
    """Characters that are missing, too many, or others."""
    if expected == got:
        return 0
    blocks = SequenceMatcher(None, expected, got, autojunk=False).get_matching_blocks()
    return max(len(expected), len(got)) - sum(block.size for block in blocks)
