"""logind's half of a sleep: it gives out inhibitors, which are pipes, and does not sleep while one is open."""

from __future__ import annotations

import os
import select
import threading
import time
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.login1"
MANAGER = DBusAddress("/org/freedesktop/login1", interface=f"{NAME}.Manager")
DRIVER = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


class FakeLogind:
    """A client of the bus at `address`, made with somebody else's client library. `refusing` gives out nothing."""

    def __init__(self, address: str, *, refusing: bool = False) -> None:
        self._refusing = refusing
        self._connection = open_dbus_connection(address, enable_fds=True)
        self._connection.send_and_get_reply(new_method_call(DRIVER, "RequestName", "su", (NAME, 4)), timeout=5)
        self._changed = threading.Condition()
        self._inhibitors: list[int] = []
        self.asked: list[tuple[Any, ...]] = []
        """What the inhibitors were asked for with."""
        self._thread = threading.Thread(target=self._serve, name="logind", daemon=True)
        self._thread.start()

    def __enter__(self) -> FakeLogind:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.sock.shutdown(2)
        self._thread.join(5)
        self._connection.close()
        for inhibitor in self._inhibitors:
            os.close(inhibitor)

    def wait_inhibited(self, count: int) -> None:
        """Until so many inhibitors were asked for since the start."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count, 5), f"{len(self.asked)} inhibitors"

    @property
    def inhibited(self) -> bool:
        return any(not _is_hung_up(inhibitor, 0) for inhibitor in self._inhibitors)

    def sleep(self, limit: float = 5.0) -> float:
        """Announce the sleep, and wait until nobody delays it any more; how long that was, at most `limit` seconds."""
        began = time.monotonic()
        self._announce(True)
        for inhibitor in self._inhibitors:
            _is_hung_up(inhibitor, max(0.0, began + limit - time.monotonic()))
        return time.monotonic() - began

    def wake(self) -> None:
        self._announce(False)

    def _announce(self, starting: bool) -> None:
        self._connection.send(new_signal(MANAGER, "PrepareForSleep", "b", (starting,)))

    def _serve(self) -> None:
        while True:
            try:
                message = self._connection.receive()
                if message.header.message_type is MessageType.method_call:
                    self._answer(message)
            except (OSError, ValueError):  # the end of the test
                return

    def _answer(self, message: Message) -> None:
        if message.header.fields[HeaderFields.member] != "Inhibit" or self._refusing:
            self._connection.send(new_error(message, "org.freedesktop.DBus.Error.AccessDenied", "s", ("Not you.",)))
            return
        reader, writer = os.pipe()
        self._connection.send(new_method_return(message, "h", (writer,)))
        os.close(writer)
        with self._changed:
            self._inhibitors.append(reader)
            self.asked.append(message.body)
            self._changed.notify_all()


def _is_hung_up(descriptor: int, seconds: float) -> bool:
    """Whether the other end is closed by then."""
    poll = select.poll()
    poll.register(descriptor, select.POLLHUP)
    return bool(poll.poll(seconds * 1000))
