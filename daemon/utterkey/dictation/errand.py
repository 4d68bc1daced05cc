"""What the menu and the settings can ask for that is no dictation: carried out beside it, by errands.py. Pure."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Write `name` (`section.name`) into the settings file; the change then comes back as `SettingsChanged`.

    `answer` is what the user is told when it is written.
    """

    name: str
    value: Any
    answer: str = ""


@dataclass(frozen=True, slots=True)
class RereadSettings:
    """The settings file was changed by somebody else, or, with `key`, the stored API key."""

    key: bool = False


@dataclass(frozen=True, slots=True)
class OpenSettings:
    """Show the settings file in the user's editor."""


@dataclass(frozen=True, slots=True)
class ChooseHotkey:
    """Let the user press the new hotkey. `paused`: no hotkey is listened to anyway, and none is to be afterwards."""

    paused: bool


@dataclass(frozen=True, slots=True)
class SwitchAutostart:
    on: bool


@dataclass(frozen=True, slots=True)
class LookAround:
    """Find out what the menu shows of the machine: the microphones, starting at login."""


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Send a kept utterance again, onto the clipboard or into the window."""

    utterance: int
    insert: bool = False


@dataclass(frozen=True, slots=True)
class RunDoctor:
    """Write the doctor's report into a file and show it."""


@dataclass(frozen=True, slots=True)
class PrepareSession:
    """Do what the first session would wait for: after the start, and when the service is another one."""


Errand = (
    ChangeSetting
    | RereadSettings
    | OpenSettings
    | ChooseHotkey
    | SwitchAutostart
    | LookAround
    | SendAgain
    | RunDoctor
    | PrepareSession
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What `LookAround` found: the names of the microphones; whether utterkey starts at login, None if unknown; whether
    a key can be chosen by pressing it."""

    microphones: tuple[str, ...] = ()
    autostart: bool | None = None
    keys_are_seen: bool = False
