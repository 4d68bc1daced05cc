"""What the overlay costs, and how soon words are seen in it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
from PIL import Image
from Xlib import X
from Xlib.display import Display
from Xlib.xobject.drawable import Window

from bench.report import Figure
from bench.stage import Contender, Key, Running, pause, utterkey
from desktop import Desktop, await_true
from exact_sound import listen
from service import Policy, Service
from utterkey.dictation.view import View
from utterkey.overlay import Overlay, choose
from utterkey.overlay.picture import HEADER, LINE, PADDING, WIDTH
from utterkey.overlay.x11 import WORDS_SECONDS
from utterkey.overlay.x11_window import TITLE
from utterkey.settings import OverlaySettings

RECORDING = View(state="recording")

WITHOUT = utterkey("without the overlay", overlay={"show": False})
WITH = utterkey("with the overlay")

WORDS_PER_SECOND = 3.5
"""Quick speech; each word comes as a partial of its own."""
GLANCE = 14
"""So many pixels of a line tell whether a word begins or ends there."""
SPOKEN = ("it", "goes", "on", "with", "words", "of", "every", "length", "and", "sometimes", "extraordinary")


def measure(desktop: Desktop, seconds: float, partials: int) -> list[Figure]:
    cpu: dict[str, list[float]] = {}
    memory: dict[str, list[float]] = {}
    listen(desktop, "mouth")
    for contender in (WITHOUT, WITH, WITHOUT, WITH):  # in turns, so that a busy moment meets both
        used, pss = _dictate(desktop, contender, seconds)
        cpu.setdefault(contender.name, []).append(used)
        memory.setdefault(contender.name, []).append(pss)
    late, grown = _partials(partials)
    return [
        Figure(f"a dictation of {seconds:.0f} s: processor time, % of one", "", cpu, "<= 1.5 more with it"),
        Figure(f"after a dictation of {seconds:.0f} s: PSS", "MB", memory),
        Figure("a partial arrives -> it is seen", "ms", {"overlay": late}, "<= 50"),
        Figure(f"{partials} partials in a row: memory more than before", "MB", {"overlay": [grown]}, "0"),
    ]


# --- a dictation ---------------------------------------------------------------------------------------------------


def _dictate(desktop: Desktop, contender: Contender, seconds: float) -> tuple[float, float]:
    """Percent of a processor while the key is held, and the memory in MB once all is over."""
    count = round(seconds * WORDS_PER_SECOND)
    step = 1000 / WORDS_PER_SECOND
    words = tuple(
        (round(number * step), round((number + 0.8) * step), SPOKEN[number % len(SPOKEN)]) for number in range(count)
    )
    with (
        closing(Key(desktop, "F9")) as key,
        closing(desktop.open_target("tk")),
        _noise(desktop, seconds + 10),
        Service(words, policy=Policy(final_delay_s=0.2, termination_delay_s=0.1), keep_audio=False) as service,
        Running(desktop, contender, service.url) as running,
    ):
        process = psutil.Process(running.process.pid)
        pause(2)
        key.down()
        service.wait_session(1).wait_audio(1000)  # what the first appearing costs is no part of it
        before, began = _cpu(process), time.monotonic()
        pause(seconds - 2)
        used = (_cpu(process) - before) / (time.monotonic() - began)
        key.up()
        service.wait_session(1).wait_closed()
        pause(1)
        return used * 100, process.memory_full_info().pss / 2**20


@contextmanager
def _noise(desktop: Desktop, seconds: float) -> Iterator[None]:
    """Something whose level changes all the time: the worst that a meter can get."""
    file = desktop.folder / "tremolo.wav"
    shape = ["synth", str(seconds), "whitenoise", "tremolo", "3", "90"]
    desktop.run(["sox", "-n", "-r", "48000", "-b", "16", "-c", "1", str(file), *shape])
    player = desktop.start(["paplay", "--device=mouth", str(file)])
    try:
        yield
    finally:
        player.terminate()
        player.wait()


def _cpu(process: psutil.Process) -> float:
    """Seconds of processor time, to the nanosecond, over all threads."""
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


# --- partials ------------------------------------------------------------------------------------------------------


def _partials(count: int) -> tuple[list[float], float]:
    """How late they are seen, in ms, and what memory this process has gained from so many in a row, in MB.

    The views come as from the controller, on this thread. Every other partial is in Hebrew letters: its line starts at
    the other edge, where one glance tells which of them is shown.
    """
    overlay = choose(OverlaySettings(theme="dark"), _restless, None, lambda event: None)
    chance = random.Random(1)
    with closing(overlay), closing(Display()) as display:
        overlay.show(RECORDING)
        await_true(lambda: _window(display) is not None, 5, "the overlay")
        late = [_seen_after(overlay, display, number, chance.uniform(0.1, 0.4)) for number in range(100)]
        before = psutil.Process().memory_full_info().uss
        for number in range(count):
            overlay.show(replace(RECORDING, partial=" ".join(SPOKEN * 3 + (str(number),))))
            pause(WORDS_SECONDS)
        return late, (psutil.Process().memory_full_info().uss - before) / 2**20


def _seen_after(overlay: Overlay, display: Display, number: int, quiet: float) -> float:
    pause(quiet)
    text, left = (("Hello there", PADDING), ("שלום לכולם", WIDTH - PADDING - GLANCE))[number % 2]
    overlay.show(replace(RECORDING, partial=text))
    began = time.monotonic()
    while not _has_ink(display, left):
        assert time.monotonic() < began + 5, f"the words {text} are not seen"
    return (time.monotonic() - began) * 1000


def _has_ink(display: Display, left: int) -> bool:
    window = _window(display)
    assert window is not None, "the overlay is gone"
    if window.get_geometry().height <= HEADER:
        return False
    below = window.get_image(left, HEADER, GLANCE, LINE - 4, X.ZPixmap, 0xFFFFFF)
    return len(set(Image.frombytes("RGBX", (GLANCE, LINE - 4), below.data).convert("RGB").tobytes())) > 3


def _window(display: Display) -> Window | None:
    windows: list[Window] = display.screen().root.query_tree().children
    return next((window for window in windows if window.get_wm_name() == TITLE), None)


_level = 0


def _restless() -> int:
    global _level
    _level = (_level * 5 + 3) % 41
    return -45 + _level
