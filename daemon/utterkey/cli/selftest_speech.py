"""A clip that is played into the microphone, where a loopback device makes that possible (PulseAudio and PipeWire).

The clip is flite's voice rms, sixteen bits at 16 kHz; it lies in assets/.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from utterkey import paths

SPOKEN = "this is a free dictation program"

_ASK_SECONDS = 5.0
_PLAY_SECONDS = 15.0


def loopback_sink() -> str:
    """The sink whose sound the default microphone hears; "" if that is a real microphone, or this cannot be known."""
    if not (shutil.which("pactl") and shutil.which("paplay")):
        return ""
    try:
        sources = json.loads(_pactl("--format=json", "list", "sources"))
        return sink_behind(_pactl("get-default-source").strip(), {source["name"]: source for source in sources})
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return ""  # no sound server, or one that does not answer in JSON


def sink_behind(name: str, sources: Mapping[str, Mapping[str, Any]]) -> str:
    """Follow filters to what they listen to."""
    for _ in sources:
        source = sources.get(name, {})
        if sink := source.get("monitor_source", ""):
            return str(sink)
        name = source.get("properties", {}).get("device.master_device", "")
    return ""


def play(sink: str) -> bool:
    """Play the clip to its end; False if it could not be."""
    command = ["paplay", f"--device={sink}", str(paths.asset("selftest.wav"))]
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PLAY_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _pactl(*arguments: str) -> str:
    done = subprocess.run(
        ["pactl", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASK_SECONDS, check=True
    )
    return done.stdout.decode()
