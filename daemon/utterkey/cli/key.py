"""`key`: keep the API key where it belongs, try what it is worth, forget it. It is never shown."""

import os
import sys
from argparse import Namespace
from contextlib import suppress
from dataclasses import replace
from getpass import getpass

from utterkey import credentials
from utterkey.cli import service
from utterkey.cli.terminal import remark, say
from utterkey.control import client
from utterkey.doctor.service import try_key
from utterkey.errors import GET_A_KEY, CredentialsError, DaemonNotRunning, SessionLost
from utterkey.settings import ServiceSettings


def key(options: Namespace) -> int:
    match options.action:
        case "set":
            return _set(_cloud(options))
        case "test":
            return _test(_cloud(options))
        case "clear":
            return _clear()
        case _:
            return _show()


def _cloud(options: Namespace) -> ServiceSettings:
    """The settings of the service. The offline engine takes any key, so the usual service is meant instead of it."""
    settings = service.load(options.config, options.overrides).service
    return replace(settings, endpoint="auto") if settings.endpoint == "offline" else settings


def _show() -> int:
    found = credentials.find()
    say(f"The API key is in {found.source}." if found else f"There is no API key; {GET_A_KEY}.")
    return 0


def _set(settings: ServiceSettings) -> int:
    given = credentials.as_key(_typed() if sys.stdin.isatty() else sys.stdin.readline())
    try:
        say(f"{try_key(settings, given)} takes the key.")
    except SessionLost as error:  # no network is no reason to refuse it
        remark(f"utterkey: The key could not be tried ({error}) It is kept all the same.")
    say(f"The key is in {credentials.store(given)}.")
    _tell_daemon()
    if os.environ.get(credentials.VARIABLE):
        remark(f"utterkey: {credentials.VARIABLE} is set too, and counts before it.")
    return 0


def _tell_daemon() -> None:
    """One that runs uses the new key from its next session on."""
    with suppress(DaemonNotRunning):
        client.ask({"do": "reload"})


def _typed() -> str:
    try:
        return getpass("AssemblyAI API key: ")  # without echo
    except EOFError:
        return ""


def _test(settings: ServiceSettings) -> int:
    found = credentials.find()
    if not found:
        raise CredentialsError(f"There is no API key; {GET_A_KEY}.")
    say(f"{try_key(settings, found.key)} takes the key from {found.source}.")
    return 0


def _clear() -> int:
    places = credentials.clear()
    say(f"The key is removed from {' and '.join(places)}." if places else "There was no key to remove.")
    _tell_daemon()
    if os.environ.get(credentials.VARIABLE):
        remark(f"utterkey: {credentials.VARIABLE} is still set in your environment; only you can remove it there.")
    return 0
