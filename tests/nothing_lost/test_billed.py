"""What a session cost, whatever was set while it was open."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from desktop import await_true
from faults import At, Fault, Kind
from rig import Rig, with_settings
from scripted import marked_speech
from service import Service
from utterkey.audio.recording import Recording
from utterkey.controller import Parts
from utterkey.dictation.events import SettingsChanged
from utterkey.history import History


class Changing(Rig):
    """With other settings sessions are billed as another model."""

    def _parts(self) -> Parts:
        parts = super()._parts()
        return replace(parts, adopt=lambda _: replace(parts, model="another-model"))


def test_a_session_that_lingers_into_other_settings_is_billed_as_it_was_opened(tmp_path: Path) -> None:
    lingering = with_settings(service={"linger_seconds": 60.0})
    with (
        Service(faults=[Fault(Kind.NO_TERMINATION)]) as service,  # so that begun seconds count
        Changing(service.url, tmp_path, settings=lingering) as rig,
    ):
        assert rig.wait_outcome(rig.dictate(marked_speech(range(3)))) == "delivered"
        rig.controller.post(SettingsChanged(with_settings(service={"linger_seconds": 0.0})))
        service.wait_session(1).wait_closed()
        with closing(History.open(tmp_path / "journal.db", readonly=True)) as history:
            await_true(lambda: history.measured()[0].billed_seconds, 5, "the bill")
            assert history.measured()[0].model == "a-model"


def test_a_session_that_cannot_be_used_again_is_billed_for_what_it_was_used(tmp_path: Path) -> None:
    """The audio of what was to be sent over it is gone: that utterance fails, and the session ends a moment later."""
    lingering = with_settings(service={"linger_seconds": 60.0})
    with (
        Service(faults=[Fault(Kind.HTTP, At.UPGRADE, status=401), Fault(Kind.NO_TERMINATION)]) as service,
        Rig(service.url, tmp_path, settings=lingering) as rig,
    ):
        kept = rig.dictate(marked_speech(range(3)))
        assert rig.wait_outcome(kept) == "failed"
        delivered = rig.dictate(marked_speech(range(3)))
        assert rig.wait_outcome(delivered) == "delivered"
        request = rig.journal.retry(kept, insert=False)
        Recording.kept(rig.audio_folder)[kept].unlink()
        rig.journal.outcomes.pop(kept)
        rig.controller.post(request)
        assert rig.wait_outcome(kept) == "failed"
        service.wait_session(2).wait_closed()  # at a quit it would not be waited for much longer than it takes
    assert {entry.id: entry.billed_seconds > 0 for entry in rig.entries()} == {delivered: True, kept: False}
    with closing(History.open(tmp_path / "journal.db", readonly=True)) as history:
        assert [line.model for line in history.measured() if line.billed_seconds] == ["a-model"]
