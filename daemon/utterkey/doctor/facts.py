"""What `doctor` finds, before anybody has judged it. Pure.

A `problem` is a sentence that says what is wrong and what to do; "" says that nothing is.
"""

from dataclasses import dataclass
from typing import Literal

from utterkey.hotkey.bindings import Advice


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """What a running daemon says of itself: for each part the mechanism's name, or a sentence why there is none;
    and of the hotkeys those it could not have."""

    hotkey: str
    microphone: str
    insertion: str
    tray: str
    overlay: str
    last_error: str
    hotkey_refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """`name` is the value of DISPLAY or WAYLAND_DISPLAY, `desktop` what calls itself the desktop."""

    kind: Literal["X11", "Wayland", "the system's", "none"]
    name: str = ""
    desktop: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """What was found to work, by name, or why nothing does. `refused` are parts of it that do not, `note` is what to
    know of it all the same; "" is nothing."""

    name: str = ""
    problem: str = ""
    refused: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Microphone:
    """`loudest` is the loudest 20 ms of what was recorded, in dB of full scale; None if there was exact silence."""

    device: str = ""
    loudest: int | None = None
    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Where the API key is, in words; never the key. `taken_by` is the service that began a session with it."""

    source: str = ""
    taken_by: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`seconds` is how long connecting took, with TLS and without a session; None where nothing was tried."""

    engine: str
    offline: bool = False
    needs_key: bool = False
    host: str = ""
    proxy: str = ""
    seconds: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The journal and the disk it is on; `retriable` utterances can be sent again."""

    folder: str
    utterances: int = 0
    retriable: int = 0
    free_bytes: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    on: bool = False
    path: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything. Without a daemon the mechanisms were tried for a moment; with one its own word counts."""

    versions: tuple[tuple[str, str], ...]
    settings_file: str
    settings_problems: tuple[str, ...] = ()
    daemon: Daemon | None = None
    daemon_problem: str = ""
    display: Display
    hotkey_name: str
    hotkey: Mechanism
    bindings: Advice | None = None  # for where the compositor alone can watch the key
    microphone: Microphone
    cues: Literal["played", "switched off", "no player"]
    media: Mechanism | None  # the players that are here; None where they are left alone
    key: Key
    offline_problem: str = ""
    endpoint: Endpoint
    insertion: Mechanism
    tray: Mechanism
    overlay: Mechanism
    clipboard_tools: tuple[str, ...] = ()
    clipboard_manager: bool = True  # somebody keeps what was copied when the program it came from ends
    notifications: Mechanism
    login: Login | None  # None where utterkey does not know how this system does it
    storage: Storage
