"""Who may read a file or a folder."""

import os
import stat
from pathlib import Path


def for_its_owner_only(path: Path) -> bool:
    """By its mode; on Windows that says nothing, and the user's folder is what keeps others out."""
    return os.name == "nt" or stat.S_IMODE(path.stat().st_mode) in (0o600, 0o700)
