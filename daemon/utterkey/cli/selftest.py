"""`selftest`: a whole dictation with the running daemon, into a window of our own, and the time of each stage.

    window, insertion: a known text with umlauts and an emoji
    daemon, hotkey, speech, session: press the hotkey, speak, let go, wait for the words

Where the hotkey cannot be pressed from here, the stage `press` sends the command instead.

The control socket takes no text to insert, and need not: the known text goes through the same mechanism as the
daemon's, but in this process. The command's only thread waits; the daemon's status, the window and the inserter tell
it what happened, through the `Scene`.
"""

import signal
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack, closing
from threading import Condition, Thread
from typing import TYPE_CHECKING, cast

from utterkey import insertion, paths
from utterkey.cli import selftest_speech as speech
from utterkey.cli.terminal import on_one_line, remark, say
from utterkey.control import client
from utterkey.dictation.effects import InsertText, MarkTarget, PrepareInsertion
from utterkey.dictation.events import Event, InsertionFailed, TargetMarked, TextInserted
from utterkey.doctor.judgement import is_sentence
from utterkey.errors import DaemonError, HotkeyError, InsertionError, UtterkeyError
from utterkey.history import Entry, History
from utterkey.settings import Settings

if TYPE_CHECKING:
    from utterkey.cli.selftest_keys import HotkeyPresser

KNOWN = "Grüße aus Köln: naïve café, “done” 🎉"

STATE_SECONDS = 5.0
TEXT_SECONDS = 30.0  # the offline engine may have to start
SPEECH_SECONDS = 2.0


class SelftestError(UtterkeyError):
    """A stage that did not do what it should."""

    code = "selftest"


def selftest(_options: Namespace) -> int:
    status = client.ask({"do": "status"})
    report = Report()
    with ExitStack() as stack:
        trial = Trial(_in_force(status), status, stack)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, trial.interrupt)
        _try_insertion(report, trial, str(status["insertion"]))
        press = _about_hotkey(report, str(status["hotkey"]))
        stages = (("daemon", trial.check_daemon), (press, trial.press), ("speech", trial.speak))
        if all(report.stage(name, work) for name, work in stages):  # the first that fails ends it
            report.stage("session", trial.release)
    say("All is well." if report.is_good else "Something is wrong; `utterkey doctor` may say what.")
    return 0 if report.is_good else 1


def _try_insertion(report: "Report", trial: "Trial", mechanism: str) -> None:
    """Before the dictation: right after it the clipboard is still lent to the daemon, and not the user's."""
    if is_sentence(mechanism):
        report.found_broken("insertion", mechanism)
    elif mechanism != "x11":
        report.left_out("window", f"Texts are inserted by {mechanism}, which reaches no window of this command.")
    elif report.stage("window", trial.open_window):
        report.stage("insertion", trial.insert_known_text)


def _about_hotkey(report: "Report", mechanism: str) -> str:
    """The name of the stage that begins the dictation: the key is pressed, or the command is sent."""
    if mechanism == "X11":
        return "hotkey"
    if is_sentence(mechanism):
        report.found_broken("hotkey", mechanism)
    else:
        report.left_out("hotkey", f"It comes by {mechanism} and cannot be pressed from here; a command is sent.")
    return "press"


def _in_force(status: dict[str, object]) -> Settings:
    """The daemon's settings and not the file's: it may have been started with others. Raises `SelftestError`."""
    tables: dict[str, dict[str, object]] = {}
    for name, value in cast("dict[str, object]", status["settings"]).items():
        section, _, short = name.partition(".")
        tables.setdefault(section, {})[short] = value
    settings, problems = Settings.from_mapping(tables)
    if problems:  # a daemon from before an upgrade
        raise SelftestError(f"The daemon has settings that are not read here: {problems[0]} Start utterkey again.")
    return settings


class Report:
    def __init__(self) -> None:
        self.is_good = True

    def stage(self, name: str, work: Callable[[], str]) -> bool:
        """One line: how it went, how long it took, and what `work` has to say about it."""
        started = time.monotonic()
        verdict = "ok"
        try:
            sentence = work()
        except UtterkeyError as error:
            verdict, sentence, self.is_good = "problem", str(error), False
        took = (time.monotonic() - started) * 1000
        say(f"{verdict:<8} {name:<10} {took:>6.0f} ms  {on_one_line(sentence)}")
        return verdict == "ok"

    def left_out(self, name: str, why: str) -> None:
        self._untried("note", name, why)

    def found_broken(self, name: str, why: str) -> None:
        """The daemon says so itself. The other stages go on without it."""
        self.is_good = False
        self._untried("problem", name, why)

    def _untried(self, verdict: str, name: str, why: str) -> None:
        say(f"{verdict:<8} {name:<10} {'-':>6}     {on_one_line(why)}")


class Scene:
    """What happened so far. Other threads tell it; `wait` is for the command's thread, and where it is interrupted."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waits = False
        self._interrupted = False  # while it did not wait: two facts, since a signal may come between any two lines
        self.state = ""
        self.focused = False
        self.text = ""
        self.text_at = 0.0
        self.events: list[Event] = []

    def follow_daemon(self) -> None:
        """On a thread of its own, until the daemon ends or the process does."""
        try:
            for status in client.follow():
                with self._changed:
                    self.state = str(status["state"])
                    self._changed.notify_all()
        except DaemonError:
            pass  # it ended; what is waited for then does not happen, and that is told

    def take_focus(self) -> None:
        with self._changed:
            self.focused = True
            self._changed.notify_all()

    def take_text(self, text: str) -> None:
        with self._changed:
            self.text, self.text_at = text, time.monotonic()
            self._changed.notify_all()

    def take_event(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        with self._changed:
            self._waits = True
            try:
                if self._interrupted:
                    raise KeyboardInterrupt
                return self._changed.wait_for(condition, seconds)
            finally:
                self._waits = self._interrupted = False

    def interrupt(self) -> None:
        """From a signal's handler. A call to the X server that is broken off in the middle leaves a connection that
        answers nothing any more, and with it a key that stays down: so what is being done is done first."""
        if self._waits:
            self._waits = False
            raise KeyboardInterrupt
        self._interrupted = True

    def wait_text(self, arrived: Callable[[str], bool]) -> bool:
        """Until what is in the window is as wanted. Whoever sent it knows so before the window's thread has it."""
        return self.wait(lambda: arrived(self.text), STATE_SECONDS)

    def has(self, *kinds: type[Event]) -> bool:
        return any(isinstance(event, kinds) for event in self.events)


class Trial:
    """The stages, each of which returns what is to be told of it or raises UtterkeyError."""

    def __init__(self, settings: Settings, status: dict[str, object], stack: ExitStack) -> None:
        self._settings = settings
        self._status = status
        self._stack = stack
        self._scene = Scene()
        self._presser: HotkeyPresser | None = None
        self._sink = ""

    def interrupt(self, _signal: int, _frame: object) -> None:
        """Ctrl+C or SIGTERM: everything is put back on the way out."""
        self._scene.interrupt()

    def open_window(self) -> str:
        from utterkey.cli.selftest_window import Window

        self._stack.enter_context(closing(Window(self._scene.take_focus, self._scene.take_text)))
        if not self._scene.wait(lambda: self._scene.focused, STATE_SECONDS):
            raise SelftestError("The window did not get the focus; click on nothing while this runs, and try again.")
        return "It is open and has the focus."

    def check_daemon(self) -> str:
        Thread(target=self._scene.follow_daemon, name="status", daemon=True).start()
        if not self._scene.wait(lambda: self._scene.state == "idle", STATE_SECONDS):
            raise SelftestError(f"The daemon is not idle but {self._scene.state or 'silent'}; wait, or resume it.")
        self._newest = _newest()
        return f"It is idle; engine: {self._status['engine']}."

    def press(self) -> str:
        name = self._settings.hotkey.key
        if self._status["hotkey"] == "X11":
            from utterkey.cli.selftest_keys import HotkeyPresser

            self._presser = self._stack.enter_context(closing(HotkeyPresser(name)))
            how = f"{name} was pressed"
        else:
            how = "The command press was sent"
        self._go_down()
        self._stack.callback(self._make_sure_it_ended)
        if not self._scene.wait(lambda: self._scene.state == "recording", STATE_SECONDS):
            raise HotkeyError(f"{how}, and the daemon did not begin to record; `utterkey status` may say why.")
        return f"{how}, and the daemon records."

    def speak(self) -> str:
        self._sink = speech.loopback_sink() if self._settings.audio.device == "default" else ""
        if self._sink and speech.play(self._sink):
            return f"“{speech.SPOKEN}” was played into {self._sink}."
        self._sink = ""
        self._scene.wait(lambda: self._scene.state != "recording", SPEECH_SECONDS)
        return "There is no loopback device to play speech into; the microphone was heard instead."

    def release(self) -> str:
        """From the key-up until the daemon is done."""
        released = time.monotonic()
        self._go_up()
        if not self._scene.wait(lambda: self._scene.state == "idle", TEXT_SECONDS):
            raise SelftestError(f"The session did not end within {TEXT_SECONDS:.0f} s.")
        error = str(client.ask({"do": "status"})["last_error"])
        entry = _newest()
        if entry == self._newest:
            entry = None
        if error or (entry is not None and entry.status != "delivered"):
            raise SelftestError(error or (entry.error if entry else ""))
        return self._outcome(entry, released)

    def insert_known_text(self) -> str:
        """Through the mechanism that the daemon uses, but in this process."""
        before, scene = self._scene.text, self._scene
        started = time.monotonic()
        with closing(insertion.choose(self._settings.output, scene.take_event)) as inserter:
            inserter.order(PrepareInsertion(1))
            inserter.order(MarkTarget(1))
            scene.wait(lambda: scene.has(TargetMarked), STATE_SECONDS)
            inserter.order(InsertText(1, KNOWN))
            scene.wait(lambda: scene.has(TextInserted, InsertionFailed), STATE_SECONDS)
            scene.wait_text(lambda text: text == before + KNOWN)
        for event in scene.events:
            if isinstance(event, InsertionFailed):
                raise InsertionError(str(event.error))
        if scene.text != before + KNOWN:
            raise SelftestError(f"“{KNOWN}” was inserted, and “{scene.text[len(before) :]}” arrived.")
        took = (scene.text_at - started) * 1000
        return f"“{KNOWN}” arrived as it is after {took:.0f} ms, inserted by this command as the daemon does it."

    # --- details -----------------------------------------------------------------------------------------------------

    def _go_down(self) -> None:
        if not self._presser:
            client.ask({"do": "press"})
            return
        self._presser.press()
        if self._settings.hotkey.mode == "toggle":
            self._presser.release()

    def _go_up(self) -> None:
        if not self._presser:
            client.ask({"do": "release"})
            return
        if self._settings.hotkey.mode == "toggle":
            self._presser.press()
        self._presser.release()

    def _make_sure_it_ended(self) -> None:
        """A stage failed in between, or the user gave up: nothing is left recording."""
        if self._scene.state == "recording":
            try:
                client.ask({"do": "cancel"})
            except DaemonError as error:
                remark(f"utterkey: {error}")

    def _outcome(self, entry: Entry | None, released: float) -> str:
        if entry is None or not entry.text:
            if self._sink and self._settings.history.keep:
                raise SelftestError("Speech was played, but no words came; `utterkey listen` shows what is heard.")
            return "It ended; no words were heard."
        heard = f"“{entry.text}” was heard"
        if not self._scene.focused or self._settings.output.mode != "insert":
            return f"{heard}."
        if not self._scene.wait_text(lambda text: _plain(entry.text) in _plain(text)):
            raise SelftestError(f"{heard}, but it did not arrive in the window; if it was late, paste it.")
        return f"{heard}, and in the window {(self._scene.text_at - released) * 1000:.0f} ms after the release."


def _newest() -> Entry | None:
    with closing(History.open(paths.journal_file(), readonly=True)) as history:
        return next(iter(history.entries(limit=1)), None)


def _plain(text: str) -> str:
    """Without what depends on what was inserted just before: the first letter's case, a full stop, spaces."""
    return text.casefold().strip(" .")
