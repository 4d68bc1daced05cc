"""From turns to text. Pure.

The service sends whole turns again and again, each a full replacement of the one before with the same `order`: keep
the latest of each, never append.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import takewhile

SHORT_TEXT_WORDS = 3
SENTENCE_ENDS = (".", "!", "?", "…", ":", ";", "。", "！", "？", "؟", "۔", "।")
LANGUAGES_WITH_CAPITAL_NOUNS = frozenset({"de"})


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as the service last sent it.

    `start_ms` and `end_ms` are where its first word starts and its last word ends, in milliseconds from the start of
    the utterance; both 0 if it has no words. `settled` is false for a final that is still to be followed by its
    formatted twin.
    """

    order: int
    text: str
    final: bool
    settled: bool = True
    start_ms: int = 0
    end_ms: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What has been understood of one utterance so far.

    `kept` are the finals of sessions that are gone, `kept_ms` is where the last of them ended; `turns` are the current
    session's, by order. `speech` says that the service heard a voice but has sent no words of it yet. What went out
    while the rest is still being spoken is `given`: so many of `kept`, and the turns of these orders.
    """

    kept: tuple[str, ...] = ()
    kept_ms: int = 0
    turns: tuple[Turn, ...] = ()
    speech: bool = False
    kept_given: int = 0
    given: frozenset[int] = frozenset()

    def speaking(self) -> "Heard":
        return replace(self, speech=True)

    def receive(self, turn: Turn) -> "Heard":
        """Put a turn in its place. A final is never taken back by a late partial or an empty twin.

        A turn without text covers no audio, whatever words it counts: what was said there would pass for heard. One
        that has a text and does not say where covers what the service said of it before.
        """
        if not turn.text.strip():
            turn = replace(turn, text="", start_ms=0, end_ms=0)
        before = next((known for known in self.turns if known.order == turn.order), None)
        if before is not None and not turn.text:
            turn = replace(before, final=before.final or turn.final, settled=before.settled or turn.settled)
        elif before is not None and before.final and (not turn.final or (_is_said(before) and not turn.settled)):
            turn = before
        elif before is not None and not turn.end_ms:
            turn = replace(turn, start_ms=before.start_ms, end_ms=before.end_ms)
        elif before is None and turn.final and not turn.text:
            return replace(self, speech=False)  # an empty final stands for no turn at all
        others = [known for known in self.turns if known.order != turn.order]
        turns = tuple(sorted([*others, turn], key=lambda known: known.order))
        return replace(self, turns=turns, speech=False)

    @property
    def open(self) -> bool:
        """Is there a turn whose final is still to come?"""
        return self.speech or self.unfinished

    @property
    def unfinished(self) -> bool:
        """Are there words whose final is still to come?"""
        return any(not turn.final for turn in self.turns)

    @property
    def covered_ms(self) -> int:
        """Where the last word of the last final ended: what came before is safe."""
        return max([self.kept_ms, *(turn.end_ms for turn in self.turns if turn.final)])

    @property
    def heard_ms(self) -> int:
        """Where the last word ended, final or not."""
        return max([self.kept_ms, *(turn.end_ms for turn in self.turns)])

    @property
    def text(self) -> str:
        return joined(self.said)

    @property
    def said(self) -> tuple[str, ...]:
        """What each turn says, in their order."""
        return (*self.kept, *(turn.text for turn in self.turns))

    @property
    def settled(self) -> str:
        """The beginning of `text` that will not change any more."""
        return joined([*self.kept, *(turn.text for turn in takewhile(_is_settled, self.turns))])

    @property
    def rest(self) -> tuple[str, ...]:
        """The turns that have not been given out."""
        return (*self.kept[self.kept_given :], *(turn.text for turn in self._held_back))

    @property
    def finished(self) -> tuple[str, ...]:
        """Those of them that will not change any more: up to the first turn that is open."""
        return (*self.kept[self.kept_given :], *(turn.text for turn in self._finished))

    @property
    def partly_given(self) -> bool:
        return self.kept_given > 0 or bool(self.given)

    def give(self, count: int) -> "Heard":
        """The first `count` of the turns that are `finished` go out. One that is empty may still get a text."""
        kept_given = min(self.kept_given + count, len(self.kept))
        turns = self._finished[: count - (kept_given - self.kept_given)]
        orders = {turn.order for turn in turns if turn.text}
        return replace(self, kept_given=kept_given, given=self.given | orders)

    def finals_only(self) -> "Heard":
        """What remains when the session is gone: its finals. The rest has to be sent again from `covered_ms` on."""
        finals = [turn for turn in self.turns if turn.final]
        given = [turn.text for turn in finals if turn.order in self.given]
        others = [turn.text for turn in finals if turn.order not in self.given]
        # A turn is given after all of `kept`, so what is given stays in front.
        kept_given = self.kept_given + len(given)
        return Heard(kept=(*self.kept, *given, *others), kept_ms=self.covered_ms, kept_given=kept_given)

    @property
    def _held_back(self) -> list[Turn]:
        return [turn for turn in self.turns if turn.order not in self.given]

    @property
    def _finished(self) -> list[Turn]:
        return list(takewhile(_is_settled, self._held_back))


def _is_said(turn: Turn) -> bool:
    return turn.settled and turn.text != ""


def _is_settled(turn: Turn) -> bool:
    return turn.final and turn.settled


def joined(texts: Iterable[str]) -> str:
    return " ".join(text.strip() for text in texts if text.strip())


@dataclass(frozen=True, slots=True)
class Insertion:
    """The last text that went into a window, as it went in, and the one before it."""

    window: str
    text: str
    before: "Insertion | None" = None


def compose(
    text: str, previous: Insertion | None, *, sentence: str, trailing: str, languages: tuple[str, ...], part: bool
) -> str:
    """The text as it is put into the window.

    `previous` is the last insertion into the same window, if it was a moment ago. With `sentence` "auto" a text that
    continues an unfinished sentence is joined to it, and a text of a few words is not given a full stop: it is a
    search, a name, a file, more often than a sentence. A `part` of an utterance is a sentence all the same.
    """
    if sentence == "auto":
        if not part:
            text = _without_lone_stop(text)
        if previous is not None and not ends_sentence(previous.text):
            text = _continued(text, languages)
            if not previous.text[-1:].isspace() and not text[:1].isspace():
                text = " " + text
    if text.endswith(("\n", "\t")):
        trailing = trailing.lstrip(" ")  # it was said where the text goes on
    return text + trailing


def ends_sentence(text: str) -> bool:
    """Does nothing more belong to this sentence? A line that was ended ends it too."""
    if not text.strip() or text.rstrip(" ").endswith("\n"):
        return True
    return text.rstrip().rstrip("\"'”’»)]").endswith(SENTENCE_ENDS)


def _without_lone_stop(text: str) -> str:
    """An abbreviation such as "p.m." keeps its stop."""
    words = text.split()
    if len(words) <= SHORT_TEXT_WORDS and text.endswith(".") and "." not in words[-1][:-1]:
        return text[:-1]
    return text


def _continued(text: str, languages: tuple[str, ...]) -> str:
    """Lower-case the first word unless it is "I", a name in capitals, or may be a German noun."""
    first = text.split(maxsplit=1)[0] if text.split() else ""
    plain = first[:1].isupper() and first[1:] == first[1:].lower() and not any(map(str.isdigit, first))
    alone = first.split("'")[0].split("’")[0].rstrip(",.!?") == "I"
    if plain and not alone and not LANGUAGES_WITH_CAPITAL_NOUNS.intersection(languages):
        return text[:1].lower() + text[1:]
    return text
