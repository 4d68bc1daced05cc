"""What the menu asks for beside the dictation, with the programs it starts."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop import await_true
from homes import live_in
from utterkey import autostart, hotkey, paths
from utterkey.dictation.errand import (
    ChangeSetting,
    ChooseHotkey,
    Errand,
    LookAround,
    OpenSettings,
    PrepareSession,
    RereadSettings,
    RunDoctor,
    SendAgain,
)
from utterkey.dictation.events import Event, LookedAround, PartFailed, PartWell, RetryRequested, SettingsChanged
from utterkey.errands import LOOKING, Errands
from utterkey.errors import MechanismError, RecordingError
from utterkey.settings import Settings


class Desk:
    """The errands, and what they post."""

    def __init__(self, file: Path, overrides: list[str]) -> None:
        self.posted: list[Event] = []
        self.told: list[str] = []
        self.well: list[PartWell] = []
        self.errands = Errands(
            file, overrides, Settings(), self._take,
            retry=self._retry, look_for_key=lambda _: False, prepare_session=lambda: None, tell=self.told.append,
        )  # fmt: skip
        await_true(lambda: self.posted, 10, "the first look around")
        assert isinstance(self.posted.pop(), LookedAround)

    def run(self, errand: Errand) -> Event:
        self.errands.run(errand)
        await_true(lambda: self.posted, 30, "an answer")
        return self.posted.pop(0)

    def _take(self, event: Event) -> None:
        if isinstance(event, PartWell):
            self.well.append(event)
        else:
            self.posted.append(event)

    def _retry(self, number: int, insert: bool) -> RetryRequested:
        if number == 404:
            raise RecordingError("Its audio is gone.")
        return RetryRequested(number, 1000, (), insert)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    live_in(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    desk = Desk(home / "settings.toml", ["output.method=paste"])
    yield desk
    desk.errands.close()


@pytest.fixture
def opened(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop's opener that writes down what it is to open."""
    opener, opened = home / "bin" / "xdg-open", home / "opened"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{opener.parent}:/usr/bin:/bin")
    return opened


def test_a_choice_counts_before_what_the_command_line_said(desk: Desk, home: Path) -> None:
    changed = desk.run(ChangeSetting("output.method", "type"))
    assert isinstance(changed, SettingsChanged)
    assert changed.settings.output.method == "type"
    assert 'method = "type"' in (home / "settings.toml").read_text()
    other = desk.run(ChangeSetting("audio.tail_ms", 200))
    assert isinstance(other, SettingsChanged)
    assert other.settings.output.method == "type", "and goes on to"


def test_what_cannot_be_done_is_a_sentence_and_the_next_is_done(desk: Desk) -> None:
    refused = desk.run(ChangeSetting("audio.tail_ms", -1))
    assert isinstance(refused, PartFailed)
    assert "between 0 and 2000" in str(refused.error)
    gone = desk.run(SendAgain(404))
    assert isinstance(gone, PartFailed)
    assert desk.run(SendAgain(3)) == RetryRequested(3, 1000, ())
    assert desk.run(SendAgain(3, insert=True)) == RetryRequested(3, 1000, (), insert=True)


@pytest.mark.parametrize("content", ["", "[hotkey"], ids=["a file", "a broken file"])
def test_the_hotkey_that_was_pressed_is_told_when_it_counts(
    home: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(hotkey, "choose_by_pressing", lambda _listening: "f8")  # the press is test_choosing's
    (home / "settings.toml").write_text(content)
    desk = Desk(home / "settings.toml", [])
    answer = desk.run(ChooseHotkey(paused=True))
    if not content:
        await_true(lambda: desk.told, 10, "what is told after it")
    desk.errands.close()
    assert isinstance(answer, PartFailed if content else SettingsChanged)
    assert desk.told == ([] if content else ["The hotkey is f8."])


@pytest.mark.system("linux")  # by a named pipe
def test_a_choice_waits_for_no_program(desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The devices are looked at while the choice is made; and once more, not three times, for who asked meanwhile."""
    gate, asked, program = home / "gate", home / "asked", home / "utterkey"
    os.mkfifo(gate)
    program.write_text(f'#!/bin/sh\necho "$@" >>{asked}\ncat {gate}\n')
    program.chmod(0o755)
    monkeypatch.setattr(autostart, "program", lambda: [str(program)])
    desk.errands.run(LookAround())
    await_true(asked.exists, 10, "the look at the devices")
    assert isinstance(desk.run(ChangeSetting("output.method", "type")), SettingsChanged)
    for _ in range(3):
        desk.errands.run(LookAround())
    for name in ("one", "two"):
        gate.write_text(f'[{{"name": "{name}"}}]')
        await_true(lambda: desk.posted, 10, "what is there")
        seen = desk.posted.pop()
        assert isinstance(seen, LookedAround)
        assert seen.surroundings.microphones == (name,)
    assert asked.read_text() == "devices --json\n" * 2


def test_a_mistake_that_is_put_right_is_told_as_such(desk: Desk, home: Path) -> None:
    file = home / "settings.toml"
    desk.run(RereadSettings())
    await_true(lambda: desk.well, 10, "the file read")
    desk.well.clear()
    (home / "new").write_text("[audio]\ntail_ms = -1\n")
    (home / "new").replace(file)  # in one step, so that it is read once
    await_true(lambda: desk.posted, 10, "the mistake")
    assert isinstance(desk.posted.pop(), PartFailed)
    assert desk.well == []
    file.write_text("")  # the settings are those of before
    await_true(lambda: desk.well, 10, "its correction")
    assert desk.well == [PartWell("settings")]
    assert desk.posted == []


def test_a_named_file_that_is_gone_gives_the_defaults_not_the_usual_file(desk: Desk, home: Path) -> None:
    paths.config_file().parent.mkdir(exist_ok=True)
    paths.config_file().write_text("[audio]\ntail_ms = 7\n")
    desk.run(ChangeSetting("audio.tail_ms", 200))
    (home / "settings.toml").unlink()
    changed = desk.run(RereadSettings())
    assert isinstance(changed, SettingsChanged)
    assert changed.settings.audio.tail_ms == Settings().audio.tail_ms


@pytest.mark.system("linux")  # by xdg-open
def test_the_doctor_is_asked_about_the_settings_in_force(desk: Desk, home: Path, opened: Path) -> None:
    desk.run(ChangeSetting("audio.device", "Studio 9000"))
    desk.errands.run(RunDoctor())
    await_true(opened.exists, 60, "the opened file", every=0.05)
    report = (paths.state_folder() / "doctor.txt").read_text()
    assert str(home / "settings.toml").replace(str(home), "~") in report


@pytest.mark.system("linux")  # by xdg-open
def test_the_settings_file_is_made_and_opened(desk: Desk, home: Path, opened: Path) -> None:
    desk.errands.run(OpenSettings())
    await_true(opened.exists, 10, "the opened file")
    await_true(lambda: opened.read_text() == f"{home / 'settings.toml'}\n", 10, "its name")
    assert "# method" in (home / "settings.toml").read_text()


@pytest.mark.system("linux")
def test_the_doctors_report_is_opened(desk: Desk, opened: Path) -> None:
    desk.errands.run(RunDoctor())
    await_true(opened.exists, 60, "the opened file", every=0.05)
    report = paths.state_folder() / "doctor.txt"
    await_true(lambda: opened.read_text() == f"{report}\n", 10, "its name")
    assert "microphone" in report.read_text()
    assert desk.told == [LOOKING]


def test_without_an_opener_the_path_is_told(desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))
    told = desk.run(OpenSettings())
    assert isinstance(told, PartFailed)
    assert f"open {home / 'settings.toml'} yourself" in str(told.error)


def test_nothing_stays_behind(home: Path) -> None:
    before = threading.active_count()
    Desk(home / "settings.toml", []).errands.close()
    await_true(lambda: threading.active_count() == before, 5, "the end of its threads")


def test_what_is_under_way_does_not_hold_up_the_end(home: Path) -> None:
    """Whichever thread it is on."""
    over, busy = threading.Event(), threading.Barrier(3)

    def wait(*_: str) -> None:
        busy.wait(10)
        over.wait(10)
        raise MechanismError("It is over.")

    errands = Errands(
        home / "settings.toml", [], Settings(), lambda _: None,
        retry=lambda *_: RetryRequested(1, 1000, ()), look_for_key=lambda _: False, prepare_session=wait, tell=wait,
    )  # fmt: skip
    errands.run(PrepareSession())
    errands.run(RunDoctor())
    busy.wait(10)
    started = time.monotonic()
    errands.close()
    seconds = time.monotonic() - started
    over.set()
    assert seconds < 3
