"""The query parameters of `/v3/ws` and what `UpdateConfiguration` may change, checked as the service checks them. Pure.

Unknown names are ignored, as the service does; a bad value of a known one refuses the session with error 3006.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

MODELS = (
    "universal-streaming-english",
    "universal-streaming-multilingual",
    "whisper-rt",
    "u3-rt-pro",
    "universal-3-5-pro",
    "universal-3-6-pro",
    "universal-3-6",
)
ENCODINGS = ("pcm_s16le", "pcm_mulaw", "opus", "ogg_opus", "aac")
LANGUAGES = (
    "af", "ar", "yue", "ca", "da", "nl", "en", "et", "fi", "fr", "gl", "de", "he", "hi", "it", "ja", "ko", "zh",
    "mr", "no", "nn", "fa", "pt", "ro", "ru", "es", "sv", "tr", "ur", "vi", "xh", "zu", "multi",
)  # fmt: skip
MAX_TEXT = 1750
MAX_KEYTERMS = 100
MAX_LANGUAGES = 10
MAX_TURN_SILENCE_MS = 10000

# Silence in milliseconds that ends a turn: the model may end it after the first, it must after the second.
_SILENCES = {"min_latency": (128, 640), "balanced": (128, 1280), "max_accuracy": (512, 2560)}
_SILENCES_BEFORE_U3 = (400, 1280)


class ParameterError(ValueError):
    """A value the service would refuse; `str(error)` is the text of its error 3006."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a session was opened with. The fields are named as on the wire."""

    sample_rate: int = 16000
    encoding: str = "pcm_s16le"
    speech_model: str = "universal-3-6-pro"
    mode: str = "balanced"
    format_turns: bool = False
    min_turn_silence: int | None = None
    max_turn_silence: int | None = None
    include_partial_turns: bool = True
    inactivity_timeout: int | None = None
    session_heartbeat: bool = False
    filter_profanity: bool = False
    speaker_labels: bool = False
    redact_pii: bool = False
    domain: str | None = None
    voice_focus: str | None = None
    keyterms_prompt: tuple[str, ...] = ()
    language_codes: tuple[str, ...] = ()
    prompt: str = ""
    agent_context: str = ""
    previous_context_n_turns: int = 5

    @property
    def revises(self) -> bool:
        """The `u3` family revises its partials, formats every text and announces speech; the older models do not."""
        return not self.speech_model.startswith("universal-streaming")

    @property
    def turn_silence_ms(self) -> tuple[int, int]:
        """How much silence may end a turn, and how much must."""
        low, high = _SILENCES[self.mode] if self.revises else _SILENCES_BEFORE_U3
        low = low if self.min_turn_silence is None else self.min_turn_silence
        high = high if self.max_turn_silence is None else self.max_turn_silence
        return low, max(low, high)

    def echo(self) -> dict[str, object]:
        """The `configuration` of `Begin`."""
        return {
            "model": self.speech_model,
            "mode": self.mode if self.revises else None,
            "api_version": "2025-05-12",
            "speaker_labels": self.speaker_labels,
            "redact_pii": self.redact_pii,
            "filter_profanity": self.filter_profanity,
            "domain": self.domain,
            "voice_focus": self.voice_focus,
        }


def parse_query(query: str) -> Parameters:
    return _checked(Parameters(), dict(parse_qsl(query, keep_blank_values=True)), _CHECKS)


def update(parameters: Parameters, message: Mapping[str, object]) -> Parameters:
    """Apply an `UpdateConfiguration`; what can only be set at the start is ignored."""
    return _checked(parameters, message, {name: _CHECKS[name] for name in _UPDATABLE})


Check = Callable[[object], object]


def _checked(parameters: Parameters, given: Mapping[str, object], checks: Mapping[str, Check]) -> Parameters:
    values: dict[str, Any] = {}
    for name, value in given.items():
        name = _FORMER_NAMES.get(name, name)
        if name not in checks:
            continue
        try:
            values[name] = checks[name](value)
        except ValueError as error:
            raise ParameterError(f"User Input Validation Error: Invalid '{name}': {error}") from error
    return replace(parameters, **values)


def _integer(low: int, high: int, *, below: str = "", clamp: bool = False) -> Check:
    def check(value: object) -> int:
        try:
            number = int(str(value))
        except ValueError:
            raise ValueError("Input should be a valid integer") from None
        if clamp:
            return min(max(number, low), high)
        if number < low:
            raise ValueError(below or f"Input should be greater than or equal to {low}")
        if number > high:
            raise ValueError(f"Input should be less than or equal to {high}")
        return number

    return check


def _flag(value: object) -> bool:
    # The vendor's Python SDK sends True and False, its Node SDK true and false.
    text = str(value).lower()
    if text not in ("true", "false", "1", "0"):
        raise ValueError("Input should be a valid boolean")
    return text in ("true", "1")


def _choice(*allowed: str) -> Check:
    def check(value: object) -> str:
        if value not in allowed:
            *most, last = (f"'{choice}'" for choice in allowed)
            raise ValueError(f"Input should be {', '.join(most)} or {last}")
        return str(value)

    return check


def _encoding(value: object) -> str:
    if value not in ENCODINGS:
        raise ValueError(f"'{value}' is not a valid Encoding")
    return str(value)


def _text(name: str) -> Check:
    def check(value: object) -> str:
        text = str(value)
        if len(text) > MAX_TEXT:
            raise ValueError(f"Value error, {name} exceeds maximum length of {MAX_TEXT} characters (got {len(text)})")
        return text

    return check


def _items(limit: int, allowed: tuple[str, ...] | None = None) -> Check:
    def check(value: object) -> tuple[str, ...]:
        if isinstance(value, str):  # a query carries a list as one JSON value
            try:
                value = json.loads(value)
            except ValueError:
                raise ValueError("Input should be a valid list") from None
        if not isinstance(value, list):
            raise ValueError("Input should be a valid list")
        if len(value) > limit:
            raise ValueError(f"Value error, Max {limit} items")
        if allowed is not None:
            for item in value:
                _choice(*allowed)(item)
        return tuple(str(item) for item in value)

    return check


_FORMER_NAMES = {"min_end_of_turn_silence_when_confident": "min_turn_silence"}

_CHECKS: dict[str, Check] = {
    "sample_rate": _integer(8000, 96000, below="Value error, sample_rate must be at least 8,000 Hz"),
    "encoding": _encoding,
    "speech_model": _choice(*MODELS),
    "mode": _choice(*_SILENCES),
    "format_turns": _flag,
    "min_turn_silence": _integer(50, MAX_TURN_SILENCE_MS, clamp=True),
    "max_turn_silence": _integer(50, MAX_TURN_SILENCE_MS, clamp=True),
    "include_partial_turns": _flag,
    "inactivity_timeout": _integer(5, 3600),
    "session_heartbeat": _flag,
    "filter_profanity": _flag,
    "speaker_labels": _flag,
    "redact_pii": _flag,
    "domain": _choice("medical-v1", "general"),
    "voice_focus": _choice("near-field", "far-field"),
    "keyterms_prompt": _items(MAX_KEYTERMS),
    "language_codes": _items(MAX_LANGUAGES, LANGUAGES),
    "prompt": _text("prompt"),
    "agent_context": _text("agent_context"),
    "previous_context_n_turns": _integer(0, 100),
}

_UPDATABLE = (
    "mode",
    "format_turns",
    "min_turn_silence",
    "max_turn_silence",
    "session_heartbeat",
    "filter_profanity",
    "keyterms_prompt",
    "language_codes",
    "prompt",
    "agent_context",
)
