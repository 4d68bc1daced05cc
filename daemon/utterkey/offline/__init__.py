"""The offline engine: the v3 protocol, served on this machine by a recogniser that needs no network.

`engine` is what the daemon uses; it starts `python -m utterkey.offline` when it is needed. The libraries of the extra
`offline` are imported in that process only. Its words are rougher than the cloud's: English only, lower case, without
punctuation or figures, about one word in four wrong on recordings of people it does not know.
"""

from importlib.util import find_spec

_NEEDED = ("pocketsphinx", "websockets")


def missing() -> str | None:
    """Why the offline engine cannot run here, and what to do; None if it can."""
    if all(find_spec(name) is not None for name in _NEEDED):
        return None
    return "The offline engine is not installed: run `pip install 'utterkey[offline]'`, or set an API key."


def serve(port: int) -> int:
    """`utterkey offline-server`: serve until Ctrl+C or SIGTERM; the exit code."""
    from utterkey.errors import SessionRefused
    from utterkey.offline.process import serve as serve_here

    reason = missing()
    if reason is not None:
        raise SessionRefused(reason)
    return serve_here(port)
