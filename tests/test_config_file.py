"""The settings file: what of it is used, where each value comes from, and what writing leaves alone."""

import os
import stat
import tomllib
from pathlib import Path

import pytest

from homes import live_in
from modes import for_its_owner_only
from utterkey import config_file, paths
from utterkey.config_file import load, make, write
from utterkey.errors import SettingsError, UsageError
from utterkey.settings import Settings

COMMENTED = """\
# my settings
[audio]
tail_ms = 90   # my keyboard is slow

# where my fingers are
[hotkey]  # left hand
key = "f9"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_without_a_file_there_are_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(tmp_path, monkeypatch)
    loaded = load()
    assert loaded.settings == config_file.default_settings()
    assert loaded.problems == ()
    assert set(loaded.sources.values()) == {"default"}
    assert loaded.path == paths.config_file() == tmp_path / "utterkey" / "settings.toml"


def test_the_usual_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(tmp_path, monkeypatch)
    paths.config_file().parent.mkdir()
    paths.config_file().write_text(COMMENTED)
    assert load().settings.hotkey.key == "f9"


def test_a_named_file_must_be_there(file: Path) -> None:
    with pytest.raises(SettingsError, match=f"^There is no settings file {file}.$"):
        load(file)


def test_overrides_are_above_the_file_and_the_file_above_the_defaults(file: Path) -> None:
    file.write_text(COMMENTED + "mode = 'press'\n")
    loaded = load(file, ["hotkey.key=f8", "output.trailing="])
    assert (loaded.settings.hotkey.key, loaded.settings.audio.tail_ms) == ("f8", 90)
    assert [str(problem) for problem in loaded.problems] == ["hotkey.mode must be hold, toggle or auto, not 'press'."]
    sources = {name: loaded.sources[name] for name in ("hotkey.key", "output.trailing", "audio.tail_ms", "hotkey.mode")}
    assert sources == {
        "hotkey.key": "command line",
        "output.trailing": "command line",
        "audio.tail_ms": "file",
        "hotkey.mode": "default",
    }


def test_what_an_override_makes_wrong_is_said(file: Path) -> None:
    file.write_text("[hotkey]\ncancel = 'f9'")
    loaded = load(file, ["hotkey.key=f9"])
    assert (loaded.settings.hotkey.key, loaded.settings.hotkey.cancel) == ("f9", "esc")
    assert [problem.setting for problem in loaded.problems] == ["hotkey.cancel"]


@pytest.mark.parametrize("override", ["hotkey.mode=press", "hotkey.cancel=f9", "output.as_you_speak=true"])
def test_a_wrong_override_is_a_usage_error(override: str, file: Path) -> None:
    """The last two do not fit what the file says."""
    file.write_text("hotkey.key = 'f9'" if "cancel" in override else "")
    with pytest.raises(UsageError):
        load(file, [override])


def test_what_is_typed_has_to_fit_the_file_not_the_defaults(file: Path) -> None:
    file.write_text("[hotkey]\nkey = 'f9'\n")
    assert load(file, ["output.as_you_speak=true"]).settings.output.as_you_speak
    write(file, "output.as_you_speak=true")
    assert load(file).settings.output.as_you_speak


BROKEN = {
    "no value": (b"[audio]\ntail_ms\n", "in line 2, expected '=' after a key in a key/value pair"),
    "open text": (b"[audio]\n\ndevice = 'x", "in line 3, "),
    "end of file": (b"[audio]\n[output\n\n", "in line 2, "),
    "a value twice": (b"[audio]\ntail_ms = 1\ntail_ms = 2\n", "in line 3, cannot overwrite a value"),
    "no text at all": (b"[audio]\ndevice = '\xff'", "line 2 is not UTF-8"),
}


@pytest.mark.parametrize(("content", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_file_that_is_not_toml_is_one_sentence_with_its_line(content: bytes, reason: str, file: Path) -> None:
    file.write_bytes(content)
    loaded = load(file)
    assert loaded.settings == config_file.default_settings()
    (problem,) = loaded.problems
    assert str(problem).startswith(f"The settings file {file} is not used, the defaults are: {reason}")
    assert str(problem).endswith(".")
    assert "\n" not in str(problem)


def test_a_folder_in_its_place_is_one_sentence(file: Path) -> None:
    file.mkdir()
    (problem,) = load(file).problems
    assert str(problem) == f"The settings file {file} is not used, the defaults are: Is a directory."


# --- writing -------------------------------------------------------------------------------------------------------


def test_writing_leaves_everything_else_as_it_is(file: Path) -> None:
    file.write_text(COMMENTED)
    write(file, "audio.tail_ms=30")
    assert file.read_text() == COMMENTED.replace("90", "30")
    write(file, "audio.cues=false")
    commented = COMMENTED.replace("slow\n", "slow\ncues = false\n")
    assert file.read_text() == commented.replace("90", "30")
    write(file, "output.trailing=")
    assert file.read_text().startswith(commented.replace("90", "30"))
    assert tomllib.loads(file.read_text())["output"] == {"trailing": ""}


NEW_KEYS = {
    "before a comment about the next section": (
        '[hotkey]\nkey = "f9"\n# the service\n[service]\n',
        '[hotkey]\nkey = "f9"\nmode = "auto"\n# the service\n[service]\n',
    ),
    "behind the comments of its own": (
        "[hotkey]\n# key = 1\n# mode = 2\n\n# the service\n[service]\n",
        '[hotkey]\n# key = 1\n# mode = 2\nmode = "auto"\n\n# the service\n[service]\n',
    ),
    "at the end": ('[hotkey]\nkey = "f9"\n# mine\n', '[hotkey]\nkey = "f9"\n# mine\nmode = "auto"\n'),
    "below an empty header": ("[hotkey]\n\n[service]\n", '[hotkey]\nmode = "auto"\n\n[service]\n'),
    "with the line ends of the file": (
        '[hotkey]\r\nkey = "f9"\r\n\r\n# the service\r\n[service]\r\n',
        '[hotkey]\r\nkey = "f9"\r\nmode = "auto"\r\n\r\n# the service\r\n[service]\r\n',
    ),
    "behind a byte order mark": ("\ufeff[hotkey]\n", '\ufeff[hotkey]\nmode = "auto"\n'),
}


@pytest.mark.parametrize(("content", "wanted"), NEW_KEYS.values(), ids=NEW_KEYS.keys())
def test_a_new_key_stands_where_a_person_would_put_it(content: str, wanted: str, file: Path) -> None:
    file.write_bytes(content.encode())
    write(file, "hotkey.mode=auto")
    assert file.read_bytes().decode() == wanted
    assert load(file).settings.hotkey.mode == "auto"
    assert load(file).problems == ()


@pytest.mark.parametrize(
    "content",
    [
        "audio.tail_ms = 90 # slow\n",
        "audio = {tail_ms = 90, device = 'x'} # slow\n",
        "[[hotkey.extra]] # slow\nkey='f8'\n",
    ],
    ids=["dotted", "in one line", "tables"],
)
def test_the_file_may_be_written_in_any_style(content: str, file: Path) -> None:
    file.write_text(content)
    write(file, "audio.tail_ms=30")
    write(file, "hotkey.extra=[{key = 'f7'}, {key = 'f8'}]")
    settings, problems = Settings.from_mapping(tomllib.loads(file.read_text()))
    assert not problems
    assert (settings.audio.tail_ms, [extra.key for extra in settings.hotkey.extra]) == (30, ["f7", "f8"])
    assert "# slow" in file.read_text() or content.startswith("[[")


def test_writing_makes_the_file_and_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "new" / "settings.toml"
    write(file, "service.languages=['de']")
    assert tomllib.loads(file.read_text()) == {"service": {"languages": ["de"]}}
    assert for_its_owner_only(file)


@pytest.mark.system("linux", "darwin")  # Windows makes links for administrators only
def test_writing_keeps_the_mode_and_a_link(tmp_path: Path, file: Path) -> None:
    elsewhere = tmp_path / "dotfiles.toml"
    elsewhere.write_text(COMMENTED)
    elsewhere.chmod(0o640)
    file.symlink_to(elsewhere)
    write(file, "hotkey.key=pause")
    assert file.is_symlink()
    assert "pause" in elsewhere.read_text()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dotfiles.toml", "settings.toml"]


@pytest.mark.parametrize("override", ["audio.tail_ms=-1", "hotkey.cancel=f9", "hotkey.extra=[{key = 'f9'}]"])
def test_a_wrong_value_is_not_written(override: str, file: Path) -> None:
    file.write_text(COMMENTED)
    with pytest.raises(UsageError):
        write(file, override)
    assert file.read_text() == COMMENTED


@pytest.mark.parametrize("content", ["[audio\n", "audio = 3\n"], ids=["not TOML", "no section"])
def test_a_broken_file_is_not_written_over(content: str, file: Path) -> None:
    file.write_text(content)
    with pytest.raises(SettingsError, match=f"^Put {file} right before you set something in it: "):
        write(file, "audio.tail_ms=30")
    assert file.read_text() == content


def test_a_folder_that_is_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"cannot be written \(.*\)\.$"):
        make(tmp_path / "file" / "settings.toml")
    with pytest.raises(SettingsError, match=r"Not a directory\.$"):
        write(tmp_path / "file" / "settings.toml", "audio.tail_ms=30")


def test_a_new_file_shows_every_setting_and_sets_none(file: Path) -> None:
    make(file)
    assert load(file).problems == ()
    assert set(load(file).sources.values()) == {"default"}
    lines = [line.removeprefix("# ") for line in file.read_text().splitlines()]
    uncommented = "\n".join(line for line in lines if " = " in line or line.startswith("["))
    settings, problems = Settings.from_mapping(tomllib.loads(uncommented))
    assert (settings, problems) == (config_file.default_settings(), [])
    make(file)
    os.chmod(file, 0o600)
    file.write_text(COMMENTED)
    make(file)
    assert file.read_text() == COMMENTED
