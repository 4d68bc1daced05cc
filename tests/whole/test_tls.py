"""Sessions over TLS, and a service that stops reading: the whole program."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop import Desktop, Target, await_true
from faults import Fault, Kind
from program import Program
from service import Service
from session.conftest import Authority

WORDS = ((300, 600, "Hello"), (700, 1100, "there"), (1200, 1500, "everybody."), (1600, 1900, "Bye."))
TEXT = "Hello there everybody. Bye. "


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def dictate(desktop: Desktop, service: Service, session: int) -> None:
    desktop.key_down("F9")
    service.wait_session(session).wait_audio(2100)
    desktop.key_up("F9")


def test_a_private_authority(desktop: Desktop, target: Target, authority: Authority) -> None:
    desktop.environment["SSL_CERT_FILE"] = str(authority.ca_file)
    with (
        Service(WORDS, tls=authority.server) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}),
    ):
        assert service.url.startswith("wss://")
        for number in (1, 2):
            dictate(desktop, service, number)
            target.wait_text(TEXT * number)


def test_what_a_session_needs_is_loaded_before_the_first(desktop: Desktop, authority: Authority) -> None:
    with (
        Service(WORDS, tls=authority.server) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        mapped = Path(f"/proc/{program.process.pid}/maps")
        await_true(lambda: "libssl" in mapped.read_text(), 10, "TLS")
        assert service.sessions == []


def test_an_untrusted_certificate(desktop: Desktop, target: Target, authority: Authority) -> None:
    with (
        Service(WORDS, tls=authority.server) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}) as program,
    ):
        desktop.key_down("F9")
        await_true(lambda: "certificate" in program.status()["last_error"], 5, "a sentence about the certificate")
        desktop.key_up("F9")
        program.wait_state("idle")
        assert "Traceback" not in program.log()
        assert target.text() == ""
        assert service.sessions == []


@pytest.mark.parametrize("tls", [False, True])
def test_a_service_that_stops_reading_for_a_second(
    desktop: Desktop, target: Target, authority: Authority, tls: bool
) -> None:
    desktop.environment["SSL_CERT_FILE"] = str(authority.ca_file)
    with (
        Service(
            WORDS, tls=authority.server if tls else None, faults=[Fault(Kind.STOP_READING, audio_ms=500, seconds=1.0)]
        ) as service,
        Program(desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}),
    ):
        dictate(desktop, service, 1)
        target.wait_text(TEXT)
        session = service.sessions[0]
        assert session.struck_at is not None
        assert len(service.sessions) == 1
        assert max(session.frame_lengths_ms) <= 1000
