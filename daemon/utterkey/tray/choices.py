"""The part of the menu that sets things: what there is to choose, and which of it is in force. Pure.

A choice is written into the settings file and comes back from there as a changed setting; nothing is marked before.
"""

from urllib.parse import urlsplit

from utterkey.dictation.errand import ChangeSetting, ChooseHotkey, OpenSettings, RunDoctor, SwitchAutostart
from utterkey.dictation.events import Asked, ClearRequested
from utterkey.dictation.view import View
from utterkey.settings import HISTORY_KEEP, MODELS, value_of
from utterkey.tray.item import Item, separator

_ENDPOINTS = {
    "auto": "Automatic: AssemblyAI with a key, else offline",
    "global": "AssemblyAI, global",
    "us": "AssemblyAI, United States",
    "eu": "AssemblyAI, European Union",
    "offline": "Offline, on this computer",
}
_MODES = {
    "hold": "Hold the key while speaking",
    "toggle": "Press to start, press to stop",
    "auto": "A tap toggles, a hold talks",
}
_OUTPUTS = {"insert": "Into the focused window", "clipboard": "Onto the clipboard"}
_POSITIONS = {"bottom": "At the bottom of the screen", "top": "At the top of the screen"}
_METHODS = {"auto": "Automatic", "paste": "By pasting", "type": "By typing"}


LOOKED_UP = ("", "microphone")
"""The menu as a whole, and the submenu whose lines may be others when it is opened: panels tell of one or of both."""


def choices(view: View) -> tuple[Item, ...]:
    return (
        Item(id="microphone", label="Microphone", items=_microphones(view)),
        Item(id="engine", label="Engine", items=_engines(view)),
        Item(
            id="mode",
            label="Hotkey",
            items=(
                *_radios(view, "hotkey.mode", _MODES),
                *_choose_hotkey(view),
            ),
        ),
        Item(
            id="output",
            label="Output",
            items=(
                *_radios(view, "output.mode", _OUTPUTS),
                separator("output"),
                *_radios(view, "output.method", _METHODS),
            ),
        ),
        _check(view, "output.as_you_speak", "Insert as you speak"),
        _check(view, "audio.cues", "Sounds"),
        _check(view, "audio.pause_media", "Pause music while I speak"),
        Item(
            id="overlay",
            label="Overlay",
            items=(
                _check(view, "overlay.show", "Show the words while you speak"),
                separator("overlay"),
                *_radios(view, "overlay.position", _POSITIONS),
            ),
        ),
        *_autostart(view),
        Item(id="history", label="History", items=_history(view)),
        Item(id="settings-file", label="Open settings file", action=Asked(OpenSettings())),
        Item(id="doctor", label="What works here (doctor)", action=Asked(RunDoctor())),
    )


def _choose_hotkey(view: View) -> tuple[Item, ...]:
    """Not in the middle of a dictation, and nothing where the press would not be seen."""
    if not view.surroundings.keys_are_seen:
        return ()
    action = Asked(ChooseHotkey(view.state == "paused")) if view.state in ("idle", "paused") else None
    return (separator("hotkey"), Item(id="hotkey.key", label="Choose the key by pressing it", action=action))


def _microphones(view: View) -> tuple[Item, ...]:
    """The system's choice, those that are connected, and the one that is set even if it is not."""
    wanted = view.settings.audio.device
    names = dict.fromkeys(name for name in (*view.surroundings.microphones, wanted) if name != "default")
    in_use = f": {view.microphone}" if wanted == "default" and view.microphone else ""
    return _radios(view, "audio.device", {"default": f"The system's choice{in_use}"} | {name: name for name in names})


def _engines(view: View) -> tuple[Item, ...]:
    service = view.settings.service
    endpoints = dict(_ENDPOINTS)
    if service.endpoint not in endpoints:
        endpoints[service.endpoint] = urlsplit(service.endpoint).netloc.rpartition("@")[2]  # without a password
    models = {model: model for model in dict.fromkeys((*MODELS, service.model))}
    return (
        *_radios(view, "service.endpoint", endpoints),
        separator("models"),
        *_radios(view, "service.model", models),
    )


def _autostart(view: View) -> tuple[Item, ...]:
    """Nothing where it is not known how."""
    on = view.surroundings.autostart
    if on is None:
        return ()
    action = Asked(SwitchAutostart(not on))
    return (Item(id="autostart", label="Start at login", kind="check", checked=on, action=action),)


def _history(view: View) -> tuple[Item, ...]:
    keeps = view.settings.history.keep > 0
    toggled = ChangeSetting("history.keep", 0 if keeps else HISTORY_KEEP)
    forget = ClearRequested("delivered") if view.recent else None
    return (
        Item(id="history.keep", label="Keep transcripts", kind="check", checked=keeps, action=Asked(toggled)),
        Item(id="history.clear", label="Forget all transcripts", action=forget),
    )


def _radios(view: View, name: str, labels: dict[str, str]) -> tuple[Item, ...]:
    """One line for each value of a setting."""
    current = value_of(view.settings, name)
    return tuple(
        Item(
            id=f"{name}={value}",
            label=label,
            kind="radio",
            checked=value == current,
            action=Asked(ChangeSetting(name, value)),
        )
        for value, label in labels.items()
    )


def _check(view: View, name: str, label: str) -> Item:
    on = bool(value_of(view.settings, name))
    return Item(id=name, label=label, kind="check", checked=on, action=Asked(ChangeSetting(name, not on)))
