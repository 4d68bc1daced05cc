"""Looks at everything, once. Runs on the command's only thread and takes a few seconds, most of them listening."""

import platform
import shutil
import sys
from contextlib import closing, suppress
from dataclasses import fields
from importlib import metadata
from pathlib import Path
from typing import cast

from utterkey import __version__, autostart, config_file, offline, paths
from utterkey.control import client
from utterkey.doctor import desktop, service, sound
from utterkey.doctor.facts import Daemon, Facts, Login, Mechanism, Storage
from utterkey.errors import DaemonError, DaemonNotRunning, MechanismError, UtterkeyError
from utterkey.history import History

LIBRARIES = (
    "websocket-client", "sounddevice", "pynput", "pystray", "pillow", "pyperclip", "platformdirs", "tomlkit", "keyring",
    "python-xlib", "jeepney", "truststore", "pocketsphinx", "websockets",
)  # fmt: skip


def collect(config: Path | None, overrides: list[str]) -> Facts:
    """With the settings of that file, as `utterkey run` would have them."""
    loaded = config_file.load(config, overrides)
    settings = loaded.settings
    daemon, daemon_problem = _daemon()
    tray, notifications, media = desktop.on_the_bus()
    key, endpoint = service.look(settings.service)
    return Facts(
        versions=_versions(),
        settings_file=str(loaded.path),
        settings_problems=tuple(str(problem) for problem in loaded.problems),
        daemon=daemon,
        daemon_problem=daemon_problem,
        display=desktop.display(),
        hotkey_name=settings.hotkey.key,
        hotkey=Mechanism() if daemon else desktop.try_hotkey(settings.hotkey),
        bindings=desktop.bindings(settings.hotkey),
        microphone=sound.listen(settings.audio.device),
        cues=sound.cues(settings.audio),
        media=media if settings.audio.pause_media else None,
        key=key,
        offline_problem=offline.missing() or "",
        endpoint=endpoint,
        insertion=Mechanism() if daemon else desktop.try_insertion(settings.output),
        tray=tray,
        overlay=Mechanism() if daemon else desktop.try_overlay(settings.overlay),
        clipboard_tools=desktop.clipboard_tools(),
        clipboard_manager=desktop.has_clipboard_manager(),
        notifications=notifications,
        login=_login(),
        storage=_storage(),
    )


def _daemon() -> tuple[Daemon | None, str]:
    try:
        status = client.ask({"do": "status"})
    except DaemonNotRunning:
        return None, ""
    except DaemonError as error:
        return None, str(error)
    said = {field.name: str(status.get(field.name, "")) for field in fields(Daemon) if field.name != "hotkey_refused"}
    refused = cast("list[str]", status.get("hotkey_refused", []))
    return Daemon(**said, hotkey_refused=tuple(refused)), ""


def _login() -> Login | None:
    try:
        state = autostart.read()
    except MechanismError:
        return None
    return Login(on=state.on, path=state.path, problem=state.problem)


def _storage() -> Storage:
    try:
        folder = paths.state_folder()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        where = error.filename or "the state folder"
        return Storage(folder=str(where), problem=f"{where} cannot be used ({error.strerror}); check its owner.")
    try:
        with closing(History.open(paths.journal_file(), readonly=True)) as history:
            count, retriable = len(history.entries()), len(history.retriable())
    except UtterkeyError as error:
        return Storage(folder=str(folder), problem=str(error))
    return Storage(folder=str(folder), utterances=count, retriable=retriable, free_bytes=free)


def _versions() -> tuple[tuple[str, str], ...]:
    system = platform.platform()
    with suppress(OSError):  # not a free desktop's system
        system = f"{platform.freedesktop_os_release()['PRETTY_NAME']} ({platform.platform()})"
    found = [("utterkey", __version__), ("Python", sys.version.split()[0]), ("on", system)]
    for name in LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            found.append((name, metadata.version(name)))
    return tuple(found)
