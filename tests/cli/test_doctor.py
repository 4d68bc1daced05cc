"""`doctor` on a real desktop: healthy, and each part broken in turn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from Xlib import X
from Xlib.display import Display

from desktop import Desktop, await_true
from faults import At, Fault, Kind
from media.player import Player
from panels import fake_watcher
from program import Program, say_to
from service import Service
from session.conftest import Authority

SECRET = "0123456789abcdef-secret"

Report = dict[str, tuple[str, str]]


def examine(desktop: Desktop, *arguments: str) -> tuple[int, Report]:
    """The exit code, and for each part the verdict and the sentence."""
    done = say_to(desktop, "doctor", "--json", *arguments)
    assert done.stderr == ""
    report = json.loads(done.stdout)
    found = {finding["part"]: (finding["verdict"], finding["sentence"]) for finding in report["findings"]}
    problems = [part for part, (verdict, _) in found.items() if verdict == "problem"]
    assert report["ok"] == (not problems)
    assert done.returncode == (1 if problems else 0)
    return done.returncode, found


def problems(report: Report) -> set[str]:
    return {part for part, (verdict, _) in report.items() if verdict == "problem"}


@pytest.fixture
def hiss(desktop: Desktop) -> None:
    """A microphone that is on hears something."""
    file = desktop.folder / "hiss.wav"
    desktop.run(
        ["sox", "-n", "-r", "16000", "-b", "16", "-c", "1", str(file), "synth", "150", "whitenoise", "vol", "0.01"]
    )
    desktop.speak(file)


@contextmanager
def grabbed(desktop: Desktop, keysym: int) -> Iterator[None]:
    """Another program has the key."""
    display = Display(desktop.display)
    try:
        keycode = display.keysym_to_keycode(keysym)
        display.screen().root.grab_key(keycode, X.AnyModifier, False, X.GrabModeAsync, X.GrabModeAsync)
        display.sync()
        yield
    finally:
        display.close()


XK_F9 = 0xFFC6


def test_a_healthy_desktop_without_a_daemon(desktop: Desktop, hiss: None) -> None:
    with fake_watcher(desktop.environment["DBUS_SESSION_BUS_ADDRESS"]):
        code, report = examine(desktop)
    assert code == 0
    assert report["hotkey"] == ("ok", "right_ctrl, by X11.")
    assert report["tray"] == ("ok", "There is a panel for the icon, by StatusNotifierItem.")
    assert report["microphone"][0] == "ok"
    assert " dB" in report["microphone"][1]
    assert report["daemon"][0] == "note"
    said = say_to(desktop, "doctor")
    assert said.returncode == 0
    assert said.stdout.splitlines()[-1] == "All is well."
    assert str(Path.home()) not in said.stdout


def test_a_healthy_desktop_with_a_daemon(desktop: Desktop, hiss: None) -> None:
    """The daemon's own grab is no conflict, and where there is no key to try no session is opened."""
    with (
        Service() as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        code, report = examine(desktop, "--config", str(desktop.folder / "settings.toml"))
        assert code == 0
        assert report["hotkey"] == ("ok", "f9, by X11.")
        assert report["daemon"][0] == "ok"
        assert "127.0.0.1 is reached in " in report["endpoint"][1]
        assert service.sessions == []
        assert program.status()["state"] == "idle"


def test_no_microphone(desktop: Desktop) -> None:
    desktop.environment["PULSE_SERVER"] = f"unix:{desktop.folder}/nowhere"
    _, report = examine(desktop)
    assert problems(report) == {"microphone"}
    assert "No microphone was found" in report["microphone"][1]


def test_a_silent_microphone(desktop: Desktop) -> None:
    _, report = examine(desktop)
    assert problems(report) == {"microphone"}
    assert "gives only silence" in report["microphone"][1]


def test_a_microphone_that_is_not_there(desktop: Desktop, hiss: None) -> None:
    _, report = examine(desktop, "--set", "audio.device=Studio 9000")
    assert problems(report) == {"microphone"}
    assert "Studio 9000" in report["microphone"][1]


def test_a_key_another_program_has(desktop: Desktop, hiss: None) -> None:
    with grabbed(desktop, XK_F9):
        _, report = examine(desktop, "--set", "hotkey.key=f9")
        assert problems(report) == {"hotkey"}
        assert "Another program already uses f9" in report["hotkey"][1]
        with Service() as service, Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}):
            _, report = examine(desktop, "--config", str(desktop.folder / "settings.toml"))
            assert "hotkey" in problems(report)
            assert "Another program already uses f9" in report["hotkey"][1]


def test_one_of_several_keys_another_program_has(desktop: Desktop, hiss: None) -> None:
    """The daemon works by the other one; the refusal stays told after the next dictation."""
    extra = {"key": "f8", "output": "clipboard"}
    with (
        Service(((100, 400, "Hello."),)) as service,
        grabbed(desktop, XK_F9),
        Program(desktop, hotkey={"key": "f9", "extra": [extra]}, service={"endpoint": service.url}) as program,
    ):
        desktop.key_down("F8")
        service.wait_session(1).wait_audio(600)
        desktop.key_up("F8")
        await_true(lambda: desktop.clipboard() == "Hello", 10, "the text by the other key", every=0.05)
        program.wait_state("idle")
        assert program.status()["last_error"] == ""
        _, report = examine(desktop, "--config", str(desktop.folder / "settings.toml"))
        assert problems(report) == {"hotkey"}
        assert "Another program already uses f9" in report["hotkey"][1]


def test_a_key_that_is_free_again(desktop: Desktop, hiss: None) -> None:
    """The doctor itself lets go of the key it tried."""
    for _ in range(2):
        _, report = examine(desktop, "--set", "hotkey.key=f9")
        assert report["hotkey"] == ("ok", "f9, by X11.")


def test_no_panel_and_no_notifications(desktop: Desktop, hiss: None) -> None:
    desktop.environment["XDG_CURRENT_DESKTOP"] = "XFCE"
    code, report = examine(desktop)
    assert code == 0
    assert report["tray"][0] == "note"
    assert "Status Tray Plugin" in report["tray"][1]
    assert report["notifications"][0] == "note"


def test_nothing_that_plays_the_cues(desktop: Desktop, hiss: None) -> None:
    desktop.environment["PATH"] = ""
    code, report = examine(desktop)
    assert code == 0
    assert report["cues"][0] == "note"
    assert "install pulseaudio-utils" in report["cues"][1]
    _, report = examine(desktop, "--set", "audio.cues=false")
    assert report["cues"][0] == "ok"


def test_the_players_that_would_be_paused(desktop: Desktop, hiss: None) -> None:
    with Player(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], "music", "Playing") as music:
        _, report = examine(desktop, "--set", "audio.pause_media=true")
        assert report["players"] == ("ok", "Those that play are paused while you speak; here: music.")
        assert music.told == []
    _, report = examine(desktop)
    assert report["players"][0] == "ok"


def test_nobody_owns_the_clipboard_and_nobody_keeps_it(desktop: Desktop, hiss: None) -> None:
    """That is how a bare desktop is: nothing was copied, and no clipboard manager runs."""
    code, report = examine(desktop)
    assert code == 0
    assert "No clipboard manager runs" in report["clipboard"][1]
    with closing(Display(desktop.display)) as manager:
        window = manager.screen().root.create_window(0, 0, 1, 1, 0, 0, X.InputOnly)
        window.set_selection_owner(manager.intern_atom("CLIPBOARD_MANAGER"), X.CurrentTime)
        manager.sync()
        _, report = examine(desktop)
        assert report["clipboard"][0] == "ok"
        assert "No clipboard manager runs" not in report["clipboard"][1]


def test_no_display(desktop: Desktop, hiss: None) -> None:
    del desktop.environment["DISPLAY"]
    _, report = examine(desktop)
    assert problems(report) == {"display", "hotkey", "insertion"}
    assert all("DISPLAY" in report[part][1] for part in problems(report))


def test_no_session_bus(desktop: Desktop, hiss: None) -> None:
    desktop.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={desktop.folder}/nowhere"
    code, report = examine(desktop)
    assert code == 0
    assert report["tray"][0] == report["notifications"][0] == "note"


def test_no_key(desktop: Desktop, hiss: None) -> None:
    """Where the service needs one. Nothing is connected to."""
    _, report = examine(desktop, "--set", "service.endpoint=global")
    assert problems(report) == {"key", "endpoint"}
    assert "utterkey key set" in report["key"][1]


def test_something_that_is_no_key(desktop: Desktop, hiss: None) -> None:
    desktop.environment["ASSEMBLYAI_API_KEY"] = "two words"
    _, report = examine(desktop, "--set", "service.endpoint=offline")
    assert problems(report) == {"key"}


REFUSAL = Fault(Kind.ERROR, At.BEFORE_BEGIN, code=1008, text="Unauthorized Connection: Invalid API key")


def test_a_wrong_key(desktop: Desktop, hiss: None) -> None:
    """No daemon has tried it: the doctor does, with a session that is begun and ended."""
    desktop.environment["ASSEMBLYAI_API_KEY"] = SECRET
    with Service(faults=[REFUSAL]) as service:
        refused = examine(desktop, "--set", f"service.endpoint={service.url}")[1]
        assert problems(refused) == {"key"}
        assert "refuses the API key" in refused["key"][1]
        _, taken = examine(desktop, "--set", f"service.endpoint={service.url}")
        assert problems(taken) == set()
        assert "takes it" in taken["key"][1]
        assert service.wait_session(2).wait_closed().texts == ["Terminate"]


def test_the_service_is_reached_but_opens_no_session(desktop: Desktop, hiss: None) -> None:
    desktop.environment["ASSEMBLYAI_API_KEY"] = SECRET
    with Service(faults=[Fault(Kind.ERROR, At.BEFORE_BEGIN, code=3006, text="Invalid model")]) as service:
        _, report = examine(desktop, "--set", f"service.endpoint={service.url}")
    assert problems(report) == {"endpoint"}
    assert "refuses a setting" in report["endpoint"][1]


def test_a_key_the_service_refused(desktop: Desktop, hiss: None) -> None:
    """The daemon has had a session."""
    with (
        Service(faults=[REFUSAL]) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        desktop.key_down("F9")
        await_true(lambda: "key" in program.status()["last_error"], 5, "an error that speaks of the key")
        desktop.key_up("F9")
        program.wait_state("idle")
        _, report = examine(desktop, "--config", str(desktop.folder / "settings.toml"))
        assert problems(report) == {"daemon"}
        assert "key" in report["daemon"][1]


def test_an_endpoint_where_nobody_is(desktop: Desktop, hiss: None) -> None:
    with Service() as service:
        service.refuse()  # until its end nobody else is given the port
        _, report = examine(desktop, "--set", f"service.endpoint={service.url}")
    assert problems(report) == {"endpoint"}
    assert "127.0.0.1 refuses the connection" in report["endpoint"][1]


def test_an_endpoint_with_tls(desktop: Desktop, hiss: None, tmp_path: Path) -> None:
    """Reached where its authority is trusted, and only there."""
    authority = Authority(tmp_path)
    with Service(tls=authority.server) as service:
        _, report = examine(desktop, "--set", f"service.endpoint={service.url}")
        assert problems(report) == {"endpoint"}
        assert "certificate" in report["endpoint"][1]
        desktop.environment["SSL_CERT_FILE"] = str(authority.ca_file)
        code, report = examine(desktop, "--set", f"service.endpoint={service.url}")
        assert code == 0
        assert "is reached" in report["endpoint"][1]
        assert service.sessions == []


def test_a_typo_in_the_settings(desktop: Desktop, hiss: None) -> None:
    file = desktop.folder / "typo.toml"
    file.write_text("[output]\nmod = 'clipboard'\n")
    _, report = examine(desktop, "--config", str(file))
    assert problems(report) == {"settings"}
    assert "output.mode" in report["settings"][1]


def test_a_broken_journal(desktop: Desktop, hiss: None) -> None:
    folder = Path(desktop.environment["XDG_STATE_HOME"]) / "utterkey"
    folder.mkdir()
    (folder / "history.sqlite").write_bytes(b"no database at all, but long enough to look at" * 10)
    _, report = examine(desktop)
    assert problems(report) == {"journal"}


def test_the_report_has_no_secret_in_it(desktop: Desktop, hiss: None) -> None:
    desktop.environment["ASSEMBLYAI_API_KEY"] = SECRET
    desktop.environment["https_proxy"] = f"http://anna:{SECRET}@127.0.0.1:1"
    endpoint = f"service.endpoint=wss://anna:{SECRET}@example.invalid/?token={SECRET}"
    for arguments in (["doctor"], ["doctor", "--json"]):
        done = say_to(desktop, *arguments, "--set", endpoint)
        assert done.returncode == 1
        assert "example.invalid" in done.stdout
        assert "ASSEMBLYAI_API_KEY" in done.stdout
        assert SECRET not in done.stdout + done.stderr
        assert desktop.environment["HOME"] not in done.stdout


def test_nor_has_it_one_that_stands_in_a_mistake(desktop: Desktop, hiss: None) -> None:
    file = desktop.folder / "mistake.toml"
    file.write_text(f"[service]\nendpoint = 'https://anna:{SECRET}@example.invalid/?token={SECRET}'\n")
    done = say_to(desktop, "doctor", "--config", str(file))
    assert "example.invalid" in done.stdout
    assert SECRET not in done.stdout
