"""What a new user is told by one notification, at the first start only: the hotkey, and where a key comes from.

Who starts without an API key is told the hotkey again when there is one. What was told is kept in the state folder.
"""

import logging
from typing import Literal, assert_never

from utterkey import paths
from utterkey.errors import GET_A_KEY, HotkeyError
from utterkey.hotkey import Hotkeys
from utterkey.hotkey.bindings import BY_PORTAL, BindingHotkeys
from utterkey.settings import HotkeySettings
from utterkey.tray.item import key_label

log = logging.getLogger(__name__)

WITHOUT_KEY = f"Without an API key the offline engine is used, whose words are rougher: {GET_A_KEY}."

Occasion = Literal["without a key", "ready"]


def how_to_speak(hotkey: HotkeySettings) -> str:
    """As the end of a sentence."""
    key = key_label(hotkey.key)
    match hotkey.mode:
        case "hold":
            return f"hold {key} and speak"
        case "toggle":
            return f"press {key}, speak, and press it again"
        case "auto":
            return f"hold {key} and speak, or tap it before and after"
        case never:
            assert_never(never)


def begin_with(hotkeys: Hotkeys | HotkeyError, settings: HotkeySettings) -> str:
    """What begins a dictation, as the end of a sentence; or why no key does."""
    if isinstance(hotkeys, HotkeyError):
        return str(hotkeys)
    if isinstance(hotkeys, BindingHotkeys):
        return f"let {hotkeys.advice.compositor} watch a key, `utterkey doctor` says how"
    if hotkeys.name.startswith(BY_PORTAL):
        return "hold the key that the desktop has for it, `utterkey status` names it"
    if not hotkeys.key:
        return hotkeys.name
    return how_to_speak(settings)


def key_of(hotkeys: Hotkeys | HotkeyError) -> str:
    """The key that is listened to, as people write it; "" if there is none."""
    if isinstance(hotkeys, HotkeyError):
        return ""
    return hotkeys.key if hotkeys.name.startswith(BY_PORTAL) else key_label(hotkeys.key)


def for_the_first_time(occasion: Occasion) -> bool:
    """Was the user never told before? This once is noted."""
    try:
        told = paths.welcome_file().read_text().splitlines() if paths.welcome_file().exists() else []
        if occasion not in told:
            paths.welcome_file().write_text("".join(f"{each}\n" for each in [*told, occasion]))
        return occasion not in told
    except (OSError, UnicodeDecodeError) as error:  # a full disk, somebody else's file
        log.info("Whether this is the first start is not known (%s).", error)
        return False
