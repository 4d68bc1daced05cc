"""`listen`: the microphone's words in the terminal, each turn as it is spoken, until Ctrl+C."""

import signal
from argparse import Namespace
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from utterkey.audio.microphone import Microphone
from utterkey.audio.recording import Recording
from utterkey.cli import service
from utterkey.cli.terminal import remark
from utterkey.cli.transcription import Transcription
from utterkey.dictation.events import CaptureFailed, CaptureStarted, Event
from utterkey.errors import MicrophoneError

_LAST_WORDS_SECONDS = 15.0


def listen(options: Namespace) -> int:
    settings = service.load(options.config, options.overrides)
    inbox: SimpleQueue[Event] = SimpleQueue()
    _end_like_ctrl_c()
    with service.opened(settings.service) as endpoint, TemporaryDirectory(prefix="utterkey-") as folder:
        microphone = Microphone(settings.audio, inbox.put)
        try:
            recording = _capture(microphone, Path(folder), inbox)
            transcription = Transcription(
                endpoint, service.parameters(settings.service, recording.sample_rate), recording, inbox
            )
            remark(f"Listening to {microphone.device} ({endpoint.describe()}); end with Ctrl+C.")
            _until_ctrl_c(transcription, microphone, recording)
        finally:
            microphone.close()
    return 0


def _until_ctrl_c(transcription: Transcription, microphone: Microphone, recording: Recording) -> None:
    try:
        try:
            transcription.run()
        except KeyboardInterrupt:
            microphone.stop(recording.number)
            transcription.run(_LAST_WORDS_SECONDS)
    except KeyboardInterrupt:
        pass  # a second time: not even the last words are wanted
    finally:
        transcription.close()
        recording.close()


def _capture(microphone: Microphone, folder: Path, inbox: SimpleQueue[Event]) -> Recording:
    """Start to record. A device that has a rate of its own says so at the first try."""
    number = 1
    while True:
        rate = microphone.sample_rate
        recording = Recording.create(folder, number, rate)
        microphone.start(recording)
        error = _fate(number, inbox)
        if error is None:
            return recording
        recording.close()
        if microphone.sample_rate == rate or number > 1:
            raise error
        number += 1


def _fate(number: int, inbox: SimpleQueue[Event]) -> MicrophoneError | None:
    while True:
        match inbox.get():
            case CaptureStarted(utterance=started) if started == number:
                return None
            case CaptureFailed(utterance=failed, error=error) if failed == number:
                return error if isinstance(error, MicrophoneError) else MicrophoneError(str(error))


def _end_like_ctrl_c() -> None:
    """Whoever ends us, the session is closed first: it is paid for by the second until then."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None:
            signal.signal(number, signal.default_int_handler)
