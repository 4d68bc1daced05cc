"""The demonstration: a sentence is spoken into a microphone and typed into a text editor, on a private desktop.

Real programs do all of it: a voice (flite), PulseAudio, the daemon with its offline engine, real key events, a window
manager and the editor. Ends with 0 only if the words stand in the editor, as read back from it with its own copy key.
"""

from __future__ import annotations

import argparse
import difflib
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from virtual_desktop import VirtualDesktop, await_true

SENTENCE = "my words appear in the text editor"
KEY = "F9"
UTTERKEY = str(Path(sys.executable).with_name("utterkey"))
ENOUGH = 0.7
"""The share of the words that must arrive: the offline engine does not always hear every one."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sentence", default=SENTENCE, help="what to say")
    parser.add_argument("--picture", type=Path, help="where to leave the screenshot (default: a temporary folder)")
    arguments = parser.parse_args()
    picture: Path = arguments.picture or Path(tempfile.mkdtemp(prefix="utterkey-demo-")) / "desktop.png"
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # so that the desktop is cleared away
    with VirtualDesktop() as desktop:
        try:
            arrived = demonstrate(desktop, arguments.sentence)
        except (TimeoutError, RuntimeError) as error:
            tell(f"The demonstration failed: {error}", desktop.log("utterkey"))
            arrived = ""
        tell(f"Picture: {desktop.screenshot(picture)}")
    return 0 if resemblance(arguments.sentence, arrived) >= ENOUGH else 1


def demonstrate(desktop: VirtualDesktop, sentence: str) -> str:
    """Speak the sentence while holding the key; what stands in the editor afterwards."""
    tell(f"A private desktop is up (display {desktop.display}), with a window manager, a microphone and a text editor.")
    desktop.start(["mousepad", "--disable-server"])
    await_true(desktop.focused_window, 30, "the window of the text editor")
    desktop.start([UTTERKEY, "run", "--set", f"hotkey.key={KEY.lower()}", "--set", "service.endpoint=offline"])
    await_true(lambda: state(desktop, [UTTERKEY]) == "idle", 60, "the daemon being ready", every=0.1)
    tell(f'Holding {KEY} and saying:  "{sentence}"')
    dictate(desktop, [UTTERKEY], sentence)
    text = read_back(desktop)
    tell(f'In the editor now:  "{text}"')
    return text


def dictate(desktop: VirtualDesktop, utterkey: Sequence[str], sentence: str) -> None:
    """Speak the sentence while holding the key, and wait until the daemon is done with it."""
    recording = desktop.say(sentence, desktop.folder / "sentence.wav")
    desktop.key_down(KEY)
    await_true(lambda: state(desktop, utterkey) == "recording", 20, "the recording", every=0.1)
    desktop.speak(recording).wait(60)
    desktop.key_up(KEY)
    await_true(lambda: state(desktop, utterkey) == "idle", 60, "the transcript", every=0.1)


def state(desktop: VirtualDesktop, utterkey: Sequence[str]) -> str:
    """What the daemon is doing, as the command line says; empty while it is not there."""
    answer = desktop.run([*utterkey, "status", "--json"], check=False)
    return str(json.loads(answer)["state"]) if answer else ""


def read_back(desktop: VirtualDesktop) -> str:
    """The editor's content through its own keys: select all, copy."""
    window = desktop.focused_window()

    def copied() -> bool:
        desktop.focus(window)
        desktop.tap("Control_L", "a")
        desktop.tap("Control_L", "c")
        return bool(desktop.clipboard())

    await_true(copied, 10, "text in the editor", every=0.2)
    desktop.tap("End")
    return (desktop.clipboard() or "").strip()


def resemblance(said: str, arrived: str) -> float:
    """From 0 to 1: how many words of one are in the other, in order."""
    plain = arrived.lower().translate(str.maketrans("", "", ".,!?"))
    return difflib.SequenceMatcher(None, said.lower().split(), plain.split()).ratio()


def tell(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201 - it talks to a terminal


if __name__ == "__main__":
    sys.exit(main())
