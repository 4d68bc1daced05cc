"""The connection to a message bus: real dbus-daemons, calls, signals, limits, and the end of it all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection

from buses import PrivateBus
from desktop import await_true
from panels import never_lost, open_files
from utterkey.desktop.dbus import Bus, session_address
from utterkey.desktop.dbus_object import Interface, Method, Property, Remote, Signal, Values
from utterkey.errors import BusError

pytestmark = pytest.mark.system("linux")

NAME = "org.example.Echo"
ECHO = Remote(NAME, "/echo", NAME)
DRIVER = Remote("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


@pytest.fixture
def echo(server: PrivateBus) -> Iterator[Bus]:
    """A program that offers something, on a connection of its own."""
    bus = Bus(server.address, never_lost)
    methods = {"Echo": Method("v", "v", lambda value: (value,))}
    bus.export(ECHO.path, Interface(NAME, methods, {"Version": Property("u", lambda: 7)}, {"Heard": "s"}))
    bus.request_name(NAME)
    assert bus.has_owner(NAME)
    yield bus
    bus.close()


def test_somebody_elses_client_reads_and_calls_us(server: PrivateBus, echo: Bus) -> None:
    described = server.gdbus("introspect", "-d", NAME, "-o", "/echo")
    assert "Echo(in  v arg_0," in described
    assert "readonly u Version = 7;" in described
    answer = server.gdbus("call", "-d", NAME, "-o", "/echo", "-m", f"{NAME}.Echo", "<('a', 1, [true])>")
    assert answer == "(<('a', 1, [true])>,)"
    with pytest.raises(RuntimeError, match="UnknownMethod"):
        server.gdbus("call", "-d", NAME, "-o", "/echo", "-m", f"{NAME}.Shout")


@pytest.mark.parametrize("size", [0, 4096, 3_000_000])
def test_values_of_any_size_arrive_whole(bus: Bus, echo: Bus, size: int) -> None:
    value = ("ay", bytes(range(256)) * (size // 256))
    assert bus.call(ECHO, "Echo", "v", (value,)) == (value,)


def test_many_threads_call_at_once_and_each_gets_its_own_answer(bus: Bus, echo: Bus) -> None:
    def ask(number: int) -> bool:
        return bus.call(ECHO, "Echo", "v", (("i", number),)) == (("i", number),)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(800)))


def test_an_error_comes_with_its_name(bus: Bus, echo: Bus) -> None:
    with pytest.raises(BusError) as refused:
        bus.call(ECHO, "Shout")
    assert refused.value.name == "org.freedesktop.DBus.Error.UnknownMethod"
    with pytest.raises(BusError) as refused:
        bus.call(Remote("org.example.Nobody", "/", "org.example.Nobody"), "Shout")
    assert refused.value.name == "org.freedesktop.DBus.Error.ServiceUnknown"


def test_who_never_answers_is_given_up(server: PrivateBus, bus: Bus) -> None:
    with open_dbus_connection(server.address) as mute:
        mute.send_and_get_reply(
            new_method_call(DBusAddress(DRIVER.path, DRIVER.name, DRIVER.interface), "RequestName", "su", (NAME, 4))
        )
        with pytest.raises(BusError, match="no answer in time") as late:
            bus.call(ECHO, "Echo", seconds=0.1)
    assert late.value.name == ""
    assert bus.call(DRIVER, "ListNames"), "the connection is as good as before"


def test_signals_reach_those_who_want_them(bus: Bus, echo: Bus) -> None:
    heard: list[Values] = []
    bus.subscribe(Signal(NAME, "Heard", sender=NAME, path=ECHO.path, arg0="a"), heard.append)
    bus.has_owner(NAME)  # answered after the subscription
    for text in ("b", "a"):
        echo.emit(ECHO.path, NAME, "Heard", "s", (text,))
    echo.emit("/other", NAME, "Heard", "s", ("a",))
    echo.has_owner(NAME)
    bus.call(ECHO, "Echo", "v", (("i", 1),))  # answered after the signals
    assert heard == [("a",)]


def test_a_subscription_ends_and_another_sender_is_not_taken_for_the_one_wanted(
    server: PrivateBus, bus: Bus, echo: Bus
) -> None:
    heard: list[Values] = []
    end = bus.subscribe(Signal(NAME, "Heard", sender=echo.name), heard.append)
    bus.subscribe(Signal(NAME, "Heard"), lambda _: None)  # so that the bus delivers the others' too
    bus.has_owner(NAME)
    other = Bus(server.address, never_lost)
    other.emit(ECHO.path, NAME, "Heard", "s", ("from another",))
    other.has_owner(NAME)
    other.close()
    echo.emit(ECHO.path, NAME, "Heard", "s", ("before",))
    bus.call(ECHO, "Echo", "v", (("i", 1),))
    end()
    bus.has_owner(NAME)
    echo.emit(ECHO.path, NAME, "Heard", "s", ("after",))
    bus.call(ECHO, "Echo", "v", (("i", 1),))
    assert heard == [("before",)]


def test_a_name_is_watched_from_its_present_owner_on(server: PrivateBus, bus: Bus) -> None:
    owners: list[str] = []
    bus.watch_name(NAME, owners.append)
    await_true(lambda: owners == [""], 5, "nobody")
    other = Bus(server.address, never_lost)
    other.request_name(NAME)
    await_true(lambda: owners[-1] == other.name, 5, "an owner")
    other.release_name(NAME)
    await_true(lambda: owners[-1] == "", 5, "its release")
    other.request_name(NAME)
    await_true(lambda: owners[-1] == other.name, 5, "an owner again")
    other.close()
    await_true(lambda: owners[-1] == "", 5, "its end")


# --- the end ---------------------------------------------------------------------------------------------------------


def test_a_dying_bus_is_told_once_and_fails_those_who_wait(server: PrivateBus) -> None:
    told: list[BusError] = []
    answers: list[Values | BusError] = []
    bus = Bus(server.address, told.append)
    with open_dbus_connection(server.address) as mute:
        driver = DBusAddress(DRIVER.path, DRIVER.name, DRIVER.interface)
        mute.send_and_get_reply(new_method_call(driver, "RequestName", "su", (NAME, 4)))
        bus.send(ECHO, "Echo", done=answers.append, seconds=60)
        mute.receive(timeout=5)
        server.kill()
        await_true(lambda: told, 5, "the loss told")
    await_true(lambda: answers, 5, "the answer to who waited")
    assert isinstance(answers[0], BusError)
    assert "restart" in str(told[0])
    for _ in range(2):
        with pytest.raises(BusError):
            bus.call(DRIVER, "ListNames")
    bus.emit("/echo", NAME, "Heard", "s", ("a",))
    bus.run(lambda: told.clear())
    bus.close()
    assert len(told) == 1


def test_closing_tells_nobody_and_answers_those_who_wait(server: PrivateBus) -> None:
    bus = Bus(server.address, never_lost)
    answers: list[Values | BusError] = []
    with open_dbus_connection(server.address) as mute:
        driver = DBusAddress(DRIVER.path, DRIVER.name, DRIVER.interface)
        mute.send_and_get_reply(new_method_call(driver, "RequestName", "su", (NAME, 4)))
        bus.send(ECHO, "Echo", done=answers.append, seconds=60)
        bus.close()
        bus.close()
        assert isinstance(answers[0], BusError)
    bus.send(ECHO, "Echo", done=answers.append)
    assert isinstance(answers[1], BusError)


def test_a_bus_that_dies_while_we_leave_is_no_loss(server: PrivateBus) -> None:
    bus = Bus(server.address, never_lost)

    def leave() -> None:
        server.kill()
        bus.emit("/echo", NAME, "Heard", "s", ("into the void",))
        bus.close()

    bus.run(leave)
    await_true(lambda: "dbus" not in [thread.name for thread in threading.enumerate()], 10, "the thread's end")


def test_what_was_sent_before_closing_arrives(server: PrivateBus, bus: Bus) -> None:
    heard: list[Values] = []
    bus.subscribe(Signal(NAME, "Heard"), heard.append)
    bus.has_owner(NAME)
    other = Bus(server.address, never_lost)
    other.emit("/echo", NAME, "Heard", "s", ("the last word",))
    other.close()
    await_true(lambda: heard == [("the last word",)], 5, "the signal")


def test_nothing_is_left_open(server: PrivateBus) -> None:
    def use() -> None:
        bus = Bus(server.address, never_lost)
        bus.has_owner(NAME)
        bus.close()

    use()
    before = open_files()
    for _ in range(20):
        use()
    assert open_files() == before


def test_an_answer_that_breaks_is_reported(server: PrivateBus, caplog: pytest.LogCaptureFixture) -> None:
    told: list[BusError] = []
    bus = Bus(server.address, told.append)
    bus.run(lambda: [][0])
    await_true(lambda: told, 5, "the report")
    assert isinstance(told[0].__cause__, IndexError)
    assert "The thread dbus broke" in caplog.messages
    bus.close()


# --- no bus ----------------------------------------------------------------------------------------------------------


def test_no_session_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(BusError, match="no D-Bus session bus"):
        session_address()
    (tmp_path / "bus").touch()
    assert session_address() == f"unix:path={tmp_path}/bus"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    with pytest.raises(BusError, match="no D-Bus session bus"):
        session_address()


def test_an_address_where_nobody_listens(tmp_path: Path) -> None:
    for address in (f"unix:path={tmp_path}/bus", "tcp:host=localhost,port=1", "nonsense", ""):
        with pytest.raises(BusError, match="D-Bus message bus"):
            Bus(address, never_lost)


def test_a_listener_that_is_no_bus(tmp_path: Path) -> None:
    with socket.socket(socket.AddressFamily["AF_UNIX"]) as listener:
        listener.bind(f"{tmp_path}/bus")
        listener.listen()

        def hang_up() -> None:
            listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(BusError, match="cannot be reached"):
            Bus(f"unix:path={tmp_path}/bus", never_lost)
        thread.join()
