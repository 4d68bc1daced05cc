"""What concerns the machine as a whole: retry, a text once more, pause, a locked screen, the end of the program."""

from dictation.scenarios import (
    F9,
    SENTENCE,
    START,
    STOP,
    TWO_SECONDS,
    essence,
    final,
    inserted,
    over,
    pressed,
    run,
    spoken,
)
from utterkey.dictation.effects import (
    AbortSession,
    CopyText,
    Exit,
    FinishSession,
    InsertText,
    ListenForHotkeys,
    Notify,
    OpenSession,
    SetStatus,
    StartCapture,
)
from utterkey.dictation.events import (
    AudioSent,
    CaptureEnded,
    DesktopGone,
    Event,
    InsertionFailed,
    InsertRequested,
    PartFailed,
    PauseRequested,
    Pressed,
    ProgramTimer,
    QuitRequested,
    Released,
    RetryRequested,
    ScreenLocked,
    ScreenUnlocked,
    SessionBegan,
    TextCopied,
    TextInserted,
    TimedOut,
    Wishes,
)
from utterkey.dictation.state import State
from utterkey.errors import InsertionError


def test_an_older_text_is_inserted_again_where_the_user_is_now() -> None:
    _, effects = run([InsertRequested("Hello."), TextInserted(0)])
    assert effects == [InsertText(0, "Hello. ")]


def test_a_retry_sends_the_kept_recording_to_the_clipboard() -> None:
    wishes = Wishes(("de",), "A letter.")
    state, effects = run([RetryRequested(7, 2000, TWO_SECONDS, wishes=wishes)], state=State(next_utterance=9))
    opened = [e for e in effects if isinstance(e, OpenSession)]
    assert [(e.utterance, e.from_ms, e.wishes) for e in opened] == [(7, 0, wishes)]
    assert FinishSession(1, "terminate") in effects
    _, effects = run([SessionBegan(7, 1), AudioSent(7, 1), final(7, 1, SENTENCE), TextCopied(7)], state=state)
    assert essence(effects) == [CopyText(7, SENTENCE), SetStatus(7, "delivered", SENTENCE)]


def test_a_retry_does_not_hold_back_what_is_spoken_meanwhile() -> None:
    state, _ = run([RetryRequested(7, 2000, TWO_SECONDS)], state=State(next_utterance=9))
    _, effects = run([Pressed(F9), *spoken(9, 2), final(9, 2, SENTENCE)], state=state)
    assert inserted(effects) == [9]


def test_paused_starts_nothing_and_says_so() -> None:
    _, effects = run([PauseRequested(), Pressed(F9)])
    assert not [e for e in effects if isinstance(e, StartCapture)]
    assert any(isinstance(e, Notify) for e in effects)


def test_locking_the_screen_ends_the_utterance_and_keeps_its_text_from_the_lock() -> None:
    events: list[Event] = [*pressed(), ScreenLocked(), over(1, "tail"), CaptureEnded(1, 2000, TWO_SECONDS)]
    state, effects = run([*events, AudioSent(1, 1), final(1, 1, SENTENCE), TextCopied(1), Pressed(F9)])
    assert essence(effects) == [
        *START,
        *STOP,
        CopyText(1, SENTENCE),
        Notify("The screen was locked when the text was ready: it is on the clipboard."),
        SetStatus(1, "delivered", SENTENCE),
    ]
    _, effects = run([ScreenUnlocked(), Pressed(F9)], state=state)
    assert StartCapture(2) in effects


def test_quit_finishes_what_is_in_hand() -> None:
    state, effects = run([*pressed(), QuitRequested(), over(1, "tail"), CaptureEnded(1, 2000, TWO_SECONDS)])
    assert Exit() not in effects
    _, effects = run([AudioSent(1, 1), final(1, 1, SENTENCE), TextInserted(1)], state=state)
    assert essence(effects) == [InsertText(1, SENTENCE + " "), SetStatus(1, "delivered", SENTENCE), Exit()]


def test_quit_does_not_wait_for_ever() -> None:
    _, effects = run([*pressed(), QuitRequested(), over(1, "tail"), TimedOut(ProgramTimer("quit"))])
    assert essence(effects)[-3:] == [AbortSession(1), SetStatus(1, "interrupted", ""), Exit()]


def test_without_its_desktop_it_finishes_what_is_in_hand_and_says_once_why() -> None:
    """Several parts lose their connection to the display, in any order."""
    gone = InsertionError("No display.")
    spoken_till_then: list[Event] = [over(1, "tail"), CaptureEnded(1, 2000, TWO_SECONDS)]
    lost: list[Event] = [Released(F9), PartFailed("tray", gone), DesktopGone(gone), DesktopGone(gone)]
    events: list[Event] = [*pressed(), *lost, *spoken_till_then, AudioSent(1, 1), final(1, 1, SENTENCE)]
    failed = InsertionFailed(1, InsertionError("No window."), on_clipboard=False)
    _, effects = run([*events, PartFailed("overlay", InsertionError("No window.")), failed])
    assert essence(effects) == [
        *START,
        SetStatus(1, "finishing"),
        Notify("No display."),
        ListenForHotkeys(False),
        *STOP[1:],
        InsertText(1, SENTENCE + " "),
        Notify("No window."),
        Notify("No window."),
        SetStatus(1, "failed", SENTENCE, "No window."),
        Exit(),
    ]


def test_quit_when_idle_is_at_once() -> None:
    _, effects = run([QuitRequested()])
    assert effects[-1] == Exit()
