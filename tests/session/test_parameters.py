"""What a session is asked for, and what is refused before anything is sent."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest

from utterkey.errors import ParameterRefused
from utterkey.session.parameters import Parameters

PRO = Parameters(model="universal-3-6-pro", sample_rate=16000)
ENGLISH = replace(PRO, model="universal-streaming-english")
ALWAYS = {
    "sample_rate": "16000",
    "encoding": "pcm_s16le",
    "inactivity_timeout": "60",
    "session_heartbeat": "true",
}
ONE_TURN = {"min_turn_silence": "10000", "max_turn_silence": "10000"}

QUERIES: dict[str, tuple[Parameters, dict[str, str]]] = {
    "a press is one turn": (PRO, {"speech_model": "universal-3-6-pro", **ONE_TURN}),
    "a press is many turns": (replace(PRO, one_turn=False), {"speech_model": "universal-3-6-pro"}),
    "lists are one value of JSON": (
        replace(
            PRO, one_turn=False, languages=("en", "de"), keyterms=("Kubernetes", "ad &=hoc", "Grüße"), prompt="a b"
        ),
        {
            "speech_model": "universal-3-6-pro",
            "language_codes": '["en","de"]',
            "keyterms_prompt": '["Kubernetes","ad &=hoc","Grüße"]',
            "prompt": "a b",
        },
    ),
    "the English model formats on demand, ends turns by silence, knows no prompt": (
        replace(ENGLISH, prompt="x", languages=("en",), keyterms=("a",)),
        {"speech_model": "universal-streaming-english", "format_turns": "true", "keyterms_prompt": '["a"]'},
    ),
    "the multilingual one is formatted anyway": (
        replace(PRO, model="universal-streaming-multilingual"),
        {"speech_model": "universal-streaming-multilingual"},
    ),
    "native rate": (
        replace(PRO, one_turn=False, sample_rate=44100, inactivity_seconds=5, heartbeat=False),
        {
            "speech_model": "universal-3-6-pro",
            "sample_rate": "44100",
            "inactivity_timeout": "5",
            "session_heartbeat": "false",
        },
    ),
}


@pytest.mark.parametrize(("parameters", "query"), QUERIES.values(), ids=QUERIES)
def test_query(parameters: Parameters, query: dict[str, str]) -> None:
    parameters.check()
    assert parameters.query().isascii()
    assert dict(parse_qsl(parameters.query())) == ALWAYS | query


def test_a_list_of_the_query_reads_back() -> None:
    terms = ("é", '"quoted"', "a,b", "日本")
    query = dict(parse_qsl(replace(PRO, keyterms=terms).query()))
    assert tuple(json.loads(query["keyterms_prompt"])) == terms


FAMILIES = {
    "universal-3-6-pro": "u3",
    "universal-3-6": "u3",
    "u3-rt-pro": "u3",
    "universal-streaming-english": "streaming",
    "universal-streaming-multilingual": "streaming",
    "whisper-rt": "streaming",
}


@pytest.mark.parametrize(("model", "family"), FAMILIES.items())
def test_family(model: str, family: str) -> None:
    assert replace(PRO, model=model).family == family


LIMITS: dict[str, tuple[dict[str, Any], str]] = {
    "101 keyterms": ({"keyterms": ("a",) * 101}, "service.keyterms has 101 entries"),
    "a keyterm of 51 characters": ({"keyterms": ("a" * 51,)}, "service.keyterms: “aaaa"),
    "an empty keyterm": ({"keyterms": ("a", " ")}, "service.keyterms has an empty entry"),
    "a prompt of 1751 characters": ({"prompt": "a" * 1751}, "service.prompt has 1751 characters"),
    "11 languages": ({"languages": ("en",) * 11}, "service.languages has 11 entries"),
    "an empty language": ({"languages": ("",)}, "service.languages has an empty entry"),
    "no model": ({"model": " "}, "service.model is empty"),
    "7999 Hz": ({"sample_rate": 7999}, "7999 Hz"),
    "96001 Hz": ({"sample_rate": 96001}, "96001 Hz"),
    "4 s of inactivity": ({"inactivity_seconds": 4}, "4 s"),
}


@pytest.mark.parametrize(("changes", "sentence"), LIMITS.values(), ids=LIMITS)
def test_over_a_limit(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterRefused, match=sentence):
        replace(PRO, **changes).check()


WITHIN: dict[str, dict[str, Any]] = {
    "100 keyterms of 50 characters": {"keyterms": ("a" * 50,) * 100},
    "a prompt of 1750 characters": {"prompt": "a" * 1750},
    "10 languages": {"languages": ("en",) * 10},
    "8000 Hz": {"sample_rate": 8000},
    "96000 Hz": {"sample_rate": 96000},
}


@pytest.mark.parametrize("changes", WITHIN.values(), ids=WITHIN)
def test_at_a_limit(changes: dict[str, Any]) -> None:
    replace(PRO, **changes).check()
