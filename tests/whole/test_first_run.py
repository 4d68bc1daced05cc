"""The first start, as a new user sees it: without a key, and with one."""

from __future__ import annotations

import os
import pty
import subprocess

from desktop import Desktop, await_true
from notifications import notification_service
from program import Program, command
from service import Service

KEY = "0123456789abcdef0123456789abcdef"
WHERE = "get a key at https://www.assemblyai.com/dashboard and store it with `utterkey key set`"


def test_without_a_key_it_is_said_where_to_get_one_and_only_once(desktop: Desktop) -> None:
    with notification_service(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], ("body",)) as shown:
        with Program(desktop) as program:
            await_true(lambda: shown.history, 5, "a notification")
            assert "hold Right Ctrl and speak" in shown.history[0]
            assert WHERE in shown.history[0]
            await_true(lambda: program.log().count(WHERE) == 1, 5, "the same in the terminal")
        with Program(desktop) as program:
            await_true(lambda: program.log().count(WHERE) == 2, 5, "in the terminal again")
        assert len(shown.history) == 1


def test_with_a_key_the_hotkey_is_told_and_only_once(desktop: Desktop) -> None:
    desktop.environment["ASSEMBLYAI_API_KEY"] = KEY
    with notification_service(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], ("body",)) as shown:
        for _ in range(2):
            with Program(desktop, hotkey={"key": "f9", "mode": "toggle"}):
                await_true(lambda: shown.history, 5, "a notification")
        assert len(shown.history) == 1
        assert "press F9, speak, and press it again" in shown.history[0]
        assert WHERE not in shown.history[0]


def test_a_key_that_is_typed_in_is_not_shown(desktop: Desktop) -> None:
    """In a terminal, as the notification says."""
    ours, theirs = pty.openpty()
    with Service() as service, os.fdopen(ours, "r+b", buffering=0) as terminal:
        process = subprocess.Popen(
            command("key", "set", "--set", f"service.endpoint={service.url}"),
            env=desktop.environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        said = b""
        while b"API key: " not in said:
            said += terminal.read(1000)
        terminal.write(KEY.encode() + b"\n")
        while b"The key is in" not in said:
            said += terminal.read(1000)
        assert process.wait(20) == 0
        assert KEY.encode() not in said
        assert service.wait_session(1).headers["authorization"] == KEY
