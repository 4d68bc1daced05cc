"""From settings to bindings and triggers."""

from __future__ import annotations

import pytest

from utterkey.dictation.events import Trigger, Wishes
from utterkey.errors import HotkeyError, UsageError
from utterkey.hotkey.keys import Combo, Key, LoneModifier
from utterkey.hotkey.plan import Binding, plan, trigger_of
from utterkey.settings import ExtraHotkey, HotkeySettings


def test_defaults() -> None:
    made = plan(HotkeySettings())
    trigger = Trigger("right_ctrl", alone=True, blocks_insertion=True)
    assert made.bindings == (Binding(LoneModifier("right_ctrl"), trigger, "hold"),)
    assert (made.cancel, made.grab, made.min_hold, made.refused) == (Key("esc"), True, 0.2, ())


def test_extra_keys_want_something_else() -> None:
    extra = ExtraHotkey(key="f8", mode="toggle", output="clipboard", languages=("de",), prompt="A letter.")
    main, other = plan(HotkeySettings(key="ctrl+alt+space", mode="auto", extra=(extra,))).bindings
    assert main == Binding(
        Combo(("ctrl", "alt"), "space"), Trigger("ctrl+alt+space", blocks_insertion=True, strikes=True), "auto"
    )
    trigger = Trigger("f8", strikes=True, output="clipboard", wishes=Wishes(("de",), "A letter."))
    assert other == Binding(Key("f8"), trigger, "toggle")


def test_what_a_command_starts_for_a_further_key() -> None:
    """As that key would, but no key is held."""
    settings = HotkeySettings(key="f9", insert_last="f7", extra=(ExtraHotkey(key="ctrl+f8", languages=("de",)),))
    assert trigger_of(settings, "Ctrl+F8") == Trigger("ctrl+f8", wishes=Wishes(("de",)))
    for name in ("f5", "f7", "no key"):
        with pytest.raises(UsageError, match="is no hotkey of the settings that records"):
            trigger_of(settings, name)


def test_an_extra_key_takes_the_main_mode() -> None:
    bindings = plan(HotkeySettings(key="f9", mode="toggle", extra=(ExtraHotkey(key="f8"),))).bindings
    assert [binding.mode for binding in bindings] == ["toggle", "toggle"]


def test_a_toggling_modifier_is_not_down_while_it_records() -> None:
    (binding,) = plan(HotkeySettings(key="right_alt", mode="toggle")).bindings
    assert binding.trigger == Trigger("right_alt", alone=False, blocks_insertion=False)
    assert binding.alone


def test_one_bad_entry_leaves_the_others() -> None:
    extra = (ExtraHotkey(key="f77"), ExtraHotkey(key="F9"), ExtraHotkey(key="f8"))
    made = plan(HotkeySettings(key="f9", cancel="f8", extra=extra))
    assert [binding.trigger.name for binding in made.bindings] == ["f9", "f8"]
    assert made.cancel is None
    assert [str(error) for error in made.refused] == [
        "There is no key called 'f77'; did you mean f7?",
        "f9 is a hotkey twice; remove one of its entries.",
        "f8 is a hotkey and the cancel key; choose another hotkey.cancel.",
    ]


def test_the_key_that_inserts_the_last_text() -> None:
    _, binding = plan(HotkeySettings(insert_last="ctrl+alt+v")).bindings
    assert binding == Binding(Combo(("ctrl", "alt"), "v"), Trigger("ctrl+alt+v", strikes=True), "insert last")


def test_the_key_that_inserts_the_last_text_is_another_one() -> None:
    """However it is written."""
    made = plan(HotkeySettings(key="ctrl+alt+v", insert_last="alt+control+V"))
    assert [binding.mode for binding in made.bindings] == ["hold"]
    assert [str(error) for error in made.refused] == ["ctrl+alt+v is a hotkey twice; remove one of its entries."]


def test_nothing_usable() -> None:
    with pytest.raises(HotkeyError, match="There is no key called 'f99'"):
        plan(HotkeySettings(key="f99"))
