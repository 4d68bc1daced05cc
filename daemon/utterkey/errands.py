"""What the menu and the settings ask for beside the dictation: two threads, each one errand after the other.

Here and not on the controller's thread, since each may take its time: a file is written, a keyring asked, a program
started. Those that take seconds - a program that looks at the devices, the user who is to press a key - have the second
thread, so that a choice in the menu counts at once whatever else goes on. What comes of it goes back as an event. An
errand that fails is told in a sentence, and nothing else ends.
"""

import json
import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from utterkey import autostart, child, config_file, config_watch, hotkey, paths
from utterkey.declaration import as_toml
from utterkey.dictation.errand import (
    ChangeSetting,
    ChooseHotkey,
    Errand,
    LookAround,
    OpenSettings,
    PrepareSession,
    RereadSettings,
    RunDoctor,
    SendAgain,
    Surroundings,
    SwitchAutostart,
)
from utterkey.dictation.events import (
    LookedAround,
    PartFailed,
    PartWell,
    PauseRequested,
    Post,
    ResumeRequested,
    RetryRequested,
    SettingsChanged,
)
from utterkey.errors import HotkeyError, MechanismError, SettingsError, UtterkeyError
from utterkey.settings import ServiceSettings, Settings

log = logging.getLogger(__name__)

_END_SECONDS = 0.3
"""For both threads together: a quit takes less than three seconds."""
_PROGRAM_SECONDS = 10.0
_DOCTOR_SECONDS = 60.0
LOOKING = "Looking at every part of utterkey: the report opens in a moment."


class Errands:
    """`retry` makes what sends a kept utterance again, `prepare_session` what the next session needs. `look_for_key`
    looks for the API key again and says whether it is another one, or another service, so that even the same settings
    count anew."""

    def __init__(
        self,
        path: Path,
        overrides: Sequence[str],
        settings: Settings,
        post: Post,
        *,
        retry: Callable[[int, bool], RetryRequested],
        look_for_key: Callable[[ServiceSettings], bool],
        prepare_session: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self._path = path
        self._overrides = list(overrides)
        self._settings = settings
        self._post = post
        self._retry = retry
        self._look_for_key = look_for_key
        self._prepare_session = prepare_session
        self._tell = tell
        self._microphones: tuple[str, ...] = ()  # they are listed when somebody wants to see them
        self._look_ordered = False
        self._quick = _Worker("errands", self._do_quickly, post)
        self._slow = _Worker("slow errands", self._do_slowly, post)
        self._look_around()
        self._end_watch = self._watch()

    def run(self, errand: Errand) -> None:
        """Returns at once. From any thread."""
        match errand:
            case LookAround():  # panels tell of each menu that is opened
                if not self._look_ordered:
                    self._look_ordered = True
                    self._slow.put(errand)
            case ChooseHotkey() | RunDoctor():
                self._slow.put(errand)
            case _:
                self._quick.put(errand)

    def close(self) -> None:
        """An errand under way is not waited for long: none of them is worth it."""
        self._end_watch()
        deadline = time.monotonic() + _END_SECONDS
        for worker in (self._quick, self._slow):
            worker.dismiss()
        for worker in (self._quick, self._slow):
            worker.join(max(0.0, deadline - time.monotonic()))

    def _watch(self) -> Callable[[], None]:
        try:
            return config_watch.watch(self._path, lambda: self.run(RereadSettings()))
        except OSError as error:
            log.warning("A settings file that is changed by hand counts at the next start only: %s", error)
            return lambda: None

    # --- the thread `errands` --------------------------------------------------------------------------------------

    def _do_quickly(self, errand: Errand) -> None:
        match errand:
            case ChangeSetting(name, value, answer):
                self._change(name, value)
                if answer:
                    self._tell(answer)
            case RereadSettings(key):
                self._reread(key)
            case OpenSettings():
                config_file.make(self._path)
                _show_file(self._path)
            case SwitchAutostart(on):
                autostart.switch(on)
                self._look_around()
            case SendAgain(utterance, insert):
                self._post(self._retry(utterance, insert))
            case PrepareSession():
                self._prepare_session()

    # --- settings --------------------------------------------------------------------------------------------------

    def _change(self, name: str, value: object) -> None:
        """What was said on the command line no longer counts for a setting that is chosen by hand."""
        config_file.write(self._path, f"{name}={as_toml(value)}")
        self._overrides = [text for text in self._overrides if text.partition("=")[0].strip() != name]
        self._reread(key=False)
        self._post(PartWell("errands"))

    def _reread(self, key: bool) -> None:
        """A file that cannot be read at all, half-written perhaps, changes nothing."""
        configuration = config_file.load_there(self._path, self._overrides)
        for problem in configuration.problems:
            self._post(PartFailed("settings", SettingsError(str(problem))))
        if any(not problem.setting for problem in configuration.problems):
            return
        before, self._settings = self._settings, configuration.settings
        if key or self._settings.service != before.service:
            key = self._look_for_key(self._settings.service)
        if key or self._settings != before:
            self._post(SettingsChanged(self._settings))
        if not configuration.problems:
            self._post(PartWell("settings"))

    # --- the thread `slow errands` ---------------------------------------------------------------------------------

    def _do_slowly(self, errand: Errand) -> None:
        match errand:
            case LookAround():
                self._look_ordered = False  # first: whoever asks from here on is shown what is found later
                self._microphones = _microphones()
                self._look_around()
            case ChooseHotkey(paused):
                self._choose_hotkey(paused)
            case RunDoctor():
                self._tell(LOOKING)
                self._show_report()

    def _choose_hotkey(self, paused: bool) -> None:
        """The one in force is not listened to meanwhile. That no key was chosen is an answer, and no failure."""
        if not paused:
            self._post(PauseRequested())
        try:
            name = hotkey.choose_by_pressing(lambda: self._tell(hotkey.PROMPT))
        except HotkeyError as refusal:
            self._tell(str(refusal))
            return
        finally:
            if not paused:
                self._post(ResumeRequested())
        self.run(ChangeSetting("hotkey.key", name, answer=f"The hotkey is {name}."))

    def _show_report(self) -> None:
        """With the settings in force, wherever they come from."""
        arguments = ["doctor", *(f"--set={text}" for text in self._overrides)]
        if self._path.exists():
            arguments += ["--config", str(self._path)]
        report = paths.state_folder() / "doctor.txt"
        report.write_text(_ask_utterkey(arguments, _DOCTOR_SECONDS), encoding="utf-8")
        _show_file(report)

    # --- on both ---------------------------------------------------------------------------------------------------

    def _look_around(self) -> None:
        try:
            on = autostart.read().on
        except MechanismError:
            on = None
        self._post(LookedAround(Surroundings(self._microphones, on, hotkey.programs_see_keys())))


class _Worker:
    """A thread, and the errands that wait for it."""

    def __init__(self, name: str, do: Callable[[Errand], None], post: Post) -> None:
        self._do = do
        self._post = post
        self._waiting: SimpleQueue[Errand | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def put(self, errand: Errand) -> None:
        self._waiting.put(errand)

    def dismiss(self) -> None:
        """After the errands that wait."""
        self._waiting.put(None)

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _serve(self) -> None:
        while (errand := self._waiting.get()) is not None:
            try:
                self._do(errand)
            except UtterkeyError as error:
                self._post(PartFailed("errands", error))
            except Exception:  # the top of a thread: the next errand may go well
                log.exception("An errand failed: %s", type(errand).__name__)
                failure = UtterkeyError(f"That could not be done; {paths.log_file()} says why.")
                self._post(PartFailed("errands", failure))


def _microphones() -> tuple[str, ...]:
    """Asked of a process of its own: PortAudio knows the devices of its start only, and ours may be recording."""
    try:
        return tuple(device["name"] for device in json.loads(_ask_utterkey(["devices", "--json"], _PROGRAM_SECONDS)))
    except ValueError:
        return ()  # it had only an error to tell, as it has where there is no microphone


def _ask_utterkey(arguments: list[str], seconds: float) -> str:
    """What this command of ours prints, whatever its exit code."""
    try:
        done = subprocess.run(
            [*autostart.program(), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8", errors="replace", timeout=seconds, check=False, creationflags=child.NO_WINDOW,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MechanismError(f"`utterkey {arguments[0]}` did not answer ({error}); try it in a terminal.") from error
    return done.stdout


def _show_file(path: Path) -> None:
    """In the program that the desktop has for such a file."""
    opener = {"darwin": ["open"], "win32": ["explorer"]}.get(sys.platform, ["setsid", "--fork", "xdg-open"])  # noqa: TID251 - a name each
    if shutil.which(opener[-1]) is None:
        raise MechanismError(f"No program opens files here ({opener[-1]} is missing); open {path} yourself.")
    try:
        subprocess.run(
            [*opener, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=_PROGRAM_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MechanismError(f"{path} could not be opened ({error}); open it yourself.") from error
