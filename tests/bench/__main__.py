"""The benchmark: every figure, side by side, in one run on one desktop.  ./tests/bench/run [--quick] [--json FILE]

No figure can fail: a machine that is busy gives slow ones. The load before the run is told with them.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import utterkey
from bench.report import Figure, table
from desktop import Desktop, await_true

JSON = Path("tests/artefacts/bench.json")

Section = Callable[[Desktop, bool], list[Figure]]


def dictations(desktop: Desktop, quick: bool) -> list[Figure]:
    from bench import dictation

    return dictation.measure(desktop, 3 if quick else 15)


def link(desktop: Desktop, quick: bool) -> list[Figure]:
    from bench import dictation

    return dictation.measure_link(desktop, 3 if quick else 15)


def texts(desktop: Desktop, quick: bool) -> list[Figure]:
    from bench import texts

    return texts.measure(desktop, 2 if quick else 10)


def start(desktop: Desktop, quick: bool) -> list[Figure]:
    from bench import resting

    return [resting.measure_start(desktop, 3 if quick else 15)]


def idle(desktop: Desktop, quick: bool) -> list[Figure]:
    from bench import resting

    return resting.measure_idle(desktop, 10 if quick else 60)


def press(desktop: Desktop, quick: bool) -> list[Figure]:
    from bench import resting

    return [resting.measure_press(desktop, 5 if quick else 40)]


def overlay(desktop: Desktop, quick: bool) -> list[Figure]:
    from bench import overlay

    return overlay.measure(desktop, 15 if quick else 60, 200 if quick else 1000)


SECTIONS: dict[str, Section] = {each.__name__: each for each in (dictations, link, texts, start, idle, press, overlay)}


def main() -> int:
    arguments = _arguments()
    load = os.getloadavg()[0]
    figures: list[Figure] = []
    os.environ.pop("PYTHONPATH", None)  # ours alone; it would slow down the start of every Python
    compileall.compile_dir(Path(utterkey.__file__).parent, quiet=1)  # as pip did for the others when it installed them
    with Desktop() as desktop:
        _live_on(desktop)
        desktop.start(["xfce4-panel", "--disable-wm-check"])
        await_true(lambda: _has_tray(desktop), 20, "a host for tray icons", every=0.1)
        for name in arguments.only or SECTIONS:
            sys.stderr.write(f"{name} ...\n")
            figures += SECTIONS[name](desktop, arguments.quick)
    about = {
        "when": datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} processors, {platform.platform()}, Python {platform.python_version()}",
        "load_before": round(load, 2),
        "quick": arguments.quick,
    }
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**about, "figures": [figure.as_json() for figure in figures]}, indent=1)
    arguments.json.write_text(text + "\n")
    sys.stdout.write(f"{about['machine']}, load before {load:.1f}, {about['when']}\n\n{table(figures)}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="few repetitions, a short idle time")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="measure this section; may be repeated")
    parser.add_argument(
        "--json", type=Path, default=JSON, metavar="FILE", help="write all values there (default: %(default)s)"
    )
    return parser.parse_args()


def _live_on(desktop: Desktop) -> None:
    """This process is on the desktop too: it asks the daemon, and types as pynput."""
    for name in os.environ.keys() - desktop.environment.keys():
        del os.environ[name]
    os.environ.update(desktop.environment)


def _has_tray(desktop: Desktop) -> bool:
    names = ["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames"]
    answer = desktop.run(["dbus-send", "--session", "--print-reply", *names], check=False)
    return b"org.kde.StatusNotifierWatcher" in answer


if __name__ == "__main__":
    raise SystemExit(main())
