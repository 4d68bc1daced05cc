"""What the tray shows, as a value: icon, title, tooltip, what a click does, and the menu. Pure.

Every mechanism draws the same `Face`; none decides anything. What can be set from the menu is in choices.py.
"""

import textwrap
from dataclasses import dataclass, field
from typing import Literal

from utterkey.dictation.errand import SendAgain
from utterkey.dictation.events import (
    Asked,
    ClearRequested,
    CopyRequested,
    Event,
    InsertRequested,
    PauseRequested,
    Pressed,
    QuitRequested,
    Released,
    ResumeRequested,
    Toggled,
)
from utterkey.dictation.view import View
from utterkey.measured import Today
from utterkey.tray.choices import choices
from utterkey.tray.item import Item, separator

APP = "utterkey"

Look = Literal["idle", "recording", "finishing", "paused", "attention"]
"""Which icon is shown."""

_MENU_WIDTH = 70  # characters; a menu does not wrap its lines
_MOST_KEPT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    look: Look
    title: str
    tooltip: str
    click: Event = field(repr=False)
    items: tuple[Item, ...]


def face(view: View) -> Face:
    return Face(
        look=look(view),
        title=title(view),
        tooltip=tooltip(view),
        click=click(view),
        items=menu(view),
    )


def title(view: View) -> str:
    return f"{APP}: {_state(view)}"


def click(view: View) -> Event:
    """One that would do nothing while paused ends the pause."""
    return ResumeRequested() if view.state == "paused" else Toggled()


def look(view: View) -> Look:
    """Living speech is shown first: that the microphone is on must never be hidden by anything."""
    if view.state in ("recording", "finishing"):
        return view.state
    return "attention" if view.last_error else view.state


def menu(view: View) -> tuple[Item, ...]:
    problem = Item(id="problem", label=_shortened(view.last_error))
    return (
        Item(id="state", label=_state_line(view)),
        *((problem,) if view.last_error else ()),
        separator("state"),
        _dictation(view),
        Item(
            id="copy-last",
            label="Copy last transcript",
            action=CopyRequested(view.last_text) if view.last_text else None,
        ),
        Item(
            id="insert-last",
            label="Insert last transcript again",
            action=InsertRequested(view.last_text) if view.last_text else None,
        ),
        Item(id="recent", label="Copy a recent transcript", items=_recent(view)),
        Item(id="kept", label=_kept_line(view), items=_kept(view)),
        separator("choices"),
        *choices(view),
        separator("end"),
        Item(id="today", label=_today(view.today)),
        Item(
            id="pause",
            label="Resume dictation" if view.state == "paused" else "Pause dictation",
            action=ResumeRequested() if view.state == "paused" else PauseRequested(),
        ),
        Item(id="quit", label=f"Quit {APP}", action=QuitRequested()),
    )


def _today(today: Today) -> str:
    """How much was dictated, and what it cost if that is known and not nothing."""
    minutes, seconds = divmod(round(today.seconds), 60)
    spoken = f"{minutes} min" if minutes else f"{seconds} s"
    return f"Today: {spoken} dictated" + (f", ${today.cost:.2f}" if today.cost else "")


def _dictation(view: View) -> Item:
    if view.state == "recording":
        return Item(id="dictation", label="Stop dictation", action=Released())
    return Item(id="dictation", label="Start dictation", action=None if view.state == "paused" else Pressed())


def _recent(view: View) -> tuple[Item, ...]:
    return tuple(
        Item(id=f"recent-{number}", label=_shortened(text), action=CopyRequested(text))
        for number, text in enumerate(view.recent)
    )


def _kept_line(view: View) -> str:
    return f"Send again ({_count(len(view.kept), 'utterance')} kept)" if view.kept else "Nothing to send again"


def _kept(view: View) -> tuple[Item, ...]:
    """What was not delivered: a failed, an interrupted or a cancelled dictation, told by when it was and how long."""
    if not view.kept:
        return ()
    return (
        *(
            Item(
                id=f"kept-{kept.id}",
                label=f"{kept.started[5:16].replace('T', ' ')}, {kept.seconds:.0f} s, {kept.status}",
                action=Asked(SendAgain(kept.id)),
            )
            for kept in view.kept[:_MOST_KEPT]
        ),
        separator("kept"),
        Item(id="kept-none", label="Throw all of them away", action=ClearRequested("kept")),
    )


def _shortened(text: str) -> str:
    return textwrap.shorten(text, _MENU_WIDTH, placeholder=" …")


def tooltip(view: View) -> str:
    """Several lines; the first says the state."""
    lines = [_state_line(view)]
    if view.hotkey and view.state != "idle":  # then the first line has it
        lines.append(f"Hotkey: {view.hotkey}")
    if view.engine:
        lines.append(f"Engine: {view.engine}")
    if view.kept:
        lines.append(f"{_count(len(view.kept), 'utterance')} kept to be sent again: utterkey retry")
    if view.last_error:
        lines.append(view.last_error)
    return "\n".join(lines)


def _state(view: View) -> str:
    return {"idle": "ready", "recording": "recording", "finishing": "finishing", "paused": "paused"}[view.state]


def _state_line(view: View) -> str:
    match view.state:
        case "idle":
            return f"Ready ({view.hotkey or 'no hotkey'})"
        case "recording":
            return "Recording"
        case "finishing":
            return f"Finishing {_count(view.pending, 'utterance')}" if view.pending > 1 else "Finishing"
        case "paused":
            return "Paused: the hotkey does nothing"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
