"""A life in virtual time: what the detector finds, exactly when, and how the people of the control room answer."""

import pytest

from alerts.detector import Decision
from alerts.effects import Found, Gone
from alerts.policy import Policy
from alerts.situation import Facts
from deploy.score import intake
from deploy.score.incidents import Incident
from deploy.score.virtual import Ears, Run
from elevator.faults import Priority
from elevator.model import Event, LiftClass
from elevator.topics import Kind
from tests.score_life import AT_A_LANDING, BEGIN, BETWEEN_FLOORS, Told, seconds

TRAVELLING = {"moving": True, "door_zone": False, "occupied": True}
DOOR_OPEN = {"door": "open", "door_zone": True, "occupied": False, "moving": False}


def stuck(*, until: float = 1000) -> Told:
    """A car that stops between floors at 100 s with somebody in it; the door opens `until` seconds after the start."""
    return (
        Told().at(5).at(80, **TRAVELLING).at(100, moving=False, **BETWEEN_FLOORS)
        .at(until, **DOOR_OPEN).at(until + 200)
    )  # fmt: skip


def only(incidents: list[Incident], kind: str = "rescue") -> Incident:
    found = [one for one in incidents if one.kind == kind]
    assert len(found) == 1, found
    return found[0]


def test_timers_run_exactly_when_they_are_due_although_samples_come_every_ten_seconds() -> None:
    rescue = only(stuck().incidents())
    assert (seconds(rescue.opened_at), seconds(rescue.confirmed_at)) == (120, 160)
    assert (rescue.reason, rescue.causes, rescue.asked_at) == ("outside_zone", ["outside_zone"], None)


def test_a_confirmed_rescue_is_released_three_minutes_after_the_last_person_is_out() -> None:
    rescue = only(stuck(until=1500).trapped(100, 1500).incidents())
    assert (rescue.ended, seconds(rescue.ended_at)) == ("released", 1680)


def test_a_confirmed_rescue_of_nobody_is_cancelled_when_the_crew_has_looked() -> None:
    rescue = only(stuck(until=1300).innocent(100, 1300).incidents())
    assert (rescue.ended, seconds(rescue.ended_at)) == ("cancelled", 160 + 600)


def test_an_answered_cause_that_is_still_true_asks_once_more() -> None:
    incidents = stuck(until=3000).innocent(100, 3000).incidents()
    assert [(seconds(one.opened_at), seconds(one.asked_at), one.ended) for one in incidents] == [
        (120, None, "cancelled"), (760 + 600, 760 + 600, "cancelled"),
    ]  # fmt: skip


def silenced(until: float = 1881) -> Told:
    """Moving with somebody, then nothing for a long time, then at a landing with the door open."""
    return Told().at(5).at(80, **TRAVELLING).silent(until - 1).at(until, **DOOR_OPEN).at(until + 200)


def test_silence_is_suspected_after_its_window_and_a_person_confirms_it_when_its_time_is_over() -> None:
    rescue = only(silenced().trapped(80, 1881, within_s=15, evident="asks").incidents())
    asked = 80 + 3 * 10 + 5 + 15
    assert (seconds(rescue.opened_at), seconds(rescue.asked_at)) == (asked, asked)
    assert (rescue.confirmed_at, seconds(rescue.person_at)) == (None, asked + 120)
    assert (rescue.ended, seconds(rescue.ended_at)) == ("released", 1881 + 180)


def test_a_person_who_finds_nobody_cancels_a_suspicion_that_waits() -> None:
    rescue = only(silenced(until=700).incidents())
    assert (rescue.ended, seconds(rescue.ended_at)) == ("cancelled", 130 + 120)


def test_a_person_does_not_confirm_before_the_rules_have_had_their_time() -> None:
    rescue = only(silenced().trapped(80, 1881, within_s=400).incidents())
    assert seconds(rescue.person_at) == 80 + 400 + 5


def test_silence_is_not_counted_while_nobody_listens() -> None:
    told = silenced(until=500)
    told.deaf = [(BEGIN + 70_000, BEGIN + 300_000)]
    rescue = only(told.incidents())
    assert seconds(rescue.opened_at) == 300 + 1 + 3 * 10 + 5 + 15


def restarted(back: float, **then: object) -> Told:
    """Stopped with somebody inside at 100 s; the platform is down from 110 s on, and what was said comes at `back`."""
    told = Told().at(5).at(80, **TRAVELLING).at(100, moving=False, **BETWEEN_FLOORS).silent(back).at(back, **then)
    told.deaf = told.down = [(BEGIN + 110_000, BEGIN + round(back * 1000))]
    return told.at(back + 400)


def test_nothing_is_decided_while_the_platform_itself_is_down() -> None:
    assert [one for one in restarted(300, **DOOR_OPEN).incidents() if one.kind == "rescue"] == []


def test_what_fell_due_while_the_platform_was_down_is_decided_when_the_queue_is_read() -> None:
    rescue = only(restarted(300, moving=False, **BETWEEN_FLOORS).incidents())
    assert (seconds(rescue.opened_at), seconds(rescue.confirmed_at)) == (301.001, 301.001)  # asked again a second later


def test_a_clock_runs_on_while_only_the_broker_is_away() -> None:
    told = restarted(300, **DOOR_OPEN)
    told.down = []
    assert seconds(only(told.incidents()).confirmed_at) == 160


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (0, (0, False)),
        (70, (None, False)),
        (99, (None, False)),
        (100, (None, True)),
        (101, (101, False)),
        (500, (101, False)),
    ],
)
def test_when_the_platform_listens(second: int, expected: tuple[int | None, bool]) -> None:
    assert Ears(0, [(70_000, 100_000)]).at(second * 1000) == (
        None if expected[0] is None else expected[0] * 1000, expected[1],
    )  # fmt: skip


def test_between_two_deafnesses_no_queue_is_read() -> None:
    ears = Ears(0, [(70_000, 100_000), (200_000, 230_000)])
    for now in range(0, 400_000, 500):
        steady = ears.steady_until(now)
        assert not any(ears.at(moment)[1] for moment in range(now, int(min(steady, 400_000)), 500))
    assert [ears.steady_until(now) for now in (0, 150_000)] == [70_000, 200_000]


def test_an_empty_silent_lift_is_offline_until_it_is_heard() -> None:
    offline = only(Told().at(5, **DOOR_OPEN).silent(600).at(601).incidents(), "offline")
    assert (seconds(offline.opened_at), seconds(offline.ended_at), offline.ended) == (5 + 50, 601, "cleared")


def test_a_danger_is_closed_by_a_person_as_nothing_else_ends_it() -> None:
    told = Told().at(5).event("overspeed").at(30).event("overspeed", active=False).at(1900)
    danger = only(told.incidents(), "danger")
    assert (danger.code, danger.ended, seconds(danger.ended_at)) == ("overspeed", "closed", 5 + 1800)


def test_what_comes_twice_counts_once() -> None:
    told = Told().at(5, occupied=True).event("alarm_button").again().at(6)
    taken = intake.take(told.lift, [*told.messages, told.messages[-1]], {})
    assert (taken.samples, taken.duplicates, taken.messages) == (3, 1, 6)
    told = Told().at(5, **DOOR_OPEN).event("door_held").event("door_held", active=False)
    told.messages.append(told.messages[-2])  # the active one once more, a moment after it was cleared
    assert not [one for one in told.at(30).incidents() if one.kind == "fault" and one.live]


def test_an_alarms_key_is_a_new_press_after_ten_minutes_and_the_same_before() -> None:
    def pressed(again: float) -> int:
        told = Told().at(5, occupied=True, door="closed").event("alarm_button", ts=7, seq=0)
        told.at(9).event("alarm_button", active=False, ts=8, seq=1)
        told.at(again).event("alarm_button", ts=7, seq=0).at(again + 30)
        return len([one for one in told.incidents() if one.kind == "rescue"])

    assert (pressed(300), pressed(1300)) == (1, 2)


def test_one_number_used_for_two_times_makes_two_samples() -> None:
    told = Told().at(5)
    (sample,) = intake.take(told.lift, told.messages[1:], {}).heard
    other = told.messages[1].payload.replace(str(BEGIN + 5000).encode(), str(BEGIN + 6000).encode())
    told.raw(Kind.TELEMETRY, other).raw(Kind.TELEMETRY, other).again()
    taken = intake.take(told.lift, told.messages[1:], {})
    assert (len(taken.heard), taken.duplicates, taken.heard[0]) == (2, 2, sample)


def test_an_unreadable_alarm_is_a_suspicion_that_waits() -> None:
    told = Told().at(5).raw(Kind.EVENT, b'{"code": "alarm_button", ').at(200)
    rescue = only(told.incidents())
    assert (rescue.reason, seconds(rescue.asked_at), rescue.ended) == ("alarm_pressed", 5, "cancelled")
    assert intake.take(told.lift, told.messages, {}).unreadable == 1


def test_what_is_no_alarm_and_cannot_be_read_opens_nothing() -> None:
    told = Told().at(5).raw(Kind.EVENT, b"{").raw(Kind.TELEMETRY, b"alarm_button").at(60)
    assert not told.incidents()
    assert intake.take(told.lift, told.messages, {}).unreadable == 2


def test_a_faulty_zone_sensor_is_a_fact_while_it_is_found() -> None:
    run = Run(facts=Facts(), policy=Policy(), ears=Ears(0), room=None)
    fault = {"kind": "fault", "code": "sensor_fault"}
    learnt = []
    for effect in (
        Found(reason="sensor_fault", priority=Priority.P4, **fault),
        Found(reason="door_zone", priority=Priority.P4, **fault),
        Gone(**fault),
    ):
        run._keep(Decision(effects=[effect]), 1, listening=None)
        learnt.append(run.facts.zone_sensor_fault)
    assert learnt == [False, True, False]


def test_no_rule_for_lifts_fires_on_an_escalator() -> None:
    told = Told(lift_class=LiftClass.ESCALATOR).at(5).at(80, **TRAVELLING).at(100, moving=False, **BETWEEN_FLOORS)
    assert not [one for one in told.at(600).incidents() if one.kind == "rescue"]


@pytest.mark.parametrize("told", [stuck(), stuck(until=150), silenced(), Told().at(9, **AT_A_LANDING).at(7000)])
def test_the_short_way_and_the_detector_say_the_same(told: Told) -> None:
    assert told.incidents(quick=True) == told.incidents(quick=False)


def test_a_policy_changes_what_is_found() -> None:
    policy = Policy()
    policy.rules["outside_zone"] = type(policy.rules["outside_zone"])(suspect_s=20, confirm_s=600)
    assert seconds(only(stuck(until=1200).incidents(policy)).confirmed_at) == 700


def test_an_event_is_read_as_what_it_is() -> None:
    told = Told().at(5).event("brake_failure")
    assert any(isinstance(item, Event) for _, item, _ in intake.take(told.lift, told.messages, {}).heard)
