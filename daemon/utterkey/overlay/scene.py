"""What is to be seen while somebody dictates: state, words and messages in, a `Scene` out. Pure.

`advance` follows the views of the dictation. A dictation that ends well takes the scene away; one that does not leaves
a notice. The level of the microphone is no part of a scene, since it changes all the time: `bar` says what is drawn of
it.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from utterkey.dictation.view import OFFLINE_ENGINE, View

Look = Literal["waiting", "listening", "finishing", "notice"]

Colour = tuple[int, int, int]

Box = tuple[int, int, int, int]
"""Left, top, width, height, in pixels."""

NOTICE_SECONDS = 6.0

BARS = 24
"""The meter shows the last so many levels, the newest on the right."""
FULL_BAR = 8

_SOFTEST_DB = -54
_LOUDEST_DB = -8


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`settled` words will not change, `open` ones may. `repr` leaves out what was said.

    `number` tells notices apart: the same trouble may come again, and each time it is told for as long.
    """

    look: Look
    title: str
    note: str = ""
    settled: str = field(default="", repr=False)
    open: str = field(default="", repr=False)
    message: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    card: Colour
    rim: Colour
    title: Colour
    note: Colour
    settled: Colour
    open: Colour
    trouble: Colour
    meter: Colour
    marks: dict[Look, Colour]


DARK = Colours(
    card=(28, 30, 36), rim=(62, 66, 76), title=(226, 229, 235), note=(154, 162, 176),
    settled=(244, 246, 250), open=(164, 173, 188), trouble=(255, 196, 92), meter=(120, 190, 255),
    marks={
        "waiting": (154, 162, 176), "listening": (255, 92, 92), "finishing": (98, 172, 255), "notice": (255, 190, 64),
    },
)  # fmt: skip
LIGHT = Colours(
    card=(252, 252, 253), rim=(206, 210, 218), title=(45, 49, 58), note=(98, 105, 118),
    settled=(18, 20, 25), open=(96, 103, 116), trouble=(138, 82, 0), meter=(24, 104, 190),
    marks={
        "waiting": (118, 125, 138), "listening": (214, 40, 40), "finishing": (30, 105, 190), "notice": (176, 106, 0),
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen so far. `error` is the last one that was told before this dictation began, `notices` how many were
    to be seen."""

    view: View = field(default_factory=View)
    error: str = ""
    scene: Scene | None = None
    notices: int = 0


def advance(before: Watched, view: View) -> Watched:
    """What is to be seen now. While nobody dictates, a scene stays until its time is over."""
    if _is_active(view):
        error = before.error if _is_active(before.view) else before.view.last_error
        return replace(before, view=view, error=error, scene=_of_dictation(view))
    if not _is_active(before.view):
        return replace(before, view=view)
    notice = _of_ending(before, view)
    if notice is None:
        return replace(before, view=view, scene=None)
    number = before.notices + 1
    return replace(before, view=view, scene=replace(notice, number=number), notices=number)


def bar(level_db: int) -> int:
    """How high the bar for a level is, from 0 to FULL_BAR."""
    share = (level_db - _SOFTEST_DB) / (_LOUDEST_DB - _SOFTEST_DB)
    return round(FULL_BAR * min(1.0, max(0.0, share)))


def _is_active(view: View) -> bool:
    return view.state in ("recording", "finishing")


def _of_dictation(view: View) -> Scene:
    words = Scene(
        look="finishing",
        title=_finishing(view),
        note=_note(view),
        settled=view.settled,
        open=view.partial.removeprefix(view.settled).strip(),
        message=view.trouble,
    )
    if view.state == "finishing":
        return words
    if view.awaited == "microphone":
        return replace(words, look="waiting", title="Waiting for the microphone …", note="")
    return replace(words, look="listening", title="Listening")


def _finishing(view: View) -> str:
    if view.replay is not None:
        return f"Sending again, {view.replay} % …"
    return f"Finishing {view.pending} …" if view.pending > 1 else "Finishing …"


def _note(view: View) -> str:
    if view.awaited == "service":
        return "no connection" if view.trouble else "connecting …"
    return OFFLINE_ENGINE if view.engine == OFFLINE_ENGINE else ""


def _of_ending(before: Watched, view: View) -> Scene | None:
    """A notice if something went wrong. The same error may come again: then it stood in the way of this dictation."""
    if any(kept.status == "failed" and kept not in before.view.kept for kept in view.kept):
        again = "`utterkey retry` sends it again."
        return Scene(look="notice", title="Not transcribed, but kept", message=f"{view.last_error} {again}".strip())
    if view.last_error and (view.last_error != before.error or view.last_error == before.view.trouble):
        return Scene(look="notice", title="That did not work", message=view.last_error)
    return None
