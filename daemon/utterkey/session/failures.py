"""From what the service or the network said to the error a user can act on. Pure.

Permanent errors (`SessionRefused` and its kinds) are not retried; everything else is `SessionLost` and is. The service
sends the reason as an Error message and closes with the same code; the close frame's own reason is a mere pointer to
that message. The documentation has two codes for too many sessions (1008 with that text, and 3009), so text counts too.
"""

from utterkey.errors import KeyRefused, ParameterRefused, SessionError, SessionLimited, SessionLost, SessionRefused

QUOTED_CHARACTERS = 200
POINTERS = ("", "See Error message for details")

LIMITED = "The service has too many sessions of this account, open or opened within a minute: wait a minute."
KEY = "The service refuses the API key{}: set a right one with `utterkey key set`."
ACCOUNT = "The service refuses this account{}: look at your balance and API keys in the service's dashboard."
EXPIRED = "The service refuses the temporary token{}: let service.token_command print a fresh one."
PARAMETER = "The service refuses a setting{}: correct it in the [service] section."

LOST = {
    # The end that was asked for comes with a `Termination`; without it words may be missing.
    1000: "The service ended the session in the middle{}: try again in a moment.",
    1001: "The service went away{}: try again in a moment.",
    1006: "The connection to the service broke off{}: check the network connection.",
    1011: "The service had an internal error{}: try again in a moment.",
    1013: "The service is overloaded{}: try again in a moment.",
    3005: "The service cancelled the session{}: try again in a moment.",
    3008: "The session reached its longest duration{}: a new one has to be opened.",
    # 1009 and 3007 are faults of this client (a message or frame of the wrong size, audio too far ahead of time): the
    # audio is worth another session all the same.
    1009: "The service found a message too long{}: try again, and report it if it stays.",
    3007: "The service found the audio's pace or frames wrong{}: try again, and report it if it stays.",
}
OTHER = "The service ended the session with code {}{}: try again in a moment."


def from_close(code: int | None, text: str) -> SessionError:
    """The error of an Error message or a close frame."""
    quoted, lower = quote(text), text.lower()
    if code == 3009 or (code in (1008, None) and "too many" in lower):
        return SessionLimited(LIMITED)
    match code:
        case 1008:
            return _unauthorised(quoted, lower)
        case 3006 if "inactivity" in lower:
            return SessionLost(f"The session was closed because nothing was sent{quoted}: a new one has to be opened.")
        case 3006:
            return ParameterRefused(PARAMETER.format(quoted))
        case 4001 | 4003:  # of the older protocol, still in the vendor's tables
            return KeyRefused(KEY.format(quoted))
        case 4002:
            return KeyRefused(ACCOUNT.format(quoted))
        case 4029:
            return SessionLimited(LIMITED)
        case None:
            return _unauthorised(quoted, lower) if "unauthorized" in lower else SessionLost(LOST[3005].format(quoted))
        case _ if code in LOST:
            return SessionLost(LOST[code].format(quoted))
        case _:
            return SessionLost(OTHER.format(code, quoted))


def _unauthorised(quoted: str, lower: str) -> KeyRefused:
    if "expired" in lower or "token" in lower:
        return KeyRefused(EXPIRED.format(quoted))
    if not quoted or "key" in lower or "authorization header" in lower:
        return KeyRefused(KEY.format(quoted))
    return KeyRefused(ACCOUNT.format(quoted))


def from_status(status: int, where: str) -> SessionError:
    """The error of an HTTP status at the upgrade. The service itself upgrades first and refuses later; these come from
    what stands before it."""
    if status in (401, 403):
        return KeyRefused(KEY.format(f" (HTTP {status})"))
    if status == 402:
        return KeyRefused(ACCOUNT.format(f" (HTTP {status})"))
    if status == 429:
        return SessionLimited(LIMITED)
    if status == 407:
        return SessionRefused(
            f"The proxy on the way to {where} wants a name and a password: put them into its address."
        )
    if status == 408 or status >= 500:
        return SessionLost(f"{where} cannot serve now (HTTP {status}): try again in a moment.")
    return SessionRefused(f"{where} is not the service's address (HTTP {status}): check service.endpoint.")


def quote(text: str) -> str:
    """The service's own words, for the middle of a sentence; nothing if they say nothing."""
    text = " ".join(text.split()).rstrip(".")
    if text in POINTERS:
        return ""
    if len(text) > QUOTED_CHARACTERS:
        text = text[:QUOTED_CHARACTERS].rstrip() + "…"
    return f" (“{text}”)"
