"""The command line. Exit codes: 0 done, 1 failed with a sentence on stderr, 2 wrong arguments, 3 no daemon running.

This file imports next to nothing: `utterkey press` may be what a desktop runs at every press of a key, and then each
millisecond is one in which nobody listens yet. Everything else is in arguments.py and one file per concern.
"""

import sys

from utterkey.control import client


def main() -> int:
    """The program. Returns its exit code."""
    arguments = sys.argv[1:]
    try:
        if len(arguments) == 1 and arguments[0] in client.COMMANDS:
            return client.send(arguments[0])
        if len(arguments) == 2 and arguments[0] in ("press", "toggle") and not arguments[1].startswith("-"):
            return client.send(*arguments)
        from utterkey.cli.arguments import execute

        return execute(arguments)
    except KeyboardInterrupt:
        return 130  # as a shell counts a program ended by Ctrl+C
