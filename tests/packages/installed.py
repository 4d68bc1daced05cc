"""What every package must do once it is installed: tell its version, look at the desktop, take a dictation, leave.

All of it is done with the package's own program on the test desktop, with the offline engine, which is a process of its
own that the package must be able to start; so is what asks the keyring, and what keeps the clipboard afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import tomlkit

import demo
import utterkey
from conftest import SOURCES
from desktop import Desktop, await_true

DIST = Path(SOURCES).parent / "dist"
WHEELS = DIST.parent / "build" / "wheels"
COPIED = "what the user had copied"

SETTINGS = {"hotkey": {"key": demo.KEY.lower()}, "service": {"endpoint": "offline"}}


def built(pattern: str) -> Path:
    """The one file, or folder, of dist/ with such a name."""
    found = list(DIST.glob(pattern))
    assert len(found) == 1, f"{DIST} has {found or 'no'} {pattern}; `./tests/run --packages` builds it"
    return found[0]


def alone(desktop: Desktop) -> None:
    """Nothing leads the package to these sources, or to the made-up keyring of the tests."""
    for name in ("PYTHONPATH", "PYTHON_KEYRING_BACKEND", "VIRTUAL_ENV"):
        desktop.environment.pop(name, None)


def try_everything(desktop: Desktop, program: Sequence[str], start: Callable[[], object]) -> None:
    """`program` is how the package's command line is called; `start` starts its daemon as a user does."""
    settings = Path(desktop.environment["XDG_CONFIG_HOME"], "utterkey", "settings.toml")
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(tomlkit.dumps(SETTINGS))
    assert desktop.run([*program, "--version"]) == f"utterkey {utterkey.__version__}\n".encode()
    target = desktop.open_target("tk")
    desktop.set_clipboard(COPIED)

    start()
    await_true(lambda: demo.state(desktop, program) == "idle", 30, "the daemon being ready", every=0.1)
    looks_well(desktop, program)
    demo.dictate(desktop, program, demo.SENTENCE)
    assert demo.resemblance(demo.SENTENCE, target.wait_change()) >= demo.ENOUGH
    assert desktop.run([*program, "last"]).decode().split() == target.text().split()

    desktop.run([*program, "quit"])
    await_true(lambda: not demo.state(desktop, program), 10, "the daemon's end", every=0.1)
    assert desktop.clipboard() == COPIED  # a process of its own keeps it now
    desktop.set_clipboard("something else").terminate()  # and ends when it is not needed any more


def looks_well(desktop: Desktop, program: Sequence[str]) -> None:
    """Nothing is missing, whatever is looked at."""
    status = json.loads(desktop.run([*program, "status", "--json"]))
    assert status["engine"]
    report = json.loads(desktop.run([*program, "doctor", "--json"], check=False, seconds=60))
    problems = [finding["sentence"] for finding in report["findings"] if finding["verdict"] == "problem"]
    assert not problems, problems
    devices = json.loads(desktop.run([*program, "devices", "--json"]))
    assert any(device["chosen"] for device in devices)
