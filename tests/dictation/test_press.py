"""Press and release: what a key, the microphone and the cues do until the recording is complete."""

from dataclasses import replace

import pytest

from dictation.scenarios import (
    F9,
    KEPT,
    PLAIN,
    RIGHT_CTRL,
    SENTENCE,
    START,
    STOP,
    TWO_SECONDS,
    done,
    essence,
    final,
    over,
    pressed,
    run,
    spoken,
)
from utterkey.dictation.effects import (
    AbortSession,
    BeginUtterance,
    Effect,
    ForgetUtterance,
    Notify,
    OpenSession,
    PauseMedia,
    PlayCue,
    ResumeMedia,
    SetStatus,
    StartCapture,
    StartTimer,
    StopCapture,
)
from utterkey.dictation.events import (
    AS_SET,
    COMMAND,
    AudioSent,
    Cancelled,
    CaptureEnded,
    CaptureFailed,
    CaptureStarted,
    Event,
    Pressed,
    ProgramTimer,
    QuitRequested,
    Released,
    RetryRequested,
    SessionBegan,
    TextInserted,
    TimedOut,
    Toggled,
    Trigger,
    UtteranceTimer,
)
from utterkey.dictation.press import HUNG
from utterkey.errors import MicrophoneError
from utterkey.settings import AudioSettings, HotkeySettings

SCENARIOS: dict[str, tuple[list[Event], list[Effect]]] = {
    "a press opens the microphone before the network, and both at once": ([Pressed(F9)], START),
    "a release of another key is not ours": ([Pressed(F9), Released(Trigger("f8"))], START),
    "a second key while the first is held is ignored": ([Pressed(F9), Pressed(Trigger("f8"))], START),
    "a command ends what a key began": ([Pressed(F9), Released(None), over(1, "tail")], [*START, *STOP]),
    "toggle begins and ends": (
        [Toggled(F9), Toggled(COMMAND), over(1, "tail")],
        [*START, *STOP],
    ),
    "cancel throws it away": (
        [*pressed(), Cancelled(), CaptureEnded(1, 900, ()), final(1, 1, "late")],
        [*START, StopCapture(1), AbortSession(1), SetStatus(1, "cancelled")],
    ),
    "a shortcut with a hotkey does not cancel what a command began": (
        [Pressed(F9), Cancelled(RIGHT_CTRL)],
        START,
    ),
    "the longest utterance ends and is delivered": (
        [*pressed(), over(1, "limit"), over(1, "tail"), CaptureEnded(1, 2000, TWO_SECONDS), AudioSent(1, 1),
         final(1, 1, SENTENCE), TextInserted(1), Released(F9)],
        [*START, Notify("The longest utterance is 600 seconds: this one ends here."), *STOP, *done(SENTENCE)],
    ),
    "a microphone that stops is a release": (
        [*pressed(), CaptureFailed(1, MicrophoneError("Gone.")), CaptureEnded(1, 2000, TWO_SECONDS), Released(F9),
         AudioSent(1, 1), final(1, 1, SENTENCE), TextInserted(1)],
        [*START, Notify("Gone."), *STOP, *done(SENTENCE)],
    ),
    "a microphone that never started leaves nothing": (
        [*pressed(), CaptureFailed(1, MicrophoneError("None.")), CaptureEnded(1, 0, ())],
        [*START, Notify("None."), *STOP, AbortSession(1), ForgetUtterance(1)],
    ),
    "a microphone that hangs while it is opened is told of while the key is held, and leaves nothing": (
        [*pressed(), over(1, "capture"), Released(F9), over(1, "tail"), over(1, "capture")],
        [*START, Notify(HUNG), *STOP, AbortSession(1), ForgetUtterance(1)],
    ),
    "or at the release": (
        [*pressed(), Released(F9), over(1, "tail"), over(1, "capture")],
        [*START, *STOP, AbortSession(1), Notify(HUNG), ForgetUtterance(1)],
    ),
    "a microphone that hangs later leaves what it gave, and no session": (
        [*pressed(), CaptureStarted(1), over(1, "capture"), final(1, 1, SENTENCE), Released(F9), over(1, "tail"),
         over(1, "capture"), CaptureEnded(1, 2000, TWO_SECONDS)],
        [*START, *STOP, AbortSession(1), SetStatus(1, "failed", SENTENCE, HUNG), Notify(f"{HUNG} {KEPT}")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    events, expected = SCENARIOS[name]
    _, effects = run(events)
    assert essence(effects) == expected


def test_a_press_while_the_last_one_finishes_starts_at_once() -> None:
    _, effects = run([*pressed(), *spoken(1, 1), Pressed(F9)])
    assert OpenSession(2, 2, 0, AS_SET) in effects


# --- lone modifiers ------------------------------------------------------------------------------------------------


def test_a_lone_modifier_records_at_once_and_opens_nothing() -> None:
    _, effects = run([Pressed(RIGHT_CTRL)])
    assert effects == [StartCapture(1), StartTimer(UtteranceTimer(1, "arm"), 0.2)]


def test_a_shortcut_leaves_nothing() -> None:
    _, effects = run([Pressed(RIGHT_CTRL), Cancelled(), CaptureEnded(1, 80, ())])
    assert essence(effects) == [StartCapture(1), StopCapture(1), ForgetUtterance(1)]


def test_a_short_tap_of_a_modifier_leaves_nothing() -> None:
    _, effects = run([Pressed(RIGHT_CTRL), Released(RIGHT_CTRL), over(1, "arm")])
    assert essence(effects) == [StartCapture(1), StopCapture(1), ForgetUtterance(1)]


def test_alone_for_a_moment_it_is_a_dictation() -> None:
    _, effects = run([Pressed(RIGHT_CTRL), over(1, "arm")])
    assert essence(effects) == [StartCapture(1), BeginUtterance(1, AS_SET), OpenSession(1, 1, 0, AS_SET)]


# --- cues ----------------------------------------------------------------------------------------------------------

HEARD: list[Event] = [CaptureStarted(1), over(1, "cue")]
ENDED = CaptureEnded(1, 2000, TWO_SECONDS)
BOTH = [PlayCue("start"), PlayCue("stop")]

CUES: dict[str, tuple[list[Event], list[PlayCue]]] = {
    "one when frames flow, one when the tail is recorded": (
        [Pressed(F9), *HEARD, Released(F9), over(1, "tail"), ENDED],
        BOTH,
    ),
    "none before frames flow": ([Pressed(F9), SessionBegan(1, 1)], []),
    "none before the press is certain to be meant": ([Pressed(F9), CaptureStarted(1)], []),
    "none for a slip of the finger": ([Pressed(F9), CaptureStarted(1), Cancelled(F9), over(1, "cue"), ENDED], []),
    "none before the tail is over": ([Pressed(F9), Released(F9), over(1, "tail")], []),
    "none for a lone modifier while it may become a shortcut": ([Pressed(RIGHT_CTRL), *HEARD], []),
    "one for a lone modifier that stays alone": (
        [Pressed(RIGHT_CTRL), CaptureStarted(1), over(1, "arm"), over(1, "cue")],
        BOTH[:1],
    ),
    "no start once the key is up": ([Pressed(F9), CaptureStarted(1), Released(F9), over(1, "cue")], []),
    "no stop for what is thrown away": ([Pressed(F9), *HEARD, Cancelled(), ENDED], BOTH[:1]),
    "no stop for a microphone that never delivered": ([Pressed(F9), CaptureEnded(1, 0, ())], []),
    "one for a microphone that stopped by itself": ([Pressed(F9), *HEARD, ENDED], BOTH),
    "no stop into the next recording": (
        [Pressed(F9), *HEARD, Released(F9), over(1, "tail"), Pressed(F9), ENDED],
        BOTH[:1],
    ),
}


@pytest.mark.parametrize("name", CUES)
def test_cues(name: str) -> None:
    events, expected = CUES[name]
    assert [e for e in run(events)[1] if isinstance(e, PlayCue)] == expected


def test_no_cues_where_they_are_not_wanted() -> None:
    silent = replace(PLAIN, audio=AudioSettings(cues=False))
    _, effects = run([Pressed(F9), CaptureStarted(1), Released(F9), over(1, "tail"), ENDED], silent)
    assert not [e for e in effects if isinstance(e, PlayCue) or e == StartTimer(UtteranceTimer(1, "cue"), 0.2)]


@pytest.mark.parametrize(("trigger", "seconds"), [(COMMAND, 0.0), (F9, 0.05), (RIGHT_CTRL, 0.2)])
def test_a_cue_waits_as_long_as_a_press_may_be_a_slip(trigger: Trigger, seconds: float) -> None:
    quick = replace(PLAIN, hotkey=HotkeySettings(min_hold_ms=50))
    _, effects = run([Pressed(trigger), CaptureStarted(1)], quick)
    assert effects[-1] == StartTimer(UtteranceTimer(1, "cue"), seconds)


# --- music and films -----------------------------------------------------------------------------------------------

QUIET = replace(PLAIN, audio=AudioSettings(pause_media=True))
PAUSED, RESUMED = PauseMedia(), ResumeMedia()

MEDIA: dict[str, tuple[list[Event], list[Effect]]] = {
    "paused from the press on": ([Pressed(F9)], [PAUSED]),
    "not before the tail is recorded do they play on": ([Pressed(F9), Released(F9), over(1, "tail")], [PAUSED]),
    "they play on when the recording is complete": ([*pressed(), *spoken(1, 1)], [PAUSED, RESUMED]),
    "and when it is thrown away": ([Pressed(F9), Cancelled()], [PAUSED, RESUMED]),
    "a lone modifier may become a shortcut": ([Pressed(RIGHT_CTRL), Cancelled(RIGHT_CTRL)], []),
    "a lone modifier that stays alone": ([Pressed(RIGHT_CTRL), over(1, "arm")], [PAUSED]),
    "recordings that overlap are one": (
        [Pressed(F9), Released(F9), Pressed(F9), over(1, "tail"), ENDED, Released(F9), over(2, "tail")],
        [PAUSED],
    ),
    "until the last of them ends": (
        [
            *(Pressed(F9), Released(F9), Pressed(F9), over(1, "tail"), ENDED),
            *(Released(F9), over(2, "tail"), CaptureEnded(2, 2000, TWO_SECONDS)),
        ],
        [PAUSED, RESUMED],
    ),
    "what is sent again is no recording": ([RetryRequested(7, 2000, TWO_SECONDS)], []),
    "the end of the program lets them play on": (
        [Pressed(F9), QuitRequested(), TimedOut(ProgramTimer("quit"))],
        [PAUSED, RESUMED],
    ),
}


@pytest.mark.parametrize("name", MEDIA)
def test_media(name: str) -> None:
    events, expected = MEDIA[name]
    assert [e for e in run(events, QUIET)[1] if isinstance(e, PauseMedia | ResumeMedia)] == expected
    assert not [e for e in run(events)[1] if isinstance(e, PauseMedia | ResumeMedia)]


def test_media_plays_on_though_the_setting_was_changed_meanwhile() -> None:
    state, _ = run([Pressed(F9)], QUIET)
    _, effects = run([Cancelled()], PLAIN, state)
    assert ResumeMedia() in effects
