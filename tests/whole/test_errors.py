"""What can be wrong, as a user meets it: one sentence, the right exit code, no traceback, and a daemon that goes on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil
import pytest

from desktop import Desktop, Target, await_true
from faults import At, Fault, Kind
from program import Program, command, recorded_ms, say_to
from service import Service

WORDS = ((300, 600, "Hello"), (700, 1100, "there"), (1200, 1500, "everybody."), (1600, 1900, "Bye."))
TEXT = "Hello there everybody. Bye. "
NO_MICROPHONE = "No microphone was found"


def dictate(desktop: Desktop, service: Service, session: int) -> None:
    desktop.key_down("F9")
    service.wait_session(session).wait_audio(2100)
    desktop.key_up("F9")


def hold(desktop: Desktop, ms: float) -> None:
    """Until that much was recorded, whatever the service says to it."""
    desktop.key_down("F9")
    await_true(lambda: recorded_ms(desktop) >= ms, 10, "a recording", every=0.02)
    desktop.key_up("F9")


def one_sentence(text: str) -> str:
    assert "Traceback" not in text
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) == 1, lines
    assert lines[0].rstrip().endswith((".", "?")), lines[0]
    return lines[0]


REFUSALS = {
    "a wrong key": (
        Fault(Kind.ERROR, At.BEFORE_BEGIN, code=1008, text="Unauthorized Connection: Invalid API key"),
        "key",
    ),
    "an unknown model": (
        Fault(Kind.ERROR, At.BEFORE_BEGIN, code=3006, text="User Input Validation Error: Invalid 'speech_model'"),
        "model",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_the_service_refuses(desktop: Desktop, target: Target, name: str) -> None:
    """The user is told at once, the audio is kept and can be sent again, and the next press works."""
    fault, word = REFUSALS[name]
    with (
        Service(WORDS, faults=[fault]) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        hold(desktop, 2100)
        await_true(lambda: word in program.status()["last_error"], 5, f"an error that speaks of the {word}")
        one_sentence(program.status()["last_error"])
        program.wait_state("idle")
        await_true(lambda: program.status()["failed"] == 1, 5, "the utterance is kept")
        dictate(desktop, service, 2)
        target.wait_text(TEXT)
        await_true(lambda: not program.status()["last_error"], 5, "the error is over")
        assert say_to(desktop, "retry", "--insert").returncode == 0
        target.wait_text(TEXT * 2)
        await_true(lambda: program.status()["failed"] == 0, 10, "the kept utterance is delivered")
        one_sentence(say_to(desktop, "retry").stderr)
        assert "Traceback" not in program.log()


def test_no_network(desktop: Desktop, target: Target) -> None:
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        service.refuse()
        hold(desktop, 1500)
        await_true(lambda: program.status()["failed"] == 1, 12, "the utterance is kept")
        one_sentence(program.status()["last_error"])
        service.accept()
        dictate(desktop, service, 1)
        target.wait_text(TEXT)


def test_no_microphone(desktop: Desktop, target: Target) -> None:
    """The press tells why; when there is one again the next press works."""
    (server,) = (child for child in psutil.Process().children() if child.name() == "pulseaudio")
    server.kill()
    server.wait(5)  # until its number is free, another one takes it for alive
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        told = program.log().count(NO_MICROPHONE)  # at the start too
        desktop.key_down("F9")
        await_true(lambda: program.log().count(NO_MICROPHONE) > told, 5, "an error")
        desktop.key_up("F9")
        await_true(lambda: NO_MICROPHONE in program.status()["last_error"], 5, "the same in the status")
        one_sentence(program.status()["last_error"])
        program.wait_state("idle")
        assert program.status()["failed"] == 0
        desktop._start_sound()
        await_true(desktop._sounding, 20, "PulseAudio")
        desktop.speak(desktop.folder / "hiss.wav")
        sessions = len(service.sessions)
        dictate(desktop, service, sessions + 1)
        target.wait_text(TEXT)


def test_an_unknown_microphone(desktop: Desktop) -> None:
    with (
        Service(WORDS) as service,
        Program(
            desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, audio={"device": "no such microphone"}
        ) as program,
    ):
        desktop.key_down("F9")
        await_true(lambda: "no such microphone" in program.status()["last_error"], 5, "an error")
        desktop.key_up("F9")
        one_sentence(program.status()["last_error"])
        program.wait_state("idle")
        assert program.status()["failed"] == 0


def test_no_display(desktop: Desktop) -> None:
    """The daemon runs for the command line, and says what it cannot do."""
    environment = {name: value for name, value in desktop.environment.items() if name != "DISPLAY"}
    desktop.environment = environment
    with Service(WORDS) as service, Program(desktop, service={"endpoint": service.url}) as program:
        status = program.status()
        one_sentence(status["hotkey"])
        one_sentence(status["insertion"])
        assert say_to(desktop, "press").returncode == 0
        service.wait_session(1).wait_audio(2100)
        assert say_to(desktop, "release").returncode == 0
        program.wait_state("idle")
        await_true(lambda: say_to(desktop, "last").stdout.strip() == TEXT.strip(), 5, "the last transcript")
        assert "Traceback" not in program.log()


def test_a_typo_in_the_settings(desktop: Desktop, target: Target) -> None:
    with (
        Service(WORDS) as service,
        Program(
            desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, output={"mod": "clipboard"}
        ) as program,
    ):
        await_true(lambda: "output.mode" in program.status()["last_error"], 5, "a sentence about the typo")
        one_sentence(program.status()["last_error"])
        dictate(desktop, service, 1)
        target.wait_text(TEXT)


def test_a_damaged_journal(desktop: Desktop, target: Target) -> None:
    file = Path(desktop.environment["XDG_STATE_HOME"]) / "utterkey" / "history.sqlite"
    file.parent.mkdir(parents=True)
    file.write_text("This is no journal. " * 500)
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        await_true(lambda: "journal" in program.status()["last_error"], 5, "a sentence about the journal")
        dictate(desktop, service, 1)
        target.wait_text(TEXT)
        await_true(lambda: TEXT.strip() in say_to(desktop, "history").stdout, 5, "the text in the new one")


def test_too_many_keyterms(desktop: Desktop, target: Target) -> None:
    terms = [f"term {n}" for n in range(101)]
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url, "keyterms": terms}) as program,
    ):
        await_true(lambda: "100" in program.status()["last_error"], 5, "a sentence about the limit")
        one_sentence(program.status()["last_error"])
        dictate(desktop, service, 1)
        target.wait_text(TEXT)


def test_a_second_daemon(desktop: Desktop) -> None:
    with Service(WORDS) as service, Program(desktop, service={"endpoint": service.url}) as program:
        second = say_to(desktop, "run")
        assert second.returncode == 1
        one_sentence(second.stderr)
        assert program.status()["state"] == "idle"


def test_no_daemon(desktop: Desktop) -> None:
    for arguments in (["press"], ["status", "--json"], ["retry"]):
        asked = say_to(desktop, *arguments)
        assert asked.returncode == 3
        one_sentence(asked.stderr)


def test_a_key_another_program_has(desktop: Desktop, target: Target) -> None:
    """The second of two daemons cannot grab the key; it says so and serves commands."""
    with Service(WORDS) as service, Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}):
        runtime = desktop.folder / "other"
        runtime.mkdir(mode=0o700)
        settings = desktop.folder / "other.toml"
        settings.write_text(f'[hotkey]\nkey = "f9"\n[service]\nendpoint = "{service.url}"\n')
        other = {**desktop.environment, "XDG_RUNTIME_DIR": str(runtime), "XDG_STATE_HOME": str(runtime / "state")}
        process = subprocess.Popen(command("run", "--config", str(settings)), env=other, stderr=subprocess.DEVNULL)
        try:
            await_true(lambda: "f9" in _hotkey(other), 20, "the sentence about the key", every=0.2)
            one_sentence(_hotkey(other))
        finally:
            process.terminate()
            assert process.wait(10) == 0


def _hotkey(environment: dict[str, str]) -> str:
    import json

    asked = subprocess.run(command("status", "--json"), env=environment, capture_output=True, text=True, check=False)
    return str(json.loads(asked.stdout)["hotkey"]) if asked.stdout else ""
