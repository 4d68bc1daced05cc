"""Insertion on X11: from the connection to the delivery (delivery.py), on the thread of orders.py."""

from functools import partial

from Xlib.protocol import rq

from utterkey.desktop.x11 import Connection, XInput
from utterkey.dictation.events import Post
from utterkey.errors import InsertionError
from utterkey.insertion.delivery import Delivery
from utterkey.insertion.keyboard import Keyboard
from utterkey.insertion.orders import OrderedInserter, Wait
from utterkey.insertion.selection import Own
from utterkey.insertion.touch import Touch
from utterkey.settings import OutputSettings


class X11Inserter(OrderedInserter[rq.Event]):
    """See `Inserter`. Raises InsertionError if there is no usable X server."""

    def __init__(self, output: OutputSettings, post: Post) -> None:
        connection = Connection(InsertionError)
        super().__init__("x11", connection, partial(_set_up, connection, output), output, post)


def _set_up(connection: Connection, output: OutputSettings, chords: dict[str, tuple[str, ...]], wait: Wait) -> Delivery:
    display = connection.display
    if not display.has_extension("XTEST"):
        raise InsertionError("This X server lacks XTEST, so no key can be struck; set output.mode to clipboard.")
    keyboard = Keyboard(display)
    keyboard.restore_left_over()
    found = XInput.find(display)
    touch = Touch(display, found) if found is not None else None
    delivery = Delivery(Own(display), keyboard, output, chords, touch, wait)
    display.sync()
    return delivery
