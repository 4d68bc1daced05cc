"""`devices`: the microphones, and which one the settings choose."""

from argparse import Namespace
from dataclasses import asdict

from utterkey.audio import microphone
from utterkey.cli import service
from utterkey.cli.terminal import remark, say, say_json
from utterkey.errors import MicrophoneError


def devices(options: Namespace) -> int:
    wanted = service.load(options.config, options.overrides).audio.device
    present = microphone.devices()
    from utterkey.audio import portaudio  # its library is there: microphone.devices() has loaded it

    try:
        chosen = portaudio.find(wanted).index
    except MicrophoneError as error:
        if not present:
            raise
        remark(f"utterkey: {error}")
        chosen = -1
    if options.json:
        say_json([{**asdict(device), "chosen": device.index == chosen} for device in present])
        return 0
    for device in present:
        say(f"{'*' if device.index == chosen else ' '} {device.name}  ({device.host}, {device.sample_rate} Hz)")
    return 0
