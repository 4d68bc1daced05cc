"""Which microphones are told of, where a system has each of them several times. Pure.

Windows has every microphone once for each of PortAudio's host APIs. MME, which is PortAudio's default there, is what is
opened: it converts to any sample rate, while WASAPI takes the mixer's only, and its own conversion records silence from
headsets on some systems (RustAudio/cpal#1200). But MME cuts names to 31 characters, so the names are WASAPI's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

MME, WASAPI = "MME", "Windows WASAPI"
"""PortAudio's names for them."""

_MME_LONGEST = 31


@dataclass(frozen=True, slots=True)
class Device:
    """A microphone. `host` is the host API that opens it, `sample_rate` its native one."""

    name: str
    host: str
    index: int
    is_default: bool
    sample_rate: int


def each_once(present: Sequence[Device]) -> list[Device]:
    """Of all microphones those to choose from: the default's host API has all of them."""
    host = next((device.host for device in present if device.is_default), None)
    own = [device for device in present if host in (None, device.host)]
    if host != MME:
        return own
    full = [device for device in present if device.host == WASAPI]
    told = [better for device in own for better in _with_full_name(device, full)]
    return list(dict.fromkeys(told))


def _with_full_name(device: Device, full: Sequence[Device]) -> list[Device]:
    """A cut name may be that of several; then nobody knows which is which, and those of WASAPI are told as well."""
    if len(device.name) < _MME_LONGEST:
        return [device]
    same = [other for other in full if other.name.startswith(device.name)]
    if len(same) == 1:
        return [replace(device, name=same[0].name)]
    return [device, *same] if device.is_default else same or [device]
