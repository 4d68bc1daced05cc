"""What fits on a terminal's line."""

import sys

import pytest

from utterkey.cli.arguments import execute
from utterkey.cli.terminal import last_columns, on_one_line

FITTING = {
    "all of it": ("hello", 5, "hello"),
    "its end": ("hello", 4, "…llo"),
    "wide characters take two columns": ("日本語", 6, "日本語"),
    "and are not cut in the middle": ("日本語", 5, "…本語"),
    "nothing": ("", 5, ""),
}


@pytest.mark.parametrize(("text", "columns", "shown"), FITTING.values(), ids=FITTING.keys())
def test_the_end_of_a_text_is_shown(text: str, columns: int, shown: str) -> None:
    assert last_columns(text, columns) == shown


def test_words_give_no_orders_to_the_terminal() -> None:
    assert on_one_line("a\x1b]0;title\x07b\n\nc\td") == "a ]0;title b c d"


def test_a_program_without_a_console_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert execute(["run", "--set", "nonsense=1"]) == 2
