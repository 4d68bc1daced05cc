"""A private desktop on a machine that has none: display, window manager, session bus, sound and a microphone.

Everything lives in one temporary directory and ends with it. The demonstration and the tests use the same class.
It starts real programs (Xvfb, openbox, dbus-daemon, PulseAudio) and touches nothing of the user's own desktop.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from PIL import ImageGrab
from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import XError
from Xlib.ext import xtest
from Xlib.protocol.event import ClientMessage

if TYPE_CHECKING:
    from Xlib.xobject.drawable import Window

START_SECONDS = 20.0
"""How long one part may take to start; far above the usual 0.2 s, for machines that are busy."""

SOUND_SCRIPT = """\
load-module module-native-protocol-unix auth-anonymous=1
load-module module-null-sink sink_name=mic_sink rate=48000 channels=1 norewinds=1
load-module module-null-sink sink_name=speakers rate=48000 channels=2
load-module module-remap-source source_name=virtmic master=mic_sink.monitor
set-default-source virtmic
set-default-sink speakers
load-module module-loopback source=virtmic sink=speakers latency_msec=20 source_dont_move=1 sink_dont_move=1
"""
"""A null sink renders in pieces of up to 2 s, unlike a microphone, unless it may not rewind and somebody listens."""

FOREIGN = (
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_SESSION_TYPE",
    "XDG_SESSION_ID",
    "PULSE_SOURCE",
    "PULSE_SINK",
    "ASSEMBLYAI_API_KEY",
    "PYTHONDONTWRITEBYTECODE",
)
"""Variables that would lead a child to the user's own desktop, sound or account; and the one that would have each
start of ours compile all of it again."""


def await_true(predicate: Callable[[], object], seconds: float, what: str, every: float = 0.005) -> None:
    """Wait until the predicate holds; raise TimeoutError naming what did not happen."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        over = time.monotonic() > deadline  # before the last look: it is not missed because this thread was held up
        if predicate():
            return
        if over:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        pause.wait(every)


def end(process: subprocess.Popen[bytes], seconds: float = 5.0) -> None:
    """End a process we started and everything in its own session; harmless if it is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    process.wait(seconds)


class VirtualDesktop:
    """A context manager; `environment` is what a child needs to live on this desktop."""

    def __init__(self, *, audio: bool = True, bus: bool = True, window_manager: bool = True) -> None:
        self._audio = audio
        self._bus = bus
        self._window_manager = window_manager
        self._parts = ExitStack()
        self.folder = Path()
        self.display = ""
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    # -- parts ---------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="utterkey-desktop-"))
        self._parts.callback(shutil.rmtree, self.folder, ignore_errors=True)
        run = self.folder / "run"
        run.mkdir(mode=0o700)
        self.environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        self.environment |= {
            "HOME": self._new_folder("home"),
            "XDG_RUNTIME_DIR": str(run),
            "XDG_CONFIG_HOME": self._new_folder("home/.config"),
            "XDG_STATE_HOME": self._new_folder("home/.local/state"),
            "XDG_DATA_HOME": self._new_folder("home/.local/share"),
            "XDG_CACHE_HOME": self._new_folder("home/.cache"),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={run}/bus",
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={run}/no-system-bus",
            "PULSE_SERVER": f"unix:{run}/pulse/native",
            "LC_ALL": "C.UTF-8",
            "XDG_DESKTOP_PORTAL_DIR": self._new_folder("no-portals"),  # or Chromium has whatever is installed started
            "NO_AT_BRIDGE": "1",  # or every GTK window starts an accessibility bus that outlives it
            "GSETTINGS_BACKEND": "memory",  # or the first GTK window starts dconf-service
            "GSK_RENDERER": "cairo",  # or GTK 4 draws with OpenGL in software
        }
        self._start_display()
        if self._bus:
            self._start_bus()
        if self._audio:
            self._start_sound()
        if self._window_manager:
            self.start(["openbox"])
            await_true(self._managed, START_SECONDS, "window manager")
        if self._audio:
            await_true(self._sounding, START_SECONDS, "PulseAudio")

    def _new_folder(self, name: str) -> str:
        path = self.folder / name
        path.mkdir(parents=True)
        return str(path)

    def _start_display(self) -> None:
        screen = ["-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]
        number = self._announced(["Xvfb", "-displayfd", "{}", *screen], "Xvfb")
        self.display = f":{number}"
        self.environment["DISPLAY"] = self.display
        self._x = Display(self.display)
        self._parts.callback(self._x.close)

    def _start_bus(self) -> None:
        address = self.environment["DBUS_SESSION_BUS_ADDRESS"]
        bus = ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}", "--print-address={}"]
        self._announced(bus, "D-Bus session bus")

    def _start_sound(self) -> None:
        script = self.folder / "sound.pa"
        script.write_text(SOUND_SCRIPT)
        quiet = ["--exit-idle-time=-1", "--daemonize=no", "--disable-shm=true", "--log-target=stderr"]
        self.start(["pulseaudio", "-n", *quiet, "-F", str(script)])

    def _sounding(self) -> bool:
        answer = self.run(["pactl", "info"], check=False)
        return b"Default Source: virtmic" in answer and b"Default Sink: speakers" in answer

    def _managed(self) -> bool:
        """Whether openbox has read its settings and lists windows: one that appears earlier waits 5 s to be shown."""
        return self._root_property("_NET_CLIENT_LIST") is not None

    def _announced(self, command: Sequence[str], what: str) -> str:
        """Start a program that writes one line to a file descriptor ({}) when it is ready; the line."""
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb", buffering=0) as answer:
            try:
                self.start([part.replace("{}", str(writer)) for part in command], keep=[writer])
            finally:
                os.close(writer)
            line = b""
            while not line.endswith(b"\n"):
                ready, _, _ = select.select([answer], [], [], START_SECONDS)
                piece = answer.read(256) if ready else b""
                if not piece:
                    raise RuntimeError(f"{what} did not start: {self.log(Path(command[0]).name)}")
                line += piece
        return line.decode().strip()

    # -- processes -----------------------------------------------------------------------------------------------

    def start(
        self, command: Sequence[str], *, keep: Sequence[int] = (), environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program on this desktop; it ends with the desktop at the latest. Its output goes to a log file."""
        with self._log_file(Path(command[0]).name).open("ab") as log:
            process = subprocess.Popen(
                command,
                env={**self.environment, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=keep,
                start_new_session=True,
                cwd=self.folder,
            )
        self._parts.callback(end, process)
        return process

    def run(
        self, command: Sequence[str], *, given: bytes | None = None, check: bool = True, seconds: float = 20.0
    ) -> bytes:
        """Run a short program on this desktop to its end; what it printed."""
        done = subprocess.run(
            command, env=self.environment, input=given, check=False, capture_output=True, timeout=seconds
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    def log(self, program: str) -> str:
        """What a program of this desktop has written so far."""
        path = self._log_file(program)
        return path.read_text(errors="replace") if path.exists() else ""

    def _log_file(self, program: str) -> Path:
        return self.folder / f"{program}.log"

    # -- microphone ----------------------------------------------------------------------------------------------

    def say(self, text: str, path: Path) -> Path:
        """Speak a text into a WAV file: 16 kHz, mono, 16 bit, as this voice is."""
        self.run(["flite", "-voice", "rms", "-t", text, "-o", str(path)])
        return path

    def speak(self, path: Path) -> subprocess.Popen[bytes]:
        """Play a WAV file into the microphone; the process ends when it has been played."""
        return self.start(["paplay", "--latency-msec=50", "--device=mic_sink", str(path)])

    # -- keys and windows ----------------------------------------------------------------------------------------

    def key_down(self, name: str) -> None:
        """Press a key by its X name (F9, Shift_L, a, Return)."""
        self._fake(X.KeyPress, self._keycode(name)[0])

    def key_up(self, name: str) -> None:
        self._fake(X.KeyRelease, self._keycode(name)[0])

    def tap(self, *names: str) -> None:
        """Press the keys one after another and release them in reverse: tap('Control_L', 'v').

        All in one go, or a busy machine would make a long press of it.
        """
        codes = [self._keycode(name)[0] for name in names]
        for code in codes:
            xtest.fake_input(self._x, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self._x, X.KeyRelease, code)
        self._x.sync()

    def button_down(self, number: int) -> None:
        self._fake(X.ButtonPress, number)

    def button_up(self, number: int) -> None:
        self._fake(X.ButtonRelease, number)

    def point_at(self, x: int, y: int) -> None:
        self._x.screen().root.warp_pointer(x, y)
        self._x.sync()

    def type_text(self, text: str) -> None:
        """Type characters that the layout of the keyboard has."""
        for character in text:
            keycode, level = self._keycode({"\n": "Return", "\t": "Tab"}.get(character, character))
            if level:
                self.key_down("Shift_L")
            self._fake(X.KeyPress, keycode)
            self._fake(X.KeyRelease, keycode)
            if level:
                self.key_up("Shift_L")

    def focused_window(self) -> int:
        """The window the keyboard belongs to: the window manager's word, else the server's; 0 for none."""
        if not self._window_manager:
            focus = self._x.get_input_focus().focus
            return focus if isinstance(focus, int) else int(focus.id)
        active = self._root_property("_NET_ACTIVE_WINDOW")
        return int(active[0]) if active else 0

    def find_window(self, title: str) -> int:
        """The window with this exact title, 0 if there is none."""
        found = self._find(self._x.screen().root, title)
        return int(found.id) if found else 0

    def focus(self, window: int) -> None:
        """Give a window the keyboard and wait until it has it."""
        root, target = self._x.screen().root, self._x.create_resource_object("window", window)
        if self._window_manager:
            atom = self._x.intern_atom("_NET_ACTIVE_WINDOW")
            message = ClientMessage(window=target, client_type=atom, data=(32, [2, X.CurrentTime, 0, 0, 0]))
            root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        else:
            target.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._x.sync()
        await_true(lambda: self.focused_window() == window, START_SECONDS, f"focus of window {window:#x}")

    def screenshot(self, path: Path) -> Path:
        ImageGrab.grab(xdisplay=self.display).save(path)
        return path

    def clipboard(self, selection: str = "clipboard") -> str | None:
        """The text of a selection as another program sees it; None if there is none."""
        content = self.clipboard_bytes("UTF8_STRING", selection)
        return None if content is None else content.decode()

    def clipboard_bytes(self, kind: str, selection: str = "clipboard") -> bytes | None:
        """The content of a selection in one target type (TARGETS, image/png, ...); None if it is not offered."""
        if kind.encode() not in self._paste("TARGETS", selection).split():  # some owners answer what they do not offer
            return None
        return self._paste(kind, selection)

    def _paste(self, kind: str, selection: str) -> bytes:
        return self.run(["xclip", "-o", "-selection", selection, "-t", kind], check=False)

    def keyboard(self) -> tuple[object, ...]:
        """What a program could leave changed: the key mapping, the auto-repeat of each key, the keys held down."""
        first, last = self._x.display.info.min_keycode, self._x.display.info.max_keycode
        mapping = tuple(tuple(row) for row in self._x.get_keyboard_mapping(first, last - first + 1))
        return mapping, tuple(self._x.get_keyboard_control().auto_repeats), tuple(self._x.query_keymap())

    def _fake(self, kind: int, detail: int) -> None:
        xtest.fake_input(self._x, kind, detail)
        self._x.sync()

    def _keycode(self, name: str) -> tuple[int, int]:
        """Keycode and shift level of a key, from the mapping as it is now (other programs change it)."""
        keysym = XK.string_to_keysym(name) or (ord(name) if len(name) == 1 and ord(name) < 256 else 0)
        first, last = self._x.display.info.min_keycode, self._x.display.info.max_keycode
        for level in (0, 1):
            for keycode, row in enumerate(self._x.get_keyboard_mapping(first, last - first + 1), first):
                if keysym and row[level] == keysym:
                    return keycode, level
        raise ValueError(f"this keyboard has no key {name!r}")

    def _root_property(self, name: str) -> Sequence[int] | None:
        value = self._x.screen().root.get_full_property(self._x.intern_atom(name), X.AnyPropertyType)
        return value.value if value else None

    def _net_name(self, window: Window) -> str:
        """The title where WM_NAME is not plain text, as Chromium's."""
        name = window.get_full_property(self._x.intern_atom("_NET_WM_NAME"), X.AnyPropertyType)
        return bytes(name.value).decode(errors="replace") if name else ""

    def _find(self, window: Window, title: str) -> Window | None:
        try:
            if title in (window.get_wm_name(), self._net_name(window)):
                return window
            children = window.query_tree().children
        except XError:  # the window went away while we looked
            return None
        return next((found for child in children if (found := self._find(child, title))), None)
