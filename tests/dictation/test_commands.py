"""Spoken commands in the machine: "scratch that", and lines at the edges of a text."""

from dataclasses import replace

import pytest

from dictation.scenarios import F9, PLAIN, RIGHT_CTRL, SENTENCE, final, over, pressed, run, spoken
from utterkey.dictation.effects import (
    CopyText,
    Effect,
    ForgetUtterance,
    InsertText,
    Notify,
    RecallLast,
    ScratchLast,
    SetStatus,
)
from utterkey.dictation.events import (
    Cancelled,
    Event,
    InsertionFailed,
    InsertLastRequested,
    InsertRequested,
    NotScratched,
    Pressed,
    Scratched,
    ScreenLocked,
    SessionBegan,
    TextCopied,
    TextInserted,
    Toggled,
)
from utterkey.errors import InsertionError
from utterkey.settings import OutputSettings

COMMANDS = replace(PLAIN, output=OutputSettings(spoken_commands=True))
SPEAKING = replace(PLAIN, output=OutputSettings(spoken_commands=True, as_you_speak=True))
SCRATCH = "Scratch that."
NOT = InsertionError("Nothing was scratched.")


def said(n: int, *turns: str) -> list[Event]:
    """A whole utterance of these turns, by F9."""
    finals = [final(n, n, text, order) for order, text in enumerate(turns)]
    return [Pressed(F9), SessionBegan(n, n), *finals, *spoken(n, n), over(n, "quiet")]


def of(n: int, effects: list[Effect]) -> list[Effect]:
    """What came of an utterance, from the text on."""
    kinds = (InsertText, CopyText, ScratchLast, Notify, ForgetUtterance)
    final = [e for e in effects if isinstance(e, SetStatus) and e.status == "delivered"]
    return [e for e in effects if (isinstance(e, kinds) or e in final) and getattr(e, "utterance", n) == n]


LINES = {
    "a new line alone": ("New line.", "\n"),
    "at the end": ("It goes on here, new line.", "It goes on here\n"),
    "a paragraph at the start": ("New paragraph. It goes on here.", "\n\nIt goes on here. "),
    "a tab": ("Tab.", "\t"),
}


@pytest.mark.parametrize("name", LINES)
def test_lines_at_the_edges_of_a_text_go_into_the_window(name: str) -> None:
    text, expected = LINES[name]
    assert of(1, run([*said(1, text), TextInserted(1)], COMMANDS)[1])[0] == InsertText(1, expected)


SCRATCHES: dict[str, tuple[list[Event], list[Effect]]] = {
    "as an utterance of its own; it is no transcript": (
        [*said(1, SCRATCH), Scratched(1)],
        [ScratchLast(1, 0), ForgetUtterance(1)],
    ),
    "refused: the user is told": (
        [*said(1, SCRATCH), NotScratched(1, NOT)],
        [ScratchLast(1, 0), Notify(str(NOT)), ForgetUtterance(1)],
    ),
    "no answer": (
        [*said(1, SCRATCH), over(1, "deliver"), Scratched(1)],
        [
            ScratchLast(1, 0),
            Notify("The window did not answer in time: look whether the text is scratched."),
            ForgetUtterance(1),
        ],
    ),
    "as the last turn it takes the one before, and the history keeps that": (
        [*said(1, SENTENCE, "It is rough.", SCRATCH), TextInserted(1)],
        [InsertText(1, SENTENCE + " "), SetStatus(1, "delivered", SENTENCE + " It is rough.")],
    ),
    "it takes all there is": (
        said(1, SENTENCE, SCRATCH),
        [SetStatus(1, "delivered", SENTENCE)],
    ),
    "what follows it comes after it": (
        [*said(1, SCRATCH, SENTENCE), Scratched(1), TextInserted(1)],
        [ScratchLast(1, 0), InsertText(1, SENTENCE + " "), SetStatus(1, "delivered", SENTENCE)],
    ),
    "what follows it comes also if it was refused": (
        [*said(1, SCRATCH, SENTENCE), NotScratched(1, NOT), TextInserted(1)],
        [ScratchLast(1, 0), Notify(str(NOT)), InsertText(1, SENTENCE + " "), SetStatus(1, "delivered", SENTENCE)],
    ),
    "within a sentence it is just words": (
        [*said(1, "You may scratch that now."), TextInserted(1)],
        [InsertText(1, "You may scratch that now. "), SetStatus(1, "delivered", "You may scratch that now.")],
    ),
    "too late for the window": (
        [*said(1)[:-1], over(1, "late"), final(1, 1, SCRATCH), over(1, "quiet")],
        [
            Notify("Nothing was scratched: there is no window for it, or it came too late; delete it yourself."),
            ForgetUtterance(1),
        ],
    ),
}


@pytest.mark.parametrize("name", SCRATCHES)
def test_scratch_that(name: str) -> None:
    events, expected = SCRATCHES[name]
    _, effects = run(events, COMMANDS)
    assert of(1, effects) == expected


def test_scratch_that_is_text_unless_commands_are_wanted() -> None:
    _, effects = run([*said(1, SCRATCH), TextInserted(1)])
    assert of(1, effects) == [InsertText(1, "Scratch that "), SetStatus(1, "delivered", SCRATCH)]


def test_scratch_that_onto_the_clipboard_is_refused() -> None:
    _, effects = run(said(1, SCRATCH), replace(COMMANDS, output=replace(COMMANDS.output, mode="clipboard")))
    assert [type(e) for e in of(1, effects)] == [Notify, ForgetUtterance]


def test_scratch_that_as_you_speak() -> None:
    """Each is obeyed while the key is down; what is scratched before it was inserted never is."""
    state, effects = run([*pressed(), final(1, 1, SENTENCE), TextInserted(1), final(1, 1, SCRATCH, 1)], SPEAKING)
    assert of(1, effects) == [InsertText(1, SENTENCE + " "), ScratchLast(1, 0)]
    more: list[Event] = [final(1, 1, "A slip.", 2), final(1, 1, SCRATCH, 3), final(1, 1, "Go on.", 4), Scratched(1)]
    state, effects = run(more, SPEAKING, state)
    assert of(1, effects) == [InsertText(1, "Go on. ")]
    _, effects = run([TextInserted(1), *spoken(1, 1), over(1, "quiet")], SPEAKING, state)
    assert of(1, effects) == [SetStatus(1, "delivered", f"{SENTENCE} A slip. Go on.")]


def test_a_part_that_missed_the_window_is_what_is_scratched() -> None:
    """Nothing is deleted from the window for it."""
    failure = InsertionFailed(1, InsertionError("Nowhere."))
    events = [*pressed(), final(1, 1, SENTENCE), failure, final(1, 1, SCRATCH, 1), final(1, 1, "Go on.", 2)]
    _, effects = run([*events, *spoken(1, 1), over(1, "quiet"), TextInserted(1)], SPEAKING)
    assert [e for e in of(1, effects) if not isinstance(e, Notify)] == [
        InsertText(1, SENTENCE + " "),
        InsertText(1, "Go on. "),
        SetStatus(1, "delivered", f"{SENTENCE} Go on."),
    ]


def test_the_next_text_joins_what_stood_before_the_scratched_one() -> None:
    keep = run([*said(1, "I went to the market and"), TextInserted(1)], COMMANDS)[0]
    state = run(
        [*said(2, "Bought some of the apples."), TextInserted(2), *said(3, SCRATCH), Scratched(3)], COMMANDS, keep
    )
    _, effects = run(said(4, "Sold all of the apples."), COMMANDS, state[0])
    assert of(4, effects) == [InsertText(4, "sold all of the apples. ")]


def test_presses_of_the_hotkey_since_the_last_insertion_are_counted() -> None:
    """Those of keys and buttons: a modifier alone touches nothing, and a command presses nothing."""
    f9, ctrl = replace(F9, strikes=True), RIGHT_CTRL
    slips: list[Event] = [Pressed(f9), Cancelled(f9), Pressed(ctrl), Cancelled(ctrl), Toggled(), Cancelled()]
    state, _ = run([Pressed(f9), TextInserted(0), *slips, Toggled(f9), Toggled(f9)], COMMANDS)
    assert state.hotkey_presses == 3
    assert run([TextInserted(0)], COMMANDS, state)[0].hotkey_presses == 0


def test_the_last_text_is_recalled_but_not_into_a_locked_screen() -> None:
    assert run([InsertLastRequested()])[1] == [RecallLast()]
    assert run([ScreenLocked(), InsertLastRequested()])[1] == []
    state, effects = run([ScreenLocked(), InsertRequested("Hello.")])
    assert effects == [CopyText(0, "Hello.")]
    _, effects = run([TextCopied(0)], state=state)
    assert effects == [Notify("The screen is locked: the text is on the clipboard.")]
    refused = InsertionFailed(0, InsertionError("No clipboard."), on_clipboard=False)
    _, effects = run([refused], state=state)
    assert effects == [Notify("No clipboard.")], "and nothing else"
