"""Music and films while somebody speaks: which way they are paused is chosen here."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus


class Media(Protocol):
    """Both methods only order: they never wait and never raise."""

    def pause(self) -> None:
        """Pause what plays."""

    def resume(self) -> None:
        """Let play on what was paused, unless the user has decided about it meanwhile."""


class NoMedia:
    """A system whose players cannot be told anything."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...


def choose(bus: "Bus | None") -> Media:
    """Players over the session bus (MPRIS), where there is one."""
    if bus is None:
        return NoMedia()
    from utterkey.media.mpris import Mpris

    return Mpris(bus)
