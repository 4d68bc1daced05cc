"""`autostart`: start the daemon at login, or not, or say which."""

from argparse import Namespace

from utterkey import autostart as login
from utterkey.cli.terminal import say
from utterkey.errors import MechanismError


def autostart(options: Namespace) -> int:
    state = login.read() if options.switch is None else login.switch(options.switch == "on")
    if state.problem:
        raise MechanismError(state.problem)
    say(f"on ({state.path})" if state.on else "off")
    return 0
