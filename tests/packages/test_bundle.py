"""The bundle with nothing of its user's environment but where the desktop is, and none of the system's Python."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psutil
import pytest

import demo
import utterkey
from desktop import Desktop, await_true
from packages.installed import alone, built, try_everything
from utterkey.autostart import APP_ID

pytestmark = pytest.mark.packages
needs_a_desktop = pytest.mark.system("linux")

WHERE = (
    "DISPLAY", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME",
    "DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS", "PULSE_SERVER",
)  # fmt: skip


def test_it_starts_on_every_system() -> None:
    program = shutil.which("utterkey", path=str(built("utterkey")))
    assert program
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"utterkey {utterkey.__version__}\n"


@pytest.fixture
def bundle(desktop: Desktop, tmp_path: Path) -> Path:
    """Its program, at another place than it was built in."""
    alone(desktop)
    shutil.copytree(built("utterkey"), tmp_path / "moved", symlinks=True)
    return tmp_path / "moved" / "utterkey"


@needs_a_desktop
def test_the_bundle_from_an_empty_environment(desktop: Desktop, room: None, bundle: Path) -> None:
    program = ["env", "-i", *(f"{name}={desktop.environment[name]}" for name in WHERE), str(bundle)]
    try_everything(desktop, program, lambda: desktop.start([*program, "run"]))


@needs_a_desktop
@pytest.mark.parametrize("module", ["utterkey.credentials", "keyring.backends.SecretService", "secretstorage.dhcrypto"])
def test_what_the_keyring_needs_is_in_it(module: str, desktop: Desktop, bundle: Path) -> None:
    """The library finds its mechanisms by name, and keeps quiet about one it cannot import."""
    assert desktop.run(["env", "-i", str(bundle), "-m", module]) == b""


def library(path: Path) -> str:
    """libz of libz.so.1.2.13"""
    return path.name.partition(".")[0]


@needs_a_desktop
def test_it_uses_what_it_carries(desktop: Desktop, bundle: Path) -> None:
    """And nothing of that from the host, neither in the daemon nor in its children."""
    program = [str(bundle)]
    carried = {library(path) for path in bundle.parent.rglob("*.so*")}
    daemon = psutil.Process(desktop.start([*program, "run", "--set", "service.endpoint=offline"]).pid)
    await_true(lambda: demo.state(desktop, program) == "idle", 30, "the daemon being ready", every=0.1)
    desktop.run([*program, "press"])
    desktop.run([*program, "release"])
    await_true(lambda: demo.state(desktop, program) == "idle", 30, "the end of the utterance", every=0.1)
    (engine,) = [child for child in daemon.children() if "utterkey.offline" in child.cmdline()]
    for process, needed in ((daemon, "libportaudio"), (engine, "_pocketsphinx")):
        loaded = {Path(mapped.path) for mapped in process.memory_maps() if ".so" in mapped.path}
        ours = {path for path in loaded if path.is_relative_to(bundle.parent)}
        assert needed in {library(path) for path in ours}
        # ALSA, which is the host's, loads its plugin for the sound server, and that what it needs.
        assert not {library(path) for path in loaded - ours} & carried
    desktop.run([*program, "quit"])


@needs_a_desktop
@pytest.mark.parametrize("before", [[], ["LD_LIBRARY_PATH=/opt/of/the/user"]])
def test_what_it_starts_gets_the_users_environment(desktop: Desktop, bundle: Path, before: list[str]) -> None:
    """The loader of a bundle sets the way to its own libraries; an editor of the user's must not be given them."""
    said = desktop.folder / "said"
    editor = desktop.folder / "editor"
    editor.write_text(f"#!/bin/sh\nenv > {said}\n")
    editor.chmod(0o755)
    desktop.run(["env", f"VISUAL={editor}", *before, str(bundle), "config", "edit"])
    assert [line for line in said.read_text().splitlines() if line.startswith(("LD_", "_PYI_"))] == before


@needs_a_desktop
def test_starting_at_login_starts_the_bundle(desktop: Desktop, bundle: Path) -> None:
    desktop.run([str(bundle), "autostart", "on"])
    entry = Path(desktop.environment["XDG_CONFIG_HOME"], "autostart", f"{APP_ID}.desktop").read_text()
    assert f"Exec={bundle} run" in entry.splitlines()
    assert "starts at login" in desktop.run([str(bundle), "doctor"], check=False, seconds=60).decode()
