"""One rescue at a time, and the next one that is not hidden, as timelines (contract 5)."""

from alerts import detector
from alerts.effects import CauseAdded, Cleared, Confirmed, Opened, Recovered
from elevator.model import Link
from tests.alerts_timeline import Car, near


def test_another_rule_adds_its_cause_to_the_one_rescue() -> None:
    car = Car().at(0).trapped().at(30).event("alarm_button").at(70)
    assert len(car.effects(Opened)) == 1
    assert [effect.cause for effect in car.effects(CauseAdded)] == ["alarm_pressed"]
    assert near(car.seconds(Confirmed), 33)


def answered(seconds: float) -> Car:
    car = Car().at(0).trapped().every(30, 90).at(seconds)
    detector.answer(car.memory, now=car.now)
    car.due = car.now
    return car


def test_an_answered_cause_opens_nothing_until_it_was_false_once() -> None:
    car = answered(100).every(30, 300)
    assert len(car.effects(Opened)) == 1
    car.sends(door_zone=True, door="open", occupied=False).at(310).trapped().at(400)
    assert len(car.effects(Opened)) == 2
    assert len(car.effects(Confirmed)) == 2


def test_an_answered_cause_still_true_after_ten_minutes_asks_once() -> None:
    car = answered(100).every(30, 3000)
    openings = car.effects(Opened)
    assert len(openings) == 2
    assert openings[1].waits
    assert openings[1].answered
    assert near(car.seconds(Opened), 22, 700, within=1)
    assert len(car.effects(Confirmed)) == 1
    detector.answer(car.memory, now=car.now)
    car.every(30, 6000)
    assert len(car.effects(Opened)) == 2


def test_an_answered_cause_that_asks_and_flaps_is_not_cleared_while_it_is_there() -> None:
    """Its code stays, so it has not been false; only whether somebody is inside comes and goes."""
    car = Car().at(0).sends(occupied=True, door="closed").at(3).event("overtravel_top").at(5)
    detector.answer(car.memory, now=car.now)
    car.due = car.now
    car.every(30, 700, occupied=True)
    assert [opened.waits for opened in car.effects(Opened)] == [False, True]
    car.sends(door="open", door_zone=True, occupied=False).at(703).sends(door="closed", occupied=True).at(706)
    car.every(5, 760)
    assert car.effects(Cleared) == []
    car.sends(door="open", door_zone=True, occupied=False).at(800)
    assert len(car.effects(Cleared)) == 1


def test_a_new_press_after_release_opens_the_next_rescue() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button").at(10)
    detector.answer(car.memory, now=car.now)
    car.due = car.now
    car.at(60)
    assert len(car.effects(Opened)) == 1
    car.event("alarm_button").at(64)
    assert len(car.effects(Opened)) == 2


def test_each_of_several_answered_causes_waits_until_it_was_false_itself() -> None:
    car = Car().at(0).trapped(safety_chain="open").every(30, 90)
    car.ended_by_a_person().sends(safety_chain="closed").every(20, 200)
    assert set(car.memory.answered) == {"outside_zone"}
    car.sends(safety_chain="open").at(215)
    assert near(car.seconds(Opened), 12, 200)
    assert car.causes() == ["chain_open", "chain_open"]


def test_a_new_cause_after_release_opens_the_next_rescue_at_once() -> None:
    car = Car().at(0).trapped().every(30, 90)
    car.ended_by_a_person().event("entrapment")
    assert car.causes() == ["outside_zone", "controller_says"]
    assert car.effects(Opened)[1].confirmed


def test_a_cancelled_suspicion_answers_its_causes_too() -> None:
    car = Car().at(0).trapped().at(30)
    car.ended_by_a_person().every(30, 600)
    assert len(car.effects(Opened)) == 1
    car.every(30, 700)
    assert [opened.waits for opened in car.effects(Opened)] == [False, True]
    assert car.effects(Confirmed) == []


def test_a_cause_that_was_gone_when_the_rescue_ended_is_new_when_it_comes_back() -> None:
    car = Car().at(0).trapped().at(70).sends(moving=True).at(80)
    car.ended_by_a_person().at(85).sends(moving=False).at(120)
    assert near(car.seconds(Opened), 22, 105)


def test_the_button_is_false_once_cleared_not_while_filtered() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button").at(10)
    car.ended_by_a_person().sends(door="open").every(10, 60).at(61).sends(door="closed").every(10, 200)
    assert len(car.effects(Opened)) == 1
    car.event("alarm_button", active=False).at(210)
    assert car.memory.answered == {}
    car.event("alarm_button").at(220)
    assert len(car.effects(Opened)) == 2


def test_a_button_still_held_after_release_asks_once_after_ten_minutes() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button").at(10)
    car.ended_by_a_person().every(30, 1500)
    assert [(opened.cause, opened.waits, opened.confirmed) for opened in car.effects(Opened)] == [
        ("alarm_pressed", False, False), ("alarm_pressed", True, False),
    ]  # fmt: skip
    assert len(car.effects(Confirmed)) == 1


def test_silence_that_goes_on_after_release_asks_once() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True).at(4).observe(Link(online=False)).at(30)
    car.ended_by_a_person().at(5000)
    assert near(car.seconds(Opened), 19, 630)
    assert [opened.waits for opened in car.effects(Opened)] == [True, True]


def test_an_asked_suspicion_ends_when_its_cause_does() -> None:
    car = Car().at(0).trapped().every(30, 90)
    car.ended_by_a_person().every(30, 720).sends(door_zone=True, door="open", occupied=False).at(760)
    assert near(car.seconds(Cleared), 730)
    assert car.memory.answered == {}


def test_an_answered_cause_adds_itself_to_a_rescue_that_lives_by_then() -> None:
    car = Car().at(0).trapped().every(30, 90)
    car.ended_by_a_person().event("entrapment").every(30, 720)
    assert len(car.effects(Opened)) == 2
    assert [(added.cause, added.waits) for added in car.effects(CauseAdded)] == [("outside_zone", True)]


def test_a_reported_rescue_is_joined_by_what_the_rules_find() -> None:
    car = Car().at(0).sends()
    detector.adopt(car.memory, rescue_id="i1", cause="caller", confirmed=True)
    car.trapped().every(30, 120)
    assert car.effects(Opened) == []
    assert [added.cause for added in car.effects(CauseAdded)] == ["outside_zone"]
    car.sends(door_zone=True, door="open", occupied=False).at(200)
    assert car.effects(Recovered) == []  # nothing that a lift sends speaks against a caller


def test_a_suspicion_confirmed_by_a_person_is_not_confirmed_again() -> None:
    car = Car().at(0).trapped().at(30)
    detector.confirm(car.memory)
    car.every(10, 200)
    assert car.effects(Confirmed) == []
    assert car.memory.rescue is not None
    assert car.memory.rescue.confirm_at is None


def test_an_unreadable_alarm_on_a_suspicion_keeps_it_until_a_person_ends_it() -> None:
    car = Car().at(0).trapped().at(30)
    detector.adopt(car.memory, rescue_id="i1", cause="alarm_pressed", confirmed=False, sticky=True)
    car.sends(door_zone=True, door="open", occupied=False).at(600)
    assert car.effects(Cleared) == []
