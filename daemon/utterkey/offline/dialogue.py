"""One session of the v3 protocol, seen from the service's side: what is answered to what, and when. Pure.

A `Dialogue` is told what arrives and what time it is; it collects what is to be sent, each with the moment it is due.
It reads no clock and opens no socket. The words come from a `Recognizer`, which gets the audio in slices as the owner
calls `work`, so that the owner decides whose turn it is when several sessions are busy.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from utterkey.offline.parameters import ParameterError, Parameters, parse_query, update
from utterkey.offline.policy import Opening, Policy, refusal

MIN_FRAME_MS = 50
MAX_FRAME_MS = 1000
MAX_MESSAGE_BYTES = 128 * 1024
SLICE_MS = 50
HEARTBEAT_S = 5.0
SEE_ERROR = "See Error message for details"


@dataclass(frozen=True, slots=True)
class Word:
    """Times are milliseconds from the start of the session's audio."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """All words of the open turn as they stand now; `final` ends the turn. Without words it is speech, but no text."""

    words: tuple[Word, ...]
    final: bool = False


class RecognizerError(Exception):
    """The recogniser cannot go on with this session."""


class Recognizer(Protocol):
    """Turns the audio of one session into words. It has at most one open turn."""

    def feed(self, audio: bytes) -> Sequence[Hypothesis]:
        """Take the next slice of audio; tell what changed, nothing if nothing did."""

    def end_turn(self) -> Hypothesis | None:
        """End the open turn with all audio so far; None if no turn is open."""

    def configure(self, parameters: Parameters) -> None:
        """The client changed its wishes in the middle of the session."""

    def close(self) -> None:
        """The session is over."""


@dataclass(frozen=True, slots=True)
class Send:
    text: str


@dataclass(frozen=True, slots=True)
class Close:
    code: int
    reason: str


Action = Send | Close


class Dialogue:
    def __init__(self, opening: Opening, policy: Policy, new_recognizer: Callable[[Parameters], Recognizer]) -> None:
        self._policy = policy
        self._opened_at = self._heard_from_at = self._beat_at = opening.now
        self._outbox: deque[tuple[float, Action]] = deque()
        self._inbox: deque[bytes | Literal["force", "terminate"]] = deque()
        self._recognizer: Recognizer | None = None
        self._ending = False  # Terminate was received, or the session was refused: nothing more is taken in
        self._audio_ms = self._short_ms = self._decoded_ms = 0.0
        self._turn_order = 0
        self._open_since_ms: float | None = None  # where the open turn began; None: no turn is open
        self._shown: tuple[Word, ...] = ()
        self.parameters = Parameters()
        refused = refusal(opening, policy)
        if refused is not None:
            self._fail(opening.now, *refused)
            return
        try:
            self.parameters = parse_query(opening.query)
            self._recognizer = new_recognizer(self.parameters)
        except ParameterError as error:
            self._fail(opening.now, 3006, str(error))
            return
        expires_at = opening.unix_time + int(policy.session_s)
        begin = {"type": "Begin", "id": opening.session_id, "expires_at": expires_at}
        self._say({**begin, "configuration": self.parameters.echo()}, opening.now + policy.begin_delay_s)

    # --- what arrives ---------------------------------------------------------------------------------------------

    def receive_audio(self, audio: bytes, now: float) -> None:
        if self._ending:
            return
        self._heard_from_at = now
        ms = len(audio) / (2 * self.parameters.sample_rate) * 1000
        self._audio_ms += ms
        if ms < MIN_FRAME_MS:
            self._short_ms += ms
        elapsed = now - self._opened_at
        if ms > MAX_FRAME_MS or (ms < MIN_FRAME_MS and self._short_ms >= self._policy.short_frames_ms):
            expected = f"Expected between {MIN_FRAME_MS} and {MAX_FRAME_MS} ms"
            self._fail(now, 3007, f"Input Duration Error: Input Duration Violation: {ms:.1f} ms. {expected}")
        elif self._audio_ms / 1000 - elapsed > self._policy.look_ahead_s:
            rate = f"Received {self._audio_ms / 1000:.1f} sec. audio in {elapsed:.6f} sec"
            self._fail(now, 3007, f"Input Duration Error: Audio Transmission Rate Exceeded: {rate}")
        else:
            self._inbox.append(audio)

    def receive_text(self, text: str, now: float) -> None:
        if self._ending:
            return
        self._heard_from_at = now
        try:
            message = json.loads(text)
        except (ValueError, RecursionError) as error:
            self._fail(now, 3006, f"User Input Validation Error: Invalid JSON: {error}")
            return
        match message.get("type") if isinstance(message, dict) else message:
            case "ForceEndpoint":
                self._inbox.append("force")
            case "Terminate":
                self._inbox.append("terminate")
                self._ending = True
            case "KeepAlive":
                pass
            case "UpdateConfiguration":
                self._update(message, now)
            case other:
                self._fail(now, 3006, f"Invalid Message Type: {other}")

    def _update(self, message: dict[str, object], now: float) -> None:
        try:
            self.parameters = update(self.parameters, message)
        except ParameterError as error:
            self._fail(now, 3006, str(error))
            return
        if self._recognizer is not None:
            self._recognizer.configure(self.parameters)

    # --- what is done with it -------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """There is something for `work` to do."""
        return bool(self._inbox)

    @property
    def urgent(self) -> bool:
        """Somebody waits for the end of a turn."""
        return "force" in self._inbox or "terminate" in self._inbox

    def work(self, now: float) -> None:
        """Recognise one slice of audio, or end a turn."""
        if self._recognizer is None:
            return
        try:
            self._work(self._recognizer, now)
        except RecognizerError:
            self._fail(now, 3005, "Session Cancelled: An error occurred")

    def _work(self, recognizer: Recognizer, now: float) -> None:
        match self._inbox.popleft():
            case "force":
                self._heard(recognizer.end_turn(), now)
            case "terminate":
                self._heard(recognizer.end_turn(), now)
                self._terminate(now)
            case audio:
                size = 2 * (self.parameters.sample_rate * SLICE_MS // 1000)
                if len(audio) > size:
                    self._inbox.appendleft(audio[size:])
                    audio = audio[:size]
                self._decoded_ms += len(audio) / (2 * self.parameters.sample_rate) * 1000
                for hypothesis in recognizer.feed(audio):
                    self._heard(hypothesis, now)
                opened = self._open_since_ms
                if opened is not None and self._decoded_ms - opened >= self._policy.turn_s * 1000:
                    self._heard(recognizer.end_turn(), now)

    def _heard(self, hypothesis: Hypothesis | None, now: float) -> None:
        if hypothesis is None or (hypothesis.final and not hypothesis.words and self._open_since_ms is None):
            return
        words = hypothesis.words
        if self._open_since_ms is None:
            self._open_since_ms = words[0].start_ms if words else self._decoded_ms
            if self.parameters.revises:
                started = {"type": "SpeechStarted", "timestamp": int(self._open_since_ms), "confidence": 0.95}
                self._say(started, now)
        if hypothesis.final:
            self._say(self._turn(words, final=True), now + self._policy.final_delay_s)
            self._turn_order += 1
            self._open_since_ms = None
            self._shown = ()
        elif words != self._shown and self.parameters.include_partial_turns:
            self._say(self._turn(words, final=False), now)
            self._shown = words

    def _turn(self, words: tuple[Word, ...], *, final: bool) -> dict[str, object]:
        text = " ".join(word.text for word in words)
        settled = len(words) if final else len(words) - 1 if not self.parameters.revises else 0
        return {
            "turn_order": self._turn_order,
            "turn_is_formatted": self.parameters.revises or self.parameters.format_turns,
            "end_of_turn": final,
            "transcript": text,
            "end_of_turn_confidence": 1 if final else 0,
            "words": [
                {
                    "start": word.start_ms,
                    "end": word.end_ms,
                    "text": word.text,
                    "confidence": word.confidence,
                    "word_is_final": index < settled,
                }
                for index, word in enumerate(words)
            ],
            "utterance": text if final else "",
            "type": "Turn",  # the service writes it last, too
        }

    # --- what is sent ---------------------------------------------------------------------------------------------

    @property
    def next_due(self) -> float | None:
        """When `advance` is to be called again, though nothing may have arrived."""
        if self._recognizer is None or self._ending:
            return self._outbox[0][0] if self._outbox else None
        moments = [self._opened_at + self._policy.session_s]
        if self._outbox:
            moments.append(self._outbox[0][0])
        if self.parameters.inactivity_timeout is not None:
            moments.append(self._heard_from_at + self.parameters.inactivity_timeout)
        if self.parameters.session_heartbeat:
            moments.append(self._beat_at + HEARTBEAT_S)
        return min(moments)

    def advance(self, now: float) -> list[Action]:
        """What is to be sent by now."""
        if self._recognizer is not None and not self._ending:
            self._check_limits(now)
        due = []
        while self._outbox and self._outbox[0][0] <= now:
            due.append(self._outbox.popleft()[1])
        return due

    def close(self) -> None:
        """The connection is gone, whoever ended it."""
        self._inbox.clear()
        self._ending = True
        if self._recognizer is not None:
            self._recognizer.close()
            self._recognizer = None

    def _check_limits(self, now: float) -> None:
        silent_for = self.parameters.inactivity_timeout
        if now >= self._opened_at + self._policy.session_s:
            self._fail(now, 3008, "Session Expired: Maximum session duration exceeded")
        elif silent_for is not None and now >= self._heard_from_at + silent_for:
            text = f"Session terminated due to inactivity: No messages received for {silent_for} seconds"
            self._fail(now, 3006, text)
        elif self.parameters.session_heartbeat and now >= self._beat_at + HEARTBEAT_S:
            self._beat_at += HEARTBEAT_S
            elapsed_ms = int((now - self._opened_at) * 1000)
            counts = {"total_audio_received_ms": int(self._audio_ms), "total_duration_ms": elapsed_ms}
            factor = round(self._audio_ms / max(elapsed_ms, 1), 4)
            self._say({"type": "Heartbeat", **counts, "realtime_factor": factor, "max_speech_probability": 1.0}, now)

    def _terminate(self, now: float) -> None:
        seconds = {
            "audio_duration_seconds": int(self._audio_ms / 1000),
            "session_duration_seconds": int(now - self._opened_at),
        }
        due = self._say({"type": "Termination", **seconds}, now, after_s=self._policy.termination_delay_s)
        self._outbox.append((due, Close(1000, "Session Ended")))

    def _say(self, message: dict[str, object], due: float, after_s: float = 0.0) -> float:
        """Messages keep their order: none is due before the one said earlier, `after_s` is counted from that one."""
        if self._outbox:
            due = max(due, self._outbox[-1][0])
        due += after_s
        self._outbox.append((due, Send(json.dumps(message))))
        return due

    def _fail(self, now: float, code: int, text: str) -> None:
        """An error ends the session at once; there is no Termination after it."""
        self._ending = True
        self._inbox.clear()
        self._outbox.clear()
        self._say({"type": "Error", "error_code": code, "error": text}, now)
        self._outbox.append((now, Close(code, SEE_ERROR)))
