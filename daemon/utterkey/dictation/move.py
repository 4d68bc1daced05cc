"""One step in the making: the state so far and the effects so far. Lives inside a single call of `step`. Pure."""

from dataclasses import replace
from typing import Any

from utterkey.dictation.effects import Effect, Notify, StopTimers
from utterkey.dictation.state import State, Utterance
from utterkey.errors import UtterkeyError
from utterkey.settings import Settings


class Move:
    def __init__(self, state: State, settings: Settings) -> None:
        self.state = state
        self.settings = settings
        self.effects: list[Effect] = []

    def do(self, *effects: Effect) -> None:
        self.effects.extend(effects)

    def tell(self, error: UtterkeyError) -> None:
        self.change(last_error=str(error))
        self.do(Notify(str(error)))

    def change(self, **changes: Any) -> None:  # the fields of State; checked by replace()
        self.state = replace(self.state, **changes)

    def put(self, utterance: Utterance) -> Utterance:
        self.state = self.state.with_utterance(utterance)
        return utterance

    def living(self, utterance: Utterance) -> Utterance:
        """The utterance as it is now; it must not be over."""
        found = self.state.find(utterance.number)
        assert found is not None, "an utterance is not dropped in the middle of a step that still needs it"
        return found

    def drop(self, utterance: Utterance) -> None:
        """It is over."""
        self.state = self.state.without(utterance.number)
        self.do(StopTimers(utterance.number))
