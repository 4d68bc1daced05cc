"""What is kept, what is given up, and what comes back: the journal behind real dictations."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from desktop import await_true
from faults import At, Fault, Kind
from rig import Rig, with_settings
from scripted import marked_speech
from service import Service
from utterkey.audio.recording import Recording
from utterkey.dictation.events import AS_SET, Wishes
from utterkey.errors import RecordingError
from utterkey.history import History
from utterkey.journal import FIGURES_DAYS, Journal
from utterkey.measured import STAGES, Today
from utterkey.settings import HistorySettings

SPEECH = marked_speech(range(4))
LONGER = marked_speech(range(12))
TEXT = "w0 w1 w2 w3"
BAD_KEY = Fault(Kind.HTTP, At.UPGRADE, status=401)
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


def kept_audio(folder: Path) -> set[int]:
    return set(Recording.kept(folder))


def keep(journal: Journal, number: int, audio: bytes, wishes: Wishes = AS_SET) -> str:
    """An utterance that fails; what the user is warned of."""
    recording = journal.record(number, 16000)
    journal.begin(number, "engine", wishes=wishes)
    recording.append(audio)
    recording.complete()
    return str(journal.set_status(number, "failed", "", "No network.") or "")


# --- sent again ----------------------------------------------------------------------------------------------------


def test_it_is_sent_again_as_its_key_wants_it(tmp_path: Path) -> None:
    """Also after it failed once more, and after a restart."""
    wanted = {1: Wishes(("de", "en"), "A letter."), 2: Wishes((), ""), 3: AS_SET}
    path, folder = tmp_path / "history.sqlite", tmp_path / "audio"
    with closing(History.open(path)) as history:
        journal = Journal(history, folder, HistorySettings())
        for number, wishes in wanted.items():
            keep(journal, number, SPEECH, wishes)
            assert journal.retry(number, insert=False).wishes == wishes
        journal.recording(1)
        journal.set_status(1, "finishing", "", "")
        journal.set_status(1, "failed", "", "No network.")
    with closing(History.open(path)) as history:
        journal = Journal(history, folder, HistorySettings())
        journal.recover()
        assert {number: journal.retry(number, insert=False).wishes for number in wanted} == wanted


# --- cancel --------------------------------------------------------------------------------------------------------


def test_a_cancelled_utterance_comes_back(tmp_path: Path) -> None:
    with Service() as service, Rig(service.url, tmp_path) as rig:
        number = rig.press()
        rig.speak(LONGER)
        rig.cancel()
        assert rig.wait_outcome(number) == "cancelled"
        rig.wait_view(lambda view: len(view.kept) == 1)
        rig.microphone.wait_closed()
        rig.retry()
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts == [" ".join(f"w{n}" for n in range(12))]
        assert kept_audio(rig.audio_folder) == set()


def test_it_is_gone_with_the_next_one(tmp_path: Path) -> None:
    with Service() as service, Rig(service.url, tmp_path) as rig:
        number = rig.press()
        rig.speak(LONGER)
        rig.cancel()
        assert rig.wait_outcome(number) == "cancelled"
        following = rig.dictate(SPEECH)
        assert rig.wait_outcome(following) == "delivered"
        assert [entry.id for entry in rig.entries()] == [following]
        assert kept_audio(rig.audio_folder) == set()
        rig.wait_view(lambda view: not view.kept)


def test_one_that_is_gone_before_it_is_sent_again_is_told_of(tmp_path: Path) -> None:
    with Service() as service, Rig(service.url, tmp_path) as rig:
        number = rig.press()
        rig.speak(LONGER)
        rig.cancel()
        assert rig.wait_outcome(number) == "cancelled"
        request = rig.journal.retry(number, insert=False)
        assert rig.wait_outcome(rig.dictate(SPEECH)) == "delivered"
        rig.controller.post(request)
        rig.wait_view(lambda view: f"Utterance {number} cannot be sent again" in view.last_error)
        assert rig.notifier.told[-1] == rig.controller.view.last_error


def test_a_slip_leaves_nothing(tmp_path: Path) -> None:
    with Service() as service, Rig(service.url, tmp_path) as rig:
        number = rig.press()
        rig.speak(SPEECH[:16000])
        rig.cancel()
        assert rig.wait_outcome(number) == "cancelled"
        assert rig.entries() == []
        assert kept_audio(rig.audio_folder) == set()


# --- the disk ------------------------------------------------------------------------------------------------------


def test_beyond_its_size_the_oldest_goes_first(tmp_path: Path) -> None:
    six_megabytes = bytes(6_000_000)
    with closing(History.open(tmp_path / "journal.db")) as history:
        journal = Journal(history, tmp_path / "audio", HistorySettings(audio_mb=13))
        assert keep(journal, 1, six_megabytes) == ""
        assert keep(journal, 2, six_megabytes) == ""
        warning = keep(journal, 3, six_megabytes)
        assert "history.audio_mb = 13" in warning
        assert kept_audio(tmp_path / "audio") == {2, 3}
        assert [entry.id for entry in history.entries()] == [3, 2]
        assert len(journal.kept) == 2
        assert keep(journal, 4, bytes(20_000_000))
        assert kept_audio(tmp_path / "audio") == {4}, "the newest stays, whatever its size"


def test_without_a_disk_it_works_from_memory(tmp_path: Path) -> None:
    (tmp_path / "audio").write_text("in the way")
    with Service(faults=[None, BAD_KEY]) as service, Rig(service.url, tmp_path) as rig:
        number = rig.dictate(SPEECH)
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts == [TEXT + " "]
        assert any("kept in memory only" in sentence for sentence in rig.notifier.told)
        number = rig.dictate(LONGER)
        assert rig.wait_outcome(number) == "failed"
        rig.wait_idle()
        rig.retry(number)
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts[1:] == [" ".join(f"w{n}" for n in range(12))]
        assert rig.journal.unsaved == {}


def test_audio_in_memory_goes_to_the_disk_when_it_has_room(tmp_path: Path) -> None:
    """At the end of the next utterance, or of the program: else it would end with it."""
    in_the_way = tmp_path / "audio"
    in_the_way.write_text("")
    with Service(faults=[BAD_KEY, None, BAD_KEY]) as service:
        with Rig(service.url, tmp_path) as rig:
            first = rig.dictate(LONGER)
            assert rig.wait_outcome(first) == "failed"
            in_the_way.unlink()
            assert rig.wait_outcome(rig.dictate(SPEECH)) == "delivered"
            assert kept_audio(rig.audio_folder) == {first}
            assert rig.journal.unsaved == {}
            in_the_way.rename(tmp_path / "aside")
            in_the_way.write_text("")
            second = rig.dictate(LONGER)
            assert rig.wait_outcome(second) == "failed"
            in_the_way.unlink()
            (tmp_path / "aside").rename(in_the_way)
        with Rig(service.url, tmp_path) as rig:
            for number in (first, second):
                rig.retry(number)
                assert rig.wait_outcome(number) == "delivered"
                rig.wait_idle()
            assert rig.window.texts == [" ".join(f"w{n}" for n in range(12))] * 2


def test_a_journal_that_cannot_be_written_does_not_stop_dictation(tmp_path: Path) -> None:
    """And what was not written, at its begin or at its end, is written when there is room again."""
    with Service(faults=[None, BAD_KEY]) as service, Rig(service.url, tmp_path) as rig:
        rig.refuse_journal(True)
        number = rig.dictate(SPEECH)
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts == [TEXT + " "]
        assert any("is the disk full?" in sentence for sentence in rig.notifier.told)
        rig.wait_idle()
        assert kept_audio(rig.audio_folder) == set(), "delivered audio is deleted all the same"
        assert rig.controller.view.last_text == TEXT
        number = rig.dictate(SPEECH)
        assert rig.wait_outcome(number) == "failed"
        rig.wait_idle()
        assert [kept.id for kept in rig.controller.view.kept] == [number]
        assert rig.journal.choose(None) == number, "it can be sent again all the same"
        rig.refuse_journal(False)
        empty = rig.dictate(b"")
        assert rig.wait_outcome(empty) == "forgotten"
        rig.wait_idle()
        found = [(entry.id, entry.status, entry.text) for entry in rig.entries()]
        assert found == [(number, "failed", ""), (number - 1, "delivered", TEXT)]
        rig.retry()
        assert rig.wait_outcome(number) == "delivered"


@pytest.fixture
def undeletable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], None]]:
    """No file can be deleted, or all can be again."""
    refusing, unlink = False, Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if refusing:
            raise OSError(30, "Read-only file system")
        unlink(path, missing_ok)

    def switch(refused: bool) -> None:
        nonlocal refusing
        refusing = refused

    monkeypatch.setattr(Path, "unlink", refuse)
    yield switch
    switch(False)


def test_audio_that_cannot_be_deleted_takes_nothing_else_with_it(
    tmp_path: Path, undeletable: Callable[[bool], None]
) -> None:
    """A delivered text is in the history and is not offered again, and the next utterance is well."""
    with Service() as service, Rig(service.url, tmp_path) as rig:
        cancelled = rig.press()
        rig.speak(LONGER)
        rig.cancel()
        assert rig.wait_outcome(cancelled) == "cancelled"
        undeletable(True)
        first = rig.dictate(SPEECH)
        assert rig.wait_outcome(first) == "delivered"
        rig.wait_idle()
        await_true(lambda: any("could not be deleted" in told for told in rig.notifier.told), 5, "a sentence about it")
        assert rig.controller.view.recent == (TEXT,)
        slip = rig.press()
        rig.cancel()
        assert rig.wait_outcome(slip) == "cancelled"
        undeletable(False)
        second = rig.dictate(SPEECH)
        assert rig.wait_outcome(second) == "delivered"
        rig.wait_idle()
        found = [(entry.id, entry.status, entry.text) for entry in rig.entries()]
        assert found == [(second, "delivered", TEXT), (first, "delivered", TEXT)]
        assert kept_audio(rig.audio_folder) == {first}
    with closing(History.open(tmp_path / "journal.db")) as history:
        undeletable(True)
        assert Journal(history, tmp_path / "audio", HistorySettings()).recover() == 0
        undeletable(False)
        assert Journal(history, tmp_path / "audio", HistorySettings()).recover() == 0
    assert kept_audio(tmp_path / "audio") == set()


# --- at start ------------------------------------------------------------------------------------------------------


def test_start(tmp_path: Path) -> None:
    folder = tmp_path / "audio"

    def record(number: int, ms: int) -> None:
        recording = Recording.create(folder, number, 16000)
        recording.append(bytes(32 * ms))
        recording.complete()

    with closing(History.open(tmp_path / "journal.db")) as history:
        for number, status in enumerate(("recording", "finishing", "delivered", "failed", "cancelled", "recording"), 1):
            history.begin(number, NOW, "engine")
            history.set_status(number, status)  # type: ignore[arg-type]  # the tuple above holds texts
        for number in (1, 2, 3, 4, 5):
            record(number, 1000 + number * 100)
        history.begin(9, NOW, "engine")
        history.set_status(9, "failed", text="Half of what was")
        record(7, 2000)  # from before a new journal was begun
        record(8, 200)  # a key that turned out to begin a shortcut
        journal = Journal(history, folder, HistorySettings())
        assert journal.recover() == 3
        found = {entry.id: (entry.status, entry.seconds) for entry in history.entries()}
        assert found == {
            1: ("interrupted", 1.1),
            2: ("interrupted", 1.2),
            3: ("delivered", 0.0),
            4: ("failed", 0.0),
            5: ("cancelled", 0.0),
            7: ("interrupted", 2.0),
            9: ("failed", 0.0),  # its audio is gone: its words stay
        }
        assert kept_audio(folder) == {1, 2, 4, 5, 7}
        assert len(journal.kept) == 5
        assert journal.next_number() == 10


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    with closing(History.open(tmp_path / "journal.db")) as history:
        history.begin(1, NOW, "engine")
        files = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("journal.db*")}
    assert files == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600}


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "something else": lambda _: b"This is no journal. " * 500,
    "cut short": lambda content: content[: len(content) // 2],
    "a page of zeros": lambda content: content[:4096] + bytes(4096) + content[8192:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_journal_is_moved_aside(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """The program starts, says so, and the audio that was kept can be sent again."""
    path = tmp_path / "history.sqlite"
    with closing(History.open(path)) as history:
        keep(Journal(history, tmp_path / "audio", HistorySettings()), 7, bytes(64000))
    path.write_bytes(damage(path.read_bytes()))
    history, warning = History.open_or_begin_anew(path)
    with closing(history):
        journal = Journal(history, tmp_path / "audio", HistorySettings())
        journal.recover()
        assert journal.choose(None) == 7
        assert journal.next_number() == 8
    (aside,) = tmp_path.glob("history.sqlite.damaged-*")
    assert str(aside) in str(warning)
    again, warning = History.open_or_begin_anew(path)
    again.close()
    assert warning is None


def test_an_utterance_whose_audio_is_gone(tmp_path: Path) -> None:
    """It is told in a sentence, whenever it goes, and the next one is well."""
    lingering = with_settings(service={"linger_seconds": 60.0})
    with Service(faults=[BAD_KEY]) as service, Rig(service.url, tmp_path, settings=lingering) as rig:
        number = rig.dictate(SPEECH)
        assert rig.wait_outcome(number) == "failed"
        assert rig.wait_outcome(rig.dictate(SPEECH)) == "delivered"  # its session lingers for the retry
        (path,) = rig.audio_folder.iterdir()
        request = rig.journal.retry(number, insert=False)
        path.unlink()
        with pytest.raises(RecordingError, match="is gone"):
            rig.retry(number)
        rig.journal.outcomes.clear()
        rig.controller.post(request)
        assert rig.wait_outcome(number) == "failed"
        assert any("is gone" in sentence for sentence in rig.notifier.told)
        assert rig.wait_outcome(rig.dictate(SPEECH)) == "delivered"


# --- what is measured ----------------------------------------------------------------------------------------------


def test_a_dictation_is_measured(tmp_path: Path) -> None:
    """Every stage, in its order; and the figures stay when the text goes."""
    before = datetime.now().astimezone()
    with Service() as service, Rig(service.url, tmp_path, settings=with_settings(history={"keep": 0})) as rig:
        number = rig.dictate(SPEECH)
        assert rig.wait_outcome(number) == "delivered"
        seconds = rig.journal.today.seconds
    with closing(History.open(tmp_path / "journal.db", readonly=True)) as history:
        assert history.entries() == []
        (measured,) = history.measured()
        assert history.next_number() == number + 1, "or the figures of two utterances would be one's"
    assert before <= datetime.fromisoformat(measured.started).replace(microsecond=999999)
    assert tuple(measured.stages) == STAGES
    assert measured.stages["final"] <= measured.stages["inserted"] <= measured.stages["receipt"]
    assert (measured.seconds, measured.words, measured.sessions, measured.retries) == (seconds, 4, 1, 0)
    assert measured.model == "a-model"


def test_a_retry_adds_to_what_was_measured(tmp_path: Path) -> None:
    with Service(faults=[BAD_KEY]) as service, Rig(service.url, tmp_path) as rig:
        number = rig.dictate(SPEECH)
        assert rig.wait_outcome(number) == "failed"
        rig.wait_idle()
        rig.retry(number)
        assert rig.wait_outcome(number) == "delivered"
        entry = rig.entry(number)
    with closing(History.open(tmp_path / "journal.db", readonly=True)) as history:
        (measured,) = history.measured()
    assert "key_up" in entry.stages
    assert "receipt" not in entry.stages, "nobody waited for it"
    assert (measured.words, measured.sessions, measured.retries) == (4, 2, 1)
    assert measured.release_to_text_ms is None


def test_today_goes_on_after_a_restart_and_ends_at_midnight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(History.open(tmp_path / "journal.db")) as history:
        journal = Journal(history, tmp_path / "audio", HistorySettings())
        journal.recover()
        assert journal.today == Today()
        recording = journal.record(1, 16000)
        journal.begin(1, "engine", "universal-3-6-pro")
        recording.append(bytes(32000))
        recording.complete()
        journal.set_status(1, "delivered", "One second.", "")
        journal.add_billed(1, 2, "universal-3-6-pro")
        assert journal.today == Today(1.0, 0.00025)
        restarted = Journal(history, tmp_path / "audio", HistorySettings())
        restarted.recover()
        assert restarted.today == Today(1.0, 0.00025)

        class Tomorrow(date):
            @classmethod
            def today(cls) -> Self:
                return cls.fromordinal(date.today().toordinal() + 1)

        monkeypatch.setattr("utterkey.journal.date", Tomorrow)
        assert restarted.today == Today()
        restarted.add_billed(1, 4, "universal-3-6-pro")
        assert restarted.today == Today(0.0, 0.0005)


def test_figures_are_kept_for_a_year_and_a_month(tmp_path: Path) -> None:
    now = datetime.now().astimezone()
    with closing(History.open(tmp_path / "journal.db")) as history:
        for number, days in ((1, FIGURES_DAYS + 1), (2, FIGURES_DAYS - 1), (3, 0)):
            history.begin(number, now - timedelta(days=days), "engine", "model")
        Journal(history, tmp_path / "audio", HistorySettings()).recover()
        assert len(history.measured()) == 2
        assert len(history.measured(since=now.date().isoformat())) == 1


def test_a_file_of_an_older_program_is_brought_up_to_date(tmp_path: Path) -> None:
    """By whoever opens it first: the command line too."""
    for readonly in (True, False):
        path = tmp_path / f"{readonly}.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as old:
            old.execute("CREATE TABLE utterance (id INTEGER PRIMARY KEY, status TEXT NOT NULL, started TEXT NOT NULL)")
            old.execute("INSERT INTO utterance VALUES (1, 'delivered', '2026-11-22T10:00:00.000+01:00')")
            old.execute("CREATE TABLE measured (id INTEGER PRIMARY KEY, started TEXT NOT NULL)")
            old.execute("INSERT INTO measured VALUES (1, '2026-11-22T10:00:00.000+01:00')")
        with closing(History.open(path, readonly=readonly)) as history:
            (entry,) = history.entries()
            (measured,) = history.measured()
        assert (entry.id, entry.status, entry.text, entry.repaired, entry.stages) == (1, "delivered", "", False, {})
        assert (measured.model, measured.seconds, measured.stages) == ("", 0.0, {})
