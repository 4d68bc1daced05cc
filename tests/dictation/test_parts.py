"""As you speak: the finished turns of an utterance go into the window while it goes on."""

from dataclasses import replace

import pytest

from dictation.scenarios import F9, LOST, PLAIN, START, STOP, done, essence, final, over, partial, pressed, run, spoken
from utterkey.dictation.effects import (
    AbortSession,
    BeginUtterance,
    CopyText,
    Effect,
    FinishSession,
    InsertText,
    MarkTarget,
    Notify,
    OpenSession,
    SetStatus,
    StartCapture,
    StopCapture,
)
from utterkey.dictation.events import (
    AS_SET,
    AudioSent,
    Cancelled,
    Event,
    InsertionFailed,
    Pressed,
    SessionBegan,
    SessionEnded,
    SessionFailed,
    TargetMarked,
    TextCopied,
    TextInserted,
    TurnReceived,
)
from utterkey.dictation.transcript import Turn
from utterkey.errors import InsertionError
from utterkey.settings import OutputSettings

AS_YOU_SPEAK = replace(PLAIN, output=OutputSettings(as_you_speak=True))
ONE, TWO, THREE = "The first of the turns.", "Then comes the second.", "And a third."
BEGUN = [*pressed(), TargetMarked(1, "w")]
ELSEWHERE = InsertionError("Another window has the focus now.")
TOGETHER = Notify("All that did not get into the window is on the clipboard now.")

PARTS: dict[str, tuple[list[Event], list[Effect]]] = {
    "finished turns are inserted while the key is held": (
        [*BEGUN, final(1, 1, ONE, 0, 500), TextInserted(1), final(1, 1, TWO, 1, 900, 600), TextInserted(1)],
        [*START, InsertText(1, ONE + " "), InsertText(1, TWO + " ")],
    ),
    "partials are not": (
        [*BEGUN, partial(1, 1, "The first"), partial(1, 1, ONE)],
        START,
    ),
    "nor a final that its formatted twin is to follow": (
        [*BEGUN, TurnReceived(1, 1, Turn(0, "the first", True, settled=False, end_ms=500))],
        START,
    ),
    "one at a time: what is finished meanwhile follows together": (
        [*BEGUN, final(1, 1, ONE, 0, 500), final(1, 1, TWO, 1, 900), final(1, 1, THREE, 2, 1200), TextInserted(1)],
        [*START, InsertText(1, ONE + " "), InsertText(1, f"{TWO} {THREE} ")],
    ),
    "at the end only the rest is inserted, and the history has all of it": (
        [*BEGUN, final(1, 1, ONE, 0, 500), TextInserted(1), partial(1, 1, "Then", 1), *spoken(1, 1),
         final(1, 1, TWO, 1, 1900), TextInserted(1)],
        [*START, InsertText(1, ONE + " "), *STOP, InsertText(1, TWO + " "), SetStatus(1, "delivered", f"{ONE} {TWO}")],
    ),
    "with nothing left at the end nothing is inserted": (
        [*BEGUN, final(1, 1, ONE), TextInserted(1), *spoken(1, 1), over(1, "quiet")],
        [*START, InsertText(1, ONE + " "), *STOP, SetStatus(1, "delivered", ONE)],
    ),
    "a part on its way is waited for at the end": (
        [*BEGUN, final(1, 1, ONE), *spoken(1, 1), over(1, "quiet"), TextInserted(1)],
        [*START, InsertText(1, ONE + " "), *STOP, SetStatus(1, "delivered", ONE)],
    ),
    "turns join as utterances do: a part that ends no sentence is continued": (
        [*BEGUN, final(1, 1, "I am sure that", 0, 500), TextInserted(1), final(1, 1, "We can do it.", 1, 900),
         TextInserted(1)],
        [*START, InsertText(1, "I am sure that "), InsertText(1, "we can do it. ")],
    ),
    "a part keeps its full stop": (
        [*BEGUN, final(1, 1, "Yes.", 0, 500)],
        [*START, InsertText(1, "Yes. ")],
    ),
    "what was inserted is not inserted again after a reconnect": (
        [*BEGUN, final(1, 1, ONE, 0, 500), TextInserted(1), final(1, 1, TWO, 1, 900, 600), SessionFailed(1, 1, LOST),
         TextInserted(1), over(1, "retry"), final(1, 2, THREE, 0, 1200, 1000), TextInserted(1)],
        [*START, InsertText(1, ONE + " "), InsertText(1, TWO + " "), OpenSession(2, 1, 900, AS_SET),
         InsertText(1, THREE + " ")],
    ),
    "nor what was on its way when the session was lost": (
        [*BEGUN, final(1, 1, ONE, 0, 500), final(1, 1, TWO, 1, 900, 600), SessionFailed(1, 1, LOST), over(1, "retry"),
         TextInserted(1), TextInserted(1), *spoken(1, 2, ((100, 900),)), over(1, "quiet")],
        [*START, InsertText(1, ONE + " "), OpenSession(2, 1, 900, AS_SET), InsertText(1, TWO + " "),
         SetStatus(1, "finishing"), StopCapture(1), FinishSession(2, "terminate"),
         SetStatus(1, "delivered", f"{ONE} {TWO}")],
    ),
    "nor after a repair": (
        [*BEGUN, final(1, 1, ONE, 0, 1000), TextInserted(1), *spoken(1, 1, ((100, 4000),)), SessionEnded(1, 1, 4),
         AudioSent(1, 2), final(1, 2, TWO, 0, 4000, 1200), TextInserted(1)],
        [*START, InsertText(1, ONE + " "), *STOP, OpenSession(2, 1, 1000, AS_SET), FinishSession(2, "terminate"),
         InsertText(1, TWO + " "), SetStatus(1, "delivered", f"{ONE} {TWO}", repaired=True)],
    ),
    "a part that does not get there ends it: all that is missing is copied at the end": (
        [*BEGUN, final(1, 1, ONE, 0, 500), TextInserted(1), final(1, 1, TWO, 1, 900), InsertionFailed(1, ELSEWHERE),
         final(1, 1, THREE, 2, 1900), *spoken(1, 1), over(1, "quiet"), TextCopied(1)],
        [*START, InsertText(1, ONE + " "), InsertText(1, TWO + " "), Notify(str(ELSEWHERE)), *STOP,
         CopyText(1, f"{TWO} {THREE}"), TOGETHER, SetStatus(1, "delivered", f"{ONE} {TWO} {THREE}")],
    ),
    "a part that is not answered does so too, and its late answer says nothing": (
        [*BEGUN, final(1, 1, ONE), over(1, "deliver"), *spoken(1, 1), over(1, "quiet"), TextInserted(1)],
        [*START, InsertText(1, ONE + " "),
         Notify("The text could not be inserted in time: copy it with `utterkey last --copy`."), *STOP,
         CopyText(1, ONE)],
    ),
    "a cancelled utterance takes nothing back": (
        [*BEGUN, final(1, 1, ONE, 0, 500), Cancelled(), TextInserted(1)],
        [*START, InsertText(1, ONE + " "), StopCapture(1), AbortSession(1), SetStatus(1, "cancelled")],
    ),
    "the next utterance follows at once when nothing is left of this one": (
        [*BEGUN, final(1, 1, ONE), TextInserted(1), *spoken(1, 1), Pressed(F9), SessionBegan(2, 2), *spoken(2, 2),
         final(2, 2, THREE), over(1, "quiet"), TextInserted(2)],
        [*START, InsertText(1, ONE + " "), *STOP, StartCapture(2), BeginUtterance(2, AS_SET),
         OpenSession(2, 2, 0, AS_SET),
         SetStatus(2, "finishing"), StopCapture(2), FinishSession(2, "terminate"), SetStatus(1, "delivered", ONE),
         *done(THREE, 2, "And a third ")],
    ),
    "the next utterance does not overtake what is left of this one": (
        [*BEGUN, final(1, 1, ONE, 0, 500), TextInserted(1), partial(1, 1, "Then", 1), *spoken(1, 1), Pressed(F9),
         TargetMarked(2, "w"), final(2, 2, THREE, 0, 500), final(1, 1, TWO, 1, 1900), TextInserted(1)],
        [*START, InsertText(1, ONE + " "), *STOP, StartCapture(2), BeginUtterance(2, AS_SET),
         OpenSession(2, 2, 0, AS_SET),
         InsertText(1, TWO + " "), SetStatus(1, "delivered", f"{ONE} {TWO}"), InsertText(2, THREE + " ")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_as_you_speak(name: str) -> None:
    events, expected = PARTS[name]
    _, effects = run(events, AS_YOU_SPEAK)
    assert essence(effects) == expected


def test_parts_go_into_the_window_that_had_the_focus_at_the_press() -> None:
    _, effects = run([Pressed(F9)], AS_YOU_SPEAK)
    assert MarkTarget(1) in effects
    _, effects = run([Pressed(F9)])
    assert MarkTarget(1) not in effects


def test_what_is_said_for_the_clipboard_is_not_put_there_in_parts() -> None:
    to_clipboard = replace(PLAIN, output=OutputSettings(as_you_speak=True, mode="clipboard"))
    _, effects = run([*pressed(), final(1, 1, ONE)], to_clipboard)
    assert essence(effects) == START


def test_a_part_is_followed_by_a_space_at_least() -> None:
    bare = replace(PLAIN, output=OutputSettings(as_you_speak=True, trailing=""))
    events = [*BEGUN, final(1, 1, ONE, 0, 500), TextInserted(1), partial(1, 1, "Then", 1), *spoken(1, 1),
              final(1, 1, TWO, 1, 1900)]  # fmt: skip
    _, effects = run(events, bare)
    assert [effect.text for effect in effects if isinstance(effect, InsertText)] == [ONE + " ", TWO]
