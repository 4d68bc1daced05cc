"""The calls of macOS that pyobjc does not bring: their prototypes, declared once, for ctypes and for type checkers.

Only `carbon` and its like touch the system, so this can be imported anywhere. Documented by Apple under these names.
"""

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, c_bool, c_int32, c_size_t, c_uint8, c_uint16, c_uint32, c_void_p
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from ctypes import _CArgObject

_FRAMEWORKS = "/System/Library/Frameworks"
_CARBON = f"{_FRAMEWORKS}/Carbon.framework/Carbon"
_CORE_FOUNDATION = f"{_FRAMEWORKS}/CoreFoundation.framework/CoreFoundation"

_PROTOTYPES: dict[str, dict[str, tuple[object, Sequence[object]]]] = {
    _CARBON: {
        "IsSecureEventInputEnabled": (c_bool, ()),
        "TISCopyCurrentKeyboardLayoutInputSource": (c_void_p, ()),
        "TISGetInputSourceProperty": (c_void_p, (c_void_p, c_void_p)),
        "LMGetKbdType": (c_uint8, ()),
        "UCKeyTranslate": (
            c_int32,
            (
                *(c_void_p, c_uint16, c_uint16, c_uint32, c_uint32, c_uint32),
                *(POINTER(c_uint32), c_size_t, POINTER(c_size_t), POINTER(c_uint16)),
            ),
        ),
    },
    _CORE_FOUNDATION: {
        "CFDataGetBytePtr": (c_void_p, (c_void_p,)),
        "CFRelease": (None, (c_void_p,)),
    },
}


class Carbon(Protocol):
    def IsSecureEventInputEnabled(self) -> bool: ...
    def TISCopyCurrentKeyboardLayoutInputSource(self) -> int | None: ...
    def TISGetInputSourceProperty(self, source: int, key: int | None, /) -> int | None: ...
    def LMGetKbdType(self) -> int: ...
    def UCKeyTranslate(
        self, layout: int | None, code: int, action: int, modifiers: int, keyboard: int, options: int,
        dead: "_CArgObject", longest: int, length: "_CArgObject", units: ctypes.Array[c_uint16], /,
    ) -> int: ...  # fmt: skip


class CoreFoundation(Protocol):
    def CFDataGetBytePtr(self, data: int, /) -> int | None: ...
    def CFRelease(self, thing: int, /) -> None: ...


def carbon() -> Carbon:
    return cast(Carbon, _library(_CARBON))


def core_foundation() -> CoreFoundation:
    return cast(CoreFoundation, _library(_CORE_FOUNDATION))


def layout_data_key() -> int | None:
    """The constant kTISPropertyUnicodeKeyLayoutData."""
    return c_void_p.in_dll(ctypes.CDLL(_CARBON), "kTISPropertyUnicodeKeyLayoutData").value


def _library(path: str) -> ctypes.CDLL:
    loaded = ctypes.CDLL(path)
    for function, (result, arguments) in _PROTOTYPES[path].items():
        getattr(loaded, function).restype = result
        getattr(loaded, function).argtypes = arguments
    return loaded
