"""What a lift has lost, power or link, and since when; and what a group of such lifts stands for."""

import pytest

from alerts import detector, outage
from alerts.effects import Found
from alerts.outage import Outage
from elevator.faults import Priority
from elevator.model import Link
from tests.alerts_timeline import START, Car

WINDOW = 95  # s: three intervals of 30 s, and 5 s


class Lift(Car):
    """A car whose losses are kept as the desk keeps them: after every message, and at every look."""

    lost = Outage()

    def _keep(self, decision: detector.Decision, listening: int | None) -> None:
        super()._keep(decision, listening)
        self.lost = outage.outage(
            self.memory, self.facts, self.lost, now=self.now, listening=listening, policy=self.policy
        )  # fmt: skip

    @property
    def power(self) -> float | None:
        return None if self.lost.power is None else (self.lost.power - START) / 1000

    @property
    def link(self) -> float | None:
        return None if self.lost.link is None else (self.lost.link - START) / 1000


@pytest.mark.parametrize("power", ["battery", "off"])
def test_power_is_lost_with_the_first_sample_that_says_so(power: str) -> None:
    lift = Lift().at(0).sends()
    assert lift.power is None
    lift.at(5).sends(power=power)
    assert lift.power == 5
    lift.at(30).sends(power=power)
    assert lift.power == 5
    assert lift.at(40).sends(power="mains").power is None


def test_the_code_counts_as_well_told_or_listed() -> None:
    lift = Lift().at(0).sends().at(1).event("power_loss")
    assert lift.power == 1
    assert lift.at(2).sends().power == 1  # a sample does not clear what an event has set
    assert lift.at(3).event("power_loss", active=False).power is None
    assert lift.at(4).sends(faults=["power_loss"]).power == 4
    assert lift.at(5).sends(faults=[]).power is None


def test_a_last_will_counts_from_when_it_is_heard_until_the_lift_is() -> None:
    lift = Lift().at(0).sends().at(5).observe(Link(online=False))
    assert lift.link == 5
    assert lift.at(300).link == 5
    assert lift.at(301).sends().link is None


def test_the_intake_receives_a_moment_before_it_decides() -> None:
    """A will was received at 5 s and decided about a little later: it counts at once all the same."""
    lift = Lift().at(0).sends().at(5).observe(Link(online=False))
    lost = outage.outage(
        lift.memory, lift.facts, Outage(), now=lift.now + 3, listening=None, policy=lift.policy
    )  # fmt: skip
    assert lost == Outage(link=START + 5000)


def test_without_a_last_will_the_link_is_lost_when_the_window_is_over() -> None:
    lift = Lift().at(0).sends()
    assert lift.at(WINDOW - 0.1).link is None
    assert lift.at(WINDOW).link == WINDOW  # before it is offline, 15 s later
    assert lift.effects(Found) == []
    assert lift.at(400).link == WINDOW
    assert len(lift.effects(Found)) == 1


def test_the_same_for_a_dangerous_silence_that_outlives_the_next_message() -> None:
    lift = Lift().at(0).sends(occupied=True).at(3).sends(moving=True)
    assert lift.at(3 + WINDOW + 100).link == 3 + WINDOW
    lift.at(300).sends(moving=False, door_zone=False)
    assert lift.link is None
    assert lift.memory.silence is not None  # the suspicion goes on
    assert lift.at(310).observe(Link(online=False)).link == 310
    assert lift.at(340).link == 310


def test_a_retained_loss_gets_its_window() -> None:
    lift = Lift().at(0).observe(Link(online=False), retained=True)
    assert lift.link is None
    assert lift.at(WINDOW).link == WINDOW


def test_a_loss_from_before_we_were_away_gets_a_full_window_from_when_we_listen_again() -> None:
    lift = Lift().at(0).sends().at(5).observe(Link(online=False))
    lift.listening = None
    lift.at(10)
    lift.listening = START + 60_000
    assert lift.at(60 + WINDOW - 1).link is None
    assert lift.at(60 + WINDOW + 1).link == 60 + WINDOW


def test_a_first_look_that_comes_late_counts_from_the_end_of_that_window() -> None:
    lift = Lift().at(0).sends().at(5).observe(Link(online=False))
    lift.listening = START + 60_000
    lift.due = START + (60 + WINDOW + 5) * 1000
    assert lift.at(60 + WINDOW + 5).link == 60 + WINDOW


def test_who_was_offline_before_does_not_fall_silent_anew() -> None:
    lift = Lift().at(0).sends().at(200)
    assert lift.link == WINDOW
    lift.listening = START + 3_600_000
    lift.due = START + 3_600_000
    assert lift.at(4000).link == WINDOW


def test_an_offline_lift_of_which_nothing_was_kept_is_no_new_loss() -> None:
    """As after an update: the memory knows that it is offline, the columns are new."""
    lift = Lift().at(0).sends().at(200)
    lift.lost = Outage()
    lift.due = START + 500_000
    assert lift.at(500).link == WINDOW


def found(kind: str, code: str, priority: Priority) -> Found:
    return Found(kind=kind, code=code, priority=priority, reason=code)


@pytest.mark.parametrize(
    ("finding", "area", "blind"),
    [
        (found("offline", "offline", Priority.P3), True, True),
        (found("fault", "power_loss", Priority.P2), True, False),
        (found("fault", "stopped_outside_zone", Priority.P2), True, False),
        (found("fault", "drive_fault", Priority.P3), True, False),
        (found("fault", "power_loss", Priority.P1), False, False),  # of an occupied car without a rescue
        (found("fault", "alarm_device_fault", Priority.P2), False, False),  # somebody may be pressing
        (found("fault", "sensor_fault", Priority.P4), False, False),  # rules go by it
        (found("fault", "other", Priority.P3), False, False),
        (found("danger", "overspeed", Priority.P1), False, False),
    ],
)
def test_a_group_stands_for_silent_lifts_and_an_area_for_empty_cars_faults(
    finding: Found, area: bool, blind: bool
) -> None:
    assert outage.is_folded(finding, {"area"}, empty=True) is area
    assert outage.is_folded(finding, {"area"}, empty=False) is (area and finding.kind == "offline")
    assert outage.is_folded(finding, {"blind"}, empty=True) is blind
    assert not outage.is_folded(finding, set(), empty=True)


def test_what_stands_is_what_is_true_now() -> None:
    lift = Lift().at(0).sends(power="off", occupied=False, door_zone=False).at(61)
    assert {(one.code, one.reason) for one in outage.standing(lift.memory)} == {
        ("power_loss", "power_lost"), ("stopped_outside_zone", "outside_zone"),
    }  # fmt: skip
    lift.sends(power="mains")
    assert {one.code for one in outage.standing(lift.memory)} == {"stopped_outside_zone"}
    assert outage.passed(lift.memory) == ["power_loss"]
    assert {(one.code, one.reason) for one in outage.standing(Lift().at(0).sends().at(200).memory)} == {
        ("offline", "silence")
    }


def test_a_code_that_was_told_stands_by_its_own_name_and_priority() -> None:
    lift = Lift().at(0).sends(occupied=False, faults=["drive_fault"]).at(20)
    (standing,) = outage.standing(lift.memory)
    assert (standing.code, standing.reason, standing.priority) == ("drive_fault", "drive_fault", Priority.P3)
    detector.close(lift.memory, kind="fault", code="drive_fault", now=lift.now)
    assert list(outage.standing(lift.memory)) == []


def test_a_fault_that_is_forgotten_is_told_anew() -> None:
    """It was folded while its lift was without power; alone without power again, it must be told."""
    lift = Lift().at(0).sends(power="off", occupied=False, faults=["power_loss"]).at(61)
    lift.at(62).sends(power="mains", faults=[]).at(80)
    assert outage.passed(lift.memory) == ["power_loss"]
    told = len(lift.effects(Found))
    outage.forget(lift.memory, "power_loss")
    lift.at(90).sends(power="off", faults=["power_loss"]).at(160)
    assert len(lift.effects(Found)) > told
