"""Every error a user can meet: a type, a stable code, and a sentence that says what is wrong and what to do.

UtterkeyError
├── UsageError              arguments that make no sense
├── NoTranscript            nothing was said yet
├── SettingsError           the settings file or a value in it
├── CredentialsError        the API key or the token command
├── DaemonError             talking to the running daemon
│   ├── DaemonNotRunning
│   └── AlreadyRunning
├── MechanismError          a part of the desktop that cannot be used
│   ├── HotkeyError
│   │   └── KeysForbidden       the system does not let us hear keys
│   ├── InsertionError
│   │   └── StrokesForbidden    the system does not let us strike keys
│   ├── TrayError
│   ├── OverlayError
│   └── BusError            the D-Bus message bus, or an answer from it
├── MicrophoneError         no microphone, or it stopped
│   └── MicrophoneForbidden     the system does not let us record
├── RecordingError          kept audio that cannot be read or written
└── SessionError            the transcription service
    ├── SessionRefused      permanent: the same request would be refused again
    │   ├── KeyRefused
    │   ├── ParameterRefused
    │   └── CertificateRefused
    └── SessionLost         transient: worth another try
        └── SessionLimited  too many sessions: worth another try, later
"""

from typing import ClassVar

GET_A_KEY = "get a key at https://www.assemblyai.com/dashboard and store it with `utterkey key set`"
"""What to do without one, as the end of a sentence."""


class UtterkeyError(Exception):
    """The base of all errors that are shown to a person.

    `str(error)` is the sentence. It never holds a secret. Technical detail belongs into `__cause__`.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1


class UsageError(UtterkeyError):
    code = "usage"
    exit_code = 2


class NoTranscript(UtterkeyError):
    code = "no-transcript"

    def __init__(self) -> None:
        super().__init__("There is no transcript yet.")


class SettingsError(UtterkeyError):
    code = "settings"


class CredentialsError(UtterkeyError):
    code = "credentials"


class DaemonError(UtterkeyError):
    code = "daemon"


class DaemonNotRunning(DaemonError):
    code = "daemon-not-running"
    exit_code = 3


class AlreadyRunning(DaemonError):
    code = "already-running"


class MechanismError(UtterkeyError):
    code = "mechanism"


class HotkeyError(MechanismError):
    code = "hotkey"


class KeysForbidden(HotkeyError):
    code = "keys-forbidden"


class InsertionError(MechanismError):
    code = "insertion"


class StrokesForbidden(InsertionError):
    code = "strokes-forbidden"


class TrayError(MechanismError):
    code = "tray"


class OverlayError(MechanismError):
    code = "overlay"


class BusError(MechanismError):
    """`name` is the D-Bus error's name, "" where none was sent (no bus, no answer in time)."""

    code = "bus"

    def __init__(self, sentence: str, name: str = "") -> None:
        super().__init__(sentence)
        self.name = name


class MicrophoneError(UtterkeyError):
    code = "microphone"


class MicrophoneForbidden(MicrophoneError):
    code = "microphone-forbidden"


class RecordingError(UtterkeyError):
    code = "recording"


class SessionError(UtterkeyError):
    code = "session"


class SessionRefused(SessionError):
    code = "session-refused"


class KeyRefused(SessionRefused):
    code = "key-refused"


class ParameterRefused(SessionRefused):
    code = "parameter-refused"


class CertificateRefused(SessionRefused):
    code = "certificate-refused"


class SessionLost(SessionError):
    code = "session-lost"


class SessionLimited(SessionLost):
    code = "session-limited"
