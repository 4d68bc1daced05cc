"""From complete text to the window: in the order it was spoken, one at a time, and never silently lost.

Pure, a part of machine.py. With `as_you_speak` the finished turns of an utterance are inserted while it goes on, one
part at a time; what is left of it goes the usual way. A part that does not get into the window ends that: all that is
not in the window by the end of the utterance is put on the clipboard together.

Where spoken commands are obeyed, a turn that is "scratch that" takes the turn before it, or, if that is in the window
by now, the last insertion. The history keeps what was scratched: it was said.
"""

from dataclasses import replace

from utterkey.dictation.effects import (
    CopyText,
    ForgetUtterance,
    InsertText,
    Notify,
    ScratchLast,
    SetStatus,
    StartTimer,
)
from utterkey.dictation.events import ProgramTimer, UtteranceTimer
from utterkey.dictation.move import Move
from utterkey.dictation.state import (
    Delivering,
    Finishing,
    Part,
    Ready,
    Recording,
    Scratching,
    Trailing,
    Utterance,
)
from utterkey.dictation.transcript import Insertion, compose, joined
from utterkey.dictation.wording import is_scratch, reach_back, unscratched, written
from utterkey.errors import InsertionError, UtterkeyError

SENTENCE_SECONDS = 60.0
DELIVER_SECONDS = 15.0
"""Longer than an inserter can be silent (see `InsertionUnderWay`): only a broken one lets this run out."""


def advance(move: Move) -> None:
    """Deliver the next text, if there is one whose turn it is.

    An utterance that is not finished holds back those spoken after it until it is overdue. While a hotkey with a
    modifier is held nothing can be inserted.
    """
    state = move.state
    if any(u.part is not None or isinstance(u.phase, Delivering) for u in state.utterances):
        return
    blocked = state.held is not None and state.held.trigger.blocks_insertion
    for u in state.utterances:
        match u.phase:
            case Ready():
                if not (blocked and _goes_into_window(move, u)):
                    _deliver(move, u, u.phase)
                return
            case Recording() | Trailing() | Finishing():
                if _has_part(move, u) and not blocked:
                    _deliver_part(move, u)
                    return
                if not u.held and u.lateness == "on time":
                    return
            case _:
                pass  # held: nothing was spoken after it


def _goes_into_window(move: Move, u: Utterance) -> bool:
    return u.output == "insert" and u.lateness != "late" and move.state.screen == "open" and not u.missed


def _has_part(move: Move, u: Utterance) -> bool:
    if not u.in_parts or not _goes_into_window(move, u):
        return False
    return _reach_back(move, u.heard.finished) > 0 or bool(_text(move, u.heard.finished))


def _deliver_part(move: Move, u: Utterance) -> None:
    finished = u.heard.finished
    if back := _reach_back(move, finished):
        _scratch(move, replace(u, heard=u.heard.give(back)))
        return
    text = _text(move, finished)
    # the next part is another word
    composed = _composed(move, u, text, part=True, trailing=move.settings.output.trailing or " ")
    move.do(InsertText(u.number, composed), StartTimer(UtteranceTimer(u.number, "deliver"), DELIVER_SECONDS))
    move.put(replace(u, heard=u.heard.give(len(finished)), part=Part(text, composed)))


def _deliver(move: Move, u: Utterance, ready: Ready) -> None:
    if back := _reach_back(move, ready.rest):
        _scratch(move, replace(u, phase=replace(ready, rest=ready.rest[back:])))
        return
    said = joined(turn for turn in ready.said if not _is_command(move, turn))
    text = " ".join(part for part in (*u.missed, _text(move, ready.rest)) if part)  # lines that were said stay
    if not text:
        _delivered(move, u, said)  # all of it is in the window, or nothing is to be written for it
        advance(move)  # no answer comes that would let the next one go
        return
    if _goes_into_window(move, u):
        composed = _composed(move, u, text, part=u.heard.partly_given, trailing=move.settings.output.trailing)
        move.do(InsertText(u.number, composed))
        move.put(replace(u, phase=Delivering(said, composed, "insert")))
    else:
        sentence = move.settings.output.sentence
        composed = compose(text, None, sentence=sentence, trailing="", languages=(), part=False)
        move.do(CopyText(u.number, composed))
        move.put(replace(u, phase=Delivering(said, composed, "copy")))
    move.do(StartTimer(UtteranceTimer(u.number, "deliver"), DELIVER_SECONDS))


def _scratch(move: Move, u: Utterance) -> None:
    """Take back what was said before, in the window if it is there."""
    if _goes_into_window(move, u):
        move.do(
            ScratchLast(u.number, move.state.hotkey_presses),
            StartTimer(UtteranceTimer(u.number, "deliver"), DELIVER_SECONDS),
        )
        move.put(replace(u, part=Scratching()))
        return
    if not u.missed:
        move.do(Notify("Nothing was scratched: there is no window for it, or it came too late; delete it yourself."))
    move.put(replace(u, missed=u.missed[:-1]))
    advance(move)


def scratched(move: Move, u: Utterance) -> None:
    """The window has what it had before the last insertion."""
    if isinstance(u.part, Scratching):
        last = move.state.last_insertion
        move.change(last_insertion=last and last.before, last_error="")
        move.put(replace(u, part=None))


def not_scratched(move: Move, u: Utterance, error: UtterkeyError) -> None:
    """What follows it is delivered all the same."""
    if isinstance(u.part, Scratching):
        move.change(last_error=str(error))
        move.do(Notify(str(error)))
        move.put(replace(u, part=None))


def _is_command(move: Move, turn: str) -> bool:
    output = move.settings.output
    return output.spoken_commands and is_scratch(turn, output.replacements)


def _reach_back(move: Move, turns: tuple[str, ...]) -> int:
    output = move.settings.output
    return reach_back(turns, output.replacements) if output.spoken_commands else 0


def _text(move: Move, turns: tuple[str, ...]) -> str:
    """What is to be written for these turns."""
    output = move.settings.output
    return _written(move, joined(unscratched(turns, output.replacements) if output.spoken_commands else turns))


def _written(move: Move, text: str) -> str:
    output = move.settings.output
    return written(text, commands=output.spoken_commands, replacements=output.replacements)


def _composed(move: Move, u: Utterance, text: str, *, part: bool, trailing: str) -> str:
    last = move.state.last_insertion
    return compose(
        text,
        last if last is not None and u.window and last.window == u.window else None,
        sentence=move.settings.output.sentence,
        trailing=trailing,
        languages=u.trigger.wishes.over(move.settings.service).languages,
        part=part,
    )


def under_way(move: Move, u: Utterance) -> None:
    """A text that was said to have failed may not arrive after all, so as long as it may arrive it has not failed."""
    if u.part is not None or isinstance(u.phase, Delivering):
        move.do(StartTimer(UtteranceTimer(u.number, "deliver"), DELIVER_SECONDS))


def inserted(move: Move, u: Utterance, window: str) -> None:
    match u.part, u.phase:
        case Part(_, composed), _:
            _note(move, window or u.window, composed)
            move.put(replace(u, part=None))
        case None, Delivering(text, composed, "insert"):
            _note(move, window or u.window, composed)
            _delivered(move, u, text)
        case _:
            pass  # it comes too late: it was given up


def _note(move: Move, window: str, composed: str) -> None:
    last = move.state.last_insertion
    before = replace(last, before=None) if last is not None else None
    move.change(last_insertion=Insertion(window, composed, before), last_error="")
    move.do(StartTimer(ProgramTimer("sentence"), SENTENCE_SECONDS))


def copied(move: Move, u: Utterance) -> None:
    if not isinstance(u.phase, Delivering) or u.phase.way != "copy":
        return
    move.change(last_error="")
    if u.missed:
        move.do(Notify("All that did not get into the window is on the clipboard now."))
    elif u.lateness == "late":
        move.do(Notify("The text came too late to be inserted: it is on the clipboard."))
    elif u.output == "insert":
        move.do(Notify("The screen was locked when the text was ready: it is on the clipboard."))
    _delivered(move, u, u.phase.text)


def failed(move: Move, number: int, error: UtterkeyError, on_clipboard: bool) -> None:
    """Not inserted. On the clipboard it is safe; if it is not even there, the utterance is kept."""
    move.change(last_error=str(error))
    move.do(Notify(str(error)))
    u = move.state.find(number)
    if u is None:
        return
    if isinstance(u.part, Part):
        move.put(replace(u, part=None, missed=(*u.missed, u.part.text)))
    elif isinstance(u.phase, Delivering) and on_clipboard:
        _delivered(move, u, u.phase.text)
    elif isinstance(u.phase, Delivering):
        move.do(SetStatus(u.number, "failed", u.phase.text, str(error), u.repaired))
        move.drop(u)


def timed_out(move: Move, u: Utterance) -> None:
    if isinstance(u.part, Scratching):
        not_scratched(move, u, InsertionError("The window did not answer in time: look whether the text is scratched."))
    elif u.part is not None or isinstance(u.phase, Delivering):
        error = InsertionError("The text could not be inserted in time: copy it with `utterkey last --copy`.")
        failed(move, u.number, error, on_clipboard=False)


def _delivered(move: Move, u: Utterance, text: str) -> None:
    """It is over. One that was nothing but a command is no transcript."""
    status = SetStatus(u.number, "delivered", _written(move, text), repaired=u.repaired)
    move.do(status if text else ForgetUtterance(u.number))
    move.drop(u)
