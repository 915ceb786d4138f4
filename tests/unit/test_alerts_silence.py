"""Lifts that stop talking, as timelines (contract 5, "Silence")."""

import pytest

from alerts.effects import CauseAdded, Cleared, Confirmed, Found, Gone, Opened
from elevator.faults import Priority
from elevator.model import LiftClass, Link
from tests.alerts_timeline import START, Car, near


def test_a_car_that_goes_silent_while_moving_with_someone_inside() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True).at(300)
    assert near(car.seconds(Opened), 3 + 95 + 15)
    assert car.effects(Opened)[0].waits
    assert car.effects(Confirmed) == []


def test_a_lost_link_counts_at_once() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True).at(5).observe(Link(online=False)).at(40)
    assert near(car.seconds(Opened), 20)


def test_a_retained_lost_link_gets_a_full_window() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True).at(5)
    car.observe(Link(online=False), retained=True).at(200)
    assert near(car.seconds(Opened), 5 + 95 + 15)


def test_a_harmless_silent_lift_is_offline_until_heard() -> None:
    car = Car().at(0).sends().at(200)
    assert [(e.kind, e.priority) for e in car.effects(Found)] == [("offline", Priority.P3)]
    car.at(210).sends()
    assert [(e.kind, e.code) for e in car.effects(Gone)] == [("offline", "offline")]


def test_silence_is_not_counted_while_we_do_not_listen() -> None:
    car = Car()
    car.listening = None
    car.at(0).sends(occupied=True).at(3).sends(moving=True).at(400)
    assert car.effects(Opened) == []
    car.listening = car.now
    car.at(800)
    assert near(car.seconds(Opened), 400 + 95 + 15, within=1.1)


def test_silence_stops_no_timer() -> None:
    car = Car().at(0).trapped().observe(Link(online=False)).at(70)
    assert near(car.seconds(Confirmed), 62)


def test_silence_ends_only_with_the_open_door_or_movement() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True).at(4).observe(Link(online=False)).at(30)
    car.sends(moving=False, door_zone=True).at(60)
    assert car.effects(Cleared) == []
    car.sends(door="open").at(80)
    assert near(car.seconds(Cleared), 70)


def gone_silent(**changes: object) -> Car:
    """Someone inside since second 0; the last word comes at second 3, the link is lost at second 4."""
    return Car().at(0).sends(occupied=True).at(3).sends(**changes).at(4).observe(Link(online=False))


@pytest.mark.parametrize("changes", [{"moving": True}, {"door_zone": False}, {"power": "battery"}, {"car_calls": 1}])
def test_silence_is_dangerous_when_moving_outside_the_zone_or_with_a_rule_running(changes: dict[str, object]) -> None:
    car = gone_silent(**changes).at(19.5)
    assert "silence" in [*car.causes(), *(added.cause for added in car.effects(CauseAdded))]


@pytest.mark.parametrize(
    "changes",
    [{}, {"moving": True, "mode": "inspection"}, {"door_zone": False, "mode": "firefighter"}, {"door": "open"}],
)
def test_silence_is_harmless_otherwise(changes: dict[str, object]) -> None:
    car = gone_silent(**changes).at(300)
    assert car.effects(Opened) == []
    assert [found.kind for found in car.effects(Found)] == ["offline"]
    assert near([s for s, e in car.log if isinstance(e, Found)], 19)


def test_an_empty_car_that_goes_silent_in_motion_is_offline() -> None:
    car = Car().at(0).sends(moving=True).at(4).observe(Link(online=False)).at(100)
    assert (car.effects(Opened), [found.kind for found in car.effects(Found)]) == ([], ["offline"])


@pytest.mark.parametrize(("interval", "window"), [(1, 8), (30, 95), (60, 185), (None, 95), (500, 185)])
def test_the_window_is_three_intervals_and_five_seconds(interval: float | None, window: float) -> None:
    car = Car().at(0).observe(Link(online=True, interval=interval)).sends(occupied=True).at(3).sends(moving=True)
    assert near(car.at(300).seconds(Opened), 3 + window + 15)


def test_any_message_that_is_not_late_starts_the_window_anew() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True)
    car.at(60).event("battery_low").at(120).observe(Link(online=True)).at(180)
    car.sends(moving=True, replay=True)  # does not count as heard
    assert near(car.at(400).seconds(Opened), 230)


def test_a_newer_message_undoes_a_lost_link() -> None:
    car = gone_silent(moving=True).at(10).sends(moving=True).at(90)
    assert car.effects(Opened) == []


def test_a_live_loss_after_a_retained_one_counts_at_once() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True).at(5).observe(Link(online=False), retained=True)
    car.at(20).observe(Link(online=False)).at(60)
    assert near(car.seconds(Opened), 35)


def test_a_retained_link_that_is_up_again_undoes_the_loss_but_is_no_word_from_the_lift() -> None:
    """We were away when it came back; the broker tells only that the link is up."""
    car = gone_silent(moving=True).at(10)
    car.observe(Link(online=True), retained=True).at(200)
    assert near(car.seconds(Opened), 3 + 95 + 15)


def test_a_link_lost_before_we_listened_gets_a_full_window() -> None:
    car = gone_silent(moving=True)
    car.listening = START + 8000
    assert near(car.at(300).seconds(Opened), 8 + 95 + 15)


def test_silence_adds_its_cause_to_a_live_rescue() -> None:
    car = Car().at(0).trapped().at(40).observe(Link(online=False)).at(70)
    assert [(s, e.cause) for s, e in car.log if isinstance(e, CauseAdded)] == [(55.0, "silence")]
    assert near(car.seconds(Confirmed), 62)


def test_movement_ends_silence_three_seconds_after_the_first_fresh_sample_that_shows_it() -> None:
    car = gone_silent(moving=True).at(40).sends(moving=True).at(42.9)
    assert car.memory.silence is not None
    car.at(60)
    assert near(car.seconds(Cleared), 53)


def test_movement_seen_for_a_moment_before_the_link_is_lost_again_ends_nothing() -> None:
    car = gone_silent(moving=True).at(40).sends(moving=True).at(41).observe(Link(online=False)).at(300)
    assert car.effects(Cleared) == []


@pytest.mark.parametrize("mode", ["inspection", "firefighter"])
def test_a_mode_that_switches_the_rules_off_ends_silence(mode: str) -> None:
    car = gone_silent(moving=True).at(40).sends(mode=mode).at(60)
    assert near(car.seconds(Cleared), 50)


def test_late_data_do_not_end_silence_but_become_the_last_known_state() -> None:
    car = gone_silent(moving=True).at(40).sends(moving=False, door="open", replay=True).at(300)
    assert car.effects(Cleared) == []
    harmless = gone_silent().at(100)  # offline
    harmless.sends(moving=True, ts=harmless.now - 10_000, replay=True).at(101)
    assert harmless.causes() == ["silence"]


def test_silence_does_not_count_for_other_classes() -> None:
    car = Car(lift_class=LiftClass.HOIST).at(0).sends(occupied=True, door_zone=False).at(300)
    assert (car.effects(Opened), [found.kind for found in car.effects(Found)]) == ([], ["offline"])


def test_a_lift_never_heard_is_not_silent() -> None:
    assert Car().at(0).observe(Link(online=True), retained=True).at(900).log == []
