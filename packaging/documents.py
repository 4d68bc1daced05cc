"""Writes the man page and the shell completions from the declarations of the commands and of the settings.

    python packaging/documents.py       after a change of either; the tests compare

What is written lies beside this file: utterkey.1 and completions/.
"""

from __future__ import annotations

import sys
from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "daemon"))

from utterkey.autostart import APP_ID  # noqa: E402 - it is found now
from utterkey.cli import arguments  # noqa: E402
from utterkey.declaration import as_toml  # noqa: E402
from utterkey.settings import declarations  # noqa: E402

Takes = Literal["nothing", "file", "setting", "assignment", "choice", "other"]


@dataclass(frozen=True, slots=True)
class Argument:
    """`flags` is empty for what has its place only; `name` is what stands for its value."""

    flags: tuple[str, ...]
    name: str
    help: str
    takes: Takes
    choices: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """`path` is ("config", "get"), or () for the program itself."""

    path: tuple[str, ...]
    help: str
    arguments: tuple[Argument, ...]
    actions: tuple[Command, ...]

    @property
    def options(self) -> list[Argument]:
        return [argument for argument in self.arguments if argument.flags]

    @property
    def places(self) -> list[Argument]:
        return [argument for argument in self.arguments if not argument.flags]

    def all(self) -> Iterator[Command]:
        yield self
        for action in self.actions:
            yield from action.all()


def main() -> None:
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def documents() -> dict[Path, str]:
    """Everything that is written."""
    program = _read(arguments._parser(), (), "")
    return {
        FOLDER / "utterkey.1": man_page(program),
        FOLDER / "completions" / "utterkey.bash": bash(program),
        FOLDER / "completions" / "_utterkey": zsh(program),
        FOLDER / "completions" / "utterkey.fish": fish(program),
    }


# --- the declaration -----------------------------------------------------------------------------------------------


def _read(parser: ArgumentParser, path: tuple[str, ...], help_text: str) -> Command:
    found: list[Argument] = []
    actions: list[Command] = []
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            actions = [_read(sub, (*path, name), helps[name]) for name, sub in action.choices.items()]
        elif action.help != SUPPRESS:
            found.append(_argument(action))
    return Command(path, help_text, tuple(found), tuple(actions))


def _argument(action: Action) -> Argument:
    choices = tuple(str(choice) for choice in action.choices or ())
    name = "|".join(choices) or str(action.metavar or action.dest.upper())
    help_text = (action.help or "") % {"default": action.default}
    takes: Takes = "nothing"
    if action.nargs != 0:
        kinds: dict[str, Takes] = {"FILE": "file", "SECTION.NAME": "setting", "SECTION.NAME=VALUE": "assignment"}
        takes = "choice" if choices else kinds.get(name, "other")
    return Argument(tuple(action.option_strings), name, help_text, takes, choices, action.nargs == "?")


def _setting_names() -> list[str]:
    return [declared.name for declared in declarations()]


# --- the man page --------------------------------------------------------------------------------------------------


def man_page(program: Command) -> str:
    lines = [
        '.\\" Made by documents.py.',
        ".TH UTTERKEY 1",
        ".SH NAME",
        "utterkey \\- hold a key, speak, let go: what you said is typed where your cursor is",
        ".SH SYNOPSIS",
        ".B utterkey",
        "\\fICOMMAND\\fR [\\fIARGUMENTS\\fR]",
        ".SH DESCRIPTION",
        _roff(_DESCRIPTION),
        ".SH COMMANDS",
    ]
    for command in program.all():
        if command.path:
            lines += _man_command(command)
    lines += [".SH SETTINGS", _roff("The settings file is TOML; `utterkey config path` says where it is.")]
    for declared in declarations():
        default = _roff(f"{declared.help} {declared.kind[0].upper()}{declared.kind[1:]}; default: ")
        lines += [".TP", f".B {_roff(declared.name)}", f"{default}{_roff(as_toml(declared.default))}"]
    for title, rows in _MAN_TABLES.items():
        lines.append(f".SH {title}")
        for name, text in rows:
            lines += [".TP", f".B {_roff(name)}", _roff(text)]
    return "\n".join(lines) + "\n"


def _man_command(command: Command) -> list[str]:
    head = [f"\\fB{_roff('utterkey ' + ' '.join(command.path))}\\fR", *(_man_use(a) for a in command.arguments)]
    lines = [".TP", " ".join(part for part in head if part), _roff(_sentence(command.help))]
    for argument in command.arguments:
        if argument.help and argument.flags != ("-h", "--help"):
            lines += [".RS", ".TP", _man_name(argument), _roff(_sentence(argument.help)), ".RE"]
    return lines


def _man_use(argument: Argument) -> str:
    if argument.flags == ("-h", "--help"):
        return ""
    return f"[{_man_name(argument)}]" if argument.flags or argument.optional else _man_name(argument)


def _man_name(argument: Argument) -> str:
    value = "" if argument.takes == "nothing" else f"\\fI{_roff(argument.name)}\\fR"
    if not argument.flags:
        return value
    return f"\\fB{_roff(argument.flags[-1])}\\fR {value}".strip()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


_DESCRIPTION = (
    "While a key is held, what you say is recorded and sent to a transcription service (AssemblyAI with an API key, "
    "else an engine on this machine); when it is let go, the text is put into the focused window. "
    "Each command has its own --help."
)

_MAN_TABLES = {
    "ENVIRONMENT": [
        ("ASSEMBLYAI_API_KEY", "The API key; it counts before the keyring and the file."),
        ("SSL_CERT_FILE", "Certificates to trust instead of the system's."),
        ("https_proxy, no_proxy", "The proxy to the service, and what is reached without it."),
    ],
    "FILES": [
        ("~/.config/utterkey/settings.toml", "The settings."),
        ("~/.config/utterkey/api_key", "The API key, where there is no keyring."),
        ("~/.local/state/utterkey", "The journal, the audio of what is not delivered yet, and the log."),
        ("$XDG_RUNTIME_DIR/utterkey/control", "The daemon's socket, which takes the names of commands."),
        (f"~/.config/autostart/{APP_ID}.desktop", "What `utterkey autostart on` writes."),
    ],
    "EXIT STATUS": [
        ("0", "Done."),
        ("1", "Failed; the reason is on stderr."),
        ("2", "Wrong arguments."),
        ("3", "The daemon is not running."),
    ],
}


# --- completions ---------------------------------------------------------------------------------------------------


def bash(program: Command) -> str:
    cases, values = [], []
    for command in program.all():
        words = [action.path[-1] for action in command.actions]
        words += [word for place in command.places for word in place.choices]
        words += [flag for option in command.options for flag in option.flags if flag.startswith("--")]
        kinds = {place.takes for place in command.places}
        files = " files=1" if "file" in kinds else ""
        settings = " $settings" if "setting" in kinds else ""
        cases.append(f'        "{" ".join(command.path)}") words="{" ".join(words)}{settings}"{files} ;;')
    takers = {option.flags[-1]: option for command in program.all() for option in command.options}
    for flag, option in takers.items():
        if option.takes == "file":
            values.append(f'        {flag}) COMPREPLY=($(compgen -f -- "$word")); return ;;')
        elif option.takes == "assignment":
            values.append(
                f'        {flag}) compopt -o nospace; COMPREPLY=($(compgen -S = -W "$settings" -- "$word")); return ;;'
            )
        elif option.takes != "nothing":
            values.append(f"        {flag}) return ;;")
    parents = " ".join(sorted({" ".join(c.path) for c in program.all() if c.actions and c.path}))
    with_value = "|".join(flag for flag, option in takers.items() if option.takes != "nothing")
    return f"""\
# Made by documents.py. Completion of utterkey for bash.
_utterkey() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command="" words="" files="" i
    local settings="{" ".join(_setting_names())}"
    COMPREPLY=()
    case "$before" in
{chr(10).join(values)}
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${{COMP_WORDS[i]}}" in
            {with_value}) ((i++)) ;;
            -*) ;;
            *) if [[ -z "$command" ]]; then command=${{COMP_WORDS[i]}}
               elif [[ " {parents} " == *" $command "* ]]; then command+=" ${{COMP_WORDS[i]}}"; fi ;;
        esac
    done
    case "$command" in
{chr(10).join(cases)}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    [[ -n "$files" ]] && COMPREPLY+=($(compgen -f -- "$word"))
}}
complete -F _utterkey utterkey
"""


def zsh(program: Command) -> str:
    lines = ["#compdef utterkey", "# Made by documents.py. Completion of utterkey for zsh.", ""]
    lines += [f'_utterkey_settings() {{ compadd "$@" {" ".join(_setting_names())} }}']
    lines += [f'_utterkey_assignments() {{ compadd -S = "$@" {" ".join(_setting_names())} }}', ""]
    for command in reversed(list(program.all())):
        lines += _zsh_function(command)
    return "\n".join([*lines, '_utterkey "$@"', ""])


def _zsh_function(command: Command) -> list[str]:
    name = "_".join(("_utterkey", *command.path)).replace("-", "_")
    specs = [_zsh_spec(argument) for argument in command.arguments]
    if not command.actions:
        return [f"{name}() {{", *_zsh_arguments(specs), "}", ""]
    described = [f"{action.path[-1]}:{action.help}" for action in command.actions]
    lines = [f"{name}() {{", "    local context state state_descr line", "    typeset -A opt_args"]
    lines += _zsh_arguments([*specs, "'1:command:->command'", "'*::argument:->argument'"])
    lines += ["    case $state in", "        command)", "            local -a commands=("]
    lines += [f"                {_shell(text)}" for text in described]
    lines += ["            )", "            _describe command commands ;;", "        argument)"]
    lines += [f"            (( $+functions[{name}_${{line[1]//-/_}}] )) && {name}_${{line[1]//-/_}} ;;"]
    return [*lines, "    esac", "}", ""]


def _zsh_arguments(specs: list[str]) -> list[str]:
    return ["    _arguments -C \\", *(f"        {spec} \\" for spec in specs[:-1]), f"        {specs[-1]}"]


def _zsh_spec(argument: Argument) -> str:
    actions = {
        "file": "_files", "setting": "_utterkey_settings", "assignment": "_utterkey_assignments",
        "choice": f"({' '.join(argument.choices)})", "other": " ", "nothing": "",
    }  # fmt: skip
    description = argument.help.replace("[", "(").replace("]", ")").replace(":", "\\:")
    value = "" if argument.takes == "nothing" else f":{argument.name}:{actions[argument.takes]}"
    if not argument.flags:
        return _shell(f"{':' if argument.optional else ''}{value}")
    star = "*" if argument.takes == "assignment" else ""
    return _shell(f"{star}{argument.flags[-1]}[{description}]{value}")


def fish(program: Command) -> str:
    lines = ["# Made by documents.py. Completion of utterkey for fish.", "complete -c utterkey -f"]
    for command in program.all():
        for action in command.actions:
            lines.append(f"{_fish_when(command)} -a {action.path[-1]} -d {_shell(action.help)}")
        for argument in command.arguments:
            lines.append(f"{_fish_when(command)} {_fish_argument(argument)}".rstrip())
    return "\n".join(lines) + "\n"


def _fish_when(command: Command) -> str:
    if not command.path:
        return "complete -c utterkey -n __fish_use_subcommand"
    seen = "; and ".join(f"__fish_seen_subcommand_from {name}" for name in command.path)
    others = " ".join(action.path[-1] for action in command.actions)
    condition = f"{seen}; and not __fish_seen_subcommand_from {others}" if others else seen
    return f"complete -c utterkey -n {_shell(condition)}"


def _fish_argument(argument: Argument) -> str:
    parts = [f"-l {argument.flags[-1].removeprefix('--')}"] if argument.flags else []
    parts += {
        "file": ["-rF" if argument.flags else "-F"],
        "setting": ["-x"] * bool(argument.flags) + ["-a", _shell(" ".join(_setting_names()))],
        "assignment": ["-x", "-a", _shell(" ".join(f"{name}=" for name in _setting_names()))],
        "choice": ["-x"] * bool(argument.flags) + ["-a", _shell(" ".join(argument.choices))],
        "other": ["-x"] if argument.flags else [],
        "nothing": [],
    }[argument.takes]
    return " ".join([*parts, *(["-d", _shell(argument.help)] if argument.help else [])])


def _shell(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


if __name__ == "__main__":
    main()
