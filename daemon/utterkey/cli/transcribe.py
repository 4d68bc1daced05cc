"""`transcribe`: the words of a WAV file, printed as they are heard."""

from argparse import Namespace
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from utterkey.audio.recording import Recording
from utterkey.audio.wav import open_wav
from utterkey.cli import service
from utterkey.cli.transcription import Transcription
from utterkey.dictation.events import Event


def transcribe(options: Namespace) -> int:
    settings = service.load(options.config, options.overrides)
    file = open_wav(options.file)
    inbox: SimpleQueue[Event] = SimpleQueue()
    with service.opened(settings.service) as endpoint, TemporaryDirectory(prefix="utterkey-") as folder:
        recording = Recording.create(Path(folder), 1, file.sample_rate)
        for block in file.blocks():
            recording.append(block)
        recording.complete()
        transcription = Transcription(
            endpoint, service.parameters(settings.service, file.sample_rate), recording, inbox
        )
        try:
            transcription.run()
        finally:
            transcription.close()
            recording.close()
    return 0
