"""A part that fails, in a way that was foreseen or not, keeps no other from its work."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig import Rig
from scripted import marked_speech
from service import Service
from utterkey import controller
from utterkey.dictation.effects import PrepareInsertion
from utterkey.dictation.events import PartFailed, RetryRequested
from utterkey.errors import UtterkeyError
from utterkey.insertion import Order

SPEECH = marked_speech(range(4))
TEXT = "w0 w1 w2 w3 "


def test_a_journal_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its audio folder was made read-only, say."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with Service() as service, Rig(service.url, tmp_path) as rig:
        monkeypatch.setattr(rig.journal, "begin", refuse)
        assert rig.wait_outcome(rig.dictate(SPEECH)) == "delivered"
        assert rig.window.texts == [TEXT]
        assert any("Permission denied" in sentence for sentence in rig.notifier.told)


def test_a_part_with_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The user is told once, and the log has the rest."""

    with Service() as service, Rig(service.url, tmp_path) as rig:
        take = rig.window.order

        def fault(order: Order) -> None:
            if isinstance(order, PrepareInsertion):  # between the session and what ends the utterance
                raise RuntimeError("never thought of")
            take(order)

        monkeypatch.setattr(rig.window, "order", fault)
        for number in (1, 2):
            assert rig.wait_outcome(rig.dictate(SPEECH)) == "delivered"
            assert rig.window.texts == [TEXT] * number
        assert controller.FAULT in rig.notifier.told
        assert "never thought of" in caplog.text


def test_what_failed_while_it_started_is_known_once_it_has_started(tmp_path: Path) -> None:
    """Whoever asks the moment it is ready, the doctor say, hears of it."""
    with Service() as service:
        rig = Rig(service.url, tmp_path)
        for number in range(1000):
            rig.controller.post(PartFailed("part", UtterkeyError(f"Part {number} is missing.")))
        with rig:
            assert rig.controller.view.last_error == "Part 999 is missing."


def test_a_retry_that_was_overtaken_by_the_delivery(tmp_path: Path) -> None:
    """Both were asked for before the first was delivered: the text stays as it was delivered."""
    with Service() as service, Rig(service.url, tmp_path) as rig:
        number = rig.press()
        rig.speak(SPEECH * 2)
        rig.cancel()
        assert rig.wait_outcome(number) == "cancelled"
        rig.retry(number)
        assert rig.wait_outcome(number) == "delivered"
        text = rig.entry(number).text
        rig.controller.post(RetryRequested(number, 2600, ((100, 2600),)))
        assert rig.wait_outcome(rig.dictate(SPEECH)) == "delivered"
        assert (rig.entry(number).status, rig.entry(number).text) == ("delivered", text)
        assert rig.notifier.told == []
