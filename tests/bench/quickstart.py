"""Dictation as one puts it together from the vendor's quickstart, sounddevice and pynput. argv: the service's address.

Connect, open the microphone, stream until the key is let go, disconnect, type what was final. It is the baseline of
the figures, so it is made as well as that way allows: the microphone's blocks are the shortest the service takes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import sounddevice
from assemblyai.streaming.v3 import (
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
    TurnEvent,
)
from pynput import keyboard

RATE = 16000
BLOCK_SECONDS = 0.05
PARAMETERS: dict[str, Any] = {"sample_rate": RATE, "speech_model": "universal-3-6-pro"}
HOTKEY = keyboard.Key.f9

typist = keyboard.Controller()


def dictate(address: str, released: Event) -> None:
    finals: list[str] = []

    def take(_: object, turn: TurnEvent) -> None:
        if turn.end_of_turn:
            finals.append(turn.transcript)

    client = StreamingClient(StreamingClientOptions(api_key="none needed", api_host=address))
    client.on(StreamingEvents.Turn, take)
    client.connect(StreamingParameters(**PARAMETERS))
    with sounddevice.RawInputStream(
        samplerate=RATE,
        blocksize=round(RATE * BLOCK_SECONDS),
        channels=1,
        dtype="int16",
        callback=lambda data, *_: client.stream(bytes(data)),
    ):
        released.wait()
    client.disconnect(terminate=True)
    typist.type(" ".join(finals) + " ")


def keys(address: str) -> tuple[Callable[[object], None], Callable[[object], None]]:
    """What is to happen at presses and releases. A held key is pressed again and again: only the first counts."""
    held: list[Event] = []

    def press(key: object) -> None:
        if key == HOTKEY and not held:
            held.append(Event())
            Thread(target=dictate, args=(address, held[0]), daemon=True).start()

    def release(key: object) -> None:
        if key == HOTKEY and held:
            held.pop().set()

    return press, release


def main() -> None:
    press, release = keys(sys.argv[1])
    with keyboard.Listener(on_press=press, on_release=release) as listener:
        listener.wait()
        sys.stderr.write("quickstart is ready\n")
        sys.stderr.flush()
        listener.join()


if __name__ == "__main__":
    main()
