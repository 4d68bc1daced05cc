"""Every setting, declared once: name, type, default, limits, help. Pure.

The check of the settings file, `--set`, `utterkey config`, the README's table and the tray's menu come from here.
How a declaration is read is declaration.py.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from utterkey.declaration import Pairs, Problem, as_toml, did_you_mean, kind, read_table, setting, takes_only_text
from utterkey.errors import UsageError

_KEY = "right_option" if sys.platform == "darwin" else "right_ctrl"  # noqa: TID251 - a Mac's keyboard has no right Ctrl


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraHotkey:
    """One `[[hotkey.extra]]` entry; what is not given is as for the main key."""

    key: str = setting("", "The key or mouse button: f8, mouse8, ctrl+alt+space.")
    mode: Literal["", "hold", "toggle", "auto"] = setting("", "As hotkey.mode; empty: the same.")
    output: Literal["", "insert", "clipboard"] = setting("", "As output.mode; empty: the same.")
    languages: tuple[str, ...] = setting((), "As service.languages; empty: the same.", most=10)
    prompt: str = setting("", "As service.prompt; empty: the same.", longest=1750)


@dataclass(frozen=True, slots=True, kw_only=True)
class HotkeySettings:
    key: str = setting(_KEY, "The key to hold while speaking: right_ctrl, f9, pause, ctrl+alt+space, mouse8.")
    mode: Literal["hold", "toggle", "auto"] = setting(
        "hold",
        "hold: speak while it is down. toggle: press to start, press to stop. auto: a tap toggles, a hold talks.",
    )
    cancel: str = setting("esc", "The key that throws away what is being recorded; empty for none.")
    insert_last: str = setting("", "A key that inserts the last transcript again: ctrl+alt+v; empty for none.")
    grab: bool = setting(True, "Keep the hotkey's press from reaching the focused window.")
    evdev: bool = setting(
        False, "On Wayland, read the keyboards themselves; needs a right with which any program can read what is typed."
    )
    min_hold_ms: int = setting(200, "A shorter press is a slip of the finger and does nothing.", low=0, high=2000)
    extra: tuple[ExtraHotkey, ...] = setting((), "Further keys with a mode, output, languages or prompt of their own.")


MODELS = (
    "universal-3-6-pro", "universal-3-5-pro", "universal-streaming-multilingual", "universal-streaming-english",
)  # fmt: skip
"""The service's speech models for streaming; it may have others."""

HISTORY_KEEP = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    endpoint: str = setting("auto", "auto, global, us, eu, offline, or a ws:// or wss:// address.")
    model: str = setting(MODELS[0], "The service's speech model.")
    languages: tuple[str, ...] = setting(
        (), "Languages to expect, as ISO codes, at most 10; empty: the model decides.", most=10
    )
    keyterms: tuple[str, ...] = setting(
        (), "Rare words and names to listen for, at most 100 of up to 50 characters.", most=100, longest=50
    )
    prompt: str = setting("", "What the dictation is about, in a sentence or two.", longest=1750)
    token_command: str = setting("", "A program that prints a temporary token, used instead of an API key.")
    linger_seconds: Literal["auto"] | float = setting(
        "auto", "How long a session stays open for the next press: auto, or seconds.", low=0, high=600
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSettings:
    device: str = setting("default", "The microphone's name, or default.")
    tail_ms: int = setting(150, "How long the microphone stays open after the key is let go.", low=0, high=2000)
    warm_seconds: int = setting(
        0, "Keep the microphone open this long after an utterance, for the next one.", low=0, high=3600
    )
    cues: bool = setting(True, "A short, soft sound when the microphone listens, and another when it no longer does.")
    pause_media: bool = setting(False, "Pause music and films (MPRIS players) while you speak.")
    max_seconds: int = setting(600, "The longest utterance; it is delivered when the time is over.", low=5, high=10800)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    mode: Literal["insert", "clipboard"] = setting("insert", "Into the focused window, or onto the clipboard.")
    method: Literal["auto", "paste", "type"] = setting("auto", "How text gets into a window.")
    trailing: str = setting(
        " ", "What is added after each text. A terminal gets the line's end that runs a command only from here."
    )
    sentence: Literal["auto", "keep"] = setting(
        "auto", "auto: join with what was inserted just before; keep: as the service wrote it."
    )
    restore_clipboard: bool = setting(True, "Put back what was on the clipboard after an insertion.")
    follow_focus: bool = setting(False, "Insert into whichever window has the focus when the text is ready.")
    as_you_speak: bool = setting(
        False, "Insert each turn as it ends, at a pause, while the key is held; not with a modifier as the key."
    )
    spoken_commands: bool = setting(
        False, 'Obey "new line", "new paragraph", "tab" and "scratch that" instead of writing them.'
    )
    replacements: Pairs = setting(  # noqa: RUF009 - as immutable as the tuples above
        Pairs(), 'What to write for words that are said: {"my address"="1 Main Street"}.', most=1000
    )
    chords: Pairs = setting(  # noqa: RUF009
        Pairs(),
        'The keys that paste, by window class or app id, where the usual ones do not: {"Emacs"="ctrl+y"}; "*" is for '
        "desktops that do not tell which window it is.",
        most=100,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlaySettings:
    show: bool = setting(True, "Show the words while you speak, in a small window that takes no keys and no clicks.")
    position: Literal["bottom", "top"] = setting("bottom", "Where on the monitor of the focused window.")
    theme: Literal["auto", "light", "dark"] = setting("auto", "auto: as the desktop says, or dark.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    keep: int = setting(HISTORY_KEEP, "How many transcripts to keep; 0 keeps none.", low=0, high=100000)
    audio_mb: int = setting(
        500, "How much audio of undelivered utterances to keep, in MB; the oldest goes first.", low=10, high=100000
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    hotkey: HotkeySettings = field(default_factory=HotkeySettings)
    service: ServiceSettings = field(default_factory=ServiceSettings)
    audio: AudioSettings = field(default_factory=AudioSettings)
    output: OutputSettings = field(default_factory=OutputSettings)
    overlay: OverlaySettings = field(default_factory=OverlaySettings)
    history: HistorySettings = field(default_factory=HistorySettings)

    @classmethod
    def from_mapping(
        cls, mapping: Mapping[str, object], defaults: "Settings | None" = None
    ) -> "tuple[Settings, list[Problem]]":
        """Read what a TOML file holds. What is missing or bad is as in `defaults`."""
        defaults = defaults or cls()
        problems: list[Problem] = []
        sections: dict[str, Any] = {}
        known = [section.name for section in fields(cls)]
        for name, table in mapping.items():
            if name not in known:
                problems.append(Problem(name, _no_section(name, table, known)))
            elif not isinstance(table, Mapping):
                problems.append(Problem(name, f"'{name}' is a section: write [{name}] and its settings below."))
            else:
                sections[name] = read_table(getattr(defaults, name), table, f"{name}.", problems)
        return _without_contradictions(replace(defaults, **sections), defaults, problems), problems


@dataclass(frozen=True, slots=True)
class Declaration:
    """One setting, for whoever lists or shows it. `kind` says in words what it may be."""

    name: str
    kind: str
    default: object
    help: str


def declarations(defaults: Settings | None = None) -> Iterator[Declaration]:
    """All settings as `section.name`, in the order of their declaration."""
    defaults = defaults or Settings()
    for section in fields(defaults):
        table = getattr(defaults, section.name)
        for entry in fields(table):
            name = f"{section.name}.{entry.name}"
            yield Declaration(name, kind(entry), getattr(table, entry.name), entry.metadata["help"])


def as_plain(settings: Settings) -> dict[str, object]:
    """All of them as `section.name`, in what JSON can hold and `Settings.from_mapping` reads."""
    return {
        f"{section}.{name}": dict(value) if isinstance(value, Pairs) else value
        for section, table in asdict(settings).items()
        for name, value in table.items()
    }


def value_of(settings: Settings, full_name: str) -> object:
    """The value of `section.name`; a name that is not declared is a usage error."""
    section, name = _declared(full_name)
    return cast(object, getattr(getattr(settings, section), name))


def parse_override(text: str) -> tuple[str, str, object]:
    """Read `SECTION.NAME=VALUE`. The value is TOML; what is not, and anything for a text, is taken as it is."""
    full_name, equals, raw = text.partition("=")
    if not equals:
        raise UsageError(f"'{text}' sets nothing; write SECTION.NAME=VALUE, for example hotkey.key=f9.")
    section, name = _declared(full_name.strip())
    try:
        document = tomllib.loads(f"value = {raw}")
    except tomllib.TOMLDecodeError:
        document = {}
    value = document["value"] if document.keys() == {"value"} else raw
    (entry,) = (entry for entry in fields(getattr(Settings(), section)) if entry.name == name)
    return section, name, value if isinstance(value, str) or not takes_only_text(entry) else raw


def read_overrides(overrides: Sequence[str], defaults: Settings | None = None) -> dict[str, dict[str, object]]:
    """What `--set` asks for, as a mapping like the file's. Unlike the file it must be right: it was just typed.

    Whether it fits the other settings is not known here.
    """
    defaults = defaults or Settings()
    mapping: dict[str, dict[str, object]] = {}
    for text in overrides:
        section, name, value = parse_override(text)
        mapping.setdefault(section, {})[name] = value
    problems: list[Problem] = []
    for section, table in mapping.items():
        read_table(getattr(defaults, section), table, f"{section}.", problems)
    if problems:
        raise UsageError(problems[0].sentence)
    return mapping


def markdown_table() -> str:
    """The README's table of all settings."""
    rows = ["| setting | default | values | |", "|---|---|---|---|"]
    for declared in declarations():
        cells = (f"`{declared.name}`", f"`{as_toml(declared.default)}`", declared.kind, declared.help)
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows) + "\n"


def _declared(full_name: str) -> tuple[str, str]:
    if full_name not in _names():
        near = did_you_mean(full_name, _names())
        raise UsageError(f"There is no setting '{full_name}'.{near} `utterkey config` lists all of them.")
    section, _, name = full_name.partition(".")
    return section, name


@cache
def _names() -> tuple[str, ...]:
    return tuple(declared.name for declared in declarations())


def _no_section(name: str, table: object, known: list[str]) -> str:
    if isinstance(table, Mapping):
        return f"There is no section [{name}].{did_you_mean(name, known, '[{}]')}"
    homes = [d.name for d in declarations() if d.name.endswith(f".{name}")]
    hint = f" Did you mean '{homes[0]}'?" if homes else ""
    return f"'{name}' stands outside of any section.{hint}"


# --- what no single value shows ------------------------------------------------------------------------------------


def _without_contradictions(settings: Settings, defaults: Settings, problems: list[Problem]) -> Settings:
    """Take back what is well-formed but cannot be meant."""
    hotkey, service = settings.hotkey, settings.service
    if not hotkey.key.strip():
        problems.append(Problem("hotkey.key", "hotkey.key must name a key, for example f9."))
        hotkey = replace(hotkey, key=defaults.hotkey.key)
    if hotkey.cancel == hotkey.key:
        problems.append(
            Problem("hotkey.cancel", f"hotkey.cancel must be another key than hotkey.key ('{hotkey.key}').")
        )
        hotkey = replace(hotkey, cancel=defaults.hotkey.cancel if hotkey.key != defaults.hotkey.cancel else "")
    for name, other in (("hotkey.key", hotkey.key), ("hotkey.cancel", hotkey.cancel)):
        if hotkey.insert_last and hotkey.insert_last == other:
            sentence = f"hotkey.insert_last is '{other}', which {name} has already: choose another key."
            problems.append(Problem("hotkey.insert_last", sentence))
            hotkey = replace(hotkey, insert_last="")
    hotkey = replace(hotkey, extra=tuple(_usable_extras(hotkey, problems)))
    if not _is_endpoint(service.endpoint):
        choices = "auto, global, us, eu, offline, or a ws:// or wss:// address"
        sentence = f"service.endpoint must be {choices}, not '{service.endpoint}'."
        problems.append(Problem("service.endpoint", sentence))
        service = replace(service, endpoint=defaults.service.endpoint)
    output = settings.output
    if output.as_you_speak and hotkey.mode != "toggle" and _holds_a_modifier(hotkey.key):
        sentence = (
            f"output.as_you_speak cannot insert while '{hotkey.key}' is held, for with a modifier down text becomes "
            'shortcuts: choose a hotkey.key such as f9, or hotkey.mode = "toggle".'
        )
        problems.append(Problem("output.as_you_speak", sentence))
        output = replace(output, as_you_speak=defaults.output.as_you_speak)
    return replace(settings, hotkey=hotkey, service=service, output=output)


def _holds_a_modifier(key: str) -> bool:
    """Whether this hotkey is a modifier, or a key pressed together with one. Their names are hotkey/keys.py's business;
    here it is enough that only combinations have a plus, and that no other key has one of these in its name."""
    return "+" in key or bool(_MODIFIERS.intersection(re.split(r"[\W_]+", key.lower())))


_MODIFIERS = {"ctrl", "control", "alt", "altgr", "option", "shift", "super", "win", "windows", "meta", "cmd", "command"}


def _usable_extras(hotkey: HotkeySettings, problems: list[Problem]) -> Iterator[ExtraHotkey]:
    taken = {hotkey.insert_last: "hotkey.insert_last", hotkey.key: "hotkey.key", hotkey.cancel: "hotkey.cancel"}
    for number, extra in enumerate(hotkey.extra, 1):
        name = f"hotkey.extra[{number}].key"
        if not extra.key.strip():
            problems.append(Problem(name, f"{name} is missing: every [[hotkey.extra]] needs a key, for example f8."))
        elif extra.key in taken:
            problems.append(Problem(name, f"{name} is '{extra.key}', which {taken[extra.key]} has already."))
        else:
            taken[extra.key] = name
            yield extra


def _is_endpoint(text: str) -> bool:
    if text in ("auto", "global", "us", "eu", "offline"):
        return True
    try:
        address = urlsplit(text)
        return address.scheme in ("ws", "wss") and bool(address.hostname) and (address.port is None or address.port > 0)
    except ValueError:  # a port that is no number, a broken IPv6 address
        return False
