"""Players on the session bus: org.mpris.MediaPlayer2.Player (MPRIS D-Bus Interface Specification 2.2).

Everything but the two methods of `Media` runs on the thread `dbus`. Only players that say that they play are paused,
and of those only the ones that were not touched meanwhile are told to play on: a player that says it plays, or that it
has stopped, after it was paused, is the user's business again. One that does not answer is not waited for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from utterkey.desktop.dbus import DRIVER, Bus
from utterkey.desktop.dbus_object import PROPERTIES, Remote, Signal, Values
from utterkey.errors import BusError

PREFIX = "org.mpris.MediaPlayer2."
PATH = "/org/mpris/MediaPlayer2"
PLAYER = "org.mpris.MediaPlayer2.Player"
ANSWER_SECONDS = 1.0

_PROXY = f"{PREFIX}playerctld"
"""It stands for the player that was used last, which is on the bus itself."""


@dataclass(eq=False, slots=True)
class _Player:
    """One that we paused, or are about to. `owner` is its unique name, so that nobody else is taken for it."""

    owner: str
    paused: bool = False
    end_watch: Callable[[], None] = lambda: None


class Mpris:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._silence = False
        self._ours: list[_Player] = []

    def pause(self) -> None:
        self._bus.run(self._pause)

    def resume(self) -> None:
        self._bus.run(self._resume)

    # --- the thread `dbus` -------------------------------------------------------------------------------------------

    def _pause(self) -> None:
        self._silence = True
        self._bus.send(DRIVER, "ListNames", done=self._listed)

    def _listed(self, result: Values | BusError) -> None:
        for name in players(result):
            self._bus.send(DRIVER, "GetNameOwner", "s", (name,), self._owned)

    def _owned(self, result: Values | BusError) -> None:
        if isinstance(result, BusError):
            return
        owner = Remote(result[0], PATH, PROPERTIES)
        done = partial(self._told, _Player(result[0]))
        self._bus.send(owner, "Get", "ss", (PLAYER, "PlaybackStatus"), done, ANSWER_SECONDS)

    def _told(self, player: _Player, result: Values | BusError) -> None:
        known = any(ours.owner == player.owner for ours in self._ours)  # one program may have two names
        if isinstance(result, BusError) or result[0][1] != "Playing" or known or not self._silence:
            return
        self._ours.append(player)
        changed = Signal(PROPERTIES, "PropertiesChanged", sender=player.owner, path=PATH, arg0=PLAYER)
        player.end_watch = self._bus.subscribe(changed, partial(self._changed, player))
        remote = Remote(player.owner, PATH, PLAYER)
        self._bus.send(remote, "Pause", done=partial(self._paused, player), seconds=ANSWER_SECONDS)

    def _paused(self, player: _Player, result: Values | BusError) -> None:
        """What it says from now on came after the pause. One that does not answer in time may pause all the same."""
        if isinstance(result, BusError) and result.name:
            self._forget(player)
            return
        player.paused = True
        if not self._silence:
            self._resume()

    def _changed(self, player: _Player, values: Values) -> None:
        status = values[1].get("PlaybackStatus", ("s", "Paused"))[1]
        if player.paused and status != "Paused":
            self._forget(player)

    def _resume(self) -> None:
        self._silence = False
        for player in [player for player in self._ours if player.paused]:
            self._bus.send(Remote(player.owner, PATH, PLAYER), "Play")
            self._forget(player)

    def _forget(self, player: _Player) -> None:
        if player in self._ours:
            self._ours.remove(player)
            player.end_watch()


def players(names: Values | BusError) -> list[str]:
    """Those of the names on a bus that are players."""
    return [] if isinstance(names, BusError) else [n for n in names[0] if n.startswith(PREFIX) and n != _PROXY]
