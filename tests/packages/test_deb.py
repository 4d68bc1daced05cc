"""The .deb: installed by apt on this very system, started from its menu entry, removed again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop import Desktop
from packages.installed import alone, built, try_everything
from utterkey.autostart import APP_ID

pytestmark = pytest.mark.packages

UTTERKEY = "/usr/bin/utterkey"
AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
APT = [*AS_ROOT, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "--no-install-recommends"]


def said_by(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def is_known() -> bool:
    """Whether dpkg has heard of an utterkey, be it of its settings only."""
    done = subprocess.run(["dpkg-query", "-W", "utterkey"], capture_output=True, timeout=20, check=False)
    return done.returncode == 0


@pytest.fixture
def paths() -> Iterator[list[Path]]:
    """The package is installed; its files and folders."""
    if is_known() or Path(UTTERKEY).exists():
        pytest.fail("utterkey is installed on this machine: remove it (apt purge utterkey), or leave --packages out.")
    try:
        said_by(*APT, "install", str(built("utterkey_*.deb")))
        yield [Path(line) for line in said_by("dpkg", "-L", "utterkey").splitlines()]
    finally:
        if is_known():
            said_by(*APT, "purge", "utterkey")


def test_installed_started_from_the_menu_and_removed(  # all in one, for there is one system to install it on
    desktop: Desktop, room: None, paths: list[Path]
) -> None:
    alone(desktop)
    has_what_it_should(paths)
    opt = sorted(Path("/opt").iterdir())
    # gtk-launch finds the entry as menus do, by its name, and does what a click on it does.
    try_everything(desktop, [UTTERKEY], lambda: desktop.start(["gtk-launch", APP_ID]))

    said_by(*APT, "remove", "utterkey")
    assert [path for path in paths if path.exists() and (path.is_file() or "utterkey" in path.name)] == []
    assert not is_known()  # it leaves no settings of the system behind
    assert sorted(Path("/opt").iterdir()) == opt
    assert Path(desktop.environment["XDG_CONFIG_HOME"], "utterkey", "settings.toml").exists()


def has_what_it_should(paths: list[Path]) -> None:
    names = set(map(str, paths))
    icons = {str(path.parent.parent.name) for path in paths if path.name in (f"{APP_ID}.png", f"{APP_ID}.svg")}
    assert {"16x16", "48x48", "256x256", "scalable"} <= icons
    assert {
        f"/usr/share/applications/{APP_ID}.desktop",
        "/usr/share/man/man1/utterkey.1.gz",
        "/usr/share/bash-completion/completions/utterkey",
        "/usr/share/zsh/vendor-completions/_utterkey",
        "/usr/share/fish/vendor_completions.d/utterkey.fish",
        "/usr/share/doc/utterkey/copyright",
        "/usr/share/doc/utterkey/licences.txt.gz",
    } <= names
    unit = Path("/usr/lib/systemd/user/utterkey.service").read_text()
    assert f"ExecStart={UTTERKEY} run" in unit.splitlines()
    depends = said_by("dpkg-query", "-W", "-f", "${Depends}", "utterkey").split(", ")
    assert all(each.startswith(("python3 (", "lib")) for each in depends)  # C libraries, and Python for its own ABI
    assert any(each.startswith("python3 (<<") for each in depends)
