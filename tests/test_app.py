"""The composition root's own decisions; that it puts the parts together right is proved in tests/whole."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from utterkey import config_file
from utterkey.app import Daemon
from utterkey.audio.recording import Recording
from utterkey.audio.voice import VoiceDetector
from utterkey.control.request import Request
from utterkey.controller import Controller
from utterkey.dictation.errand import SendAgain
from utterkey.dictation.events import Asked
from utterkey.errors import RecordingError
from utterkey.history import History
from utterkey.journal import Journal
from utterkey.settings import HistorySettings, Settings

HUNG = """
import atexit, threading
from utterkey import app
never = threading.Event()
atexit.register(never.wait)
threading.Thread(target=never.wait, name={name!r}, daemon=True).start()
app._leave_hung_devices()
print("still here", flush=True)
raise SystemExit(3)
"""


def test_a_microphone_that_hangs_does_not_hold_up_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", HUNG.format(name="microphone")], capture_output=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, b"")


def test_what_is_sent_again_is_read_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading an hour takes seconds, and who asks for it is answered on the thread that hears `press` too."""
    monkeypatch.setattr(VoiceDetector, "feed", lambda *_: pytest.fail("the recording was read"))
    recording = Recording.create(tmp_path, 7, 16000)
    recording.complete()
    (tmp_path / "settings.toml").touch()
    controller = Controller(Settings())
    daemon = Daemon(controller, config_file.load(tmp_path / "settings.toml"), [], None)
    with closing(History.open(tmp_path / "journal.db")) as history:
        history.begin(7, datetime.now(UTC), "engine")
        history.set_status(7, "failed")
        daemon._journal = Journal(history, tmp_path, HistorySettings())
        daemon._journal.recover()
        assert daemon.answer(Request("retry", 0.0, insert=True)) == {}
        assert controller._queue.get(timeout=1)[1] == Asked(SendAgain(7, insert=True))
        with pytest.raises(RecordingError, match="not one that can be sent again"):
            daemon.answer(Request("retry", 0.0, id=8))


def test_nothing_is_skipped_at_a_usual_end() -> None:
    usual = HUNG.format(name="other").replace("atexit.register(never.wait)", "")
    done = subprocess.run([sys.executable, "-c", usual], capture_output=True, timeout=20)
    assert (done.returncode, done.stdout) == (3, b"still here\n")


def test_it_starts_without_what_only_a_session_or_a_picture_needs() -> None:
    """It is loaded once the program is ready, or never: each of these takes longer than all of ours in one folder."""
    later = ("ssl", "websocket", "urllib.request", "http.client", "email", "difflib", "PIL", "keyring")
    code = f"import sys, utterkey.app; print(*(name for name in {later} if name in sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == []


def test_the_search_for_the_key_begins_before_the_rest_is_loaded() -> None:
    code = """
import sys
from utterkey import cli, credentials
credentials.search_for = lambda _: sys.exit("the rest is loaded" if "utterkey.app" in sys.modules else 0)
sys.argv = ["utterkey", "run"]
cli.main()
"""
    subprocess.run([sys.executable, "-c", code], check=True)
