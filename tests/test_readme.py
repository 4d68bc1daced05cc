"""The README says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from utterkey.cli import arguments
from utterkey.settings import markdown_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.system("linux")  # a Mac's default hotkey is another one
def test_the_table_of_settings_is_the_declaration() -> None:
    """To renew it: python -c 'from utterkey.settings import markdown_table; print(markdown_table())'"""
    between = re.search(r"<!-- settings.*?-->\n(.*?)<!-- end of settings -->", README, re.DOTALL)
    assert between
    assert between[1].strip() == markdown_table().strip()


def test_every_command_is_told() -> None:
    commands = set(re.findall(r"^    ([a-z-]+) +\S", arguments._parser().format_help(), re.MULTILINE))
    assert "press" in commands
    assert [name for name in sorted(commands) if not re.search(rf"\b{name}\b", README)] == []


def test_pictures_are_there() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)
