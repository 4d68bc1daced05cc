"""Why there is no hotkey, in a sentence each."""

from __future__ import annotations

import gc
import sys

import pytest

from hotkey.posted import Posted
from utterkey.errors import HotkeyError
from utterkey.hotkey import choose
from utterkey.settings import ExtraHotkey, HotkeySettings

REASONS: dict[str, tuple[dict[str, str], str]] = {
    "no desktop": ({}, "There is no X11 desktop here (DISPLAY is not set); start utterkey from within your desktop."),
    "no such display": ({"DISPLAY": ":4711"}, "The X11 display :4711 cannot be reached; check DISPLAY and XAUTHORITY."),
    "no display's name": (
        {"DISPLAY": "nonsense"},
        "DISPLAY is 'nonsense', which names no X11 display; start utterkey from within your desktop.",
    ),
}


# python-xlib leaves the sockets of a failed connection to the garbage collector, which is called for that below
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("reason", REASONS)
def test_no_hotkey(reason: str, posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    environment, sentence = REASONS[reason]
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(HotkeyError) as refused:
        choose(HotkeySettings(), posted)
    assert str(refused.value) == sentence
    posted.expect_nothing()
    del refused
    gc.collect()


def test_a_further_key_that_no_compositor_binds(posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WAYLAND_DISPLAY": "wayland-0", "XDG_CURRENT_DESKTOP": "sway"}.items():
        monkeypatch.setenv(name, value)
    choose(HotkeySettings(key="f9", extra=(ExtraHotkey(key="mouse8"),)), posted).close()
    assert "mouse8 cannot be had where sway watches the keys" in str(posted.next_failure().error)


@pytest.mark.parametrize(
    "environment", [{"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, {"XDG_SESSION_TYPE": "wayland"}]
)
def test_on_wayland_the_compositor_watches(
    environment: dict[str, str], posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody else: pynput would hear the keys of X programs alone."""
    for name, value in {**environment, "XDG_CURRENT_DESKTOP": "sway"}.items():
        monkeypatch.setenv(name, value)
    for name in [name for name in sys.modules if name.startswith("pynput")]:
        monkeypatch.delitem(sys.modules, name)  # another test may have had it loaded
    hotkeys = choose(HotkeySettings(), posted)
    assert hotkeys.name == "key bindings of sway"
    hotkeys.listen(False)
    hotkeys.watch_cancel(True)
    hotkeys.close()
    posted.expect_nothing()
    assert not [name for name in sys.modules if name.startswith("pynput.keyboard")]
