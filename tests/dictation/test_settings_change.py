"""Settings that change while the program runs: when they begin to count."""

from dataclasses import replace

import pytest

from dictation.scenarios import F9, PLAIN, final, over, pressed, run, spoken
from utterkey.dictation import effects as do
from utterkey.dictation import errand
from utterkey.dictation.events import (
    AS_SET,
    Asked,
    Cancelled,
    CaptureEnded,
    ClearRequested,
    Event,
    InsertionFailed,
    LookedAround,
    PartFailed,
    PartWell,
    PauseRequested,
    Pressed,
    QuitRequested,
    Released,
    SettingsChanged,
    TextInserted,
)
from utterkey.dictation.state import IdleSession, State
from utterkey.errors import InsertionError, SettingsError
from utterkey.settings import OutputSettings

TYPING = replace(PLAIN, output=OutputSettings(method="type"))
KEEPING = replace(PLAIN, output=OutputSettings(sentence="keep"))
CHANGE = SettingsChanged(TYPING)
ADOPTED = do.AdoptSettings(TYPING)

SCENARIOS: dict[str, tuple[list[Event], list[do.Effect]]] = {
    "at once, when nothing is being said": ([CHANGE], [ADOPTED]),
    "not while a key is held": ([Pressed(F9), CHANGE], []),
    "not while a text is on its way": ([*pressed(), *spoken(1, 1), final(1, 1, "One."), CHANGE], []),
    "when the text is in the window": (
        [*pressed(), CHANGE, *spoken(1, 1), final(1, 1, "One."), TextInserted(1)],
        [ADOPTED],
    ),
    "when the text could not be inserted": (
        [*pressed(), CHANGE, *spoken(1, 1), final(1, 1, "One."), InsertionFailed(1, InsertionError("No."))],
        [ADOPTED],
    ),
    "when the dictation is cancelled": ([*pressed(), CHANGE, Cancelled()], [ADOPTED]),
    "when nothing was said": ([*pressed(), CHANGE, Released(F9), over(1, "tail"), CaptureEnded(1, 0, ())], [ADOPTED]),
    "the latest of several": ([*pressed(), SettingsChanged(KEEPING), CHANGE, Cancelled()], [ADOPTED]),
    "while paused, and the new hotkeys stay silent": (
        [PauseRequested(), CHANGE],
        [ADOPTED, do.ListenForHotkeys(False)],
    ),
    "not at the end of the program": ([Pressed(F9), CHANGE, QuitRequested(), CaptureEnded(1, 0, ())], []),
}


@pytest.mark.parametrize(("events", "expected"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_other_settings_count(events: list[Event], expected: list[do.Effect]) -> None:
    _, effects = run(events)
    adopted = [number for number, effect in enumerate(effects) if isinstance(effect, do.AdoptSettings)]
    assert (effects[adopted[0] :] if adopted else []) == expected


def test_a_session_that_lingers_was_opened_with_the_old_ones() -> None:
    state, effects = run([CHANGE], state=State(idle_session=IdleSession(7, AS_SET)))
    assert effects == [do.AbortSession(7), ADOPTED]
    assert state.idle_session is None


def test_an_errand_is_passed_on() -> None:
    wanted = errand.ChangeSetting("output.method", "type")
    assert run([Asked(wanted), ClearRequested("kept")])[1] == [do.Run(wanted), do.ClearHistory("kept")]


def test_what_was_found_is_remembered() -> None:
    found = errand.Surroundings(("Headset",), autostart=True)
    assert run([LookedAround(found)])[0].surroundings == found


TYPO = PartFailed("settings", SettingsError("There is no setting 'x'."))
REFUSED = PartFailed("errands", SettingsError("That needs another hotkey."))


def test_a_mistake_that_is_put_right_is_told_no_more() -> None:
    state, _ = run([TYPO, PartWell("errands")])
    assert state.last_error == str(TYPO.error)
    state, _ = run([PartWell("settings")], state=state)
    assert state.last_error == ""
    _, effects = run([TYPO], state=state)
    assert effects == [do.Notify(str(TYPO.error))], "made again it is told again"


def test_what_was_told_after_it_stays() -> None:
    state, _ = run([TYPO, InsertionFailed(0, InsertionError("No window."), on_clipboard=True), PartWell("settings")])
    assert state.last_error == "No window."


def test_who_asks_again_is_answered_again() -> None:
    _, effects = run([REFUSED, REFUSED])
    assert effects == [do.Notify(str(REFUSED.error))] * 2
    _, effects = run([TYPO, TYPO])
    assert effects == [do.Notify(str(TYPO.error))]
