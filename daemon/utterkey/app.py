"""The composition root: builds the parts, starts them in order, waits, and stops them in reverse."""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

from utterkey import __version__, control, desktop, hotkey, insertion, media, notify, overlay, paths, tray
from utterkey import log as logs
from utterkey.access import Access
from utterkey.audio import cue_player
from utterkey.audio.cues import Cues
from utterkey.audio.microphone import Microphone
from utterkey.config_file import Configuration
from utterkey.control.request import Request
from utterkey.control.server import Reply, Server
from utterkey.controller import Controller, Parts
from utterkey.credentials import Search
from utterkey.desktop import signals
from utterkey.dictation.errand import PrepareSession, RereadSettings, SendAgain
from utterkey.dictation.events import (
    Asked,
    Cancelled,
    ClearRequested,
    CopyRequested,
    Event,
    InsertRequested,
    PartFailed,
    PartWell,
    PauseRequested,
    Post,
    Pressed,
    QuitRequested,
    Released,
    ResumeRequested,
    Toggled,
)
from utterkey.errands import Errands
from utterkey.errors import (
    BusError,
    HotkeyError,
    InsertionError,
    NoTranscript,
    SettingsError,
    UtterkeyError,
)
from utterkey.history import History
from utterkey.hotkey import Hotkeys
from utterkey.hotkey.plan import trigger_of
from utterkey.insertion import Inserter
from utterkey.journal import Journal
from utterkey.overlay import Overlay
from utterkey.settings import Settings, as_plain
from utterkey.tray import NoTray, Tray
from utterkey.welcome import begin_with, for_the_first_time, key_of

if TYPE_CHECKING:
    from utterkey.desktop.dbus import Bus

log = logging.getLogger(__name__)


def run(configuration: Configuration, overrides: Sequence[str], with_tray: bool, search: Search | None) -> int:
    """Be the daemon, until it is told to quit. Returns the exit code; raises what keeps it from starting.

    `search` is the one for the API key, begun already; the caller closes it.
    """
    logs.start(paths.log_file())
    with ExitStack() as stack:
        stack.callback(logs.stop)
        controller = Controller(configuration.settings)
        daemon = Daemon(controller, configuration, overrides, search)
        server = Server(control.door(), daemon.answer, daemon.follow)
        server.claim()
        stack.callback(server.stop)
        quit_politely = partial(controller.post, QuitRequested())
        heard = signals.listen(quit_politely)
        threading.excepthook = lambda fault: _thread_broke(fault, controller.post)
        for problem in configuration.problems:
            controller.post(PartFailed("settings", SettingsError(str(problem))))
        daemon.start(stack, with_tray)
        server.start()
        log.info("%s", daemon.greeting())
        daemon.prepare_session()
        desktop.wait_on_first_thread(controller.wait, heard, quit_politely)
    _leave_hung_devices()
    return 0


def _leave_hung_devices() -> None:
    """A device that did not let itself be closed would hold up PortAudio's own exit handler too, and with it the end
    of the process, for ever. Everything is written and closed by now."""
    if any(thread.name == "microphone" for thread in threading.enumerate()):
        os._exit(0)


class Daemon:
    """The running program, as `status` tells of it and as commands reach it."""

    def __init__(
        self, controller: Controller, configuration: Configuration, overrides: Sequence[str], search: Search | None
    ) -> None:
        self._controller = controller
        self._configuration = configuration
        self._overrides = overrides
        self._search = search
        self._settings = configuration.settings
        self._refused: dict[str, str] = {}  # why hotkeys cannot be had: each sentence, and the part that told it

    def start(self, stack: ExitStack, with_tray: bool) -> None:
        """Start the parts; `stack` stops them in reverse."""
        post = self._controller.post
        self._access = stack.enter_context(Access(self._settings, self._search, post))
        history, damage = History.open_or_begin_anew(paths.journal_file())
        stack.enter_context(closing(history))
        if damage is not None:
            post(PartFailed("journal", damage))
        self._journal = Journal(history, paths.recordings_folder(), self._settings.history)
        stack.callback(self._journal.close)
        interrupted = self._journal.recover()
        self._bus = bus = _bus(stack, post)
        self._tray: Tray = tray.choose(post, bus) if with_tray else NoTray("It was switched off with --no-tray.")
        stack.callback(self._tray.close)
        self._delay_sleep = desktop.watch_session(stack, bus, post)
        self._notifier = stack.enter_context(closing(notify.choose(bus, self._tray.bubble)))
        self._microphone = stack.enter_context(closing(Microphone(self._settings.audio, post)))
        self._cues = stack.enter_context(closing(Cues(cue_player())))
        self._media = media.choose(bus)
        self._no_insertion, self._inserter = _inserter(self._settings, post, bus)
        stack.callback(self._inserter.close)
        self._hotkeys = self._start_hotkeys()
        stack.callback(self._stop_hotkeys)
        self._access.adopt(self._settings)
        self._errands = stack.enter_context(closing(self._make_errands()))
        self._overlay = self._make_overlay()
        stack.callback(lambda: self._overlay.close())
        self._controller.watch(self._tray.show)
        self._controller.watch(lambda view: self._overlay.show(view))
        self._controller.start(self._parts())
        if interrupted:
            self._notifier.notify(f"{interrupted} interrupted dictation(s) can be sent again with `utterkey retry`.")
        elif for_the_first_time("without a key" if self._access.lacks_key else "ready"):
            self._notifier.notify(self.greeting())

    def _parts(self) -> Parts:
        return Parts(
            microphone=self._microphone,
            cues=self._cues,
            media=self._media,
            connect=self._access.connect,
            inserter=self._inserter,
            hotkeys=None if isinstance(self._hotkeys, HotkeyError) else self._hotkeys,
            notifier=self._notifier,
            delay_sleep=self._delay_sleep,
            journal=self._journal,
            engine=self._access.endpoint.describe(),
            model=self._access.model,
            hotkey=lambda: key_of(self._hotkeys),
            run=self._errands.run,
            adopt=self._adopt,
        )

    def _adopt(self, settings: Settings) -> Parts:
        """Other settings count from now on. On the controller's thread, while nothing is being said."""
        before, self._settings = self._settings, settings
        self._access.adopt(settings)
        self._microphone.adopt(settings.audio)
        self._inserter.adopt(settings.output)
        if settings.hotkey != before.hotkey:
            self._stop_hotkeys()
            self._hotkeys = self._start_hotkeys()
        if settings.overlay != before.overlay:
            self._overlay.close()
            self._overlay = self._make_overlay()
        self.prepare_session()
        log.info("The settings were changed.")
        return self._parts()

    # --- parts that settings can change ------------------------------------------------------------------------------

    def _start_hotkeys(self) -> Hotkeys | HotkeyError:
        """What was told of those before counts no more: what of it is still so is told anew."""
        for part in set(self._refused.values()):
            self._controller.post(PartWell(part))
        self._refused = {}
        try:
            return hotkey.choose(self._settings.hotkey, self._post_of_hotkeys, self._bus)
        except HotkeyError as error:
            self._post_of_hotkeys(PartFailed("hotkey", error))
            return error

    def _post_of_hotkeys(self, event: Event) -> None:
        """What of the hotkeys cannot be had is told for as long as it is so, whatever else goes well or wrong."""
        match event:
            case PartFailed(part, error):
                self._refused[str(error)] = part
            case PartWell(part):
                self._refused = {told: whose for told, whose in tuple(self._refused.items()) if whose != part}
        self._controller.post(event)

    def _stop_hotkeys(self) -> None:
        if not isinstance(self._hotkeys, HotkeyError):
            self._hotkeys.close()

    def _make_overlay(self) -> Overlay:
        return overlay.choose(self._settings.overlay, self._microphone.level.take, self._bus, self._controller.post)

    def _make_errands(self) -> Errands:
        return Errands(
            self._configuration.path,
            self._overrides,
            self._settings,
            self._controller.post,
            retry=lambda number, insert: self._journal.retry(number, insert=insert),
            look_for_key=self._access.look_for_key,
            prepare_session=self._access.prepare,
            tell=self._notifier.notify,
        )

    def prepare_session(self) -> None:
        """Once the program is ready: what is done by then does not delay the first session. Returns at once."""
        self._errands.run(PrepareSession())

    def greeting(self) -> str:
        begin = begin_with(self._hotkeys, self._settings.hotkey).rstrip(".")
        return f"utterkey {__version__} is ready: {begin}. {self._access.greeting()}"

    # --- commands, on the control thread -----------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        """What a command comes to. Raises `UtterkeyError` to refuse it."""
        simple: dict[str, Event] = {
            "press": Pressed(), "release": Released(), "toggle": Toggled(), "cancel": Cancelled(),
            "pause": PauseRequested(), "resume": ResumeRequested(), "quit": QuitRequested(),
            "reload": Asked(RereadSettings(key=True)),
            "forget": ClearRequested("delivered"), "discard": ClearRequested("kept"),
        }  # fmt: skip
        if request.command == "status":
            return self.status()
        if request.command == "last":
            return self._last(copy=request.copy, insert=request.insert)
        if request.command == "retry":
            self._controller.post(Asked(SendAgain(self._journal.choose(request.id), request.insert)))
            return {}
        if request.key:
            trigger = trigger_of(self._settings.hotkey, request.key)
            self._controller.post(Pressed(trigger) if request.command == "press" else Toggled(trigger))
        else:
            self._controller.post(simple[request.command])
        return {}

    def follow(self, listener: Callable[[Reply], None]) -> Callable[[], None]:
        return self._controller.watch(lambda _: listener(self.status()))

    def status(self) -> Reply:
        view = self._controller.view
        return {
            "state": view.state,
            "engine": self._access.endpoint.problem or view.engine,
            "hotkey": str(self._hotkeys) if isinstance(self._hotkeys, HotkeyError) else self._hotkeys.name,
            "hotkey_refused": list(self._refused),
            "microphone": str(self._microphone.problem or self._microphone.device),
            "insertion": str(self._no_insertion or self._inserter.name),
            "tray": self._tray.problem or self._tray.name,
            "overlay": self._overlay.problem or self._overlay.name,
            "last_error": view.last_error,
            "pending": view.pending,
            "failed": sum(kept.status != "cancelled" for kept in view.kept),
            "replay": view.replay,
            "partial": view.partial,
            "settings": as_plain(view.settings),
        }

    def _last(self, *, copy: bool, insert: bool) -> Reply:
        text = self._controller.view.last_text
        if not text:
            raise NoTranscript()
        if copy:
            self._controller.post(CopyRequested(text))
        if insert:
            self._controller.post(InsertRequested(text))
        return {"text": text}


# --- building parts ------------------------------------------------------------------------------------------------


def _bus(stack: ExitStack, post: Post) -> "Bus | None":
    try:
        from utterkey.desktop.dbus import Bus, session_address  # needs jeepney, which is for Linux
    except ImportError:
        return None
    try:
        return stack.enter_context(closing(Bus(session_address(), lambda error: post(PartFailed("dbus", error)))))
    except BusError as error:
        log.info("%s", error)
        return None


def _inserter(settings: Settings, post: Post, bus: "Bus | None") -> tuple[InsertionError | None, Inserter]:
    try:
        return None, insertion.choose(settings.output, post, bus)
    except InsertionError as error:
        from utterkey.insertion.nowhere import NoInserter

        post(PartFailed("insertion", error))
        return error, NoInserter(error, post)


# --- the process ---------------------------------------------------------------------------------------------------


def _thread_broke(fault: threading.ExceptHookArgs, post: Post) -> None:
    """A thread ended with an exception that it does not know: a bug. The rest goes on, and the user is told."""
    name = fault.thread.name if fault.thread else "?"
    log.critical("The thread %s ended by a fault.", name, exc_info=fault.exc_value)
    post(PartFailed(name, UtterkeyError(f"A part of utterkey ({name}) broke: restart it, and see {paths.log_file()}.")))
