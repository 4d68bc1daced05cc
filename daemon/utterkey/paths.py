"""Where utterkey's files belong on this system. Folders with what somebody said are for their owner only."""

import os
from pathlib import Path

import platformdirs

_FOLDERS = platformdirs.PlatformDirs("utterkey", appauthor=False)


def config_file() -> Path:
    """The settings, which belong to the user. Need not exist."""
    return _FOLDERS.user_config_path / "settings.toml"


def key_file() -> Path:
    """The API key, where there is no keyring. Need not exist."""
    return _FOLDERS.user_config_path / "api_key"


def autostart_folder() -> Path:
    """Where the desktop looks for what it starts at login (XDG autostart). Need not exist."""
    return _FOLDERS.user_config_path.parent / "autostart"


def applications_folders() -> list[Path]:
    """Where the desktop looks for desktop entries; the first one is the user's own. Need not exist."""
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    folders = [_FOLDERS.user_data_path.parent, *(Path(folder) for folder in shared.split(":") if folder)]
    return [folder / "applications" for folder in folders]


def state_folder() -> Path:
    """What belongs to the daemon: journal, recordings, log. Made if it is not there."""
    return private_folder(_FOLDERS.user_state_path)


def journal_file() -> Path:
    return state_folder() / "history.sqlite"


def recordings_folder() -> Path:
    """The audio of utterances that are not delivered yet. Made if it is not there."""
    return private_folder(state_folder() / "recordings")


def log_file() -> Path:
    return state_folder() / "utterkey.log"


def welcome_file() -> Path:
    """What a new user was told already. Need not exist."""
    return state_folder() / "welcome"


def asset(name: str) -> Path:
    """A file of `assets/`: inside the installed package, or in the checkout."""
    package = Path(__file__).parent
    installed = package / "assets" / name
    return installed if installed.exists() else package.parents[1] / "assets" / name


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can look into, and keep it so."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)  # without effect on Windows, where a user's folders are private by inheritance
    return folder


def open_private(path: str, flags: int) -> int:
    """Open a file that only its owner can read, whatever the umask is. For `open(..., opener=...)` as well."""
    return os.open(path, flags, 0o600)
