"""Players on a real bus: paused while somebody speaks, and only those play on that nobody touched."""

from __future__ import annotations

import pytest
from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection

from buses import PrivateBus
from desktop import Desktop, await_true
from media.player import Player
from panels import never_lost
from program import Program
from service import Service
from utterkey import media
from utterkey.desktop.dbus import Bus
from utterkey.media import Media, NoMedia
from utterkey.media.mpris import PREFIX

pytestmark = pytest.mark.system("linux")


@pytest.fixture
def ours(bus: Bus) -> Media:
    return media.choose(bus)


def test_what_plays_pauses_and_plays_on(server: PrivateBus, ours: Media) -> None:
    with (
        Player(server.address, "music", "Playing") as music,
        Player(server.address, "film", "Playing") as film,
        Player(server.address, "paused", "Paused") as paused,
        Player(server.address, "stopped", "Stopped") as stopped,
    ):
        for _ in range(3):
            ours.pause()
            await_true(lambda: {music.status, film.status} == {"Paused"}, 5, "both pause")
            ours.resume()
            await_true(lambda: {music.status, film.status} == {"Playing"}, 5, "both play on")
        assert (paused.told, stopped.told) == ([], [])
        assert music.told == ["Pause", "Play"] * 3


def test_a_player_the_user_has_touched_is_left_alone(server: PrivateBus, bus: Bus, ours: Media) -> None:
    with (
        Player(server.address, "played", "Playing") as played,
        Player(server.address, "twice", "Playing") as twice,
        Player(server.address, "stopped", "Playing") as stopped,
        Player(server.address, "other", "Playing") as other,
    ):
        everybody = [played, twice, stopped, other]
        ours.pause()
        await_true(lambda: all(player.told == ["Pause"] for player in everybody), 5, "all pause")
        settled(bus, everybody)
        played.by_the_user("Playing")
        twice.by_the_user("Playing")
        twice.by_the_user("Paused")
        stopped.by_the_user("Stopped")
        settled(bus, everybody)
        ours.resume()
        await_true(lambda: other.told == ["Pause", "Play"], 5, "the other plays on")
        assert [player.told for player in (played, twice, stopped)] == [["Pause"]] * 3
        assert [player.status for player in everybody] == ["Playing", "Paused", "Stopped", "Playing"]


def test_a_short_press_leaves_no_player_paused(server: PrivateBus, ours: Media) -> None:
    """The order to play on comes before the player was even asked."""
    with Player(server.address, "music", "Playing") as music:
        for _ in range(50):
            ours.pause()
            ours.resume()
        ours.pause()
        await_true(lambda: music.status == "Paused", 5, "the last order counts")
        ours.resume()
        await_true(lambda: music.status == "Playing", 5, "it plays on")


def test_players_that_hang_break_or_leave_hold_up_nobody(server: PrivateBus, ours: Media) -> None:
    with (
        open_dbus_connection(server.address) as mute,
        Player(server.address, "broken", "Playing", refuses=True) as broken,
        Player(server.address, "music", "Playing") as music,
    ):
        driver = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        mute.send_and_get_reply(new_method_call(driver, "RequestName", "su", (f"{PREFIX}mute", 4)))
        with Player(server.address, "leaving", "Playing") as leaving:
            ours.pause()
            await_true(lambda: music.status == leaving.status == "Paused", 5, "those that work pause")
        ours.resume()
        await_true(lambda: music.status == "Playing", 5, "it plays on")
        assert "Play" not in broken.told


def test_a_player_that_a_proxy_stands_for_is_told_once(server: PrivateBus, ours: Media) -> None:
    with (
        Player(server.address, "playerctld", "Playing") as proxy,
        Player(server.address, "music", "Playing") as music,
    ):
        ours.pause()
        await_true(lambda: music.status == "Paused", 5, "it pauses")
        assert proxy.told == []


def test_at_the_end_they_play_on_though_the_bus_is_left(server: PrivateBus) -> None:
    bus = Bus(server.address, never_lost)
    ours = media.choose(bus)
    with Player(server.address, "music", "Playing") as music:
        ours.pause()
        await_true(lambda: music.status == "Paused", 5, "it pauses")
        settled(bus, [music])
        ours.resume()
        bus.close()
        await_true(lambda: music.status == "Playing", 5, "it plays on")


def test_without_a_bus_there_is_nothing_to_pause() -> None:
    none = media.choose(None)
    assert isinstance(none, NoMedia)
    none.pause()
    none.resume()


def settled(bus: Bus, players: list[Player]) -> None:
    """Everything these players have said so far was received: what they answer comes after it."""
    for player in players:
        bus.call(player.remote, "Ping")


def test_a_dictation_pauses_the_music_and_lets_it_play_on(desktop: Desktop) -> None:
    with (
        Player(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], "music", "Playing") as music,
        Service() as service,
        Program(
            desktop, hotkey={"key": "f9"}, service={"endpoint": service.url}, audio={"pause_media": True}
        ) as program,
    ):
        desktop.key_down("F9")
        await_true(lambda: music.status == "Paused", 5, "the music pauses")
        program.wait_state("recording")
        desktop.key_up("F9")
        await_true(lambda: music.status == "Playing", 5, "the music plays on")
        desktop.key_down("F9")
        await_true(lambda: music.status == "Paused", 5, "the music pauses again")
        assert program.quit() == 0
        desktop.key_up("F9")
        await_true(lambda: music.status == "Playing", 5, "the music plays on when the daemon ends")
