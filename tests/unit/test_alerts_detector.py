"""The decision that someone is trapped, told as timelines: what a car sends, and what follows when (contract 5)."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from alerts import detector, memory
from alerts.effects import CauseAdded, Cleared, Confirmed, Effect, Found, Gone, Opened, PressedAgain, Recovered
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.situation import Facts
from elevator.faults import Priority
from elevator.model import Event, LiftClass, Link, Sample

START = 1_700_000_000_000  # ms


class Car:
    """A car on a timeline: `at(seconds)` lets every timer run that is due before, as the dispatch worker would.

    Its memory goes through the database's form at every step, so that every test is also one of a restart.
    """

    def __init__(self, *, lift_class: LiftClass | None = LiftClass.TRACTION, clock_off_s: float = 0) -> None:
        self.memory = Memory()
        self.facts = Facts(lift_class=lift_class)
        self.policy = Policy()
        self.now = START
        self.clock_off = int(clock_off_s * 1000)
        self.listening: int | None = START
        self.due: int | None = None
        self.log: list[tuple[float, Effect]] = []
        self.seq = 0
        self.event_seq = 0
        self.verdict = detector.Verdict()
        self.state: dict[str, Any] = {
            "mode": "normal", "floor": "4", "moving": False, "door_zone": True, "door": "closed", "occupied": False,
        }  # fmt: skip

    def at(self, seconds: float) -> "Car":
        target = START + round(seconds * 1000)
        for _ in range(10_000):
            due = self.due
            if due is None or due > target:
                break
            self.now = max(self.now, due)
            self._keep(
                detector.advance(self.memory, self.facts, now=self.now, policy=self.policy, listening=self.listening),
                self.listening,
            )
        else:
            raise AssertionError("the detector never comes to rest")
        self.now = target
        return self

    def _keep(self, decision: detector.Decision, listening: int | None) -> None:
        second = (self.now - START) / 1000
        self.log += [(second, effect) for effect in decision.effects]
        self.verdict = decision.verdict
        self.due = detector.next_look(decision, self.memory, now=self.now, policy=self.policy, listening=listening)
        self.memory = memory.decode(memory.encode(self.memory))

    def observe(self, item: Sample | Event | Link, **options: Any) -> "Car":
        item = msgspec.convert(msgspec.to_builtins(item), type(item))  # enums as from the wire
        self._keep(detector.observe(self.memory, self.facts, item, now=self.now, policy=self.policy, **options), None)
        return self

    def sends(self, *, ts: int | None = None, replay: bool = False, seq: int | None = None, boot: str = "",
              hold: bool = False, **changes: Any) -> "Car":  # fmt: skip
        self.state |= changes
        self.seq += 1
        return self.observe(
            Sample(
                ts=self.now + self.clock_off if ts is None else ts, seq=self.seq if seq is None else seq, boot=boot,
                replay=replay, **self.state,
            ),
            hold=hold,
        )  # fmt: skip

    def event(self, code: str, *, active: bool = True, ts: int | None = None, **options: Any) -> "Car":
        self.event_seq += 1
        seq = options.pop("seq", self.event_seq)
        return self.observe(
            Event(ts=self.now + self.clock_off if ts is None else ts, seq=seq, code=code, active=active, **options)
        )

    def trapped(self, **changes: Any) -> "Car":
        return self.sends(**{"door_zone": False, "occupied": True, "moving": False, "door": "closed"} | changes)

    def every(self, period: float, until: float, **changes: Any) -> "Car":
        """Send the present state again and again."""
        second = (self.now - START) / 1000 + period
        while second <= until:
            self.at(second).sends(**changes)
            second += period
        return self

    def seconds(self, kind: type[Effect]) -> list[float]:
        return [second for second, effect in self.log if isinstance(effect, kind)]

    def effects(self, kind: Any) -> list[Any]:
        return [effect for _, effect in self.log if isinstance(effect, kind)]


def near(values: Iterable[float], *expected: float, within: float = 0.01) -> bool:
    values = list(values)
    return len(values) == len(expected) and all(abs(a - b) <= within for a, b in zip(values, expected, strict=True))


def test_stopped_between_floors_with_someone_inside_is_suspected_and_confirmed() -> None:
    """The sensor must say so for 2 s first; from then on 20 s and 60 s."""
    car = Car().at(0).trapped()
    car.at(90)
    assert near(car.seconds(Opened), 22)
    assert near(car.seconds(Confirmed), 62)
    assert car.effects(Opened)[0].cause == "outside_zone"
    assert not car.effects(Opened)[0].confirmed


def test_nobody_inside_is_a_finding_not_a_rescue() -> None:
    car = Car().at(0).trapped(occupied=False).at(90)
    assert car.effects(Opened) == []
    (found,) = car.effects(Found)
    assert (found.kind, found.code, found.priority, found.reason) == (
        "fault", "stopped_outside_zone", Priority.P2, "outside_zone",
    )  # fmt: skip
    assert near([s for s, e in car.log if isinstance(e, Found)], 60)


def test_a_long_express_run_is_no_entrapment() -> None:
    car = Car().at(0).sends(moving=True, door_zone=False, occupied=True).every(5, 80, moving=True)
    assert car.effects(Opened) == []


def test_nobody_leaves_a_closed_car() -> None:
    """The person stands still, the sensor falls asleep: the car stays occupied until its door opens in the zone."""
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True).at(8).trapped(occupied=False).at(90)
    assert near(car.seconds(Opened), 28)
    assert near(car.seconds(Confirmed), 68)


def test_the_open_door_in_the_zone_empties_the_car() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(door="open", occupied=False).at(6).sends(door="closed")
    car.at(9).sends(moving=True).at(12).trapped(occupied=False).at(90)
    assert car.effects(Opened) == []


def test_without_a_sensor_a_car_outside_the_zone_counts_as_occupied() -> None:
    car = Car().at(0).trapped(occupied=None).at(90)
    assert near(car.seconds(Opened), 20)


def test_door_in_any_position_counts_outside_the_zone() -> None:
    car = Car().at(0).trapped(door="open").at(70)
    assert near(car.seconds(Confirmed), 62)


def test_an_interruption_under_three_seconds_goes_on() -> None:
    car = Car().at(0).trapped().at(30).sends(moving=True).at(32).sends(moving=False).at(90)
    assert near(car.seconds(Confirmed), 62)
    assert car.effects(Cleared) == []


def test_movement_for_three_seconds_ends_it_and_the_suspicion_clears_ten_seconds_later() -> None:
    car = Car().at(0).trapped().at(30).sends(moving=True).at(60)
    assert near(car.seconds(Cleared), 43)
    assert car.effects(Confirmed) == []


def test_the_open_door_in_the_zone_ends_it_at_once() -> None:
    car = Car().at(0).trapped().at(30).sends(door_zone=True, door="open").at(60)
    assert near(car.seconds(Cleared), 40)


def test_recovery_never_ends_a_confirmed_rescue() -> None:
    car = Car().at(0).trapped().at(70).sends(door_zone=True, door="open", occupied=False).at(600)
    assert near(car.seconds(Recovered), 80)
    assert car.effects(Cleared) == []
    assert car.memory.rescue is not None


@pytest.mark.parametrize("mode", ["inspection", "firefighter"])
def test_inspection_and_firefighter_switch_the_timed_rules_off(mode: str) -> None:
    car = Car().at(0).trapped(mode=mode).at(200)
    assert car.effects(Opened) == []


@pytest.mark.parametrize("mode", ["out_of_service", "fire_recall", "emergency_power", "earthquake", "unknown"])
def test_no_other_mode_switches_anything_off(mode: str) -> None:
    car = Car().at(0).trapped(mode=mode).at(70)
    assert near(car.seconds(Confirmed), 62)


def test_a_mode_event_is_history_and_gates_nothing() -> None:
    car = Car().at(0).event("inspection").trapped().at(70)
    assert near(car.seconds(Confirmed), 62)


def test_power_lost() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(power="battery").at(90)
    assert near(car.seconds(Opened), 13)
    assert near(car.seconds(Confirmed), 63)
    assert car.effects(Opened)[0].cause == "power_lost"


@pytest.mark.parametrize(("gap", "trapped"), [(100, True), (140, False)])
def test_power_lost_without_a_sensor_needs_recent_movement(gap: float, trapped: bool) -> None:
    car = Car().at(0).sends(occupied=None, door="open").at(2).sends(door="closed").at(5).sends(moving=True)
    car.at(6).sends(moving=False)
    car.every(20, 5 + gap - 1).at(5 + gap).sends(power="off").at(5 + gap + 30)
    assert bool(car.effects(Opened)) is trapped


def test_an_active_code_counts_when_the_lift_has_no_zone_signal() -> None:
    car = Car().at(0).trapped(door_zone=None).at(90)
    assert car.effects(Opened) == []
    car.at(100).event("stopped_outside_zone").at(180)
    assert near(car.seconds(Opened), 120)
    assert near(car.seconds(Confirmed), 160)


def test_a_code_without_any_sample_counts_as_occupied() -> None:
    car = Car().at(0).event("stopped_outside_zone").at(70)
    assert near(car.seconds(Opened), 20)
    assert near(car.seconds(Confirmed), 60)


def test_an_event_and_a_sample_never_clear_each_other() -> None:
    car = Car().at(0).event("stopped_outside_zone").sends(door_zone=None, occupied=True, faults=[])
    assert "stopped_outside_zone" in car.memory.codes
    car.at(1).sends(faults=["position_lost"]).event("position_lost", active=False)
    assert car.memory.sample is not None
    assert car.memory.sample.faults == ["position_lost"]


def test_a_new_boot_clears_what_samples_listed_not_what_events_set() -> None:
    car = Car().at(0).event("position_lost").sends(faults=["runtime_limit"])
    car.at(5).event("drive_fault", boot="b2", seq=0)
    assert car.memory.sample is not None
    assert car.memory.sample.faults == []
    assert set(car.memory.codes) == {"position_lost", "drive_fault"}


def test_the_controller_is_believed_at_once() -> None:
    car = Car().at(0).sends().at(1).event("entrapment")
    assert car.effects(Opened)[0].confirmed
    assert car.effects(Opened)[0].cause == "controller_says"


def test_the_controller_in_inspection_is_only_suspected() -> None:
    car = Car().at(0).sends(mode="inspection").at(1).event("entrapment").at(100)
    assert not car.effects(Opened)[0].confirmed
    assert car.effects(Opened)[0].waits
    assert car.effects(Confirmed) == []


# --- the button --------------------------------------------------------------------------------------------


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


# --- silence -----------------------------------------------------------------------------------------------


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


# --- late, clocks and order --------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [0, 3600, -3600, -86_400 * 365])
def test_a_wrong_clock_neither_hides_nor_delays(off: float) -> None:
    car = Car(clock_off_s=off).at(0).trapped().at(70)
    assert near(car.seconds(Confirmed), 62)


def test_late_telemetry_opens_and_ends_nothing() -> None:
    car = Car().at(0).sends().at(300).sends().trapped(ts=START + 100_000, seq=1000, replay=True).at(390)
    assert car.verdict.outcome != "x"
    assert car.effects(Opened) == []


def test_a_late_open_door_does_not_end_a_suspicion() -> None:
    car = Car().at(0).trapped().at(30)
    car.sends(ts=START + 1000, seq=0, door="open", door_zone=True)
    car.at(70)
    assert near(car.seconds(Confirmed), 62)


def test_late_telemetry_moves_the_start_of_a_condition_back() -> None:
    """A gateway hands in what it could not send: the car has stood there for longer than we saw."""
    car = Car().at(0).sends(occupied=True, moving=True, door_zone=False).at(40).trapped()
    car.at(41).trapped(ts=START + 15_000, replay=True, seq=500).at(41.2)
    assert near(car.seconds(Opened), 41)
    car.at(80)
    assert near(car.seconds(Confirmed), 75)


def test_a_duplicate_changes_nothing() -> None:
    car = Car().at(0).trapped().at(50).trapped(ts=START, seq=1).at(70)
    assert near(car.seconds(Confirmed), 62)


def test_a_clock_set_back_is_followed_after_ten_seconds() -> None:
    car = Car().at(0).sends()
    car.clock_off = -3_600_000
    for second in range(1, 15):
        car.at(second).sends()
    assert car.verdict.late is False
    assert car.memory.sample_at == car.now


def test_a_controller_without_boot_that_restarts_is_followed() -> None:
    car = Car().at(0)
    car.seq = 1000
    car.sends()
    car.seq = -1
    for second in range(1, 15):
        car.at(second).sends()
    assert car.verdict.late is False


def test_a_queue_read_after_a_long_outage_of_ours_is_not_fresh() -> None:
    """Twelve minutes of ours were lost; the queue's old samples are history, the last one shows a trapped car.

    The first of them would, on an empty window, have set an offset of minus twelve minutes and opened the door of a
    car that nobody can leave.
    """
    car = Car().at(0).trapped().at(3)
    car.due = None  # from here on nothing of ours runs
    car.at(720)
    for waited in (700, 600, 500):
        car.sends(ts=car.now - waited * 1000, door_zone=True, door="open", hold=True)
        assert car.verdict.late
    car.sends(door_zone=False, door="closed", hold=True)
    assert not car.verdict.late
    assert car.memory.timers["outside_zone"].since <= START + 2000


def test_an_old_replayed_alarm_is_a_suspicion_that_only_a_person_ends() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True).at(5).sends(moving=False)
    car.at(2000).sends().event("alarm_button", ts=START + 10_000, replay=True)
    assert car.verdict.outcome == "old_alarm"
    (opened,) = car.effects(Opened)
    assert opened.waits
    car.at(4000).sends(door="open").at(4100)
    assert car.effects(Cleared) == []


def test_an_old_replayed_alarm_of_an_empty_car_is_for_review() -> None:
    car = Car().at(2000).sends(occupied=False).event("alarm_button", ts=START, replay=True)
    assert car.verdict.review
    assert car.effects(Opened) == []


def test_a_recent_replayed_alarm_is_decided_like_a_live_one() -> None:
    car = Car().at(600).sends(occupied=True).event("alarm_button", ts=START + 300_000, replay=True).at(605)
    assert near(car.seconds(Confirmed), 603)


def test_an_alarm_without_replay_is_live_whatever_its_clock_says() -> None:
    car = Car().at(0).sends().at(10).event("alarm_button", ts=0).at(20)
    assert near(car.seconds(Confirmed), 13)


# --- one at a time, and the next one -----------------------------------------------------------------------


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


def test_a_new_press_after_release_opens_the_next_rescue() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button").at(10)
    detector.answer(car.memory, now=car.now)
    car.due = car.now
    car.at(60)
    assert len(car.effects(Opened)) == 1
    car.event("alarm_button").at(64)
    assert len(car.effects(Opened)) == 2


def test_other_classes_have_no_lift_rule() -> None:
    car = Car(lift_class=LiftClass.ESCALATOR).at(0).trapped().at(120).event("alarm_button").at(125)
    assert [effect.cause for effect in car.effects(Opened)] == ["alarm_pressed"]


def test_danger_in_an_empty_car_is_no_rescue_and_never_ends_by_itself() -> None:
    car = Car().at(0).sends(occupied=False).at(1).event("overtravel_top").at(20).event("overtravel_top", active=False)
    car.at(60)
    assert [(found.kind, found.priority) for found in car.effects(Found)] == [("danger", Priority.P1)]
    assert car.effects(Gone) == []


def test_danger_with_someone_inside_is_a_rescue_at_once() -> None:
    car = Car().at(0).sends(occupied=True).at(5).event("unintended_movement")
    assert car.effects(Opened)[0].confirmed
