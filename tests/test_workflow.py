"""The workflow is what GitHub understands, and runs what a developer runs, on all three systems."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

WORKFLOWS = sorted((Path(__file__).parents[1] / ".github" / "workflows").glob("*.yml"))


def jobs(workflow: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(workflow)["jobs"]
    return found


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_it_is_valid(workflow: Path) -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    command = [str(check), "--builtin-schema", "vendor.github-workflows", str(workflow)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_system_runs_the_tests_and_builds_its_packages() -> None:
    systems = []
    for job in jobs(Path(__file__).parents[1] / ".github" / "workflows" / "tests.yml").values():
        assert "./tests/run --packages" in [step.get("run") for step in job["steps"]]
        systems += job.get("strategy", {}).get("matrix", {}).get("os", [job["runs-on"]])
    assert sorted(systems) == ["macos-latest", "ubuntu-latest", "windows-latest"]


def test_what_was_built_is_kept_when_a_test_fails() -> None:
    for job in jobs(Path(__file__).parents[1] / ".github" / "workflows" / "tests.yml").values():
        (kept,) = (step for step in job["steps"] if "packages" in step.get("with", {}).get("name", ""))
        assert kept["if"] == "${{ !cancelled() }}"
