"""The alarm button as timelines: presses, the filter, and what never filters (contract 5, "The button")."""

import pytest

from alerts.effects import Cleared, Confirmed, Found, Gone, Opened, PressedAgain
from elevator.faults import Priority
from elevator.model import LiftClass, Link
from tests.alerts_timeline import START, Car, near


def test_a_press_held_for_three_seconds_confirms() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button").at(10)
    assert near(car.seconds(Opened), 1)
    assert near(car.seconds(Confirmed), 4)


def test_a_press_held_by_the_lifts_own_clock_counts_when_it_comes_in_one_burst() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button", ts=START - 5000)
    car.event("alarm_button", active=False, ts=START - 1000).at(1)
    assert near(car.seconds(Confirmed), 1)


def test_a_second_press_within_a_minute_confirms() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button").at(2).event("alarm_button", active=False)
    car.at(40).event("alarm_button").event("alarm_button", active=False).at(50)
    assert near(car.seconds(Confirmed), 40)


def test_a_short_press_is_a_suspicion_for_a_minute() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button").at(2).event("alarm_button", active=False).at(100)
    assert near(car.seconds(Opened), 1)
    assert near(car.seconds(Cleared), 71)
    assert car.effects(Confirmed) == []


def test_a_press_in_an_open_car_is_filtered_until_that_ends() -> None:
    car = Car().at(0).sends(door="open").at(1).event("alarm_button")
    assert car.verdict.outcome == "filtered"
    car.at(20)
    assert car.effects(Opened) == []
    car.at(21).sends(door="closing")
    assert car.effects(Opened)[0].confirmed


def test_a_filtered_press_counts_when_the_open_door_is_no_longer_seen() -> None:
    """A sample older than its interval + 5 s never filters."""
    car = Car().at(0).sends(door="open").at(1).event("alarm_button").at(60)
    assert near(car.seconds(Opened), 35, within=0.1)


def test_a_press_and_release_in_an_open_car_leaves_nothing() -> None:
    car = Car().at(0).sends(door="open").at(1).event("alarm_button").at(2).event("alarm_button", active=False).at(200)
    assert car.effects(Opened) == []


def test_missing_state_never_filters() -> None:
    car = Car().at(1).event("alarm_button").at(5)
    assert near(car.seconds(Opened), 1)
    assert near(car.seconds(Confirmed), 4)


def test_pressed_while_moving_waits_for_the_car_to_stand() -> None:
    car = Car().at(0).sends(moving=True, door_zone=False, occupied=True).at(1).event("alarm_button")
    car.at(8).sends(moving=False, door_zone=True).at(30)
    assert near(car.seconds(Opened), 1)
    assert near(car.seconds(Confirmed), 18)


def test_pressed_while_moving_confirms_at_the_latest_after_a_minute() -> None:
    car = Car().at(0).sends(moving=True, occupied=True).at(1).event("alarm_button").every(5, 58, moving=True).at(70)
    assert near(car.seconds(Confirmed), 61)


def test_pressed_while_moving_and_the_door_opens_in_time() -> None:
    car = Car().at(0).sends(moving=True, occupied=True).at(1).event("alarm_button")
    car.at(2).event("alarm_button", active=False)
    car.at(8).sends(moving=False, door_zone=True).at(10).sends(door="open").at(30)
    assert car.effects(Confirmed) == []
    assert near(car.seconds(Cleared), 20)


def test_the_button_is_heard_in_inspection() -> None:
    car = Car().at(0).sends(mode="inspection").at(1).event("alarm_button").at(10)
    assert near(car.seconds(Confirmed), 4)


def test_a_new_press_on_a_live_rescue_rings_again() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button").at(10).event("alarm_button")
    assert near(car.seconds(PressedAgain), 10)
    assert len(car.effects(Opened)) == 1


def test_a_press_told_by_a_sample_and_by_an_event_is_one_press() -> None:
    car = Car().at(0).sends().at(1).sends(faults=["alarm_button"]).at(1.1).event("alarm_button")
    assert car.effects(Confirmed) == []
    assert car.effects(PressedAgain) == []


def test_a_button_stuck_for_half_an_hour_is_a_fault_too() -> None:
    car = Car().at(0).sends(door="open").event("alarm_button").every(30, 1830)
    assert [found.code for found in car.effects(Found)] == ["alarm_device_fault"]


def test_a_clear_that_overtook_its_press_leaves_no_button_stuck() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button", active=False, seq=9).event("alarm_button", seq=8).at(100)
    assert near(car.seconds(Opened), 1)
    assert car.effects(Confirmed) == []
    assert near(car.seconds(Cleared), 71)


def test_a_lasting_button_confirms_the_moment_the_open_door_closes() -> None:
    car = Car().at(0).sends(door="open").at(1).event("alarm_button").every(5, 40).at(41).sends(door="closed")
    assert [(s, e.confirmed) for s, e in car.log if isinstance(e, Opened)] == [(41.0, True)]


def test_a_filtered_press_counts_when_the_car_leaves_its_landing() -> None:
    car = Car().at(0).sends(door="open").at(1).event("alarm_button").at(2).sends(moving=True)
    assert near(car.seconds(Opened), 2)


def test_only_the_door_open_in_the_zone_filters() -> None:
    for state in ({"door": "open", "door_zone": False}, {"door": "opening"}, {"door": "open", "moving": True}):
        car = Car().at(0).sends(**state).at(1).event("alarm_button")
        assert car.verdict.outcome == "live", state
        assert near(car.seconds(Opened), 1)


def test_without_a_zone_signal_the_open_door_of_a_standing_car_filters() -> None:
    car = Car().at(0).sends(door="open", door_zone=None).at(1).event("alarm_button")
    assert car.verdict.outcome == "filtered"


@pytest.mark.parametrize(("interval", "gap", "filtered"), [(30, 35, True), (30, 35.1, False), (10, 15.1, False)])
def test_a_sample_filters_as_long_as_it_is_no_older_than_its_interval_and_five_seconds(
    interval: float, gap: float, filtered: bool
) -> None:
    car = Car().at(0).observe(Link(online=True, interval=interval)).sends(door="open").at(gap).event("alarm_button")
    assert (car.verdict.outcome == "filtered") is filtered


def test_a_sample_that_came_late_enough_to_be_stale_never_filters() -> None:
    """Fresh by its receipt, but taken 40 s ago: what it shows may be over."""
    car = Car().at(0).sends().at(60).sends(door="open", ts=START + 20_000).at(60.5).event("alarm_button")
    assert near(car.seconds(Opened), 60.5)


def test_a_late_sample_never_filters() -> None:
    car = Car().at(0).sends().at(10).sends(door="open", replay=True).at(11).event("alarm_button")
    assert near(car.seconds(Opened), 11)


def test_pressed_while_moving_the_door_that_opens_in_the_zone_filters_even_a_held_button() -> None:
    car = Car().at(0).sends(moving=True, occupied=True).at(1).event("alarm_button")
    car.at(8).sends(moving=False).at(12).sends(door="open").every(5, 60)
    assert car.effects(Confirmed) == []
    assert near(car.seconds(Cleared), 22)
    car.at(61).sends(door="closed")
    assert [(s, e.confirmed) for s, e in car.log if isinstance(e, Opened)] == [(1.0, False), (61.0, True)]


def test_pressed_while_moving_ten_seconds_count_from_the_last_stop() -> None:
    car = Car().at(0).sends(moving=True, occupied=True).at(1).event("alarm_button")
    car.at(5).sends(moving=False).at(12).sends(moving=True).at(20).sends(moving=False).at(40)
    assert near(car.seconds(Confirmed), 30)


def test_a_stale_movement_does_not_put_a_press_off() -> None:
    """Whether it moves is not known any more: three seconds are enough."""
    car = Car()
    car.listening = None
    car.at(0).sends(moving=True, occupied=True).at(50).event("alarm_button").at(60)
    assert near(car.seconds(Confirmed), 53)


def test_a_second_press_by_the_lifts_clock_counts_in_a_burst() -> None:
    car = Car().at(100).sends().event("alarm_button", ts=START).event("alarm_button", active=False, ts=START + 900)
    car.event("alarm_button", ts=START + 50_000)
    assert near(car.seconds(Confirmed), 100)


def test_presses_more_than_a_minute_apart_are_single_ones() -> None:
    car = Car().at(0).sends()
    for second in (1, 63, 125):
        car.at(second).event("alarm_button").at(second + 1).event("alarm_button", active=False)
    car.at(300)
    assert car.effects(Confirmed) == []
    assert near(car.seconds(Cleared), 195)  # each press came before the last suspicion was cleared


def test_a_short_press_ends_with_the_open_door() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button").at(2).event("alarm_button", active=False)
    car.at(20).sends(door="open").at(60)
    assert near(car.seconds(Cleared), 30)


def test_a_press_that_an_event_and_a_sample_tell_ends_when_neither_does() -> None:
    """One never clears the other: the sample still lists the button after the event has cleared it."""
    car = Car().at(0).sends().at(1).sends(faults=["alarm_button"]).at(1.1).event("alarm_button")
    car.at(1.5).event("alarm_button", active=False).at(10)
    assert near(car.seconds(Confirmed), 4)
    assert car.memory.button is not None
    assert car.memory.button.active
    car.sends(faults=[])
    assert not car.memory.button or not car.memory.button.active


def test_a_sample_taken_before_the_button_was_let_go_is_an_echo_not_a_second_press() -> None:
    """Events and telemetry travel apart: the sample comes after the event that is younger than it."""
    car = Car().at(0).sends().at(1).event("alarm_button").at(2).event("alarm_button", active=False)
    car.at(2.2).sends(faults=["alarm_button"], ts=START + 1500).at(2.4).sends(faults=[]).at(30)
    assert car.effects(Confirmed) == []
    car.at(31).sends(faults=["alarm_button"])
    assert near(car.seconds(Confirmed), 31)


def test_a_new_boot_lets_go_of_a_button_that_only_a_sample_listed() -> None:
    car = Car().at(0).sends().at(1).sends(faults=["alarm_button"]).at(2).event("battery_low", boot="b2", seq=0).at(200)
    assert car.effects(Confirmed) == []
    assert near(car.seconds(Cleared), 71)


def test_the_same_press_told_again_is_no_second_press() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button", seq=5, ts=START).at(6)
    assert near(car.seconds(Confirmed), 4)
    car.event("alarm_button", seq=5, ts=START)
    assert car.verdict.outcome == "duplicate"
    assert car.effects(PressedAgain) == []
    car.at(700).event("alarm_button", seq=5, ts=START, key_reused=True)
    assert near(car.seconds(PressedAgain), 700)


def test_a_stuck_button_stays_a_cause_and_adds_its_fault() -> None:
    car = Car().at(0).sends().event("alarm_button").every(30, 1830)
    assert [(found.code, found.priority) for found in car.effects(Found)] == [("alarm_device_fault", Priority.P2)]
    assert near([s for s, e in car.log if isinstance(e, Found)], 1800)
    assert car.memory.rescue is not None
    car.at(1840).event("alarm_button", active=False).at(1860)
    assert [gone.code for gone in car.effects(Gone)] == ["alarm_device_fault"]


def test_an_escalators_button_is_heard() -> None:
    car = Car(lift_class=LiftClass.ESCALATOR).at(0).event("alarm_button").at(5)
    assert near(car.seconds(Confirmed), 3)
