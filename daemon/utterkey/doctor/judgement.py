"""What the facts mean: for each part whether it is well, and if not, what is wrong and what to do. Pure.

`problem` is what keeps a part from doing its work; `note` is what utterkey does without.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

from utterkey.doctor.facts import Facts, Mechanism
from utterkey.errors import GET_A_KEY
from utterkey.hotkey.bindings import BY_BINDINGS, BY_EVDEV, BY_PORTAL, Advice

Verdict = Literal["ok", "note", "problem"]

QUIETEST_DB = -75
"""The noise of a microphone that is on, in a quiet room, is louder."""
SLOW_SECONDS = 1.0
NO_MANAGER = (
    " No clipboard manager runs, so what you copy is gone when the program it came from ends; what utterkey has put "
    "there is kept by a small process of its own."
)
NO_PLAYER = (
    "No program that plays the cues is installed: install pulseaudio-utils (or pipewire-bin, or alsa-utils), or switch "
    "them off with `utterkey config set audio.cues false`."
)
LEAST_FREE_BYTES = 200_000_000
"""Less is an hour of audio and the journal, and most desktops are in trouble with it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    part: str
    verdict: Verdict
    sentence: str
    lines: tuple[str, ...] = ()
    """To be copied as they are."""


def judge(facts: Facts) -> list[Finding]:
    """All parts, in the order in which a dictation needs them."""
    return [
        _settings(facts), _daemon(facts), _display(facts), _hotkey(facts), _microphone(facts), _cues(facts),
        _media(facts), _key(facts), _endpoint(facts), _offline(facts), _insertion(facts), _clipboard(facts),
        _tray(facts), _overlay(facts), _notifications(facts), _autostart(facts), _storage(facts), _versions(facts),
    ]  # fmt: skip


def is_sentence(text: str) -> bool:
    """`status` has either a mechanism's name or a sentence that says why there is none."""
    return text.endswith((".", "?"))


# --- the program ---------------------------------------------------------------------------------------------------


def _settings(facts: Facts) -> Finding:
    if facts.settings_problems:
        return Finding("settings", "problem", " ".join(facts.settings_problems))
    return Finding("settings", "ok", f"{facts.settings_file} has no mistakes.")


def _daemon(facts: Facts) -> Finding:
    if facts.daemon_problem:
        return Finding("daemon", "problem", facts.daemon_problem)
    if facts.daemon is None:
        return Finding("daemon", "note", "utterkey is not running; start it with `utterkey run`.")
    if facts.daemon.last_error:
        return Finding(
            "daemon", "problem", f"It runs, and the last thing that went wrong was: {facts.daemon.last_error}"
        )
    return Finding("daemon", "ok", "It runs, and nothing went wrong lately.")


def _autostart(facts: Facts) -> Finding:
    if facts.login is None:
        return Finding("autostart", "note", "utterkey cannot start itself at login here; add it to your login items.")
    if facts.login.problem:
        return Finding("autostart", "problem", facts.login.problem)
    if facts.login.on:
        return Finding("autostart", "ok", f"utterkey starts at login ({facts.login.path}).")
    return Finding("autostart", "ok", "utterkey does not start at login; `utterkey autostart on` changes that.")


def _storage(facts: Facts) -> Finding:
    storage = facts.storage
    free = f"{storage.free_bytes / 1e9:.1f} GB free in {storage.folder}"
    if storage.problem:
        return Finding("journal", "problem", storage.problem)
    if storage.free_bytes < LEAST_FREE_BYTES:
        return Finding("journal", "problem", f"The disk is nearly full ({free}); make room, or speech cannot be kept.")
    if storage.retriable:
        return Finding(
            "journal", "note", f"{storage.retriable} utterance(s) can be sent again with `utterkey retry`; {free}."
        )
    return Finding("journal", "ok", f"{storage.utterances} utterance(s); {free}.")


def _versions(facts: Facts) -> Finding:
    return Finding("versions", "ok", ", ".join(f"{name} {version}" for name, version in facts.versions) + ".")


# --- the desktop ---------------------------------------------------------------------------------------------------


def _display(facts: Facts) -> Finding:
    display = facts.display
    desktop = f", {display.desktop}" if display.desktop else ""
    if display.problem:
        seen = facts.daemon is not None and not is_sentence(facts.daemon.hotkey)
        return Finding("display", "note" if seen else "problem", display.problem)
    return Finding("display", "ok", f"{display.kind} {display.name}{desktop}.")


def _hotkey(facts: Facts) -> Finding:
    found = _of_daemon(facts, facts.hotkey, facts.daemon.hotkey if facts.daemon else "")
    if found.problem and facts.bindings and facts.display.kind == "Wayland":
        by_hand = _bindings(facts.bindings, facts.hotkey_name)
        return Finding("hotkey", "problem", f"{found.problem} Without that: {by_hand.sentence}", by_hand.lines)
    if found.problem:
        return Finding("hotkey", "problem", found.problem)
    refused = facts.daemon.hotkey_refused if facts.daemon else found.refused
    if facts.bindings and found.name.startswith(BY_BINDINGS):
        return _bindings(facts.bindings, facts.hotkey_name, refused)
    if refused:
        return Finding("hotkey", "problem", " ".join(refused))
    if found.name.startswith(BY_EVDEV):
        sentence = f"{facts.hotkey_name}, by {found.name}; every other program of yours can read the keyboards too."
        return Finding("hotkey", "note", sentence)
    if found.name.startswith(BY_PORTAL):
        return Finding("hotkey", "ok", f"The desktop watches the key, by the {found.name}.")
    return Finding("hotkey", "ok", f"{facts.hotkey_name}, by {found.name}.")


def _bindings(advice: Advice, wanted: str, refused: tuple[str, ...] = ()) -> Finding:
    instead = "" if advice.key == wanted else f" ({wanted} cannot be bound there, so this is {advice.key})"
    if advice.lines:
        sentence = f"Only {advice.compositor} sees every key: these lines belong into {advice.where}{instead}."
    else:
        sentence = (
            f"Only {advice.compositor} sees every key: in {advice.where}, let {advice.key} run `utterkey toggle`."
        )
    wrong = [each for each in dict.fromkeys((*refused, advice.left_out)) if each]
    said = [*wrong, sentence, *([advice.caution] if advice.caution else [])]
    return Finding("hotkey", "problem" if wrong else "note", " ".join(said), advice.lines)


def _insertion(facts: Facts) -> Finding:
    found = _of_daemon(facts, facts.insertion, facts.daemon.insertion if facts.daemon else "")
    if found.problem:
        return Finding("insertion", "problem", found.problem)
    if found.name == "clipboard":
        sentences = ["Texts go on the clipboard, and you paste them.", *found.refused]
        return Finding("insertion", "note", " ".join(sentences))
    if found.refused:
        return Finding("insertion", "problem", " ".join(found.refused))
    return Finding("insertion", "ok", f"Texts go into the focused window, by {found.name}.")


def _clipboard(facts: Facts) -> Finding:
    if facts.display.kind == "the system's":
        return Finding("clipboard", "ok", "It is the system's.")
    if facts.clipboard_tools:
        keeper = "" if facts.clipboard_manager else NO_MANAGER
        return Finding("clipboard", "ok", f"Also by {', '.join(facts.clipboard_tools)}.{keeper}")
    package = "wl-clipboard" if facts.display.kind == "Wayland" else "xclip"
    sentence = f"No clipboard program is installed; without the daemon nothing can be copied: install {package}."
    needed = facts.display.kind == "Wayland" and facts.insertion.name != "wayland"
    return Finding("clipboard", "problem" if needed else "note", sentence)


def _tray(facts: Facts) -> Finding:
    said = facts.daemon.tray if facts.daemon else ""
    if is_sentence(said):
        return Finding("tray", "note", said)
    if facts.tray.problem and not said:
        return Finding("tray", "note", facts.tray.problem)
    name = said or facts.tray.name
    if name == facts.tray.name and facts.tray.note:
        return Finding("tray", "note", f"There is a tray for the icon, by {name}. {facts.tray.note}")
    return Finding("tray", "ok", f"There is a panel for the icon, by {name}.")


def _overlay(facts: Facts) -> Finding:
    said = facts.daemon.overlay if facts.daemon else ""
    said = said or facts.overlay.problem or facts.overlay.name  # a daemon from before an upgrade may say nothing
    if is_sentence(said):
        return Finding("overlay", "note", said)
    return Finding("overlay", "ok", f"The words can be seen while you speak, by {said}.")


def _notifications(facts: Facts) -> Finding:
    if facts.notifications.problem:
        return Finding("notifications", "note", facts.notifications.problem)
    return Finding("notifications", "ok", f"{facts.notifications.name}.")


def _of_daemon(facts: Facts, tried: Mechanism, said: str) -> Mechanism:
    """A running daemon's own word, for it is the one who grabs the key and pastes."""
    if facts.daemon is None:
        return tried
    return Mechanism(problem=said) if is_sentence(said) else Mechanism(name=said)


# --- from voice to words -------------------------------------------------------------------------------------------


def _microphone(facts: Facts) -> Finding:
    found = facts.microphone
    if found.problem:
        return Finding("microphone", "problem", found.problem)
    if found.loudest is None:
        silence = f"The microphone {found.device} gives only silence; unmute it or choose another (`utterkey devices`)."
        return Finding("microphone", "problem", silence)
    level = f"{found.device}, {found.loudest} dB at its loudest in {found.seconds:.1f} s"
    if found.loudest < QUIETEST_DB:
        return Finding("microphone", "note", f"{level}; that is next to nothing: speak while this runs, or turn it up.")
    if facts.daemon is not None and is_sentence(facts.daemon.microphone):
        return Finding("microphone", "note", f"{level}; but the daemon said: {facts.daemon.microphone}")
    return Finding("microphone", "ok", f"{level}.")


def _cues(facts: Facts) -> Finding:
    match facts.cues:
        case "played":
            return Finding("cues", "ok", "A soft sound tells when the microphone listens, and when it no longer does.")
        case "switched off":
            return Finding("cues", "ok", "No sounds are wanted (audio.cues).")
        case "no player":
            return Finding("cues", "note", NO_PLAYER)
        case never:
            assert_never(never)


def _media(facts: Facts) -> Finding:
    if facts.media is None:
        return Finding("players", "ok", "Music and films play on while you speak (audio.pause_media).")
    if facts.media.problem:
        return Finding("players", "note", facts.media.problem)
    return Finding("players", "ok", f"Those that play are paused while you speak; here: {facts.media.name}.")


def _key(facts: Facts) -> Finding:
    if facts.key.problem:
        return Finding("key", "problem", facts.key.problem)
    if facts.key.taken_by:
        return Finding("key", "ok", f"The API key is in {facts.key.source}, and {facts.key.taken_by} takes it.")
    if facts.key.source:
        return Finding(
            "key", "ok", f"The API key is in {facts.key.source}; `utterkey key test` shows what it is worth."
        )
    if facts.endpoint.needs_key:
        return Finding("key", "problem", f"There is no API key; {GET_A_KEY}.")
    return Finding("key", "ok", "There is no API key, and none is needed.")


def _endpoint(facts: Facts) -> Finding:
    endpoint = facts.endpoint
    if endpoint.problem:
        tried = f"{endpoint.engine}: " if endpoint.host else ""
        return Finding("endpoint", "problem", tried + endpoint.problem)
    if endpoint.seconds is None:
        return Finding("endpoint", "ok", f"{endpoint.engine}, on this machine.")
    way = f" through the proxy {endpoint.proxy}" if endpoint.proxy else ""
    took = f"{endpoint.engine}: {endpoint.host} is reached{way} in {endpoint.seconds * 1000:.0f} ms"
    if endpoint.seconds > SLOW_SECONDS:
        return Finding("endpoint", "note", f"{took}; that is slow: check the network connection.")
    return Finding("endpoint", "ok", f"{took}.")


def _offline(facts: Facts) -> Finding:
    if not facts.offline_problem:
        return Finding("offline engine", "ok", "It is installed.")
    return Finding("offline engine", "problem" if facts.endpoint.offline else "note", facts.offline_problem)
