"""The part of sounddevice that is used here."""

from collections.abc import Callable
from typing import Protocol, Self, TypedDict, overload

from typing_extensions import Buffer

class CallbackTime(Protocol):
    inputBufferAdcTime: float
    currentTime: float

class CallbackFlags:
    input_overflow: bool

class DeviceInfo(TypedDict):
    name: str
    index: int
    hostapi: int
    max_input_channels: int
    default_samplerate: float

class HostApiInfo(TypedDict):
    name: str
    default_input_device: int

class PortAudioError(Exception): ...

class RawInputStream:
    def __init__(
        self,
        samplerate: float | None = None,
        blocksize: int | None = None,
        device: int | str | None = None,
        channels: int | None = None,
        dtype: str | None = None,
        latency: float | str | None = None,
        callback: Callable[[Buffer, int, CallbackTime, CallbackFlags], None] | None = None,
        finished_callback: Callable[[], None] | None = None,
    ) -> None: ...
    @property
    def latency(self) -> float: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *args: object) -> None: ...
    def start(self) -> None: ...
    def abort(self, ignore_errors: bool = True) -> None: ...
    def close(self, ignore_errors: bool = True) -> None: ...

@overload
def query_devices(device: int | str | None = None, kind: None = None) -> list[DeviceInfo]: ...
@overload
def query_devices(device: int | str | None = None, *, kind: str) -> DeviceInfo: ...
def query_hostapis(index: int) -> HostApiInfo: ...
def _initialize() -> None: ...
def _terminate() -> None: ...
