"""From a host's name to its addresses, within a time limit, and what the name server said the last time.

getaddrinfo knows no time limit, so each look-up has a thread that may be left behind. It can take as long as everything
else of a connection together; whoever was told addresses before need not wait for it.
"""

import socket
import threading
from collections.abc import Callable
from functools import partial
from itertools import chain, zip_longest

Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Target = tuple[socket.AddressFamily, Address]


class Names:
    """The last answer for every name. Addresses change, with the network above all: what is known is no more than what
    may be tried while the name server is asked again. On any thread."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], list[Target]] = {}

    def look_up(self, host: str, port: int, *, but: Address | None = None) -> "LookUp":
        """One that is under way, and has what was known before it. It does not tell of the address `but`."""
        known = self._known.get((host, port), [])
        return LookUp(host, port, known, partial(self._known.__setitem__, (host, port)), but)

    def forget(self, host: str, port: int) -> None:
        self._known.pop((host, port), None)


class LookUp:
    """A name is being looked up. `answered` can be read from when there is an answer; close it."""

    def __init__(
        self,
        host: str,
        port: int,
        known: list[Target] | None = None,
        learn: Callable[[list[Target]], None] = lambda _: None,
        but: Address | None = None,
    ) -> None:
        self.known = known or []
        self._but = but
        self.answered, self._answer = socket.socketpair()
        self._found: list[Target] | OSError = []
        threading.Thread(target=self._ask, args=(host, port, learn), name="session-name", daemon=True).start()

    def result(self) -> list[Target]:
        """Once it is answered: the addresses in the system's order, but with the families taking turns. Raises
        `OSError` if the name was not found."""
        if isinstance(self._found, OSError):
            raise self._found
        return self._found

    def close(self) -> None:
        """What is still found is kept for the next one."""
        self.answered.close()

    def _ask(self, host: str, port: int, learn: Callable[[list[Target]], None]) -> None:
        with self._answer:
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError as error:
                self._found = error
            except UnicodeError as error:  # a name that cannot even be written as one is not found either
                self._found = socket.gaierror(str(error))
            else:
                targets = _alternating([(family, address) for family, _, _, _, address in found])
                learn(targets)
                self._found = [(family, address) for family, address in targets if address != self._but]


def _alternating(targets: list[Target]) -> list[Target]:
    first = [target for target in targets if target[0] == targets[0][0]]
    second = [target for target in targets if target[0] != targets[0][0]]
    return [target for target in chain.from_iterable(zip_longest(first, second)) if target is not None]
