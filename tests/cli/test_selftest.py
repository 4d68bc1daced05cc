"""What `selftest` waits for."""

from __future__ import annotations

import json
from threading import Timer

import pytest

from utterkey.cli.selftest import Scene, SelftestError, _in_force
from utterkey.declaration import Pairs
from utterkey.settings import ExtraHotkey, HotkeySettings, OutputSettings, ServiceSettings, Settings, as_plain


def test_a_text_that_reaches_the_window_after_the_daemon_is_done_is_waited_for() -> None:
    scene = Scene()
    late = Timer(0.05, scene.take_text, ["Hello there."])
    late.start()
    assert scene.wait_text(lambda text: "Hello" in text)
    late.join()


def test_all_settings_of_the_daemon_are_in_force() -> None:
    """As they come over the socket."""
    settings = Settings(
        hotkey=HotkeySettings(extra=(ExtraHotkey(key="f8", mode="toggle"), ExtraHotkey(key="f7"))),
        service=ServiceSettings(keyterms=("utterkey",), linger_seconds=3.0),
        output=OutputSettings(
            chords=Pairs([("Emacs", "ctrl+y")]), replacements=Pairs([("my address", "1 Main Street")])
        ),
    )
    status = json.loads(json.dumps({"settings": as_plain(settings)}))
    assert _in_force(status) == settings


def test_settings_that_cannot_be_read_end_it() -> None:
    with pytest.raises(SelftestError, match=r"must be a table of texts.* Start utterkey again"):
        _in_force({"settings": {"output.chords": [["Emacs", "ctrl+y"]]}})
