"""The wire's texts: the vendor's documented frames word for word, and everything a broken server could send."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utterkey.session.messages import (
    FORCE_ENDPOINT,
    KEEP_ALIVE,
    TERMINATE,
    Begin,
    Error,
    Heartbeat,
    Malformed,
    Message,
    SpeechStarted,
    Termination,
    Turn,
    Unknown,
    Warning,
    Word,
    parse,
)

BEGIN = (
    '{"type":"Begin","id":"12c77068-02b3-4941-a960-275a65230e31","expires_at":1790221526,"configuration":{"model":'
    '"universal-3-5-pro","mode":"balanced","api_version":"2025-05-12","domain":null,"voice_focus":null}}'
)
PARTIAL = (
    '{"turn_order":0,"turn_is_formatted":true,"end_of_turn":false,"transcript":"Harbor Point",'
    '"end_of_turn_confidence":0,"words":[{"start":0,"end":428,"text":"Harbor","confidence":0.921459,'
    '"word_is_final":false},{"start":442,"end":799,"text":"Point","confidence":0.997168,"word_is_final":true}],'
    '"utterance":"","type":"Turn"}'
)
EMPTY_FINAL = (
    '{"turn_order":1,"turn_is_formatted":false,"end_of_turn":true,"transcript":"","end_of_turn_confidence":0.265551,'
    '"words":[],"utterance":"","type":"Turn"}'
)
HEARTBEAT = (
    '{"type":"Heartbeat","total_audio_received_ms":9888,"total_duration_ms":10096,"realtime_factor":0.9983,'
    '"max_speech_probability":0.999999}'
)
EXPIRED = '{"type":"Error","error_code":3008,"error":"Session Expired: Maximum session duration exceeded"}'
REAL = [
    BEGIN,
    PARTIAL,
    EMPTY_FINAL,
    HEARTBEAT,
    EXPIRED,
    '{"type":"SpeechStarted","timestamp":4480,"confidence":0.950008}',
    '{"type":"Termination","audio_duration_seconds":69,"session_duration_seconds":73}',
    '{"type":"Warning","warning_code":7,"warning":"slow"}',
]

WORDS = (Word("Harbor", 0, 428, False), Word("Point", 442, 799, True))
SCENARIOS: dict[str, tuple[str | bytes, Message]] = {
    "begin": (BEGIN, Begin("universal-3-5-pro")),
    "begin without configuration": ('{"type":"Begin","id":"1","expires_at":5}', Begin(None)),
    "begin with nonsense in it": ('{"type":"Begin","configuration":[1],"expires_at":"soon"}', Begin(None)),
    "speech": (REAL[5], SpeechStarted(4480)),
    "speech without a time": ('{"type":"SpeechStarted"}', SpeechStarted(0)),
    "partial": (PARTIAL, Turn(0, "Harbor Point", False, True, WORDS)),
    "partial as bytes": (PARTIAL.encode(), Turn(0, "Harbor Point", False, True, WORDS)),
    "empty final": (EMPTY_FINAL, Turn(1, "", True, False, ())),
    "termination": (REAL[6], Termination(69, 73)),
    "termination without seconds": ('{"type":"Termination"}', Termination(None, None)),
    "error": (EXPIRED, Error(3008, "Session Expired: Maximum session duration exceeded")),
    "error without type": ('{"error":"Unauthorized","error_code":1008}', Error(1008, "Unauthorized")),
    "error without code": ('{"error":"bad"}', Error(None, "bad")),
    "error with an object as text": ('{"type":"Error","error":{"a":1},"error_code":"x"}', Error(None, "")),
    "a turn with an error field is a turn": (
        '{"type":"Turn","turn_order":2,"transcript":"a","error":null}',
        Turn(2, "a", False, False, ()),
    ),
    "warning": (REAL[7], Warning(7, "slow")),
    "heartbeat": (HEARTBEAT, Heartbeat()),
    "unknown type": ('{"type":"SpeakerRevision","revisions":[]}', Unknown("SpeakerRevision")),
    "no type": ('{"transcript":"a"}', Malformed("no type")),
    "type is a number": ('{"type":5}', Malformed("no type")),
    "array": ("[1]", Malformed("not an object")),
    "null": ("null", Malformed("not an object")),
    "empty": ("", Malformed("not JSON (JSONDecodeError)")),
    "cut off": (PARTIAL[:50], Malformed("not JSON (JSONDecodeError)")),
    "not UTF-8": (b"\xff\xfe\xfa{", Malformed("not JSON (UnicodeDecodeError)")),
    "nested too deep": ("[" * 100_000, Malformed("not JSON (RecursionError)")),
    "a number of 5000 digits": ("1" * 5000, Malformed("not JSON (ValueError)")),
    "turn without order": ('{"type":"Turn","transcript":"a"}', Malformed("a Turn without turn_order or transcript")),
    "turn without text": ('{"type":"Turn","turn_order":1}', Malformed("a Turn without turn_order or transcript")),
    "order is true": (
        '{"type":"Turn","turn_order":true,"transcript":"a"}',
        Malformed("a Turn without turn_order or transcript"),
    ),
    "order is beyond reason": (
        '{"type":"Turn","turn_order":1e300,"transcript":"a"}',
        Malformed("a Turn without turn_order or transcript"),
    ),
    "order is infinite": (
        '{"type":"Turn","turn_order":Infinity,"transcript":"a"}',
        Malformed("a Turn without turn_order or transcript"),
    ),
    "end_of_turn is a string": (
        '{"type":"Turn","turn_order":0,"transcript":"a","end_of_turn":"true"}',
        Turn(0, "a", False, False, ()),
    ),
    "only good words count": (
        '{"type":"Turn","turn_order":0,"transcript":"a b","words":[1,null,{"text":"x"},{"text":"y","start":9,"end":2},'
        '{"text":"b","start":1.0,"end":2.5}]}',
        Turn(0, "a b", False, False, (Word("b", 1, 2, False),)),
    ),
    "words are no list": (
        '{"type":"Turn","turn_order":0,"transcript":"a","words":{"0":1}}',
        Turn(0, "a", False, False, ()),
    ),
    "what a terminal would obey": (
        '{"type":"Turn","turn_order":0,"transcript":"a\\u001b]0;x\\u0007b\\nrm -rf\\r"}',
        Turn(0, "a ]0;x b rm -rf ", False, False, ()),
    ),
    "half a surrogate pair": (
        '{"type":"Turn","turn_order":0,"transcript":"ü\\ud83d\\ude00\\ud83d"}',
        Turn(0, "ü😀?", False, False, ()),
    ),
}


@pytest.mark.parametrize(("frame", "message"), SCENARIOS.values(), ids=SCENARIOS)
def test_understanding_a_frame(frame: str | bytes, message: Message) -> None:
    assert parse(frame) == message


def test_what_is_said() -> None:
    assert [json.loads(text) for text in (FORCE_ENDPOINT, TERMINATE, KEEP_ALIVE)] == [
        {"type": "ForceEndpoint"},
        {"type": "Terminate"},
        {"type": "KeepAlive"},
    ]


# --- nothing raises ------------------------------------------------------------------------------------------------

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
PATHS = st.lists(st.integers(0, 20), min_size=1, max_size=4)


def mutated(frame: str, path: list[int], junk: object) -> str:
    """The same message with one value, somewhere in it, replaced or taken away."""
    message = json.loads(frame)
    place = message
    for step in path[:-1]:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        inner = place[keys[step % len(keys)]]
        if not isinstance(inner, dict | list):
            break
        place = inner
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    if keys:
        key = keys[path[-1] % len(keys)]
        if junk == "":
            del place[key]
        else:
            place[key] = junk
    return json.dumps(message)


def check(frame: str | bytes) -> None:
    message = parse(frame)
    match message:
        case Turn():
            assert message.order >= 0
            assert all(0 <= word.start_ms <= word.end_ms for word in message.words)
            for text in (message.transcript, *(word.text for word in message.words)):
                text.encode()
                assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text)
        case Error() | Warning():
            message.text.encode()


@pytest.mark.timeout(1200)
def test_mutated_messages(counts: Callable[[int, int], int]) -> None:
    @settings(max_examples=counts(500, 100_000), deadline=None)
    @given(st.sampled_from(REAL), PATHS, JUNK | st.just(""))
    def mutate_values(frame: str, path: list[int], junk: object) -> None:
        check(mutated(frame, path, junk))

    @settings(max_examples=counts(500, 20_000), deadline=None)
    @given(st.sampled_from(REAL), st.integers(0), st.integers(0, 9), st.binary(max_size=9))
    def mutate_bytes(frame: str, at: int, cut: int, junk: bytes) -> None:
        raw = frame.encode()
        at %= len(raw) + 1
        check(raw[:at] + junk + raw[at + cut :])

    mutate_values()
    mutate_bytes()
