"""The cues: as they are drawn, and as a real sound server plays them."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

import cues as drawing
from desktop import Desktop, await_true
from loudspeaker import Loudspeaker
from utterkey import paths
from utterkey.audio import PLAYERS, cue_player
from utterkey.audio import cues as module
from utterkey.audio.cues import Cues, by_child
from utterkey.dictation.effects import Cue

BOTH: tuple[Cue, ...] = ("start", "stop")


@pytest.mark.parametrize("path", drawing.sounds(), ids=lambda path: path.name)
def test_what_is_kept_is_what_is_drawn(path: Path) -> None:
    assert path.read_bytes() == drawing.sounds()[path], "renew it: python packaging/cues.py"
    assert paths.asset(path.name) == path


@pytest.mark.system("linux")
def test_the_default_output_plays_both_in_their_order(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PLAY_SECONDS", 10.0)  # a busy machine may take longer than a user would wait
    with Loudspeaker(desktop) as loudspeaker, closing(Cues(cue_player())) as cues:
        for cue in BOTH:
            cues.play(cue)
        await_true(lambda: loudspeaker.cues() == ["start", "stop"], 20, "both cues")


@pytest.mark.system("linux")
@pytest.mark.parametrize("command", PLAYERS, ids=lambda command: command[0])
def test_every_player_is_asked_for_what_it_knows(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed is taken; its last argument is the file."""
    player = tmp_path / command[0]
    player.write_text('#!/bin/sh\nfor last; do :; done\ncp "$last" "$0.played"\n')
    player.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("utterkey.audio.PLAYERS", (["not-installed"], command))
    monkeypatch.setattr(module, "_END_SECONDS", 10.0)
    with closing(Cues(cue_player())) as cues:
        cues.play("start")
    assert (tmp_path / f"{command[0]}.played").read_bytes() == paths.asset("cue_start.wav").read_bytes()


def test_without_a_player_nothing_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with closing(Cues(cue_player())) as cues:
        cues.play("start")


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "import time; time.sleep(60)"])
def test_a_player_that_fails_or_hangs_is_left_alone(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it, and the next cue is played."""
    monkeypatch.setattr(module, "PLAY_SECONDS", 1.0)
    played: list[str] = []

    def play(sound: Path) -> None:
        played.append(sound.name)
        by_child([sys.executable, "-c", code])(sound)

    started = monotonic()
    with closing(Cues(play)) as cues:
        for cue in BOTH:
            cues.play(cue)
        assert monotonic() - started < 1.0
        await_true(lambda: played == ["cue_start.wav", "cue_stop.wav"], 10, "both were tried")


def test_a_cue_that_would_come_late_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_END_SECONDS", 10.0)
    free, played = Event(), list[str]()

    def play(sound: Path) -> None:
        played.append(sound.name)
        free.wait(10)

    with closing(Cues(play)) as cues:
        cues.play("start")
        await_true(lambda: played, 5, "the first")
        for _ in range(10):
            cues.play("stop")
        free.set()
    assert played == ["cue_start.wav", "cue_stop.wav", "cue_stop.wav"]
