"""What an error of the service means: is it worth another try, and what is the user told?"""

import pytest

from utterkey.errors import (
    KeyRefused,
    ParameterRefused,
    SessionError,
    SessionLimited,
    SessionLost,
    SessionRefused,
)
from utterkey.session.failures import from_close, from_status, quote

SEE_ERROR = "See Error message for details"
CLOSES: dict[str, tuple[int | None, str, type[SessionError], str]] = {
    "wrong key": (1008, "Unauthorized Connection: Invalid API key", KeyRefused, "utterkey key set"),
    "no key": (1008, "Unauthorized Connection: Missing Authorization header", KeyRefused, "utterkey key set"),
    "1008 without a word": (1008, SEE_ERROR, KeyRefused, "utterkey key set"),
    "old token": (1008, "Unauthorized Connection: Signature has expired", KeyRefused, "token_command"),
    "no money": (1008, "Insufficient balance", KeyRefused, "“Insufficient balance”"),
    "too many, new code": (1008, "Too many concurrent sessions", SessionLimited, "too many sessions"),
    "too many, old code": (3009, SEE_ERROR, SessionLimited, "too many sessions"),
    "too many, no code": (None, "Unauthorized Connection: Too many concurrent sessions", SessionLimited, "too many"),
    "key, no code": (None, "Unauthorized Connection: Invalid API key", KeyRefused, "utterkey key set"),
    "anything, no code": (None, "whatever", SessionLost, "“whatever”"),
    "drop": (1006, "", SessionLost, "broke off: check"),
    "going away": (1001, "", SessionLost, "went away"),
    "internal": (1011, "", SessionLost, "internal error"),
    "later": (1013, "", SessionLost, "overloaded"),
    "cancelled": (3005, "Session Cancelled: An error occurred", SessionLost, "cancelled the session"),
    "parameter": (
        3006,
        "User Input Validation Error: Invalid 'keyterms_prompt': Value error, Max 100 items",
        ParameterRefused,
        "Max 100 items",
    ),
    "inactive": (
        3006,
        "Session terminated due to inactivity: No messages received for 5 seconds",
        SessionLost,
        "nothing was sent",
    ),
    "frames": (3007, "Input Duration Error: …", SessionLost, "Input Duration Error"),
    "3 hours": (3008, "Session Expired: Maximum session duration exceeded", SessionLost, "longest duration"),
    "too big": (1009, "", SessionLost, "too long"),
    "unheard of": (4444, "", SessionLost, "code 4444"),
    "older key code": (4001, "Not authorized", KeyRefused, "utterkey key set"),
    "older balance code": (4002, "Insufficient funds", KeyRefused, "balance"),
    "older rate code": (4029, "", SessionLimited, "too many"),
}


@pytest.mark.parametrize(("code", "text", "kind", "part"), CLOSES.values(), ids=CLOSES)
def test_error_of_a_session(code: int | None, text: str, kind: type[SessionError], part: str) -> None:
    error = from_close(code, text)
    assert type(error) is kind
    assert part in str(error)
    assert SEE_ERROR not in str(error)
    assert "{" not in str(error)


STATUSES: dict[int, type[SessionError]] = {
    301: SessionRefused,
    400: SessionRefused,
    401: KeyRefused,
    402: KeyRefused,
    403: KeyRefused,
    404: SessionRefused,
    407: SessionRefused,
    408: SessionLost,
    410: SessionRefused,
    429: SessionLimited,
    500: SessionLost,
    503: SessionLost,
}


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_status_at_the_upgrade(status: int, kind: type[SessionError]) -> None:
    error = from_status(status, "service.example")
    assert type(error) is kind
    assert str(error).endswith(".")


def test_a_quotation_is_short_and_on_one_line() -> None:
    assert quote("a\nb  c.") == " (“a b c”)"
    assert len(quote("x" * 5000)) < 220
