"""`selftest` on a real desktop, against the offline engine and a scripted service."""

from __future__ import annotations

import signal
import subprocess
from contextlib import closing

import pytest
from Xlib import XK, X
from Xlib.display import Display

from desktop import Desktop, await_true
from faults import At, Fault, Kind
from program import Program, command, say_to
from service import Service

WORDS = ((300, 600, "Hello"), (700, 1100, "there"), (1200, 1500, "everybody."), (1600, 1900, "Bye."))

STAGES = ["window", "insertion", "daemon", "hotkey", "speech", "session"]


def selftest(desktop: Desktop) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and of each stage the verdict and the sentence."""
    done = say_to(desktop, "selftest")
    assert done.stderr == ""
    *lines, last = done.stdout.splitlines()
    assert last == ("All is well." if done.returncode == 0 else "Something is wrong; `utterkey doctor` may say what.")
    rows = [line.split(maxsplit=2) for line in lines]
    return done.returncode, {name: (verdict, rest) for verdict, name, rest in rows}


@pytest.mark.parametrize(
    "hotkey",
    [{"key": "f9"}, {"key": "right_ctrl"}, {"key": "ctrl+alt+space", "mode": "toggle"}],
    ids=lambda hotkey: hotkey["key"],
)
def test_speech_through_the_offline_engine(desktop: Desktop, hotkey: dict[str, str]) -> None:
    with Program(desktop, hotkey=hotkey, service={"endpoint": "offline"}) as program:
        code, stages = selftest(desktop)
        assert code == 0, stages
        assert list(stages) == STAGES
        assert "free dictation program" in stages["session"][1]
        assert "after the release" in stages["session"][1]
        assert "was played into mic_sink" in stages["speech"][1]
        assert "Grüße aus Köln: naïve café, “done” 🎉" in stages["insertion"][1]
        assert all(" ms  " in sentence for _, sentence in stages.values())
        program.wait_state("idle")
        assert desktop.find_window("utterkey selftest") == 0


def test_the_clipboard_is_as_it_was(desktop: Desktop) -> None:
    desktop.set_clipboard("before")
    with Service(WORDS) as service, Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}):
        code, stages = selftest(desktop)
        assert code == 0, stages
        await_true(lambda: desktop.clipboard() == "before", 5, "the former content")


def test_a_clipboard_that_nobody_owns(desktop: Desktop) -> None:
    """Nothing was ever copied: there is nothing to give back, and the text arrives all the same."""
    with Service(WORDS) as service, Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}):
        assert desktop.clipboard() is None
        code, stages = selftest(desktop)
        assert code == 0, stages
        await_true(lambda: desktop.clipboard() is None, 5, "nothing on the clipboard again")


def test_a_key_that_another_program_has(desktop: Desktop) -> None:
    """The daemon could not have it: that is a problem, and the dictation goes by commands."""
    with closing(Display(desktop.display)) as other:
        code = other.keysym_to_keycode(XK.XK_F9)
        other.screen().root.grab_key(code, X.AnyModifier, False, X.GrabModeAsync, X.GrabModeAsync)
        other.sync()
        with Service(WORDS) as service, Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}):
            code, stages = selftest(desktop)
            assert code == 1
            assert stages["hotkey"][0] == "problem"
            assert "Another program already uses f9" in stages["hotkey"][1]
            assert [name for name, (verdict, _) in stages.items() if verdict == "problem"] == ["hotkey"]
            assert "The command press was sent" in stages["press"][1]


def test_no_microphone(desktop: Desktop) -> None:
    with (
        Service(WORDS) as service,
        Program(
            desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, audio={"device": "no such microphone"}
        ),
    ):
        code, stages = selftest(desktop)
        assert code == 1
        assert "no such microphone" in " ".join(sentence for _, sentence in stages.values())


def test_text_that_is_typed(desktop: Desktop) -> None:
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, output={"method": "type"}),
    ):
        code, stages = selftest(desktop)
        assert code == 0, stages


def test_a_microphone_nothing_can_be_played_into(desktop: Desktop, room: None) -> None:
    """It is heard as it is."""
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, audio={"device": "pulse"}),
    ):
        code, stages = selftest(desktop)
        assert code == 0, stages
        assert "There is no loopback device" in stages["speech"][1]
        assert "Hello there everybody" in stages["session"][1]


def test_a_silent_microphone(desktop: Desktop) -> None:
    with (
        Service() as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, audio={"device": "pulse"}),
    ):
        code, stages = selftest(desktop)
        assert code == 1
        assert stages["session"][0] == "problem"
        assert "silence" in stages["session"][1]


def test_the_settings_are_the_daemons(desktop: Desktop) -> None:
    """It was told to listen to F9 and to type, whatever the file says."""
    told = ["--set", "hotkey.key=f9", "--set", "output.method=type"]
    with Service(WORDS) as service, Program(desktop, *told, hotkey={"key": "f8"}, service={"endpoint": service.url}):
        code, stages = selftest(desktop)
        assert code == 0, stages
        assert "f9 was pressed" in stages["hotkey"][1]


def test_a_session_that_is_refused(desktop: Desktop) -> None:
    refusal = Fault(Kind.ERROR, At.BEFORE_BEGIN, code=1008, text="Unauthorized Connection: Invalid API key")
    with (
        Service(WORDS, faults=[refusal]) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}),
    ):
        code, stages = selftest(desktop)
        assert code == 1
        assert [stages[name][0] for name in STAGES] == ["ok", "ok", "ok", "ok", "ok", "problem"]
        assert "key" in stages["session"][1]


def test_without_a_display(desktop: Desktop) -> None:
    """Only what can be tried is: by commands, into no window."""
    del desktop.environment["DISPLAY"]
    with Service(WORDS) as service, Program(desktop, service={"endpoint": service.url}):
        code, stages = selftest(desktop)
        assert code == 1
        assert "window" not in stages
        assert stages["insertion"][0] == stages["hotkey"][0] == "problem"
        assert "DISPLAY" in stages["hotkey"][1]
        assert stages["press"][0] == "ok"


def test_interrupted_it_leaves_nothing_behind(desktop: Desktop) -> None:
    """SIGTERM while it holds the key; the fixture sees to it that no key stays down."""
    with (
        Service(WORDS) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        process = subprocess.Popen(command("selftest"), env=desktop.environment, stdout=subprocess.DEVNULL)
        program.wait_state("recording")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 130
        program.wait_state("idle")


def test_without_a_daemon(desktop: Desktop) -> None:
    done = say_to(desktop, "selftest")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "utterkey: utterkey is not running; start it with `utterkey run`.\n"
