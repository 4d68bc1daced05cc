"""Which commands there are, what they take, and which function carries each out.

Functions are named, not imported: a command loads only what it needs.
"""

import os
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

import utterkey
from utterkey.cli.terminal import accept_every_character, remark
from utterkey.errors import UtterkeyError

_DESCRIPTION = "Hold a key, speak, let go: what you said is typed where your cursor is."

_EPILOG = """\
first steps:
  utterkey key set             keep your AssemblyAI API key (without one, the offline engine is used)
  utterkey run                 start the daemon; then hold right Ctrl, speak, let go
  utterkey config              every setting, its value and where it comes from

on a desktop where no program may watch keys (Wayland), bind these in the compositor, without key repeat:
  utterkey press               when the key goes down
  utterkey release             when it comes up

exit codes: 0 done, 1 failed (the reason is on stderr), 2 wrong arguments, 3 the daemon is not running
"""

_CONTROL = {
    "press": "begin to record, as if the hotkey went down",
    "release": "end the recording, as if the hotkey came up",
    "toggle": "press if nothing is being recorded, else release",
    "cancel": "throw away what is being recorded",
    "pause": "stop listening for the hotkey",
    "resume": "listen for the hotkey again",
    "quit": "end the daemon",
}


_CLEARING = {"forget": "forget all transcripts", "discard": "throw away all that was kept to be sent again"}


def execute(arguments: list[str]) -> int:
    """Carry out one command. Returns the exit code."""
    accept_every_character()
    options = _parser().parse_args(arguments)
    module, _, function = cast(str, options.function).partition(":")
    command: Callable[[Namespace], int] = getattr(import_module(f"utterkey.cli.{module}"), function)
    try:
        return command(options)
    except UtterkeyError as error:
        remark(f"utterkey: {error}")
        return error.exit_code
    except BrokenPipeError:  # who read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter complains at its end
        return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="utterkey", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"utterkey {utterkey.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, function: str, help_text: str, *shared: ArgumentParser) -> ArgumentParser:
        sentence = help_text[0].upper() + help_text[1:] + "."
        new = commands.add_parser(name, help=help_text, description=sentence, parents=shared)
        new.set_defaults(function=function)
        return new

    file, values = _file_option(), _value_option()
    run = command("run", "daemon:run", "start the daemon", file, values)
    run.add_argument("--no-tray", dest="tray", action="store_false", help="show no icon in the tray")
    for name, help_text in _CONTROL.items():
        control = command(name, "daemon:control", help_text)
        control.set_defaults(command=name)
        if name in ("press", "toggle"):
            control.add_argument(
                "key", nargs="?", metavar="KEY", help="as which entry of hotkey.extra (default: hotkey.key)"
            )
    _daemon_commands(command)
    _journal_commands(command)
    command("listen", "listen:listen", "transcribe the microphone in the terminal until Ctrl+C", file, values)
    transcribe = command("transcribe", "transcribe:transcribe", "transcribe a WAV file", file, values)
    transcribe.add_argument(
        "file", type=Path, metavar="FILE", help="whole numbers or floats, with any number of channels"
    )
    devices = command("devices", "devices:devices", "list the microphones; * marks the one in use", file, values)
    devices.add_argument("--json", action="store_true", help="as JSON")
    _config_commands(command, file)
    key = command("key", "key:key", "keep, try or forget the API key", file, values)
    key.add_argument("action", nargs="?", choices=["set", "test", "clear"], help="without: say where the key is")
    doctor = command("doctor", "doctor:doctor", "say what works on this machine and what does not", file, values)
    doctor.add_argument("--json", action="store_true", help="as JSON")
    command("selftest", "selftest:selftest", "try a whole dictation into a window of its own")
    login = command("autostart", "autostart:autostart", "start the daemon at login, or not")
    login.add_argument("switch", nargs="?", choices=["on", "off"], help="without: say which it is")
    server = command("offline-server", "offline:serve", "serve the offline engine to programs on this machine")
    server.add_argument("--port", type=_port, default=8765, help="where on 127.0.0.1 (default: %(default)s)")
    return parser


Command = Callable[..., ArgumentParser]


def _daemon_commands(command: Command) -> None:
    status = command("status", "daemon:status", "show what the daemon is doing")
    status.add_argument("--json", action="store_true", help="as JSON")
    status.add_argument("--follow", action="store_true", help="and again whenever it changes, until Ctrl+C")
    retry = command("retry", "daemon:retry", "transcribe again what was not delivered, onto the clipboard")
    retry.add_argument("id", type=int, nargs="?", metavar="ID", help="as in history (default: the latest)")
    retry.add_argument("--insert", action="store_true", help="into the focused window instead")


def _journal_commands(command: Command) -> None:
    last = command("last", "journal:last", "print the last transcript")
    way = last.add_mutually_exclusive_group()
    way.add_argument("--copy", action="store_true", help="put it on the clipboard instead")
    way.add_argument("--insert", action="store_true", help="insert it again, into the focused window")
    history = command("history", "journal:history", "list what was said, the newest first")
    what = history.add_mutually_exclusive_group()
    what.add_argument("--json", action="store_true", help="as JSON")
    for flag, help_text in _CLEARING.items():
        what.add_argument(f"--{flag}", dest="clear", action="store_const", const=flag, help=help_text)
    stats = command("stats", "stats:stats", "say how fast it was, how much was dictated and what it cost")
    stats.add_argument("--json", action="store_true", help="as JSON")


def _config_commands(command: Command, file: ArgumentParser) -> None:
    config = command("config", "config:show", "show every setting, its value and where it comes from", file)
    actions = config.add_subparsers(metavar="ACTION")
    # Argparse would let the absence of --config here undo one that was given before the action.
    last = _file_option(default=SUPPRESS)
    path = actions.add_parser("path", help="print where the settings file is", parents=[last])
    path.set_defaults(function="config:path")
    get = actions.add_parser("get", help="print one value", parents=[last])
    get.add_argument("name", metavar="SECTION.NAME")
    get.set_defaults(function="config:get")
    write = actions.add_parser("set", help="write one value into the settings file", parents=[last])
    write.add_argument("name", metavar="SECTION.NAME")
    write.add_argument("value", metavar="VALUE", nargs="?", help="TOML, or a plain text")
    write.add_argument("--press", action="store_true", help="choose hotkey.key by pressing it, instead of a VALUE")
    write.set_defaults(function="config:write")
    edit = actions.add_parser("edit", help="open the settings file in $VISUAL or $EDITOR", parents=[last])
    edit.set_defaults(function="config:edit")


def _file_option(default: str | None = None) -> ArgumentParser:
    shared = ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, metavar="FILE", default=default, help="the settings file to use")
    return shared


def _value_option() -> ArgumentParser:
    shared = ArgumentParser(add_help=False)
    shared.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="SECTION.NAME=VALUE",
        help="use another value for a setting, this time only; may be given again",
    )  # fmt: skip
    return shared


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError
    return port


_port.__name__ = "port number"  # argparse says: invalid port number value
