"""Why there is an alarm, or none: what a dispatcher reads, on a timeline."""

from typing import Any

from alerts import detector, part_words, parts
from alerts.explain import Explained, State, explain
from alerts.rules import catalogue
from api.explaining import rule
from elevator.model import LiftClass
from tests.alerts_timeline import START, Car


def told(car: Car, rule: str) -> Explained:
    found = explain(car.memory, car.facts, now=car.now, policy=car.policy, listening=car.listening)
    return next(one for one in found.rules if one.rule == rule)


def second(moment: int | None) -> float | None:
    return None if moment is None else (moment - START) / 1000


def evidence(car: Car, rule: str) -> dict[str, Any]:
    """As `alerts.opening` keeps it with an incident."""
    found = explain(car.memory, car.facts, now=car.now, policy=car.policy, listening=car.listening)
    threshold = car.policy.rules[rule]
    began = parts.since(rule, found.memory)
    return {
        "rule": rule, "lasted_s": None if began is None else (car.now - began) / 1000,
        "thresholds": {"suspect_s": threshold.suspect_s, "confirm_s": threshold.confirm_s},
        "parts": [one.stored() for one in parts.decided(rule, found.memory, found.seen, car.policy)],
    }  # fmt: skip


def test_a_condition_runs_suspects_and_confirms() -> None:
    car = Car().at(0).trapped().at(5)
    one = told(car, "outside_zone")
    assert one.state is State.RUNNING
    assert (second(one.since), second(one.suspects_at), second(one.confirms_at)) == (2, 22, 62)
    assert told(car.at(21.9), "outside_zone").state is State.RUNNING
    assert told(car.at(22), "outside_zone").state is State.SUSPECTED
    assert told(car.at(61.9), "outside_zone").state is State.SUSPECTED
    one = told(car.at(62), "outside_zone")
    assert (one.state, one.cause, one.suspects_at, one.confirms_at) == (State.CONFIRMED, True, None, None)


def test_what_is_missing_is_named_with_what_was_seen() -> None:
    """A car at a landing with somebody in it: all but the zone."""
    car = Car().at(0).sends(occupied=True).at(5)
    one = told(car, "outside_zone")
    assert one.state is State.IDLE
    assert [(part.key, part.holds) for part in one.parts] == [
        ("mode", True), ("stopped", True), ("outside", False), ("occupied", True),
    ]  # fmt: skip
    outside = part_words.part(one.parts[2].stored())
    assert outside["any_of"][0]["seen"] == {"zh": "在区域内", "en": "in the zone"}


def test_no_sensor_is_unknown_and_no_reason() -> None:
    car = Car().at(0).sends(occupied=None, power="off")
    occupied = told(car, "power_lost").parts[-1]
    assert (occupied.key, occupied.holds) == ("occupied", None)
    assert part_words.part(occupied.stored())["seen"]["en"] == "unknown"


def test_a_mode_switches_off_and_says_so() -> None:
    car = Car().at(0).trapped(mode="inspection").at(90)
    assert told(car, "outside_zone").state is State.SWITCHED_OFF
    assert told(car, "danger_occupied").state is State.SWITCHED_OFF
    assert told(car, "alarm_pressed").state is State.IDLE


def test_an_escalator_is_asked_for_three_rules_only() -> None:
    car = Car(lift_class=LiftClass.ESCALATOR).at(0).trapped().at(90)
    assert told(car, "outside_zone").state is State.OTHER_CLASS
    assert told(car, "controller_says").state is State.IDLE


def test_an_answered_cause_tells_when_it_is_asked_about_again() -> None:
    car = Car().at(0).trapped().at(70).ended_by_a_person().at(100)
    one = told(car, "outside_zone")
    assert (one.state, second(one.asks_again_at)) == (State.ANSWERED, 670)
    one = told(car.every(20, 680), "outside_zone")
    assert (one.state, one.cause) == (State.SUSPECTED, True)


def test_silence_runs_from_when_it_counts() -> None:
    """Three intervals of 30 s and 5 s, then 15 s."""
    car = Car().at(0).trapped(moving=True).at(94)
    assert told(car, "silence").state is State.IDLE
    one = told(car.at(96), "silence")
    assert (one.state, second(one.suspects_at)) == (State.RUNNING, 110)
    one = told(car.at(110), "silence")
    assert (one.state, one.never_confirms) == (State.SUSPECTED, True)


def test_a_danger_that_only_its_samples_show_is_named() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True, door="open", door_zone=False, position=20.0)
    car.every(1, 10, position=24.0)
    one = told(car, "danger_occupied")
    assert one.state is State.CONFIRMED
    assert parts.combined(one.parts)
    assert part_words.part(one.parts[1].stored())["seen"]["en"] == "Moving with its door open"


def test_a_long_stay_counts_from_its_beginning() -> None:
    car = Car().at(0).sends(occupied=True).every(30, 300)
    one = told(car, "long_stay")
    assert (one.state, second(one.since), second(one.suspects_at)) == (State.RUNNING, 0, 600)
    assert [part.key for part in one.parts if part.holds is not True] == ["stays"]
    assert told(car.every(30, 600), "long_stay").state is State.SUSPECTED
    no_sensor = Car().at(0).sends(occupied=None).every(30, 600)
    assert told(no_sensor, "long_stay").state is State.IDLE


def test_a_car_that_says_it_moves_and_does_not() -> None:
    car = Car().at(0).sends(moving=True, occupied=True, position=12.0).every(20, 40)
    assert [part.key for part in told(car, "no_progress").parts if part.holds is not True] == ["same_place"]
    assert told(car.every(20, 60), "no_progress").state is State.SUSPECTED


def test_a_persons_report_stands_until_it_is_ended() -> None:
    car = Car().at(0).sends()
    detector.adopt(car.memory, rescue_id="r", cause="caller", confirmed=True)
    assert told(car, "caller").state is State.CONFIRMED
    assert told(Car().at(0).sends(), "caller").state is State.IDLE


def test_the_sentence_of_an_incident_says_why_and_why_now() -> None:
    car = Car().at(0).trapped(people=2).at(62)
    why = part_words.why(evidence(car, "outside_zone"))
    assert why == {
        "en": "The car stands, outside the door zone, someone is inside (by its sensor). It had lasted 60 s when this was decided; suspected after 20 s, confirmed after 60 s.",
        "zh": "轿厢停止，在开锁区域外，轿厢内有人（依据传感器）。至判定时已持续 60 秒；满 20 秒列为疑似，"
              "满 60 秒确认。",
    }  # fmt: skip


def test_the_sentence_of_a_silence_tells_how_long_and_in_what_state() -> None:
    car = Car().at(0).trapped(moving=True).at(110)
    why = part_words.why(evidence(car, "silence"))
    assert why is not None
    assert "nothing for 110 s, 110 s needed" in why["en"]
    assert "never confirms by itself" in why["en"]


def test_an_empty_car_says_what_was_missing() -> None:
    car = Car().at(0).trapped(occupied=False).at(70)
    why = part_words.why(evidence(car, "outside_zone"), kind="fault", code="stopped_outside_zone")
    assert why is not None
    assert "but not: someone is inside (empty by its sensor)" in why["en"]


def test_what_no_rule_decided_has_no_reason_of_a_rule() -> None:
    assert part_words.why({}) is None
    assert part_words.why({"rule": "caller"}) is None
    code = part_words.why({"rule": "overspeed", "parts": []}, kind="danger", code="overspeed")
    assert code == {"zh": "故障码成立：超速。", "en": "Its code is active: Overspeed."}


def test_the_headline_names_the_nearest_rule() -> None:
    def headline(car: Car, *, heard: bool = True) -> str:
        found = explain(car.memory, car.facts, now=car.now, policy=car.policy, listening=car.listening)
        return part_words.headline([rule(one, car.policy, car.now) for one in found.rules], heard=heard)["en"]

    at_rest = Car().at(0).sends(door="open")
    assert headline(at_rest) == "No rule holds, and none is near."
    assert headline(Car(), heard=False) == "Nothing was ever heard of this lift."
    waiting = Car().at(0).sends(occupied=True, door="open").at(3)
    assert "Nearest is “Stopped outside the door zone with someone inside”, only missing" in headline(waiting)
    assert headline(Car().at(0).trapped().at(5)).startswith("Not for long enough yet: “Stopped outside")
    assert headline(Car().at(0).trapped().at(63)).startswith("There is one, confirmed: “Stopped outside")


def test_every_rule_has_a_title() -> None:
    for one in catalogue.RULES:
        assert part_words.rule_title(one.id)["en"] != one.id
