"""What the facts mean: a healthy desktop, and each part broken in turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from utterkey.doctor.facts import (
    Daemon,
    Display,
    Endpoint,
    Facts,
    Key,
    Login,
    Mechanism,
    Microphone,
    Storage,
)
from utterkey.doctor.judgement import Finding, Verdict, judge
from utterkey.hotkey.bindings import Advice

HEALTHY = Facts(
    versions=(("utterkey", "1.0"), ("Python", "3.11")),
    settings_file="/home/anna/.config/utterkey/settings.toml",
    display=Display(kind="X11", name=":0", desktop="XFCE"),
    hotkey_name="f9",
    hotkey=Mechanism(name="X11"),
    microphone=Microphone(device="Headset", loudest=-30, seconds=1.0),
    cues="played",
    media=None,
    key=Key(source="the system keyring"),
    endpoint=Endpoint(engine="AssemblyAI (global)", needs_key=True, host="streaming.assemblyai.com", seconds=0.08),
    insertion=Mechanism(name="x11"),
    tray=Mechanism(name="StatusNotifierItem"),
    overlay=Mechanism(name="X11"),
    clipboard_tools=("xclip",),
    notifications=Mechanism(name="Shown by xfce4-notifyd 0.8"),
    login=Login(on=True, path="/home/anna/.config/autostart/x.desktop"),
    storage=Storage(folder="/home/anna/.local/state/utterkey", utterances=3, free_bytes=50_000_000_000),
)
RUNNING = Daemon(
    hotkey="X11", microphone="Headset", insertion="x11", tray="StatusNotifierItem", overlay="X11", last_error=""
)
HELD = "Another program already uses f9; free it there or choose another key."
NO_DISPLAY = "There is no X11 desktop here (DISPLAY is not set); start utterkey from within your desktop."
NO_PANEL = "No panel here shows tray icons; add a tray to your panel."
BEHIND_WAYLAND = Display(kind="Wayland", name="wayland-1", desktop="sway")
BY_COMMAND = Mechanism(name="key bindings of sway")
LINES = Advice("sway", "~/.config/sway/config", ("bindsym --no-repeat F9 exec utterkey press",), "f9")
OFFLINE = Endpoint(engine="offline engine", offline=True)

BROKEN: dict[str, tuple[Facts, str, Verdict, str]] = {
    "a typo in the settings": (
        replace(HEALTHY, settings_problems=("There is no setting 'x'.",)), "settings", "problem", "no setting 'x'",
    ),
    "a daemon that does not answer": (
        replace(HEALTHY, daemon_problem="The daemon does not answer."), "daemon", "problem", "does not answer",
    ),
    "the service refused the key": (
        replace(HEALTHY, daemon=replace(RUNNING, last_error="The API key is refused.")), "daemon", "problem", "refused",
    ),
    "no display": (
        replace(HEALTHY, display=Display(kind="none", problem=NO_DISPLAY)), "display", "problem", "DISPLAY",
    ),
    "no display in this terminal, but the daemon has one": (
        replace(HEALTHY, daemon=RUNNING, display=Display(kind="none", problem=NO_DISPLAY)),
        "display", "note", "DISPLAY",
    ),
    "the hotkey is another program's": (
        replace(HEALTHY, hotkey=Mechanism(problem=HELD)), "hotkey", "problem", "Another program",
    ),
    "a further hotkey is another program's": (
        replace(HEALTHY, hotkey=Mechanism(name="X11", refused=(HELD,))), "hotkey", "problem", "Another program",
    ),
    "the daemon could not have the hotkey": (
        replace(HEALTHY, daemon=replace(RUNNING, hotkey=HELD)), "hotkey", "problem", "Another program",
    ),
    "the daemon could not have one of its hotkeys": (
        replace(HEALTHY, daemon=replace(RUNNING, hotkey_refused=(HELD,))), "hotkey", "problem", "Another program",
    ),
    "under Wayland the compositor has the hotkey": (
        replace(HEALTHY, display=BEHIND_WAYLAND, hotkey=BY_COMMAND, bindings=LINES), "hotkey", "note", "these lines",
    ),
    "under Wayland a further hotkey cannot be had": (
        replace(
            HEALTHY, display=BEHIND_WAYLAND, hotkey=replace(BY_COMMAND, refused=("No f8.",)),
            bindings=replace(LINES, left_out="No f8."),
        ),
        "hotkey", "problem", "No f8. Only sway sees every key: these lines",
    ),
    "under Wayland the desktop gave no key": (
        replace(HEALTHY, display=BEHIND_WAYLAND, daemon=replace(RUNNING, hotkey="No key."), bindings=LINES),
        "hotkey", "problem", "No key. Without that: Only sway sees every key: these lines",
    ),
    "the keyboards are read themselves": (
        replace(HEALTHY, display=BEHIND_WAYLAND, hotkey=Mechanism(name="evdev (reads)")),
        "hotkey", "note", "every other program",
    ),
    "no clipboard program where utterkey owns the clipboard itself": (
        replace(HEALTHY, display=BEHIND_WAYLAND, insertion=Mechanism(name="wayland"), clipboard_tools=()),
        "clipboard", "note", "wl-clipboard",
    ),
    "a compositor that knows no release": (
        replace(HEALTHY, display=BEHIND_WAYLAND, hotkey=BY_COMMAND, bindings=replace(LINES, lines=())),
        "hotkey", "note", "utterkey toggle",
    ),
    "no microphone": (
        replace(HEALTHY, microphone=Microphone(problem="No microphone was found.")), "microphone", "problem", "found",
    ),
    "a muted microphone": (
        replace(HEALTHY, microphone=Microphone(device="Headset", seconds=1.0)), "microphone", "problem", "unmute",
    ),
    "a microphone that hears next to nothing": (
        replace(HEALTHY, microphone=Microphone(device="Headset", loudest=-88, seconds=1.0)),
        "microphone", "note", "-88 dB",
    ),
    "a microphone that works here and not in the daemon": (
        replace(HEALTHY, daemon=replace(RUNNING, microphone="There is no microphone named 'x'.")),
        "microphone", "note", "named 'x'",
    ),
    "nothing that plays the cues": (replace(HEALTHY, cues="no player"), "cues", "note", "install pulseaudio-utils"),
    "players without a bus": (replace(HEALTHY, media=Mechanism(problem="No bus.")), "players", "note", "No bus"),
    "no key where one is needed": (replace(HEALTHY, key=Key()), "key", "problem", "utterkey key set"),
    "something that is no key": (replace(HEALTHY, key=Key(problem="That is no API key.")), "key", "problem", "no API"),
    "an endpoint that refuses": (
        replace(HEALTHY, endpoint=replace(HEALTHY.endpoint, problem="It refuses the connection.")),
        "endpoint", "problem", "refuses",
    ),
    "an endpoint far away": (
        replace(HEALTHY, endpoint=replace(HEALTHY.endpoint, seconds=1.4)), "endpoint", "note", "1400 ms",
    ),
    "an offline engine that is needed and not there": (
        replace(HEALTHY, endpoint=OFFLINE, offline_problem="It is not installed."), "offline engine", "problem", "not",
    ),
    "an offline engine that is not there": (
        replace(HEALTHY, offline_problem="It is not installed."), "offline engine", "note", "not installed",
    ),
    "no insertion": (
        replace(HEALTHY, insertion=Mechanism(problem="No XTEST.")), "insertion", "problem", "XTEST",
    ),
    "the clipboard only": (
        replace(HEALTHY, daemon=replace(RUNNING, insertion="clipboard")), "insertion", "note", "you paste",
    ),
    "why only the clipboard": (
        replace(HEALTHY, insertion=Mechanism(name="clipboard", refused=("No keys.",))), "insertion", "note", "No keys.",
    ),
    "no clipboard program": (replace(HEALTHY, clipboard_tools=()), "clipboard", "note", "install xclip"),
    "no clipboard program under Wayland": (
        replace(HEALTHY, display=BEHIND_WAYLAND, clipboard_tools=()), "clipboard", "problem", "wl-clipboard",
    ),
    "a tray without menus": (
        replace(HEALTHY, tray=Mechanism(name="XEmbed", note="This tray shows no menu.")),
        "tray", "note", "no menu",
    ),
    "no panel": (replace(HEALTHY, tray=Mechanism(problem=NO_PANEL)), "tray", "note", "No panel"),
    "no panel, says the daemon": (replace(HEALTHY, daemon=replace(RUNNING, tray=NO_PANEL)), "tray", "note", "No panel"),
    "no overlay, and a daemon from before it said so": (
        replace(HEALTHY, daemon=replace(RUNNING, overlay=""), overlay=Mechanism(problem="Switched off.")),
        "overlay", "note", "Switched off",
    ),
    "no overlay": (replace(HEALTHY, overlay=Mechanism(problem="Switched off.")), "overlay", "note", "Switched off"),
    "the overlay broke, says the daemon": (
        replace(HEALTHY, daemon=replace(RUNNING, overlay="The X server closed the connection.")),
        "overlay", "note", "closed the connection",
    ),
    "no notifications": (
        replace(HEALTHY, notifications=Mechanism(problem="No program.")), "notifications", "note", "No program",
    ),
    "autostart of what is gone": (
        replace(HEALTHY, login=Login(problem="It is not there.")), "autostart", "problem", "not there",
    ),
    "a system whose login items are not known": (replace(HEALTHY, login=None), "autostart", "note", "login items"),
    "a broken journal": (
        replace(HEALTHY, storage=replace(HEALTHY.storage, problem="It cannot be read.")), "journal", "problem", "read",
    ),
    "a full disk": (
        replace(HEALTHY, storage=replace(HEALTHY.storage, free_bytes=1_000_000)), "journal", "problem", "make room",
    ),
    "kept utterances": (
        replace(HEALTHY, storage=replace(HEALTHY.storage, retriable=2)), "journal", "note", "utterkey retry",
    ),
}  # fmt: skip


def of(findings: list[Finding], part: str) -> Finding:
    (found,) = (finding for finding in findings if finding.part == part)
    return found


@pytest.mark.parametrize("daemon", [None, RUNNING])
def test_a_healthy_desktop(daemon: Daemon | None) -> None:
    findings = judge(replace(HEALTHY, daemon=daemon))
    verdicts = {finding.part: finding.verdict for finding in findings if finding.verdict != "ok"}
    assert verdicts == ({} if daemon else {"daemon": "note"})
    assert len(findings) == len({finding.part for finding in findings}) == 18


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found_and_nothing_else(name: str) -> None:
    facts, part, verdict, words = BROKEN[name]
    findings = judge(facts)
    found = of(findings, part)
    assert found.verdict == verdict
    assert words in found.sentence
    problems = {finding.part for finding in findings if finding.verdict == "problem"}
    assert problems == ({part} if verdict == "problem" else set())


def test_every_finding_is_a_sentence() -> None:
    for facts, *_ in BROKEN.values():
        assert [finding for finding in judge(facts) if not finding.sentence.endswith(".")] == []


def test_without_a_clipboard_manager_it_is_said_who_keeps_the_clipboard() -> None:
    found = of(judge(replace(HEALTHY, clipboard_manager=False)), "clipboard")
    assert found.verdict == "ok"
    assert "what utterkey has put there is kept" in found.sentence


def test_a_key_is_not_missed_where_none_is_needed() -> None:
    facts = replace(HEALTHY, key=Key(), endpoint=OFFLINE)
    assert of(judge(facts), "key").verdict == "ok"


def test_the_lines_for_the_compositor() -> None:
    facts = replace(HEALTHY, display=BEHIND_WAYLAND, hotkey=BY_COMMAND, bindings=LINES, hotkey_name="right_ctrl")
    found = of(judge(facts), "hotkey")
    assert found.lines == LINES.lines
    assert "right_ctrl cannot be bound there, so this is f9" in found.sentence


def test_a_daemon_that_has_the_hotkey_is_no_conflict() -> None:
    """What the doctor would find itself does not count beside a running daemon's word."""
    facts = replace(HEALTHY, daemon=RUNNING, hotkey=Mechanism(problem=HELD))
    assert of(judge(facts), "hotkey").verdict == "ok"
