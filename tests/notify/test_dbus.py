"""Notifications on a real bus, with a service of the test's own."""

from __future__ import annotations

import pytest
from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection

from buses import PrivateBus
from desktop import await_true
from notifications import Shown, notification_service
from utterkey import notify
from utterkey.desktop.dbus import Bus
from utterkey.desktop.dbus_object import Remote
from utterkey.notify.dbus import NAME, BusNotifier

pytestmark = pytest.mark.system("linux")


def test_a_new_sentence_takes_the_place_of_the_old(server: PrivateBus, bus: Bus) -> None:
    notifier = BusNotifier(bus)
    with notification_service(server.address) as desktop:
        for sentence in ("The microphone is gone.", "The microphone is back."):
            notifier.notify(sentence)
            await_true(lambda: desktop.history[-1:] == [sentence], 5, sentence)  # noqa: B023 - awaited at once
        assert desktop.shown == {1: "The microphone is back."}


def test_a_service_that_was_restarted_counts_anew(server: PrivateBus, bus: Bus) -> None:
    """The number of our last notification may be another program's there, whose words must stay."""
    notifier = BusNotifier(bus)
    for _ in range(2):
        with notification_service(server.address) as desktop:
            for _ in range(2):
                before = len(desktop.history)
                notifier.notify("Hello.")
                await_true(lambda: len(desktop.history) > before, 5, "a notification")  # noqa: B023 - awaited at once
            assert desktop.replaced == [0, 1]
        bus.has_owner(NAME)  # answered after the news of the service's end


def test_a_burst_ends_with_the_last_sentence_and_one_notification(server: PrivateBus, bus: Bus) -> None:
    notifier = BusNotifier(bus)
    with notification_service(server.address) as desktop:
        for number in range(100):
            notifier.notify(f"Sentence {number}.")
        await_true(lambda: "Sentence 99." in desktop.shown.values(), 5, "the last sentence")
        assert list(desktop.shown) == [1]
        assert desktop.history == sorted(desktop.history, key=lambda sentence: int(sentence[9:-1]))


@pytest.mark.parametrize(
    ("capabilities", "body"),
    [(("body", "body-markup"), 'a &lt;b&gt; &amp; "c"'), (("body",), 'a <b> & "c"')],
    ids=["a service that reads markup", "a service that does not"],
)
def test_a_sentence_is_shown_as_it_is(server: PrivateBus, bus: Bus, capabilities: tuple[str, ...], body: str) -> None:
    with notification_service(server.address, capabilities) as desktop:
        BusNotifier(bus).notify('a <b> & "c"')
        await_true(lambda: desktop.shown, 5, "the notification")
        assert desktop.shown == {1: body}


def test_no_service_costs_nothing_and_a_later_one_is_used(server: PrivateBus, bus: Bus) -> None:
    notifier = BusNotifier(bus)
    notifier.notify("Nobody hears this.")
    bus.has_owner(NAME)  # answered after the refusal
    with notification_service(server.address) as desktop:
        notifier.notify("Somebody hears this.")
        await_true(lambda: desktop.shown, 5, "the notification")
        assert desktop.history == ["Somebody hears this."]


def test_a_service_that_hangs_is_given_up(server: PrivateBus, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("utterkey.notify.dbus._ANSWER_SECONDS", 0.1)
    notifier = BusNotifier(bus)
    with open_dbus_connection(server.address) as hanging:
        driver = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        hanging.send_and_get_reply(new_method_call(driver, "RequestName", "su", (NAME, 4)))
        notifier.notify("Nobody answers this.")
        hanging.receive(timeout=5)  # it is asked, and says nothing
        bus.call(the_bus_itself(), "ListNames")  # the bus itself goes on answering
    with notification_service(server.address) as desktop:
        await_true(lambda: notified(notifier, desktop), 5, "a notification after the silence")


def the_bus_itself() -> Remote:
    return Remote("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


def notified(notifier: BusNotifier, desktop: Shown) -> bool:
    notifier.notify("Somebody answers this.")
    return bool(desktop.shown)


def test_a_dead_bus_is_silent(server: PrivateBus) -> None:
    told: list[object] = []
    bus = Bus(server.address, told.append)
    notifier = notify.choose(bus, None)
    server.kill()
    await_true(lambda: told, 5, "the loss of the bus")
    notifier.notify("Nobody hears this.")
    notifier.close()
    bus.close()
