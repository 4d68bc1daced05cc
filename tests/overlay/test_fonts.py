"""Fonts for every script, found by fontconfig and asked for once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from utterkey.overlay.fonts import BUILT_IN, Faces, Fonts

pytestmark = pytest.mark.system("linux")

LATIN_ONLY = "DejaVu Sans Mono"
"""It has no Hebrew; DejaVu Sans has."""


@pytest.fixture
def questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for each time that fontconfig is asked."""
    asked, program = tmp_path / "asked", tmp_path / "bin" / "fc-match"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$3" >> {asked}\nexec {shutil.which("fc-match")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return asked


def test_another_script_has_a_font_of_its_own(questions: Path) -> None:
    faces = Faces(LATIN_ONLY)
    assert Path(faces.of("a").path).stem == "DejaVuSansMono"
    assert Path(faces.of("ש").path).stem == "DejaVuSans"
    for character in "bcשלום":
        faces.of(character)
    assert len(questions.read_text().splitlines()) == 2, "once for the main font, once for Hebrew"


def test_a_script_that_no_font_has_is_asked_for_once(questions: Path) -> None:
    faces = Faces()
    main = faces.of("a")
    cuneiform = [chr(code) for code in range(0x12000, 0x12010)]
    assert {faces.of(character) for character in cuneiform} == {main}
    assert len(questions.read_text().splitlines()) == 2


def test_a_word_is_cut_where_the_font_changes() -> None:
    fonts = Fonts(Faces(LATIN_ONLY), 17)
    pieces = fonts.pieces("abשלום.")
    assert [text for _, text in pieces] == ["ab", "שלום."], "marks that both have stay with what they follow"
    assert pieces[0][0] is fonts.main


def test_without_fontconfig_there_is_still_a_font(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    faces = Faces()
    assert faces.of("a") is BUILT_IN
    assert Fonts(faces, 17).main.getlength("utterkey") > 20


def test_a_font_file_that_is_gone_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "fc-match"
    program.write_text("#!/bin/sh\nprintf '/nowhere/font.ttf\\n0\\n20-7e'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert Fonts(Faces(), 17).main.getlength("utterkey") > 20
