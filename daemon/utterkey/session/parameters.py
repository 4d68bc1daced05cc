"""What a session is asked for, checked before connecting, as the connection's query. Pure.

Unknown or misspelt parameters are silently ignored by the service, so the names stand here and nowhere else.
"""

import json
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import urlencode

from utterkey.errors import ParameterRefused
from utterkey.settings import ServiceSettings

MOST_KEYTERMS = 100
LONGEST_KEYTERM = 50
LONGEST_PROMPT = 1750
MOST_LANGUAGES = 10
SAMPLE_RATES = range(8000, 96001)
INACTIVITY_SECONDS = range(5, 3601)

UNBROKEN_SILENCE_MS = 10000
"""The longest silence the service allows within one turn."""

Family = Literal["u3", "streaming"]
"""`u3`: the Universal-3 models, which end a turn when told to. `streaming`: Universal-Streaming and everything else,
which finalise an open turn at the end of the session; `ForceEndpoint` drops the last words there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`one_turn` asks for a single turn per press, whatever the pauses in it (a turn of 60 s is ended all the same).

    Both ways were tried against a service that finalises in 200 ms. Released on the last word they are equal: there is
    an open turn, and its final is there 0.37 s after the release. Released a second later one turn still takes 0.37 s,
    while of many the last has ended already, and only the quiet wait tells that no more is to come: 0.46 s. One turn
    also leaves the model the whole sentence across a pause for thought. It is therefore what a press asks for; many
    turns are for who wants text while speaking.

    It is for `u3` models only: the others can end a turn of a lingering session by silence alone.
    """

    model: str
    sample_rate: int
    languages: tuple[str, ...] = ()
    keyterms: tuple[str, ...] = ()
    prompt: str = ""
    one_turn: bool = True
    inactivity_seconds: int = 60
    heartbeat: bool = True

    @classmethod
    def of(cls, service: ServiceSettings, sample_rate: int, *, one_turn: bool) -> Self:
        """As the settings want it."""
        return cls(
            model=service.model,
            sample_rate=sample_rate,
            languages=service.languages,
            keyterms=service.keyterms,
            prompt=service.prompt,
            one_turn=one_turn,
        )

    @property
    def family(self) -> Family:
        return "u3" if self.model.startswith(("universal-3-", "u3-")) else "streaming"

    @property
    def formats_turns(self) -> bool:
        """Whether formatting is to be asked for: a raw final may then be followed by a formatted one."""
        return self.model == "universal-streaming-english"

    @property
    def formatted_finals(self) -> bool:
        """Whether a final that is not marked as formatted is not the last word of its turn."""
        return self.family == "u3" or self.formats_turns

    def check(self) -> None:
        """Raise `ParameterRefused` for what the service would refuse, or would ignore without a word."""
        if not self.model.strip():
            raise ParameterRefused("service.model is empty: name a speech model, such as universal-3-6-pro.")
        if self.sample_rate not in SAMPLE_RATES:
            raise ParameterRefused(
                f"The microphone's sample rate of {self.sample_rate} Hz cannot be sent: the service takes 8000 to "
                "96000 Hz; choose another audio.device."
            )
        if self.inactivity_seconds not in INACTIVITY_SECONDS:
            raise ParameterRefused(f"An inactivity time of {self.inactivity_seconds} s must be between 5 and 3600 s.")
        self._check_languages()
        self._check_keyterms()
        if len(self.prompt) > LONGEST_PROMPT:
            raise ParameterRefused(
                f"service.prompt has {len(self.prompt)} characters, the service takes {LONGEST_PROMPT}: shorten it."
            )

    def _check_languages(self) -> None:
        if len(self.languages) > MOST_LANGUAGES:
            raise ParameterRefused(
                f"service.languages has {len(self.languages)} entries, the service takes {MOST_LANGUAGES}: "
                "keep those you speak."
            )
        if "" in self.languages:
            raise ParameterRefused('service.languages has an empty entry: use codes such as "en" or "de".')

    def _check_keyterms(self) -> None:
        if len(self.keyterms) > MOST_KEYTERMS:
            raise ParameterRefused(
                f"service.keyterms has {len(self.keyterms)} entries, the service takes {MOST_KEYTERMS}: "
                "keep the most important ones."
            )
        for term in self.keyterms:
            if not term.strip():
                raise ParameterRefused("service.keyterms has an empty entry: remove it.")
            if len(term) > LONGEST_KEYTERM:  # the service ignores those without a word
                raise ParameterRefused(
                    f"service.keyterms: “{term[:20]}…” has {len(term)} characters, the service takes "
                    f"{LONGEST_KEYTERM}: shorten it."
                )

    def query(self) -> str:
        """The URL's query. A list is one value of JSON, not a repeated name."""
        return urlencode(self._fields())

    def _fields(self) -> dict[str, str | int]:
        fields: dict[str, str | int] = {
            "speech_model": self.model,
            "sample_rate": self.sample_rate,
            "encoding": "pcm_s16le",
            "inactivity_timeout": self.inactivity_seconds,
            "session_heartbeat": _boolean(self.heartbeat),
        }
        if self.keyterms:
            fields["keyterms_prompt"] = _json(self.keyterms)
        if self.formats_turns:
            fields["format_turns"] = _boolean(True)
        if self.family == "u3":
            if self.languages:
                fields["language_codes"] = _json(self.languages)
            if self.prompt:
                fields["prompt"] = self.prompt
            if self.one_turn:
                fields["min_turn_silence"] = fields["max_turn_silence"] = UNBROKEN_SILENCE_MS
        return fields


def _json(values: tuple[str, ...]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _boolean(value: bool) -> str:
    return "true" if value else "false"
