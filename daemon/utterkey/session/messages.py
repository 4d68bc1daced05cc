"""What the service says and what is said to it: text frames in, typed messages out, and the reverse. Pure.

Nothing the service sends may raise here: what cannot be understood becomes `Unknown` or `Malformed`, and a field of the
wrong type counts as missing. Times are milliseconds from the session's first audio.
"""

import json
import math
import unicodedata
from dataclasses import dataclass
from typing import TypeGuard

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

HIGHEST = 1 << 40
"""No order, time or code of a real session comes near it; greater numbers count as missing."""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start_ms: int
    end_ms: int
    final: bool


@dataclass(frozen=True, slots=True)
class Begin:
    """The session is authorised. `model` is the one really in use, where the service says so."""

    model: str | None


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Once per turn, before the first `Turn`; only the newer models send it."""

    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """The whole turn so far. `end_of_turn` alone says that it is final: `formatted` differs between models."""

    order: int
    transcript: str
    end_of_turn: bool
    formatted: bool
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Termination:
    audio_seconds: int | None
    session_seconds: int | None


@dataclass(frozen=True, slots=True)
class Error:
    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Warning:
    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    pass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A type this client does not know, to be ignored."""

    type: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """Not a message, or one without what makes it useful."""

    reason: str


Message = Begin | SpeechStarted | Turn | Termination | Error | Warning | Heartbeat | Unknown | Malformed

FORCE_ENDPOINT = '{"type":"ForceEndpoint"}'
TERMINATE = '{"type":"Terminate"}'
KEEP_ALIVE = '{"type":"KeepAlive"}'


def parse(frame: str | bytes) -> Message:
    """Understand one text frame."""
    try:
        message: Json = json.loads(frame if isinstance(frame, str) else frame.decode())
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, a number of 5000 digits; nested too deep
        return Malformed(f"not JSON ({type(error).__name__})")
    if not isinstance(message, dict):
        return Malformed("not an object")
    kind = message.get("type")
    # Some errors come without a type; the vendor's own clients take any object with an `error` for one.
    if kind == "Error" or (kind is None and "error" in message):
        return Error(_number(message.get("error_code")), _text(message.get("error")))
    if not isinstance(kind, str):
        return Malformed("no type")
    return _of_kind(kind, message)


def _of_kind(kind: str, message: dict[str, Json]) -> Message:
    match kind:
        case "Turn":
            return _turn(message)
        case "Begin":
            configuration = message.get("configuration")
            model = configuration.get("model") if isinstance(configuration, dict) else None
            return Begin(_text(model)[:80] if isinstance(model, str) else None)
        case "SpeechStarted":
            return SpeechStarted(_number(message.get("timestamp")) or 0)
        case "Termination":
            return Termination(
                _number(message.get("audio_duration_seconds")), _number(message.get("session_duration_seconds"))
            )
        case "Warning":
            return Warning(_number(message.get("warning_code")), _text(message.get("warning")))
        case "Heartbeat":
            return Heartbeat()
        case _:
            return Unknown(_text(kind)[:80])


def _turn(message: dict[str, Json]) -> Turn | Malformed:
    order, transcript = _number(message.get("turn_order")), message.get("transcript")
    if order is None or not isinstance(transcript, str):
        return Malformed("a Turn without turn_order or transcript")
    words = message.get("words")
    return Turn(
        order=order,
        transcript=_text(transcript),
        end_of_turn=message.get("end_of_turn") is True,
        formatted=message.get("turn_is_formatted") is True,
        words=tuple(filter(None, map(_word, words))) if isinstance(words, list) else (),
    )


def _word(word: Json) -> Word | None:
    if not isinstance(word, dict):
        return None
    text, start, end = word.get("text"), _number(word.get("start")), _number(word.get("end"))
    if not isinstance(text, str) or start is None or end is None or end < start:
        return None
    return Word(_text(text), start, end, word.get("word_is_final") is True)


def _number(value: Json) -> int | None:
    """A count, a time or a code: not negative, not a boolean, not absurd."""
    if not _is_number(value) or not math.isfinite(value) or not 0 <= value <= HIGHEST:
        return None
    return int(value)


def _is_number(value: Json) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Json) -> str:
    """Text that can be typed anywhere: no lone surrogates, which cannot be encoded, and no control characters, which a
    terminal would obey."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and value.isprintable():
        return value
    encodable = value.encode("utf-8", "replace").decode("utf-8")
    return "".join(" " if unicodedata.category(character) == "Cc" else character for character in encodable)
