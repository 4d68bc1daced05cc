"""Who is let in, how much a session may take, and how long the answers take. Pure."""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

RATE_WINDOW_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What this server allows, and how long it takes for its answers."""

    keys: frozenset[str] | None = None
    """Keys and tokens that are let in; None lets everybody in."""
    expired: frozenset[str] = frozenset()
    sessions_per_minute: int | None = None
    too_many: Literal["1008", "3009", "429"] = "1008"
    session_s: float = 10800.0
    look_ahead_s: float = 300.0
    short_frames_ms: float = 1000.0
    """How much audio may come in frames below the minimum before the session is ended; 0 allows no such frame."""
    turn_s: float = 60.0
    begin_delay_s: float = 0.0
    final_delay_s: float = 0.0
    termination_delay_s: float = 0.0


@dataclass(slots=True)
class SessionRate:
    """How many sessions were opened in the last minute, over all clients of one server."""

    limit: int | None
    _opened: deque[float] = field(default_factory=deque)

    def admit(self, now: float) -> bool:
        while self._opened and self._opened[0] <= now - RATE_WINDOW_S:
            self._opened.popleft()
        if self.limit is not None and len(self._opened) >= self.limit:
            return False
        self._opened.append(now)
        return True


@dataclass(frozen=True, slots=True)
class Opening:
    """The upgrade request, and the server's answer to what only it can know."""

    session_id: str
    query: str
    authorization: str | None
    now: float
    unix_time: int
    admitted: bool = True


def refusal(opening: Opening, policy: Policy) -> tuple[int, str] | None:
    """Who is let in is decided after the upgrade: the client is connected, but not authorised."""
    if not opening.admitted:
        return (3009 if policy.too_many == "3009" else 1008), "Too many concurrent sessions"
    if policy.keys is None and not policy.expired:
        return None
    given = dict(parse_qsl(opening.query)).get("token") or opening.authorization
    if not given:
        return 1008, "Unauthorized Connection: Missing Authorization header"
    if given in policy.expired:
        return 1008, "Unauthorized Connection: Signature has expired"
    if policy.keys is not None and given not in policy.keys:
        return 1008, "Unauthorized Connection: Invalid API key"
    return None
