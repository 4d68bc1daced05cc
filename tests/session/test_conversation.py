"""What only shows when the other end of the wire is a bare socket."""

import socket
import threading

import pytest

from session.client import PRO, Events, MemoryRecording
from utterkey.dictation.events import AudioSent
from utterkey.session.conversation import Conversation, Ended, Outcome, Timing
from utterkey.session.interruption import Interruption, Wake
from utterkey.session.part import Part
from utterkey.session.wire import Wire


def room() -> int:
    """How many bytes a socket pair takes that nobody reads from."""
    ours, peer = socket.socketpair()
    with ours, peer:
        ours.setblocking(False)
        taken = 0
        while True:
            try:
                taken += ours.send(bytes(32000))
            except BlockingIOError:
                return taken


def test_sent_means_written() -> None:
    """`AudioSent` waits for the last byte to leave this process, not for it to be queued."""
    ours, peer = socket.socketpair()
    ours.setblocking(False)
    events, wake, interruption = Events(), Wake(), Interruption()
    recording = MemoryRecording(bytes((room() + 40_000) // 2 * 2), completed=True)
    conversation = Conversation(
        7, Wire(ours), PRO, [Part(1, recording, 0, "linger")], events.post, Timing(), wake, interruption, str
    )
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(conversation.run()))
    with ours, peer:
        thread.start()
        with pytest.raises(TimeoutError):
            events.wait(AudioSent, deadline=0.5)
        reader = threading.Thread(target=lambda: [None for _ in iter(lambda: peer.recv(65536), b"")])
        reader.start()
        events.wait(AudioSent)
        interruption.ask()
        wake()
        thread.join()
        peer.shutdown(socket.SHUT_RDWR)
        reader.join()
    wake.close()
    assert outcomes == [Ended(None)]
    assert not recording.watchers
