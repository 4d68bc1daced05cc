"""A service that talks nonsense breaks nothing, hangs nothing, and puts no word into the window that is no turn's."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from rig import Rig, with_settings
from scripted import marked_speech
from service import FaultyConnection, Service
from utterkey.offline.dialogue import Action, Send
from utterkey.offline.server import Server

WORDS = range(3)
MESSAGES = 17
TEXT = " ".join(f"w{n}" for n in WORDS)
AT_ONCE = hypothesis.settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], database=None
)

# --- messages ------------------------------------------------------------------------------------------------------

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["", "\ud800", "\x1b[2J", "rm -rf ~\n", "\u202e", "x" * 5000])
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
words = st.fixed_dictionaries(
    {"start": st.integers(0, 2000), "end": st.integers(0, 2000), "text": st.sampled_from(["said", "or", "not"])}
)
turns = st.fixed_dictionaries(
    {
        "turn_order": st.integers(0, 3), "turn_is_formatted": st.booleans(), "end_of_turn": st.booleans(),
        "transcript": st.sampled_from(["", "said", "said or", "said or not."]), "utterance": st.just(""),
        "words": st.lists(words, max_size=3), "type": st.just("Turn"),
    }
)  # fmt: skip
others: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "Begin", "id": "1", "expires_at": 1790221526, "configuration": {"model": "another"}},
        {"type": "SpeechStarted", "timestamp": 100, "confidence": 0.9},
        {"type": "Warning", "warning_code": 1, "warning": "words of a warning"},
        {"type": "Heartbeat", "total_audio_received_ms": 9888, "realtime_factor": 1},
        {"type": "LLMGatewayResponse", "turn_order": 0, "transcript": "words of a model", "end_of_turn": True},
        {"type": "SpeakerRevision", "revisions": [{"turn_order": 0, "words": []}]},
    ]
)
endings: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "Termination", "audio_duration_seconds": 1, "session_duration_seconds": 1},
        {"type": "Error", "error_code": 3005, "error": "words of an error"},
        {"type": "Error", "error_code": 1008, "error": "Too many concurrent sessions"},
        {"error": "words without a type"},
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A message with some of it replaced, missing, or torn off."""
    message = dict(draw(endings if draw(st.integers(0, 300)) == 0 else st.one_of(turns, turns, turns, others)))
    for name in draw(st.lists(st.sampled_from(sorted(message)), max_size=2, unique=True)):
        if draw(st.booleans()):
            message[name] = draw(values)
        else:
            del message[name]
    text = json.dumps(message)
    if draw(st.integers(0, 9)) == 0:
        cut = draw(st.integers(0, len(text)))
        text = text[:cut] + draw(st.text(max_size=5))
    return text.encode("utf-8", "replace").decode()


@st.composite
def useless(draw: st.DrawFn) -> str:
    """A message that is not a turn, and ends nothing."""
    message = dict(draw(turns | others))
    if message["type"] == "Turn":
        name = draw(st.sampled_from(["turn_order", "transcript"]))
        wrong: dict[str, object] = {"turn_order": "0", "transcript": ["said"]}
        if draw(st.booleans()):
            message[name] = draw(st.sampled_from([wrong[name], None, True, {}, -1, 1e400]))
        else:
            del message[name]
    elif message["type"] == "SpeechStarted":
        message["type"] = draw(st.sampled_from(["turn", "Turns", "Speech", "", "\u0000"]))
    text = json.dumps(message)
    return draw(st.sampled_from([text, text[:-1], text + "}", f"[{text}]", json.dumps(text), "null", "", "[" * 3000]))


# --- the service that sends them -----------------------------------------------------------------------------------


Place = Literal["before Begin", "before Turn", "before Termination", "after Termination"]


class BabblingService(Service):
    """In the next session it says all of `babble`, once, at this place."""

    def __init__(self) -> None:
        super().__init__(keep_audio=False)
        self.babble: Sequence[str] = ()
        self.place: Place = "before Turn"
        self.told = 0

    def wait_told(self) -> None:
        """Until the last session is over. It comes to its `Termination` later than the text to its window."""
        self.sessions[-1].wait_closed()

    def _connection(self, server: Server) -> FaultyConnection:
        return BabblingConnection(server, self)


class BabblingConnection(FaultyConnection):
    def __init__(self, server: Server, service: BabblingService) -> None:
        super().__init__(server, service)
        self._babbling = service

    def perform(self, action: Action) -> None:
        side, kind = self._babbling.place.split()
        here = isinstance(action, Send) and json.loads(action.text)["type"] == kind
        if here and side == "before":
            self._say_babble()
        super().perform(action)
        if here and side == "after":
            self._say_babble()

    def _say_babble(self) -> None:
        babble, self._babbling.babble = self._babbling.babble, ()
        for text in babble:
            self.send(text)
            self._babbling.told += 1


places = st.sampled_from(get_args(Place))

# --- the tests -----------------------------------------------------------------------------------------------------


@pytest.fixture
def repetitions(counts: Callable[[int, int], int]) -> int:
    """Each is a session with so many messages and up to twice as many: in both tests 100,000 with the full counts."""
    return counts(15, 3000)


@pytest.mark.timeout(1800)
def test_what_is_no_turn_changes_nothing(tmp_path: Path, repetitions: int) -> None:
    with BabblingService() as service, Rig(service.url, tmp_path, settings=UNLINGERING) as rig:

        @hypothesis.settings(AT_ONCE, max_examples=repetitions)
        @given(st.lists(useless(), min_size=MESSAGES, max_size=2 * MESSAGES), places)
        def babble(messages: list[str], place: Place) -> None:
            service.babble, service.place = messages, place
            number = rig.dictate(marked_speech(WORDS))
            assert rig.wait_outcome(number) == "delivered"
            assert rig.window.texts[-1] == TEXT + " "
            service.wait_told()

        babble()
        assert len(rig.window.texts) == len(service.sessions), "a session was lost by it"
    assert service.told >= MESSAGES * repetitions


@pytest.mark.timeout(1800)
def test_any_message(tmp_path: Path, repetitions: int) -> None:
    """What counts as a turn may be inserted, for who should know better. Nothing else is, and the next one is well."""
    with BabblingService() as service, Rig(service.url, tmp_path, settings=UNLINGERING) as rig:

        @hypothesis.settings(AT_ONCE, max_examples=repetitions)
        @given(st.lists(mutated(), min_size=MESSAGES, max_size=2 * MESSAGES), places)
        def babble(messages: list[str], place: Place) -> None:
            before = len(rig.window.texts)
            service.babble, service.place = messages, place
            number = rig.dictate(marked_speech(WORDS))
            if rig.wait_outcome(number, 15) == "failed":
                rig.retry(number)
                assert rig.wait_outcome(number, 15) == "delivered"
            (text,) = rig.window.texts[before:]
            assert not {"Cc", "Cs"}.intersection(map(unicodedata.category, text)), "it cannot be typed, or is obeyed"
            assert set(text.split()) <= set(TEXT.split()) | _transcribed(messages)
            service.wait_told()

        babble()
        number = rig.dictate(marked_speech(WORDS))
        assert rig.wait_outcome(number) == "delivered"
        assert rig.window.texts[-1] == TEXT + " "
    assert service.told >= MESSAGES * repetitions


UNLINGERING = with_settings(service={"linger_seconds": 0.0})


def _transcribed(messages: Sequence[str]) -> set[str]:
    """All words of what could pass for a turn's transcript."""
    found: set[str] = set()
    for text in messages:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(message, dict) and message.get("type") == "Turn" and isinstance(message.get("transcript"), str):
            shown = message["transcript"].encode("utf-8", "replace").decode()
            found |= set("".join(" " if unicodedata.category(c) == "Cc" else c for c in shown).split())
    return found
