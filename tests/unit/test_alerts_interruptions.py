"""Conditions that flicker, and how a suspicion looks ahead, as timelines (contract 5, "Interruptions"; 6)."""

from alerts.effects import CauseAdded, Cleared, Confirmed, Expected, Opened, Recovered
from elevator.model import Link
from tests.alerts_timeline import START, Car, near


def test_just_under_three_seconds_goes_on_and_three_seconds_start_anew() -> None:
    car = Car().at(0).trapped().at(10).sends(moving=True).at(12.9).sends(moving=False).at(40)
    assert near(car.seconds(Opened), 22)
    car = Car().at(0).trapped().at(10).sends(moving=True).at(13).sends(moving=False).at(40)
    assert near(car.seconds(Opened), 33)


def test_nobody_looking_does_not_make_an_interruption_shorter() -> None:
    car = Car().at(0).trapped().at(10).sends(moving=True)
    car.due = None
    car.at(18).sends(moving=False).at(45)
    assert near(car.seconds(Opened), 38)


def test_a_suspicion_due_in_an_interruption_waits_for_its_end() -> None:
    car = Car().at(0).trapped().at(21).sends(moving=True).at(23).sends(moving=False).at(70)
    assert near(car.seconds(Opened), 23)
    assert near(car.seconds(Confirmed), 62)


def test_many_short_interruptions_are_one_condition() -> None:
    car = Car().at(0).trapped()
    for second in range(5, 60, 5):
        car.at(second).sends(moving=True).at(second + 2).sends(moving=False)
    car.at(70)
    assert near(car.seconds(Opened), 22)
    assert near(car.seconds(Confirmed), 62)


def test_the_open_door_in_the_zone_ends_it_even_within_an_interruption() -> None:
    car = Car().at(0).trapped().at(10).sends(moving=True).at(11).sends(moving=False, door_zone=True, door="open")
    car.at(12).trapped().at(40)
    assert near(car.seconds(Opened), 32)  # the sensor has said so all along


def test_a_cause_back_within_ten_seconds_keeps_the_suspicion() -> None:
    car = Car().at(0).trapped().at(30).sends(moving=True).at(38).sends(moving=False).at(100)
    assert car.effects(Cleared) == []
    assert len(car.effects(Opened)) == 1
    assert near(car.seconds(Confirmed), 98)


def test_a_suspicion_ends_when_the_last_of_several_causes_has_been_gone_for_ten_seconds() -> None:
    car = Car().at(0).trapped().at(25).event("alarm_button").event("alarm_button", active=False)
    car.at(30).sends(moving=True).at(120)
    assert [added.cause for added in car.effects(CauseAdded)] == ["alarm_pressed"]
    assert near(car.seconds(Cleared), 95)


def test_a_cause_that_comes_back_after_recovery_is_told_anew() -> None:
    car = Car().at(0).trapped().at(70).sends(door_zone=True, door="open", occupied=False).at(100)
    assert near(car.seconds(Recovered), 80)
    car.trapped().at(125)
    assert [(s, e.cause) for s, e in car.log if isinstance(e, CauseAdded)] == [(122.0, "outside_zone")]
    assert len(car.effects(Opened)) == 1


# --- what a suspicion waits for --------------------------------------------------------------------------------


def outlook(car: Car) -> tuple[float | None, bool]:
    """When the suspicion would confirm by itself, and whether it waits for a person."""
    rescue = car.memory.rescue
    assert rescue is not None
    return None if rescue.confirm_at is None else (rescue.confirm_at - START) / 1000, rescue.waits


def test_a_suspicion_knows_when_it_confirms() -> None:
    car = Car().at(0).trapped().at(30)
    assert outlook(car) == (62.0, False)
    assert car.effects(Opened)[0].confirm_at == START + 62_000


def test_an_earlier_cause_brings_the_confirmation_forward_and_its_end_takes_it_away() -> None:
    car = Car().at(0).trapped().at(30).sends(safety_chain="open").at(35)
    assert outlook(car) == (62.0, False)
    car = Car().at(0).sends(occupied=True).at(3).sends(power="off").at(20)
    assert outlook(car) == (63.0, False)
    car.at(21).event("alarm_button")
    assert outlook(car) == (24.0, False)
    car.at(22).event("alarm_button", active=False)
    assert outlook(car) == (63.0, False)
    car.at(30).sends(power="mains").at(40)
    assert outlook(car) == (None, False)
    assert [effect.confirm_at and (effect.confirm_at - START) // 1000 for effect in car.effects(Expected)] == [
        24, 63, None,
    ]  # fmt: skip


def test_a_pressed_button_confirms_after_three_seconds_a_short_press_not_at_all() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button")
    assert outlook(car) == (4.0, False)
    car.at(2).event("alarm_button", active=False)
    assert outlook(car) == (None, False)


def ending(car: Car) -> float | None:
    """When the suspicion would be cleared by itself, in seconds of the timeline."""
    rescue = car.memory.rescue
    assert rescue is not None
    return None if rescue.clear_at is None else (rescue.clear_at - START) / 1000


def test_a_short_press_knows_when_it_is_cleared_and_a_second_one_takes_that_back() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button")
    assert ending(car) is None
    car.at(2).event("alarm_button", active=False)
    assert ending(car) == 71.0  # a minute after the press, and ten seconds in which nothing may come back
    assert car.effects(Expected)[-1] == Expected(confirm_at=None, clear_at=START + 71_000)
    car.at(65)
    assert ending(car) == 71.0
    car.at(71.1)
    assert car.seconds(Cleared) == [71.0]
    car = Car().at(0).sends().at(1).event("alarm_button").at(2).event("alarm_button", active=False)
    car.at(30).event("alarm_button")
    assert ending(car) is None
    assert len(car.effects(Confirmed)) == 1


def test_a_suspicion_whose_cause_is_gone_knows_when_it_is_cleared() -> None:
    car = Car().at(0).trapped().at(30)
    assert ending(car) is None
    car.sends(door_zone=True, door="open").at(31)
    assert ending(car) == 40.0
    car.trapped().at(32)
    assert ending(car) is None


def test_one_cause_without_an_end_keeps_the_suspicion() -> None:
    car = Car().at(0).trapped().at(30).event("alarm_button").at(31).event("alarm_button", active=False)
    assert outlook(car) == (62.0, False)
    assert ending(car) is None


def test_a_press_in_a_moving_car_confirms_in_a_minute_and_sooner_once_it_stands() -> None:
    car = Car().at(0).sends(moving=True, occupied=True).at(1).event("alarm_button")
    assert outlook(car) == (61.0, False)
    car.at(20).sends(moving=False)
    assert outlook(car) == (30.0, False)


def test_silence_added_to_a_suspicion_that_decides_itself_makes_it_wait_too() -> None:
    car = Car().at(0).sends(occupied=True).at(1).event("alarm_button").event("alarm_button", active=False)
    car.at(5).sends(moving=True).at(6).observe(Link(online=False)).at(25)
    assert [(added.cause, added.waits) for added in car.effects(CauseAdded)] == [("silence", True)]
    assert outlook(car)[1] is True
    assert car.at(300).effects(Cleared) == []
