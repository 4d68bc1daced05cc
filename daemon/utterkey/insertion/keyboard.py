"""The X keyboard as insertion needs it: what is held, what is locked, what is bound to which key; and striking keys.

Runs on the insertion thread, on its connection. Keys are struck through XTEST, so that the server treats them as real
ones. Key bindings that are changed for a text are noted in a property of the root window first, which dies with the
server exactly as the keymap itself does: `restore_left_over` undoes what a crash left behind.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from Xlib import XK, X, Xatom
from Xlib.display import Display
from Xlib.ext import xtest
from Xlib.protocol import rq
from Xlib.xobject.drawable import Window

from utterkey.insertion.keystrokes import Key, Keymap

_NOTE = "_UTTERKEY_BOUND_KEYS"
_XKB = "XKEYBOARD"
_CORE_KEYBOARD = 0x100  # XkbUseCoreKbd
_SPARE = (0, 0)
_AT_ONCE = 64  # strokes sent in one go; python-xlib joins its unsent requests in quadratic time


@dataclass(frozen=True, slots=True)
class Locks:
    """`caps` is Caps Lock's state, `group` the layout in use, where several are configured."""

    caps: bool
    group: int


_PLAIN = Locks(caps=False, group=0)


class Keyboard:
    """Raises what python-xlib raises; the connection's `errors()` is around the whole thread."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._xkb = _Xkb(display)
        self._bound: dict[int, tuple[int, int]] = {}

    # --- what is held ------------------------------------------------------------------------------------------------

    def modifier_held(self) -> bool:
        """Whether a modifier is physically down. Locks are states, not held keys, and do not count."""
        down = self._display.query_keymap()
        locking = {self._code(name) for name in ("Caps_Lock", "Num_Lock", "Shift_Lock")}
        for index, codes in enumerate(self._display.get_modifier_mapping()):
            if index != X.LockMapIndex and any(
                code and code not in locking and down[code // 8] & 1 << code % 8 for code in codes
            ):
                return True
        return False

    # --- striking keys -----------------------------------------------------------------------------------------------

    def can_strike(self, names: Iterable[str]) -> bool:
        return all(self._code(name) for name in names)

    def key(self, name: str) -> Key | None:
        """The key of an X name without Shift; None if the keyboard has none."""
        code = self._code(name)
        return Key(code, shift=False) if code else None

    def strike_chord(self, names: Sequence[str]) -> None:
        """Press the keys in this order and release them in reverse.

        A letter is struck in the first layout: many windows know a shortcut by the letter that the key has just now.
        """
        codes = [self._code(name) for name in names]
        locks = self.without_locks() if any(len(name) == 1 for name in names) else None
        for code in codes:
            xtest.fake_input(self._display, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self._display, X.KeyRelease, code)
        if locks is not None:
            self.set_locks(locks)
        self._display.flush()

    def strike(self, strokes: Sequence[Key]) -> None:
        """Type at most `AT_ONCE` keys; they are on their way when this returns."""
        shift = self._code("Shift_L")
        shifted = False
        for key in strokes:
            if key.shift != shifted:
                xtest.fake_input(self._display, X.KeyPress if key.shift else X.KeyRelease, shift)
                shifted = key.shift
            xtest.fake_input(self._display, X.KeyPress, key.code)
            xtest.fake_input(self._display, X.KeyRelease, key.code)
        if shifted:
            xtest.fake_input(self._display, X.KeyRelease, shift)
        self._display.flush()

    # --- what is bound and locked ------------------------------------------------------------------------------------

    def keymap(self) -> Keymap:
        """Keycode -> keysyms. Keys that are modifiers are not spare even if nothing is bound to them: left out."""
        first, last = self._range()
        modifiers = {code for codes in self._display.get_modifier_mapping() for code in codes}
        rows = enumerate(self._display.get_keyboard_mapping(first, last - first + 1), first)
        return {code: row for code, row in rows if any(row) or code not in modifiers}

    def bind(self, bindings: Mapping[int, tuple[int, int]]) -> None:
        """Bind symbols to spare keys, in place of those bound before. Clients learn of it before any later key."""
        self.unbind(keep=bindings)
        self._note({**self._bound, **bindings})
        self._change(bindings)
        self._bound = dict(bindings)
        self._display.sync()

    def unbind(self, keep: Iterable[int] = ()) -> None:
        """Make the keys spare again that `bind` took."""
        self._change(dict.fromkeys(self._bound.keys() - set(keep), _SPARE))
        self._bound = {code: self._bound[code] for code in keep if code in self._bound}
        self._note(self._bound)
        self._display.sync()

    def restore_left_over(self) -> None:
        """Make the keys spare again that a predecessor bound and, having crashed, left so.

        A key that has another meaning since (the user changed the layout) is none of ours any more.
        """
        note = self._root().get_full_property(self._atom(_NOTE), Xatom.CARDINAL)
        if note is None:
            return
        numbers = list(note.value)
        noted = zip(numbers[0::3], zip(numbers[1::3], numbers[2::3], strict=False), strict=False)
        still = [code for code, pair in noted if tuple(self._display.get_keyboard_mapping(code, 1)[0][:2]) == pair]
        self._change(dict.fromkeys(still, _SPARE))
        self._note({})
        self._display.sync()

    def locks(self) -> Locks:
        return self._xkb.locks()

    def set_locks(self, locks: Locks) -> None:
        """They are in force when this returns: the user's next key is struck under them."""
        self._xkb.lock(locks)
        self._display.sync()

    def without_locks(self) -> Locks:
        """Switch Caps Lock off and the first layout on, for which texts are planned; what was set before."""
        before = self._xkb.locks()
        if before != _PLAIN:
            self._xkb.lock(_PLAIN)
        return before

    # --- details -----------------------------------------------------------------------------------------------------

    def _range(self) -> tuple[int, int]:
        return self._display.display.info.min_keycode, self._display.display.info.max_keycode

    def _code(self, name: str) -> int:
        return self._display.keysym_to_keycode(XK.string_to_keysym(name))

    def _change(self, symbols: Mapping[int, tuple[int, int]]) -> None:
        for code, pair in symbols.items():
            self._display.change_keyboard_mapping(code, [pair])

    def _note(self, bindings: Mapping[int, tuple[int, int]]) -> None:
        root, note = self._root(), self._atom(_NOTE)
        if bindings:
            numbers = [number for code, symbols in bindings.items() for number in (code, *symbols)]
            root.change_property(note, Xatom.CARDINAL, 32, numbers)
        else:
            root.delete_property(note)

    def _root(self) -> Window:
        root: Window = self._display.screen().root
        return root

    def _atom(self, name: str) -> int:
        return self._display.get_atom(name)


def portions(strokes: Sequence[Key]) -> list[Sequence[Key]]:
    """Strokes as `strike` takes them at once."""
    return [strokes[start : start + _AT_ONCE] for start in range(0, len(strokes), _AT_ONCE)]


# --- the parts of XKB that python-xlib does not know (X Keyboard Extension: Protocol Specification, appendix) ---------


class _UseExtension(rq.ReplyRequest):
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(0), rq.RequestLength(), rq.Card16("major"), rq.Card16("minor"))
    _reply = rq.Struct(rq.ReplyCode(), rq.Bool("supported"), rq.Card16("sequence_number"), rq.ReplyLength(), rq.Pad(24))


class _GetState(rq.ReplyRequest):
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(4), rq.RequestLength(), rq.Card16("device"), rq.Pad(2))
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Card8("device"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        *(rq.Card8(name) for name in ("mods", "base_mods", "latched_mods", "locked_mods", "group", "locked_group")),
        rq.Pad(18),
    )


class _LatchLockState(rq.Request):
    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(5),
        rq.RequestLength(),
        rq.Card16("device"),
        rq.Card8("affect_locks"),
        rq.Card8("locks"),
        rq.Bool("lock_group"),
        rq.Card8("group"),
        rq.Pad(6),
    )


class _Xkb:
    """Without the extension there are neither layouts nor a way to see Caps Lock."""

    def __init__(self, display: Display) -> None:
        self._display = display.display
        found = display.query_extension(_XKB)
        self._opcode = found.major_opcode if found and found.present else None
        if self._opcode:
            _UseExtension(display=self._display, opcode=self._opcode, major=1, minor=0)

    def locks(self) -> Locks:
        if not self._opcode:
            return _PLAIN
        state = _GetState(display=self._display, opcode=self._opcode, device=_CORE_KEYBOARD)
        return Locks(caps=bool(state.locked_mods & X.LockMask), group=state.locked_group)

    def lock(self, locks: Locks) -> None:
        if self._opcode:
            _LatchLockState(
                display=self._display,
                opcode=self._opcode,
                device=_CORE_KEYBOARD,
                affect_locks=X.LockMask,
                locks=X.LockMask if locks.caps else 0,
                lock_group=True,
                group=locks.group,
            )
