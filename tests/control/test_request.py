"""What the daemon understands of a line, and what it says of one it does not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utterkey.control.request import Request, read
from utterkey.errors import UsageError

NOW = 100.0

GOOD = {
    "a bare word": (b"press", Request("press", NOW)),
    "a bare word with an end of line of its own": (b" toggle\r", Request("toggle", NOW)),
    "an object": (b'{"do": "release", "at": 81.25}', Request("release", 81.25)),
    "a whole second": (b'{"do": "release", "at": 81}', Request("release", 81)),
    "the future is now": (b'{"do": "press", "at": 1e300}', Request("press", NOW)),
    "no time at all": (b'{"do": "press", "at": NaN}', Request("press", NOW)),
    "for another hotkey": (b'{"do": "press", "key": "f8"}', Request("press", NOW, key="f8")),
    "to follow": (b'{"do": "status", "follow": true}', Request("status", NOW, follow=True)),
    "to insert again": (b'{"do": "last", "insert": true}', Request("last", NOW, insert=True)),
    "to copy": (b'{"do": "last", "copy": true}', Request("last", NOW, copy=True)),
    "one utterance": (b'{"do": "retry", "id": 12, "insert": true}', Request("retry", NOW, id=12, insert=True)),
}


@pytest.mark.parametrize(("line", "request_"), GOOD.values(), ids=GOOD.keys())
def test_a_good_line(line: bytes, request_: Request) -> None:
    assert read(line, NOW) == request_


BAD = {
    "nothing": (b"", "There is no command ''."),
    "a misspelt word": (b"relase", "There is no command 'relase'. Did you mean 'release'?"),
    "an object without a command": (b"{}", "There is no command ''."),
    "not UTF-8": (b"\xff", "That request is no JSON object in UTF-8."),
    "not JSON": (b"{do: press}", "That request is no JSON object in UTF-8."),
    "a list": (b"[1]", "There is no command '[1]'."),
    "too deep": (b'{"do":' + b"[" * 20000, "That request is no JSON object in UTF-8."),
    "an unknown field": (b'{"do": "press", "when": 3}', "A request has no field 'when'."),
    "true as a number": (b'{"do": "retry", "id": true}', "The field 'id' of a request cannot be True."),
    "a fraction as a number": (b'{"do": "retry", "id": 1.5}', "The field 'id' of a request cannot be 1.5."),
    "a number as true": (b'{"do": "last", "copy": 1}', "The field 'copy' of a request cannot be 1."),
    "a list as a command": (b'{"do": ["press"]}', "The field 'do' of a request cannot be ['press']."),
    "to follow a press": (b'{"do": "press", "follow": true}', "Only the status can be followed."),
    "a key for a release": (b'{"do": "release", "key": "f8"}', "Only press and toggle are told a key."),
    "null": (b'{"do": "press", "at": null}', "The field 'at' of a request cannot be None."),
}


@pytest.mark.parametrize(("line", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_line(line: bytes, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read(line, NOW)
    assert str(refusal.value) == sentence


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
FIELDS = st.sampled_from(["do", "at", "id", "insert", "copy", "follow"]) | st.text()


@given(st.binary() | st.dictionaries(FIELDS, JSON | st.just("press"), max_size=4).map(lambda d: json.dumps(d).encode()))
def test_any_line_is_a_request_or_a_refusal(line: bytes) -> None:
    try:
        request = read(line, NOW)
    except UsageError as refusal:
        said = str(refusal)
    else:
        said = ""
        assert request.at <= NOW
    assert len(said) < 200
