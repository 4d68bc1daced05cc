"""Importing decides nothing: every module can be imported on any machine, and the pure ones are checked to be pure."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "daemon"
LOADED_WHEN_CHOSEN = {"pystray"}
"""Mechanisms whose library opens a display as it is imported."""

IMPORT_ALL = """
import importlib, sys, traceback, warnings
warnings.simplefilter("error")
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException:
        print(name, traceback.format_exc())
"""


def _modules() -> dict[str, Path]:
    files = sorted((SOURCE / "utterkey").rglob("*.py"))
    return {".".join(file.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


@pytest.mark.system("linux")
def test_every_module_can_be_imported_without_display_sound_or_bus() -> None:
    names = [
        name for name in _modules() if not LOADED_WHEN_CHOSEN & {*name.split(".")} and not name.endswith("__main__")
    ]
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names], env=bare, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


def test_every_module_says_what_it_owns() -> None:
    silent = [name for name, file in _modules().items() if not ast.get_docstring(ast.parse(file.read_bytes()))]
    assert silent == []


def test_every_module_that_calls_itself_pure_is_under_the_contract() -> None:
    claims = {name for name, file in _modules().items() if _claims_to_be_pure(file)}
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    checked = {name for contract in contracts for name in contract.get("source_modules", [])}
    assert claims, "no module claims it any more: is the word still the same?"
    assert [name for name in sorted(claims) if not any(f"{name}.".startswith(f"{module}.") for module in checked)] == []


def _claims_to_be_pure(file: Path) -> bool:
    docstring = ast.get_docstring(ast.parse(file.read_bytes())) or ""
    return "Pure" in docstring.replace(".", " ").replace(",", " ").replace(":", " ").split()


def test_types_are_checked_strictly_where_nothing_was_run() -> None:
    """A file of Windows or macOS must not have a hole in its types."""
    checks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    (strict,) = (check["module"] for check in checks if check.get("disallow_any_explicit"))
    files = [path for system in ("windows", "macos") for path in (SOURCE / "utterkey").rglob(f"{system}*.py")]
    assert len(files) > 12
    assert {f"utterkey.*.{path.stem}" for path in files} <= set(strict)
