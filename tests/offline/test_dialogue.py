"""What is answered to what, without a socket and without a clock."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripted import Script, ScriptedRecognizer, ScriptedWords
from utterkey.offline.dialogue import (
    Action,
    Close,
    Dialogue,
    Hypothesis,
    Recognizer,
    RecognizerError,
    Send,
)
from utterkey.offline.parameters import Parameters
from utterkey.offline.policy import Opening, Policy, SessionRate

RATE = 16000
FORCE = '{"type":"ForceEndpoint"}'
TERMINATE = '{"type":"Terminate"}'
WORDS: ScriptedWords = ((300, 600, "Hello"), (700, 1000, "world."))


def audio(ms: float) -> bytes:
    return bytes(2 * int(RATE * ms / 1000))


class Client:
    """Drives a dialogue as a server would, and collects what it says."""

    def __init__(self, query: str = "", *, words: ScriptedWords = WORDS, policy: Policy | None = None,
                 authorization: str | None = None, admitted: bool = True,
                 recognizer: Recognizer | None = None) -> None:  # fmt: skip
        self.now = 100.0
        self.actions: list[Action] = []
        opening = Opening("id", query, authorization, self.now, 1_790_000_000, admitted)

        def new_recognizer(parameters: Parameters) -> Recognizer:
            return recognizer or ScriptedRecognizer(Script(words, RATE), parameters)

        self.dialogue = Dialogue(opening, policy or Policy(), new_recognizer)
        self._settle()

    def send(self, *messages: str | bytes) -> "Client":
        for message in messages:
            if isinstance(message, str):
                self.dialogue.receive_text(message, self.now)
            else:
                self.dialogue.receive_audio(message, self.now)
            self._settle()
        return self

    def speak(self, ms: int, frame_ms: int = 100) -> "Client":
        for _ in range(0, ms, frame_ms):
            self.send(audio(frame_ms))
            self.wait(frame_ms / 1000)
        return self

    def wait(self, seconds: float) -> "Client":
        self.now += seconds
        self._settle()
        return self

    def _settle(self) -> None:
        while self.dialogue.busy:
            self.dialogue.work(self.now)
        self.actions += self.dialogue.advance(self.now)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(action.text) for action in self.actions if isinstance(action, Send)]

    @property
    def types(self) -> list[str]:
        return [message["type"] for message in self.messages]

    @property
    def closed(self) -> Close | None:
        return next((action for action in self.actions if isinstance(action, Close)), None)

    @property
    def finals(self) -> list[str]:
        return [each["transcript"] for each in self.messages if each.get("end_of_turn")]

    @property
    def error(self) -> tuple[int, str]:
        (message,) = [each for each in self.messages if each["type"] == "Error"]
        assert self.closed == Close(message["error_code"], "See Error message for details")
        assert "Termination" not in self.types
        return message["error_code"], message["error"]


def test_a_whole_session() -> None:
    client = Client().speak(1200).send(FORCE, TERMINATE)
    assert client.types == ["Begin", "SpeechStarted", "Turn", "Turn", "Turn", "Termination"]
    assert client.messages[0]["configuration"]["model"] == "universal-3-6-pro"
    assert client.messages[0]["expires_at"] == 1_790_000_000 + 10800
    assert [turn["transcript"] for turn in client.messages[2:5]] == ["Hello", "Hello world.", "Hello world."]
    assert client.messages[-1] == {
        "type": "Termination", "audio_duration_seconds": 1, "session_duration_seconds": 1,
    }  # fmt: skip
    assert client.closed == Close(1000, "Session Ended")


def test_a_turn_has_all_its_fields_and_its_type_last() -> None:
    final = Client().speak(1200).send(FORCE).messages[-1]
    assert list(final)[-1] == "type"
    assert final["end_of_turn"]
    assert final["turn_is_formatted"]
    assert final["utterance"] == final["transcript"] == "Hello world."
    assert final["words"][1] == {
        "start": 700, "end": 1000, "text": "world.", "confidence": 1.0, "word_is_final": True,
    }  # fmt: skip


def test_older_models_announce_no_speech_and_never_revise_a_word() -> None:
    client = Client("speech_model=universal-streaming-english").speak(1200)
    assert "SpeechStarted" not in client.types
    assert [word["word_is_final"] for word in client.messages[-1]["words"]] == [True, False]


def test_a_pause_ends_the_turn_and_the_next_one_has_the_next_number() -> None:
    words = ((100, 300, "one"), (2500, 2700, "two"))
    client = Client("max_turn_silence=500", words=words).speak(2800).send(TERMINATE)
    finals = [(turn["turn_order"], turn["transcript"]) for turn in client.messages if turn.get("end_of_turn")]
    assert finals == [(0, "one"), (1, "two")]


def test_update_changes_the_silence_that_ends_a_turn() -> None:
    client = Client("min_turn_silence=10000&max_turn_silence=10000").speak(1200)
    client.send('{"type":"UpdateConfiguration","min_turn_silence":100,"max_turn_silence":200}').speak(300)
    assert client.finals == ["Hello world."]


def test_force_endpoint_without_an_open_turn_is_not_answered() -> None:
    assert Client().send(FORCE).types == ["Begin"]


def test_force_endpoint_cuts_at_the_audio_before_it() -> None:
    client = Client().send(audio(650), FORCE, audio(450), TERMINATE)
    assert client.finals == ["Hello", "world."]


def test_a_turn_is_cut_after_sixty_seconds() -> None:
    words = [(ms, ms + 200, "word") for ms in range(0, 70_000, 1000)]
    client = Client("max_turn_silence=10000", words=words).speak(70_000, 1000)
    assert [len(text.split()) for text in client.finals] == [60]


def test_no_partials_if_not_wanted() -> None:
    client = Client("include_partial_turns=false").speak(1200).send(TERMINATE)
    assert client.types == ["Begin", "SpeechStarted", "Turn", "Termination"]


def test_delays_keep_the_order() -> None:
    policy = Policy(begin_delay_s=0.3, final_delay_s=0.2, termination_delay_s=0.5)
    client = Client(policy=policy)
    assert client.types == []
    client.send(audio(1000), FORCE, TERMINATE)
    assert client.types == []
    client.wait(0.31)
    assert client.types[0] == "Begin"
    assert client.finals == ["Hello world."]
    assert "Termination" not in client.types
    assert client.wait(0.5).types[-1] == "Termination"
    assert client.closed


def test_next_due_tells_when_something_is_to_be_said() -> None:
    client = Client(policy=Policy(final_delay_s=0.2)).send(audio(1000), TERMINATE)
    assert client.dialogue.next_due == pytest.approx(client.now + 0.2)


def test_after_terminate_nothing_more_is_taken_in() -> None:
    client = Client().send(audio(1000), TERMINATE, audio(1000), "garbage", FORCE)
    assert client.finals == ["Hello world."]
    assert client.types[-1] == "Termination"


LIMITS = {
    "a frame of more than a second": ("", [audio(1200)], 3007,
        "Input Duration Error: Input Duration Violation: 1200.0 ms. Expected between 50 and 1000 ms"),
    "a second of short frames": ("", [audio(20)] * 50, 3007,
        "Input Duration Error: Input Duration Violation: 20.0 ms. Expected between 50 and 1000 ms"),
    "more than 300 s ahead": ("", [audio(1000)] * 301, 3007,
        "Input Duration Error: Audio Transmission Rate Exceeded: Received 301.0 sec. audio in 0.000000 sec"),
    "no JSON": ("", ["{"], 3006, "User Input Validation Error: Invalid JSON: "),
    "an unknown type": ("", ['{"type":"Bogus"}'], 3006, "Invalid Message Type: Bogus"),
    "no object": ("", ["3"], 3006, "Invalid Message Type: 3"),
    "a bad parameter": ("sample_rate=7000", [], 3006, "sample_rate must be at least 8,000 Hz"),
    "a bad update": ("", ['{"type":"UpdateConfiguration","mode":"x"}'], 3006, "Invalid 'mode'"),
}  # fmt: skip


@pytest.mark.parametrize(("query", "messages", "code", "text"), LIMITS.values(), ids=LIMITS)
def test_limits(query: str, messages: Sequence[str | bytes], code: int, text: str) -> None:
    client = Client(query, words=()).send(*messages)
    assert client.error[0] == code
    assert text in client.error[1]


def test_what_is_still_allowed() -> None:
    client = Client(words=()).send(audio(50), audio(1000), *[audio(20)] * 49, *[audio(1000)] * 297)
    assert client.types == ["Begin"]


def test_no_short_frame_where_the_policy_is_strict() -> None:
    assert Client(policy=Policy(short_frames_ms=0)).send(audio(49)).error[0] == 3007


def test_audio_at_the_pace_of_speech_is_never_too_much() -> None:
    assert Client(words=()).speak(400_000, 1000).types == ["Begin"]


def test_inactivity() -> None:
    client = Client("inactivity_timeout=5").wait(4.9).send('{"type":"KeepAlive"}').wait(4.9)
    assert client.types == ["Begin"]
    client.wait(0.2)
    assert client.error == (3006, "Session terminated due to inactivity: No messages received for 5 seconds")


def test_the_longest_session() -> None:
    client = Client(policy=Policy(session_s=60)).wait(59)
    assert client.types == ["Begin"]
    assert client.wait(1).error == (3008, "Session Expired: Maximum session duration exceeded")


def test_heartbeat() -> None:
    client = Client("session_heartbeat=true", words=()).speak(10_200)
    assert client.types == ["Begin", "Heartbeat", "Heartbeat"]
    assert client.messages[1]["realtime_factor"] == pytest.approx(1, abs=0.05)


KEY = Policy(keys=frozenset({"good"}), expired=frozenset({"old"}))
ACCESS = {
    "the key": ("", "good", None),
    "the key as a token": ("token=good", None, None),
    "a token in the header's place": ("token=good", "bad", None),
    "nothing": ("", None, "Unauthorized Connection: Missing Authorization header"),
    "a wrong key": ("", "bad", "Unauthorized Connection: Invalid API key"),
    "Bearer": ("", "Bearer good", "Unauthorized Connection: Invalid API key"),
    "an expired token": ("token=old", None, "Unauthorized Connection: Signature has expired"),
    "a wrong key is told before a wrong parameter": (
        "sample_rate=1",
        "bad",
        "Unauthorized Connection: Invalid API key",
    ),
}


@pytest.mark.parametrize(("query", "authorization", "refusal"), ACCESS.values(), ids=ACCESS)
def test_access(query: str, authorization: str | None, refusal: str | None) -> None:
    client = Client(query, authorization=authorization, policy=KEY)
    if refusal is None:
        assert client.types == ["Begin"]
    else:
        assert client.error == (1008, refusal)


@pytest.mark.parametrize(("too_many", "code"), [("1008", 1008), ("3009", 3009)])
def test_too_many_sessions(too_many: Any, code: int) -> None:
    client = Client(admitted=False, policy=Policy(too_many=too_many))
    assert client.error == (code, "Too many concurrent sessions")


def test_session_rate() -> None:
    rate = SessionRate(2)
    assert [rate.admit(now) for now in (0, 10, 59, 60.5, 61, 70.5)] == [True, True, False, True, False, True]


class Deaf:
    """A recogniser that hears speech but no words, and in the end nothing at all."""

    def feed(self, audio: bytes) -> list[Hypothesis]:
        return [Hypothesis(())]

    def end_turn(self) -> Hypothesis | None:
        return None

    def configure(self, parameters: Parameters) -> None:
        pass

    def close(self) -> None:
        pass


class Broken(Deaf):
    def feed(self, audio: bytes) -> list[Hypothesis]:
        raise RecognizerError("broken")


def test_speech_without_words() -> None:
    client = Client(recognizer=Deaf()).speak(300).send(FORCE, TERMINATE)
    assert client.types == ["Begin", "SpeechStarted", "Termination"]


def test_a_recogniser_that_breaks() -> None:
    client = Client(recognizer=Broken()).speak(300)
    assert client.error == (3005, "Session Cancelled: An error occurred")


def test_a_long_frame_is_worked_off_in_slices() -> None:
    client = Client()
    client.dialogue.receive_audio(audio(1000), client.now)
    slices = 0
    while client.dialogue.busy:
        client.dialogue.work(client.now)
        slices += 1
    assert slices == 20


def test_somebody_waits_once_the_end_was_asked_for() -> None:
    client = Client()
    client.dialogue.receive_audio(audio(1000), client.now)
    assert not client.dialogue.urgent
    client.dialogue.receive_text(FORCE, client.now)
    assert client.dialogue.urgent


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=4000),
            st.text(max_size=40),
            st.sampled_from([FORCE, TERMINATE, '{"type":"KeepAlive"}', "[]", '{"type":null}', "null", "[" * 5000]),
            st.dictionaries(
                st.sampled_from(["type", "mode", "keyterms_prompt", "prompt"]),
                st.sampled_from(["UpdateConfiguration", None, 3, [1], {}, "x"]),
            ).map(json.dumps),
        )
    )
)
def test_nothing_a_client_sends_breaks_it(messages: list[str | bytes]) -> None:
    client = Client().send(*messages)
    assert client.types[0] in ("Begin", "Error")
    assert client.types.count("Termination") + client.types.count("Error") <= 1
    assert (client.closed is not None) == bool({"Termination", "Error"} & set(client.types))
