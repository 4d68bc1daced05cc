"""Windows' own way to play a cue, which waits until it was heard (thread `cues`), and whether it lets us record."""

import sys
from pathlib import Path

NOT_ALLOWED = (
    "Windows does not let programs use the microphone: allow it in Settings > Privacy & security > Microphone, for "
    "desktop apps too, and press the key again."
)

CONSENT = r"Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\microphone"
"""What the user has decided there, for all programs and below it for those that are no packages."""


def play(sound: Path) -> None:
    """Play a WAV file to its end. Raises OSError."""
    if sys.platform == "win32":
        import winsound  # it is only there

        try:
            winsound.PlaySound(str(sound), winsound.SND_FILENAME | winsound.SND_NODEFAULT)
        except RuntimeError as error:  # "Failed to play sound"
            raise OSError(str(error)) from error


def forbidden() -> str:
    """Why nothing can be recorded, "" if nothing is known to forbid it."""
    if sys.platform == "win32":
        import winreg

        for key in (CONSENT, rf"{CONSENT}\NonPackaged"):
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                    value: object = winreg.QueryValueEx(opened, "Value")[0]
                    if value == "Deny":
                        return NOT_ALLOWED
            except OSError:
                continue  # an older Windows, or nothing decided
    return ""
