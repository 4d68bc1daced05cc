import json
from urllib.parse import urlencode

import pytest

from utterkey.offline.parameters import ParameterError, Parameters, parse_query, update

ACCEPTED = {
    "nothing": ("", Parameters()),
    "an unknown name is ignored": ("min_turn_silense=3", Parameters()),
    "the vendor's Python SDK writes True": ("format_turns=True&session_heartbeat=true", Parameters(
        format_turns=True, session_heartbeat=True)),
    "a list is one JSON value": (
        urlencode({"keyterms_prompt": json.dumps(["a", "b"])}), Parameters(keyterms_prompt=("a", "b"))),
    "the former name of a parameter": (
        "min_end_of_turn_silence_when_confident=300", Parameters(min_turn_silence=300)),
    "silences are clamped": (
        "min_turn_silence=1&max_turn_silence=99999", Parameters(min_turn_silence=50, max_turn_silence=10000)),
    "the whole range of rates": ("sample_rate=96000", Parameters(sample_rate=96000)),
    "an older model": (
        "speech_model=universal-streaming-english", Parameters(speech_model="universal-streaming-english")),
}  # fmt: skip

REFUSED = {
    "a rate too low": ("sample_rate=7000", "sample_rate must be at least 8,000 Hz"),
    "a rate too high": ("sample_rate=96001", "less than or equal to 96000"),
    "a rate that is none": ("sample_rate=high", "Invalid 'sample_rate': Input should be a valid integer"),
    "an unknown encoding": ("encoding=flac", "'flac' is not a valid Encoding"),
    "an unknown model lists the known ones": ("speech_model=u3-pro", "'universal-3-6-pro' or 'universal-3-6'"),
    "101 keyterms": (urlencode({"keyterms_prompt": json.dumps(["x"] * 101)}), "Max 100 items"),
    "keyterms that are no list": ("keyterms_prompt=word", "valid list"),
    "a long prompt": (urlencode({"prompt": "x" * 1751}), "exceeds maximum length of 1750 characters (got 1751)"),
    "a language that is none": (urlencode({"language_codes": '["en","klingon"]'}), "Invalid 'language_codes'"),
    "an impatient timeout": ("inactivity_timeout=4", "greater than or equal to 5"),
    "too much context": ("previous_context_n_turns=101", "less than or equal to 100"),
    "neither true nor false": ("format_turns=maybe", "valid boolean"),
    "an unknown mode": ("mode=fast", "'min_latency', 'balanced' or 'max_accuracy'"),
}


@pytest.mark.parametrize(("query", "expected"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(query: str, expected: Parameters) -> None:
    assert parse_query(query) == expected


@pytest.mark.parametrize(("query", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(query: str, text: str) -> None:
    with pytest.raises(ParameterError) as refused:
        parse_query(query)
    assert text in str(refused.value)
    assert str(refused.value).startswith("User Input Validation Error: ")


SILENCES = {
    "balanced": ("", (128, 1280)),
    "least latency": ("mode=min_latency", (128, 640)),
    "a press is one turn": ("min_turn_silence=10000&max_turn_silence=10000", (10000, 10000)),
    "the maximum is never below the minimum": ("min_turn_silence=3000&max_turn_silence=100", (3000, 3000)),
    "models before u3 have no modes": ("speech_model=universal-streaming-english&mode=min_latency", (400, 1280)),
}


@pytest.mark.parametrize(("query", "silences"), SILENCES.values(), ids=SILENCES)
def test_turn_silence(query: str, silences: tuple[int, int]) -> None:
    assert parse_query(query).turn_silence_ms == silences


def test_update_changes_what_may_change_and_nothing_else() -> None:
    message = {"type": "UpdateConfiguration", "max_turn_silence": 900, "keyterms_prompt": ["a"], "sample_rate": 8000}
    assert update(Parameters(), message) == Parameters(max_turn_silence=900, keyterms_prompt=("a",))


def test_update_is_checked() -> None:
    with pytest.raises(ParameterError, match="Max 100 items"):
        update(Parameters(), {"keyterms_prompt": ["x"] * 101})


def test_echo_has_no_mode_before_u3() -> None:
    assert Parameters().echo()["mode"] == "balanced"
    assert Parameters(speech_model="universal-streaming-english").echo()["mode"] is None
