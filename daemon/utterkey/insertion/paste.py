"""A paste under way: when its text was taken, and when it can be taken to be over. Pure."""

from dataclasses import dataclass

# A busy Electron or Java window takes a second and more to ask; by then a user who sees nothing wants to know.
RECEIPT_SECONDS = 1.5
# One that has not asked by then is asked in turn whether it is too busy to; while it is, for so long at most, the text
# may still be taken. Chromium, just opened on a machine under load, took seconds to come to its first chord.
ASKS_SECONDS = 0.5
BUSY_SECONDS = 3.5
# One paste is several requests (targets, then formats, some twice), milliseconds apart, more on a busy machine.
QUIET_SECONDS = 0.25
SETTLED_SECONDS = 0.1  # shorter than the quiet: several texts in a row are one moment of lending
_MOST_QUIET_SECONDS = 2.0


@dataclass(slots=True)
class Paste:
    """The paste under way or just done: the client that is to ask for the text (X11 knows it), when it last asked for
    anything, and when it first had the text: the receipt."""

    client: int = 0
    asked: float = 0.0
    receipt: float | None = None

    def quiet_at(self) -> float:
        """When it can be taken to be done asking. One that never stops is not waited for."""
        return min(self.asked + QUIET_SECONDS, (self.receipt or self.asked) + _MOST_QUIET_SECONDS)
