"""From complete text to the window or the clipboard: in order, one at a time, never silently lost."""

from dataclasses import replace

import pytest

from dictation.scenarios import (
    F9,
    PLAIN,
    RIGHT_CTRL,
    SENTENCE,
    START,
    STOP,
    TWO_SECONDS,
    done,
    essence,
    final,
    inserted,
    over,
    pressed,
    run,
    spoken,
)
from utterkey.declaration import Pairs
from utterkey.dictation.effects import (
    CopyText,
    Effect,
    InsertText,
    MarkTarget,
    Notify,
    PrepareInsertion,
    SetStatus,
    StartTimer,
)
from utterkey.dictation.events import (
    AudioSent,
    CaptureEnded,
    Event,
    InsertionFailed,
    InsertionUnderWay,
    Pressed,
    ProgramTimer,
    Released,
    SessionBegan,
    TargetMarked,
    TextCopied,
    TextInserted,
    TimedOut,
    UtteranceTimer,
)
from utterkey.errors import InsertionError
from utterkey.settings import OutputSettings

TO_CLIPBOARD = replace(PLAIN, output=OutputSettings(mode="clipboard"))

SCENARIOS: dict[str, tuple[list[Event], list[Effect]]] = {
    "text that is late goes to the clipboard": (
        [*pressed(), *spoken(1, 1), over(1, "overdue"), over(1, "late"), final(1, 1, SENTENCE), TextCopied(1)],
        [*START, *STOP, CopyText(1, SENTENCE),
         Notify("The text came too late to be inserted: it is on the clipboard."), SetStatus(1, "delivered", SENTENCE)],
    ),
    "a refused insertion is told, the text is on the clipboard": (
        [*pressed(), *spoken(1, 1), final(1, 1, SENTENCE), InsertionFailed(1, InsertionError("No focus."))],
        [*START, *STOP, InsertText(1, SENTENCE + " "), Notify("No focus."), SetStatus(1, "delivered", SENTENCE)],
    ),
    "without even a clipboard it is kept": (
        [*pressed(), *spoken(1, 1), final(1, 1, SENTENCE),
         InsertionFailed(1, InsertionError("No."), on_clipboard=False)],
        [*START, *STOP, InsertText(1, SENTENCE + " "), Notify("No."), SetStatus(1, "failed", SENTENCE, "No.")],
    ),
    "an insertion that never answers does not block": (
        [*pressed(), *spoken(1, 1), final(1, 1, SENTENCE), over(1, "deliver")],
        [*START, *STOP, InsertText(1, SENTENCE + " "),
         Notify("The text could not be inserted in time: copy it with `utterkey last --copy`."),
         SetStatus(1, "failed", SENTENCE,
                   "The text could not be inserted in time: copy it with `utterkey last --copy`.")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    events, expected = SCENARIOS[name]
    _, effects = run(events)
    assert essence(effects) == expected


def test_clipboard_mode_marks_no_window() -> None:
    _, effects = run([*pressed(), *spoken(1, 1), final(1, 1, SENTENCE), TextCopied(1)], TO_CLIPBOARD)
    assert not [e for e in effects if isinstance(e, PrepareInsertion | MarkTarget | InsertText)]
    assert CopyText(1, SENTENCE) in effects


def test_commands_and_replacements_count_for_the_window_and_the_history() -> None:
    output = OutputSettings(spoken_commands=True, replacements=Pairs([("utter key", "utterkey")]))
    text = "This is Utter Key, new line. It writes."
    _, effects = run([*pressed(), *spoken(1, 1), final(1, 1, text), TextInserted(1)], replace(PLAIN, output=output))
    assert essence(effects) == [*START, *STOP, *done("This is utterkey\nIt writes.")]


# --- several utterances --------------------------------------------------------------------------------------------


def two_spoken() -> list[Event]:
    return [*pressed(), *spoken(1, 1), Pressed(F9), SessionBegan(2, 2), *spoken(2, 2)]


def test_text_that_is_ready_while_a_modifier_is_held_goes_in_at_its_key_up() -> None:
    first: list[Event] = [
        Pressed(RIGHT_CTRL),
        over(1, "arm"),
        SessionBegan(1, 1),
        Released(RIGHT_CTRL),
        TargetMarked(1, "w"),
    ]
    first += [over(1, "tail"), CaptureEnded(1, 2000, TWO_SECONDS), AudioSent(1, 1)]
    state, effects = run([*first, Pressed(RIGHT_CTRL), over(2, "arm"), final(1, 1, SENTENCE)])
    assert not [e for e in effects if isinstance(e, InsertText)]
    _, effects = run([Released(RIGHT_CTRL)], state=state)
    assert InsertText(1, SENTENCE + " ") in effects


def test_a_text_is_inserted_while_a_plain_key_is_held_for_the_next() -> None:
    _, effects = run([*pressed(), *spoken(1, 1), Pressed(F9), final(1, 1, SENTENCE)])
    assert inserted(effects) == [1]


def test_texts_keep_the_order_they_were_spoken_in() -> None:
    state, effects = run([*two_spoken(), final(2, 2, SENTENCE)])
    assert inserted(effects) == []
    state, effects = run([final(1, 1, SENTENCE), TextInserted(1), TextInserted(2)], state=state)
    assert inserted(effects) == [1, 2]
    assert state.utterances == ()


def test_a_service_that_stalls_while_the_text_goes_in_changes_nothing() -> None:
    _, effects = run([*pressed(), *spoken(1, 1), final(1, 1, SENTENCE), over(1, "stall"), TextInserted(1)])
    assert essence(effects) == [*START, *STOP, *done(SENTENCE)]


def test_every_way_of_delivering_is_bounded() -> None:
    bound = StartTimer(UtteranceTimer(1, "deliver"), 15.0)
    spoken_text: list[Event] = [*pressed(), *spoken(1, 1), final(1, 1, SENTENCE)]
    assert bound in run(spoken_text)[1]
    assert bound in run(spoken_text, TO_CLIPBOARD)[1]


def test_a_text_that_is_under_way_gets_more_time() -> None:
    """What was said to have failed may not arrive after all."""
    delivering, _ = run([*pressed(), *spoken(1, 1), final(1, 1, SENTENCE)])
    state, effects = run([InsertionUnderWay(1)], state=delivering)
    assert (state, effects) == (delivering, [StartTimer(UtteranceTimer(1, "deliver"), 15.0)])
    over_by_now, _ = run([TextInserted(1)], state=delivering)
    assert run([InsertionUnderWay(1)], state=over_by_now) == (over_by_now, [])


def test_one_text_at_a_time() -> None:
    _, effects = run([*two_spoken(), final(1, 1, SENTENCE), final(2, 2, SENTENCE)])
    assert inserted(effects) == [1]


def test_an_overdue_text_does_not_hold_back_the_next() -> None:
    state, effects = run([*two_spoken(), final(2, 2, SENTENCE), over(1, "overdue")])
    assert inserted(effects) == [2]
    _, effects = run([TextInserted(2), final(1, 1, SENTENCE)], state=state)
    assert inserted(effects) == [1]


def test_a_sentence_is_continued_in_the_same_window_only() -> None:
    first = [*pressed(), *spoken(1, 1), final(1, 1, "I think that we should"), TextInserted(1)]
    same = [*pressed(2, 2), *spoken(2, 2), final(2, 2, "Do it all again now.")]
    other = [e if not isinstance(e, TargetMarked) else TargetMarked(2, "elsewhere") for e in same]
    assert InsertText(2, "do it all again now. ") in run([*first, *same])[1]
    assert InsertText(2, "Do it all again now. ") in run([*first, *other])[1]
    gone_elsewhere = [*first[:-1], TextInserted(1, "elsewhere")]  # with `follow_focus`
    assert InsertText(2, "Do it all again now. ") in run([*gone_elsewhere, *same])[1]
    assert InsertText(2, "do it all again now. ") in run([*gone_elsewhere, *other])[1]
    assert InsertText(2, "Do it all again now. ") in run([*first, TimedOut(ProgramTimer("sentence")), *same])[1]
