"""`run`, and what is asked of a running daemon."""

import json
from argparse import Namespace
from contextlib import ExitStack, closing

from utterkey.cli.terminal import remark, say, say_json
from utterkey.control import client


def run(options: Namespace) -> int:
    from utterkey import config_file, credentials

    configuration = config_file.load(options.config, options.overrides)
    with ExitStack() as stack:
        search = credentials.search_for(configuration.settings.service)
        if search is not None:
            stack.enter_context(closing(search))
        from utterkey.app import run as be_the_daemon  # that takes about as long as the search

        return be_the_daemon(configuration, options.overrides, options.tray, search)


def control(options: Namespace) -> int:
    return client.send(options.command, getattr(options, "key", None) or "")


def status(options: Namespace) -> int:
    for reply in client.follow() if options.follow else [client.ask({"do": "status"})]:
        if not options.json:
            told = ((name, value) for name, value in reply.items() if name != "settings")  # `config` tells those
            say("\n".join(f"{name + ':':<12} {_shown(value)}" for name, value in told))
        elif options.follow:
            say(json.dumps(reply, ensure_ascii=False))  # one line each, for whoever reads along
        else:
            say_json(reply)
        if options.follow and not options.json:
            say()
    return 0


def retry(options: Namespace) -> int:
    request: dict[str, object] = {"do": "retry", "insert": options.insert}
    if options.id is not None:
        request["id"] = options.id
    client.ask(request)
    remark("The text will be in the focused window." if options.insert else "The text will be on the clipboard.")
    return 0


def _shown(value: object) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
        case list():
            return ", ".join(map(_shown, value)) or "none"
        case _:
            return str(value)
