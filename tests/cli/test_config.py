"""`config`: show, get, set, edit, path."""

import shlex
import sys

import pytest

from cli.conftest import CommandLine
from utterkey import paths
from utterkey.settings import declarations


def test_every_setting_is_shown_with_where_it_comes_from(utterkey: CommandLine) -> None:
    assert utterkey("config", "set", "audio.tail_ms", "90").returncode == 0
    lines = utterkey("config").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [declared.name for declared in declarations()]
    (tail,) = [line.split() for line in lines if line.startswith("audio.tail_ms")]
    assert tail == ["audio.tail_ms", "90", "file"]
    assert all(line.endswith("  default") for line in lines if not line.startswith("audio.tail_ms"))


def test_mistakes_in_the_file_are_said(utterkey: CommandLine) -> None:
    paths.config_file().parent.mkdir()
    paths.config_file().write_text("[hotkey]\nkeey = 'f9'\n")
    done = utterkey("config")
    assert done.returncode == 0
    assert done.stderr == "utterkey: There is no setting 'hotkey.keey'. Did you mean 'hotkey.key'?\n"


def test_get_and_set(utterkey: CommandLine) -> None:
    assert utterkey("config", "get", "hotkey.mode").stdout == "hold\n"
    assert utterkey("config", "set", "hotkey.mode", "auto").returncode == 0
    assert utterkey("config", "get", "hotkey.mode").stdout == "auto\n"
    assert utterkey("config", "set", "service.languages", "['en', 'de']").returncode == 0
    assert utterkey("config", "get", "service.languages").stdout == '["en", "de"]\n'


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["get", "hotkey.ky"], "There is no setting 'hotkey.ky'. Did you mean 'hotkey.key'?"),
        (["set", "hotkey.mode", "press"], "hotkey.mode must be hold, toggle or auto, not 'press'."),
        (["set", "hotkey.key", "f99"], "There is no key called 'f99'; did you mean f9?"),
        (["set", "hotkey.cancel", "ctrl+c"], "ctrl+c cannot be the cancel key"),
        (["set", "hotkey.insert_last", "v"], "v alone is needed for typing; choose a combination such as ctrl+alt+v."),
        (["set", "hotkey.key"], "Give one value for hotkey.key, as in: utterkey config set hotkey.key f9."),
        (["set", "hotkey.key", "f9", "--press"], "Give one value for hotkey.key"),
        (["set", "hotkey.mode", "--press"], "--press is for hotkey.key, and hotkey.mode is no key."),
        (["set", "audio.tail_ms", "9000"], "audio.tail_ms must be between 0 and 2000, not 9000."),
    ],
)
def test_a_wrong_name_or_value_is_refused(arguments: list[str], sentence: str, utterkey: CommandLine) -> None:
    done = utterkey("config", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"utterkey: {sentence}")
    assert not paths.config_file().exists()


def test_another_file_can_be_named(utterkey: CommandLine) -> None:
    other = utterkey.home / "other.toml"
    assert utterkey("config", "--config", str(other), "set", "hotkey.key", "f9").returncode == 0
    assert utterkey("config", "--config", str(other), "get", "hotkey.key").stdout == "f9\n"
    assert utterkey("config", "--config", str(other), "path").stdout == f"{other}\n"
    assert utterkey("config", "path", "--config", str(other)).stdout == f"{other}\n"
    assert not paths.config_file().exists()
    nowhere = utterkey.home / "nowhere.toml"
    missing = utterkey("config", "--config", str(nowhere))
    assert (missing.returncode, missing.stderr) == (1, f"utterkey: There is no settings file {nowhere}.\n")


def test_edit_starts_the_editor_and_checks_what_it_left(utterkey: CommandLine) -> None:
    script = "import sys; assert sys.argv[1] == 'an argument'; open(sys.argv[2], 'a').write('keep = -1')"
    editor = shlex.join([sys.executable, "-c", script, "an argument"])
    done = utterkey("config", "edit", EDITOR="/nowhere", VISUAL=editor)
    assert done.returncode == 0
    assert done.stderr == "utterkey: history.keep must be between 0 and 100000, not -1.\n"
    assert paths.config_file().read_text().startswith("# utterkey:")


def test_edit_without_an_editor_is_one_sentence(utterkey: CommandLine) -> None:
    done = utterkey("config", "edit", EDITOR="", VISUAL="")
    assert done.returncode == 1
    assert (
        done.stderr
        == f"utterkey: Set $VISUAL or $EDITOR to your editor, or open {paths.config_file()} in it yourself.\n"
    )
    done = utterkey("config", "edit", EDITOR="/nowhere/vi", VISUAL="")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
