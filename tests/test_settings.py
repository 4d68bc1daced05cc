"""Settings: what a file may hold, what is said about what it may not, and the lists made from the declaration."""

import tomllib
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utterkey.declaration import as_toml
from utterkey.errors import UsageError
from utterkey.settings import (
    ExtraHotkey,
    HotkeySettings,
    Settings,
    declarations,
    markdown_table,
    parse_override,
    read_overrides,
    value_of,
)

PROBLEMS = {
    "a misspelt setting": (
        "[output]\nmod = 'insert'",
        "There is no setting 'output.mod'. Did you mean 'output.mode'?",
    ),
    "a setting like no other": ("[output]\nxyzzy = 1", "There is no setting 'output.xyzzy'."),
    "a misspelt section": ("[outptu]\nmode = 'insert'", "There is no section [outptu]. Did you mean '[output]'?"),
    "a setting without its section": (
        "tail_ms = 3",
        "'tail_ms' stands outside of any section. Did you mean 'audio.tail_ms'?",
    ),
    "a section as a value": ("audio = 3", "'audio' is a section: write [audio] and its settings below."),
    "a number too low": ("[audio]\ntail_ms = -5", "audio.tail_ms must be between 0 and 2000, not -5."),
    "a number too high": ("[audio]\nmax_seconds = 10801", "audio.max_seconds must be between 5 and 10800, not 10801."),
    "a fraction for a whole number": (
        "[audio]\ntail_ms = 1.5",
        "audio.tail_ms must be a whole number from 0 to 2000, not 1.5.",
    ),
    "true is no number": (
        "[history]\nkeep = true",
        "history.keep must be a whole number from 0 to 100000, not true.",
    ),
    "a number is not true": ("[hotkey]\ngrab = 1", "hotkey.grab must be true or false, not 1."),
    "not one of the choices": (
        "[hotkey]\nmode = 'press'",
        "hotkey.mode must be hold, toggle or auto, not 'press'.",
    ),
    "a list for a choice": ("[hotkey]\nmode = ['hold']", 'hotkey.mode must be hold, toggle or auto, not ["hold"].'),
    "a text for a list": ("[service]\nlanguages = 'en'", "service.languages must be a list of texts, not 'en'."),
    "a number in a list of texts": (
        "[service]\nlanguages = ['en', 3]",
        "service.languages must be a list of texts, so 3 cannot stand in it.",
    ),
    "nothing in a list of texts": (
        "[service]\nkeyterms = ['  ']",
        "service.keyterms must be a list of texts, so '  ' cannot stand in it.",
    ),
    "too many key terms": (
        f"[service]\nkeyterms = {['word'] * 101}",
        "service.keyterms has 101 entries; 100 are the most.",
    ),
    "a key term too long": (
        f"[service]\nkeyterms = ['{'x' * 51}']",
        "service.keyterms has an entry of 51 characters ('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ...); 50 are the most.",
    ),
    "a prompt too long": (
        f"[service]\nprompt = '{'x' * 1751}'",
        "service.prompt must be at most 1750 characters long, not 1751.",
    ),
    "too long a wait": (
        "[service]\nlinger_seconds = 601",
        "service.linger_seconds must be between 0 and 600, not 601.",
    ),
    "not a number": (
        "[service]\nlinger_seconds = nan",
        "service.linger_seconds must be between 0 and 600, not nan.",
    ),
    "neither auto nor a number": (
        "[service]\nlinger_seconds = 'soon'",
        "service.linger_seconds must be auto or a number from 0 to 600, not 'soon'.",
    ),
    "an address of another kind": (
        "[service]\nendpoint = 'https://example.org'",
        "service.endpoint must be auto, global, us, eu, offline, or a ws:// or wss:// address, "
        "not 'https://example.org'.",
    ),
    "an address without a host": (
        "[service]\nendpoint = 'ws://'",
        "service.endpoint must be auto, global, us, eu, offline, or a ws:// or wss:// address, not 'ws://'.",
    ),
    "an address with an impossible port": (
        "[service]\nendpoint = 'ws://localhost:99999'",
        "service.endpoint must be auto, global, us, eu, offline, or a ws:// or wss:// address, "
        "not 'ws://localhost:99999'.",
    ),
    "no hotkey": ("[hotkey]\nkey = ' '", "hotkey.key must name a key, for example f9."),
    "one key for two things": (
        "[hotkey]\nkey = 'f9'\ncancel = 'f9'",
        "hotkey.cancel must be another key than hotkey.key ('f9').",
    ),
    "insert_last is the hotkey": (
        "[hotkey]\nkey = 'f9'\ninsert_last = 'f9'",
        "hotkey.insert_last is 'f9', which hotkey.key has already: choose another key.",
    ),
    "insert_last is the cancel key": (
        "[hotkey]\ninsert_last = 'esc'",
        "hotkey.insert_last is 'esc', which hotkey.cancel has already: choose another key.",
    ),
    "an extra key that inserts": (
        "[hotkey]\ninsert_last = 'f8'\n[[hotkey.extra]]\nkey = 'f8'",
        "hotkey.extra[1].key is 'f8', which hotkey.insert_last has already.",
    ),
    "a further key without a key": (
        "[[hotkey.extra]]\nmode = 'toggle'",
        "hotkey.extra[1].key is missing: every [[hotkey.extra]] needs a key, for example f8.",
    ),
    "a further key that is taken": (
        "[[hotkey.extra]]\nkey = 'right_ctrl'",
        "hotkey.extra[1].key is 'right_ctrl', which hotkey.key has already.",
    ),
    "further keys that are the same": (
        "[[hotkey.extra]]\nkey = 'f8'\n[[hotkey.extra]]\nkey = 'f8'",
        "hotkey.extra[2].key is 'f8', which hotkey.extra[1].key has already.",
    ),
    "a mistake in the second further key": (
        "[[hotkey.extra]]\nkey = 'f8'\n[[hotkey.extra]]\nkey = 'f7'\noutput = 'type'",
        "hotkey.extra[2].output must be insert or clipboard, not 'type'.",
    ),
    "further keys that are no tables": (
        "[hotkey]\nextra = ['f8']",
        'hotkey.extra must be tables that each begin with [[hotkey.extra]], not ["f8"].',
    ),
    "a list for a table": (
        "[output]\nreplacements = ['a']",
        'output.replacements must be a table of texts, not ["a"].',
    ),
    "a number in a table": (
        "[output.replacements]\nfive = 5",
        "output.replacements must be a table of texts, so 5 cannot stand in it.",
    ),
    "an entry without a name": (
        "[output.chords]\n' ' = 'ctrl+v'",
        "output.chords has an entry without a name: remove it.",
    ),
    "too many entries": (
        "[output.chords]\n" + "\n".join(f"w{n} = 'ctrl+v'" for n in range(101)),
        "output.chords has 101 entries; 100 are the most.",
    ),
    "as_you_speak with a modifier as the key": (
        "[output]\nas_you_speak = true",
        "output.as_you_speak cannot insert while 'right_ctrl' is held, for with a modifier down text becomes "
        'shortcuts: choose a hotkey.key such as f9, or hotkey.mode = "toggle".',
    ),
    "as_you_speak with a combination": (
        "[output]\nas_you_speak = true\n[hotkey]\nkey = 'ctrl+alt+space'\nmode = 'auto'",
        "output.as_you_speak cannot insert while 'ctrl+alt+space' is held, for with a modifier down text becomes "
        'shortcuts: choose a hotkey.key such as f9, or hotkey.mode = "toggle".',
    ),
}


@pytest.mark.parametrize(("toml", "sentence"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_mistake_is_one_sentence_and_its_default_stands(toml: str, sentence: str) -> None:
    mistaken = tomllib.loads(toml)
    settings, problems = Settings.from_mapping(mistaken)
    assert [str(problem) for problem in problems] == [sentence]
    for problem in problems:
        if problem.setting in {declared.name for declared in declarations()} - {"hotkey.extra"}:
            assert value_of(settings, problem.setting) == value_of(Settings(), problem.setting)


@pytest.mark.parametrize(
    ("key", "mode", "kept"),
    [
        ("f9", "hold", True),
        ("pause", "auto", True),
        ("mouse8", "hold", True),
        ("right_ctrl", "toggle", True),
        ("ctrl_r", "hold", False),
        ("Left-Cmd", "hold", False),
        ("altgr", "auto", False),
    ],
)
def test_as_you_speak_is_for_keys_that_are_no_modifiers(key: str, mode: str, kept: bool) -> None:
    mapping = {"hotkey": {"key": key, "mode": mode}, "output": {"as_you_speak": True}}
    assert Settings.from_mapping(mapping)[0].output.as_you_speak is kept


def test_a_table_is_taken_and_written_as_it_is() -> None:
    settings, problems = Settings.from_mapping({"output": {"replacements": {"utter key": "utterkey", 'a "b"': "c"}}})
    assert not problems
    assert settings.output.replacements == (("utter key", "utterkey"), ('a "b"', "c"))
    written = as_toml(settings.output.replacements)
    assert tomllib.loads(f"value = {written}")["value"] == {"utter key": "utterkey", 'a "b"': "c"}


def test_a_mistake_does_not_take_its_neighbours_with_it() -> None:
    settings, problems = Settings.from_mapping({"audio": {"tail_ms": -1, "device": "Webcam"}, "nonsense": {}})
    assert len(problems) == 2
    assert (settings.audio.tail_ms, settings.audio.device) == (150, "Webcam")


def test_a_bad_further_key_does_not_take_the_others_with_it() -> None:
    settings, problems = Settings.from_mapping(
        {"hotkey": {"extra": [{"key": "f7", "mode": "press"}, {"mode": "hold"}, {"key": "f8", "languages": ["de"]}]}}
    )
    assert len(problems) == 2
    assert settings.hotkey.extra == (ExtraHotkey(key="f7"), ExtraHotkey(key="f8", languages=("de",)))


def test_what_is_right_is_taken() -> None:
    settings, problems = Settings.from_mapping(
        {
            "hotkey": {"key": "f9", "mode": "auto", "cancel": "", "grab": False},
            "service": {"linger_seconds": 5, "keyterms": ["Żółw"], "endpoint": "ws://127.0.0.1:8080"},
            "output": {"trailing": ""},
        }
    )
    assert not problems
    assert settings.hotkey == HotkeySettings(key="f9", mode="auto", cancel="", grab=False)
    assert settings.service.keyterms == ("Żółw",)
    assert settings.service.linger_seconds == 5.0
    assert isinstance(settings.service.linger_seconds, float)
    assert settings.output.trailing == ""


def test_other_defaults_stand_in_for_what_is_missing_or_bad() -> None:
    mac = Settings(hotkey=HotkeySettings(key="right_option"))
    assert Settings.from_mapping({}, mac) == (mac, [])
    assert Settings.from_mapping({"hotkey": {"key": 3}}, mac)[0] == mac


def test_the_cancel_key_may_not_be_left_equal_to_the_hotkey() -> None:
    settings, _ = Settings.from_mapping({"hotkey": {"key": "esc"}})
    assert (settings.hotkey.key, settings.hotkey.cancel) == ("esc", "")


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().audio.tail_ms = 3  # type: ignore[misc]  # that it cannot is what is tested


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
NAMES = st.sampled_from([d.name.split(".")[1] for d in declarations()]) | st.text(max_size=9)
SECTIONS = st.sampled_from(["hotkey", "service", "audio", "output", "history"]) | st.text(max_size=9)


@given(st.dictionaries(SECTIONS, st.dictionaries(NAMES, JSON, max_size=4) | JSON, max_size=4))
def test_whatever_stands_in_the_file_the_settings_can_be_used(mapping: dict[str, object]) -> None:
    settings, problems = Settings.from_mapping(mapping)
    assert all("\n" not in problem.sentence for problem in problems if "\n" not in problem.setting)
    again, none = Settings.from_mapping(
        {
            section: {name: tomllib.loads(f"v = {as_toml(value)}")["v"] for name, value in values.items()}
            for section, values in _as_mapping(settings).items()
        }
    )
    assert (again, none) == (settings, [])


def _as_mapping(settings: Settings) -> dict[str, dict[str, object]]:
    mapping: dict[str, dict[str, object]] = {}
    for declared in declarations():
        section, name = declared.name.split(".")
        mapping.setdefault(section, {})[name] = value_of(settings, declared.name)
    return mapping


# --- --set ---------------------------------------------------------------------------------------------------------

OVERRIDES = {
    "a bare word": ("hotkey.key=f9", "f9"),
    "a TOML text": ("hotkey.key='f9'", "f9"),
    "spaces count": ("output.trailing=  ", "  "),
    "nothing is a text too": ("output.trailing=", ""),
    "a number for a text": ("service.prompt=5", "5"),
    "true for a text": ("service.prompt=true", "true"),
    "an equals sign": ("service.token_command=mint --for=utterkey", "mint --for=utterkey"),
    "a number": ("audio.tail_ms=30", 30),
    "true": ("hotkey.grab=false", False),
    "a list": ("service.languages=['en', 'de']", ["en", "de"]),
    "a number or a word": ("service.linger_seconds=auto", "auto"),
    "a number or a word, the number": ("service.linger_seconds=2.5", 2.5),
    "more than one value is a text": ("output.trailing='x'\ny = 1", "'x'\ny = 1"),
    "a table": ("output.replacements={'a b' = 'c'}", {"a b": "c"}),
    "tables": ("hotkey.extra=[{key = 'f8'}]", [{"key": "f8"}]),
}


@pytest.mark.parametrize(("text", "value"), OVERRIDES.values(), ids=OVERRIDES.keys())
def test_an_override_is_toml_or_a_plain_text(text: str, value: object) -> None:
    section, name, parsed = parse_override(text)
    assert (f"{section}.{name}", parsed) == (text.partition("=")[0], value)


WRONG_OVERRIDES = {
    "no such setting": (
        "hotkey.ky=f9",
        "There is no setting 'hotkey.ky'. Did you mean 'hotkey.key'? `utterkey config` lists all of them.",
    ),
    "no section": ("key=f9", "There is no setting 'key'."),
    "no value": ("hotkey.key", "'hotkey.key' sets nothing; write SECTION.NAME=VALUE, for example hotkey.key=f9."),
    "out of limits": ("audio.tail_ms=-5", "audio.tail_ms must be between 0 and 2000, not -5."),
    "of another type": ("audio.tail_ms=abc", "audio.tail_ms must be a whole number from 0 to 2000, not 'abc'."),
}


@pytest.mark.parametrize(("text", "sentence"), WRONG_OVERRIDES.values(), ids=WRONG_OVERRIDES.keys())
def test_a_wrong_override_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read_overrides([text])
    assert str(refusal.value).startswith(sentence)
    assert refusal.value.exit_code == 2


def test_the_last_override_counts() -> None:
    assert read_overrides(["hotkey.key=f8", "audio.tail_ms=1", "hotkey.key=f9"]) == {
        "hotkey": {"key": "f9"},
        "audio": {"tail_ms": 1},
    }


# --- the lists made from the declaration ---------------------------------------------------------------------------


def test_every_setting_is_explained_in_one_line() -> None:
    for declared in declarations():
        assert declared.help.endswith("."), declared.name
        assert "\n" not in declared.help, declared.name
        assert declared.kind, declared.name


def test_every_default_passes_its_own_check() -> None:
    assert Settings.from_mapping(
        {
            section: {name: tomllib.loads(f"v = {as_toml(value)}")["v"] for name, value in values.items()}
            for section, values in _as_mapping(Settings()).items()
        }
    ) == (Settings(), [])


def test_the_table_has_a_row_for_every_setting() -> None:
    rows = markdown_table().splitlines()
    assert len(rows) == 2 + len(list(declarations()))
    assert all(row.count("|") - row.count("\\|") == 5 for row in rows)
    assert '| `hotkey.mode` | `"hold"` | hold, toggle or auto |' in markdown_table()
    assert "| `audio.tail_ms` | `150` | a whole number from 0 to 2000 |" in markdown_table()


@given(st.text())
def test_any_text_can_be_written_as_toml(text: str) -> None:
    assert tomllib.loads(f"v = {as_toml(text)}") == {"v": text}
