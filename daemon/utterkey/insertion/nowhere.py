"""Where texts can go neither into a window nor onto the clipboard: every insertion fails with the reason.

The machine then keeps the utterance, so that `utterkey last` has its text.
"""

from utterkey.dictation.effects import CopyText, InsertText, MarkTarget, PrepareInsertion, ScratchLast
from utterkey.dictation.events import InsertionFailed, Post, TargetMarked
from utterkey.errors import InsertionError
from utterkey.insertion import Order, cannot_scratch
from utterkey.settings import OutputSettings


class NoInserter:
    """See `Inserter`. Posts on the caller's thread."""

    name = ""

    def __init__(self, reason: InsertionError, post: Post) -> None:
        self._reason = reason
        self._post = post

    def order(self, order: Order) -> None:
        match order:
            case PrepareInsertion():
                pass  # there is nothing to prepare
            case MarkTarget(utterance):
                self._post(TargetMarked(utterance, ""))
            case InsertText(utterance) | CopyText(utterance):
                self._post(InsertionFailed(utterance, self._reason, on_clipboard=False))
            case ScratchLast(utterance):
                self._post(cannot_scratch(utterance))

    def adopt(self, output: OutputSettings) -> None:
        """There is nothing to change."""

    def close(self) -> None:
        """There is nothing to close."""
