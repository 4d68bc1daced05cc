"""What to do where a panel shows no icon, or an icon without its menu: a sentence for each desktop. Pure."""

from collections.abc import Mapping

_APPINDICATOR = "install GNOME's AppIndicator extension (gnome-shell-extension-appindicator)"
_BAR = "start a bar that has a tray, for example the package waybar"
_BY_DESKTOP = {
    "gnome": _APPINDICATOR,
    "kde": "add the System Tray to the panel",
    "xfce": "add the Status Tray Plugin to the panel",
    "lxqt": "add the Status Notifier Plugin to the panel",
}
_TRAY = "add a tray to your panel, or start one (for example the package trayer)"
_MENUS = "start snixembed, or a panel that shows menus too (for example the package xfce4-panel)"


def no_icon(environment: Mapping[str, str]) -> str:
    return f"No panel here shows tray icons; {_advice(environment, _TRAY)}, or use the command utterkey instead."


def no_menu(environment: Mapping[str, str]) -> str:
    """For an XEmbed tray."""
    return f"A click on the icon starts and stops, but this tray shows no menu; for one {_advice(environment, _MENUS)}."


def is_wayland(environment: Mapping[str, str]) -> bool:
    return bool(environment.get("WAYLAND_DISPLAY"))


def _advice(environment: Mapping[str, str], otherwise: str) -> str:
    for name in environment.get("XDG_CURRENT_DESKTOP", "").lower().split(":"):  # such as ubuntu:GNOME
        if name in _BY_DESKTOP:
            return _BY_DESKTOP[name]
    return _BAR if is_wayland(environment) else otherwise
