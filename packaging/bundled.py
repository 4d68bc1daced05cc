"""Where the program of a bundle begins: `utterkey ARGUMENTS`, and `utterkey -m MODULE` for its children (child.py)."""

import os
import runpy
import sys

from utterkey.cli import main


def bundled() -> int:
    _leave_no_trace()
    sys.argv[1:] = meant(sys.argv[1:], sys.executable)
    if sys.argv[1:2] != ["-m"]:
        return main()
    module = sys.argv[2]
    sys.argv[:3] = sys.argv[:1]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


def meant(arguments: list[str], program: str) -> list[str]:
    """Who opens the app in Finder, or on Windows the program without a console, says nothing to it: the daemon."""
    opened = ".app/Contents/MacOS/" in program or program.endswith("utterkeyw.exe")
    return ["run"] if opened and not arguments else arguments


def _leave_no_trace() -> None:
    """PyInstaller's loader tells its children the way to our libraries, which programs of the system must not get, and
    that they are its children; ours would then not find the way by themselves.
    """
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is not None:
        os.environ["LD_LIBRARY_PATH"] = before
    else:
        os.environ.pop("LD_LIBRARY_PATH", None)
    for name in [name for name in os.environ if name.startswith("_PYI_")]:
        del os.environ[name]


if __name__ == "__main__":
    sys.exit(bundled())
