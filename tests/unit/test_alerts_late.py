"""Clocks, order and late messages, as timelines (contract 2.6, 2.7)."""

import pytest

from alerts.effects import CauseAdded, Cleared, Confirmed, Opened
from elevator.model import Link
from tests.alerts_timeline import START, Car, near


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
    car.hold = True
    for waited in (700, 600, 500):
        car.sends(ts=car.now - waited * 1000, door_zone=True, door="open")
        assert car.verdict.late
    car.sends(door_zone=False, door="closed")
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


def test_an_offset_forgotten_by_the_lift_itself_starts_anew() -> None:
    """The lift was off for long and came back with its clock set back: not our outage, so its first word is believed."""
    car = Car()
    car.listening = None
    car.at(0).sends().at(1200)
    car.clock_off = -7_200_000
    car.sends()
    assert not car.verdict.late


@pytest.mark.parametrize("age", [119, 121])
def test_a_sample_older_than_two_minutes_by_its_corrected_time_is_late(age: int) -> None:
    car = Car(clock_off_s=5000).at(0).sends().at(200).observe(Link(online=True, ts=START + 5_200_000))
    car.sends(ts=START + 5_200_000 - age * 1000)
    assert car.verdict.late is (age > 120)


def test_order_within_a_boot_is_by_sequence_and_across_boots_by_time() -> None:
    car = Car().at(0).sends(boot="a", seq=10).at(10).sends(boot="b", seq=0).at(20)
    assert not car.sends(boot="b", seq=5).verdict.late
    assert car.sends(boot="b", seq=4).verdict.late
    assert car.sends(boot="a", seq=99, ts=START + 5000).verdict.late
    assert not car.sends(boot="a", seq=11, ts=START + 21_000).verdict.late


def test_a_sequence_that_stands_still_is_ordered_by_its_clock() -> None:
    car = Car().at(0).sends(seq=7).at(5).trapped(seq=7)
    assert not car.verdict.late
    assert car.sends(seq=7, ts=START + 1000).verdict.late


def test_a_lower_sequence_of_a_named_boot_is_behind_however_long_it_goes_on() -> None:
    car = Car().at(0).sends(boot="a", seq=1000)
    for second in range(1, 30):
        assert car.at(second).sends(boot="a", seq=second).verdict.late


def test_a_controller_without_boot_and_with_a_dead_clock_is_followed_after_a_restart() -> None:
    """Its sequence and its clock begin anew; without this it would be late for as long as it had run before."""
    car = Car().at(0).sends(seq=100_000)
    car.clock_off = -START
    for second in range(1, 15):
        car.at(second).trapped(seq=second)
    assert not car.verdict.late
    assert car.at(100).causes() == ["outside_zone"]
    assert not car.event("battery_low", seq=0).verdict.late


def test_a_boot_that_comes_back_with_an_older_clock_is_followed() -> None:
    car = Car().at(0).sends(boot="1", seq=0).at(100).sends(boot="2", seq=0).at(5000)
    car.sends(boot="2", seq=1)
    car.clock_off = -4_990_000
    late = []
    for second in range(5001, 5020):
        car.at(second).sends(boot="1", seq=second)
        late.append(car.verdict.late)
    assert late[0]
    assert not late[-1]
    assert car.memory.boots[0] == "1"


def test_replays_at_the_pace_of_our_clock_stay_late() -> None:
    car = Car().at(0).sends()
    for second in range(1, 30):
        assert car.at(second).sends(ts=START - 900_000 + second * 1000, replay=True).verdict.late


def test_a_late_sample_cannot_move_a_start_back_beyond_one_that_showed_otherwise() -> None:
    """A buffer handed in oldest first: yesterday's trouble is not today's."""
    car = Car().at(100).sends(occupied=True).at(110).trapped()
    car.at(111).trapped(ts=START + 20_000, replay=True, seq=500).at(112)
    assert car.effects(Opened) == []
    car.trapped(ts=START + 104_000, replay=True, seq=501).at(170)
    assert near(car.seconds(Confirmed), 164)


def test_a_late_sample_in_between_that_shows_otherwise_sets_the_start_again() -> None:
    car = Car().at(0).sends(occupied=True, moving=True, door_zone=False).at(40).trapped().at(41)
    car.trapped(ts=START + 10_000, replay=True, seq=500)
    car.sends(ts=START + 20_000, replay=True, seq=501, moving=True)
    car.trapped(ts=START + 15_000, replay=True, seq=502).at(110)
    assert near(car.seconds(Confirmed), 100)


def test_a_buffer_joins_the_trouble_of_an_hour_ago_to_that_of_today_only_without_a_gap() -> None:
    """Handed in oldest first, before the samples that show the door open in between."""
    car = Car().at(0).sends(occupied=True, moving=True, door_zone=False).at(3600).trapped().at(3601)
    car.trapped(ts=START + 100_000, replay=True, seq=500)
    car.trapped(ts=START + 130_000, replay=True, seq=501).at(3602)
    assert car.effects(Confirmed) == []
    car.at(3700)
    assert near(car.seconds(Confirmed), 3660)


def test_a_buffer_without_a_gap_tells_since_when_it_has_been_so() -> None:
    car = Car().at(0).sends(occupied=True, moving=True, door_zone=False).at(200).trapped().at(201)
    for number, second in enumerate(range(20, 150, 30)):
        car.trapped(ts=START + second * 1000, replay=True, seq=500 + number)
    assert car.effects(Confirmed) == []  # the newest of them is missing
    car.trapped(ts=START + 168_000, replay=True, seq=520).at(201.5)
    assert near(car.seconds(Confirmed), 201)


def test_what_shows_otherwise_in_between_ends_a_run_of_late_samples() -> None:
    car = Car().at(0).sends(occupied=True, moving=True, door_zone=False).at(200).trapped().at(201)
    for number, second in enumerate(range(100, 200, 30)):
        car.trapped(ts=START + second * 1000, replay=True, seq=500 + number)
        car.sends(ts=START + second * 1000 + 5000, seq=530 + number, replay=True, moving=True)
    car.at(262)
    assert near(car.seconds(Confirmed), 260)


@pytest.mark.parametrize("replay", [True, False])
def test_a_late_clear_ends_a_code_only_with_the_next_fresh_sample(replay: bool) -> None:
    """By itself it ends nothing; without a fresh sample the code would stay for ever."""
    car = Car().at(0).sends().event("power_loss", seq=5).at(300).sends()
    car.event("power_loss", active=False, seq=6, ts=START + 10_000, replay=replay)
    assert car.verdict.late
    assert "power_loss" in car.memory.codes
    car.at(330).sends()
    assert "power_loss" not in car.memory.codes


def test_a_late_set_opens_nothing() -> None:
    car = Car().at(0).sends().at(90).sends().at(150).sends().event("overspeed", ts=START)
    assert car.verdict.late
    assert car.at(200).log == []


@pytest.mark.parametrize("boot", ["old", "new"])
def test_a_clear_from_before_the_press_clears_nothing(boot: str) -> None:
    car = Car().at(0).sends(boot="old").at(10).event("entrapment", seq=9, boot="old").at(20).sends(boot="new")
    car.event("entrapment", seq=2, boot="new")
    car.event("entrapment", active=False, seq=1 if boot == "new" else 10, boot=boot, replay=True, ts=START + 12_000)
    assert car.verdict.outcome == "behind"
    assert "entrapment" in car.memory.codes


def test_a_replayed_clear_of_a_live_press_counts() -> None:
    car = Car().at(0).sends().event("entrapment", seq=3).at(60)
    car.event("entrapment", active=False, seq=4, ts=START + 30_000, replay=True)
    assert "entrapment" not in car.memory.codes


@pytest.mark.parametrize("code", ["alarm_button", "entrapment"])
@pytest.mark.parametrize(("age", "outcome"), [(1799, "late_live"), (1801, "old_alarm")])
def test_a_replayed_alarm_up_to_half_an_hour_old_is_decided_like_a_live_one(code: str, age: int, outcome: str) -> None:
    car = Car().at(5000).sends(occupied=True).at(5003).event(code, ts=START + 5_003_000 - age * 1000, replay=True)
    assert car.verdict.outcome == outcome
    assert car.verdict.late
    assert len(car.effects(Opened)) == 1
    assert car.effects(Opened)[0].waits is (outcome == "old_alarm")


@pytest.mark.parametrize("age", [600, 3600])
def test_a_replayed_alarm_after_which_the_door_was_open_is_for_review(age: int) -> None:
    car = Car().at(5000).sends(occupied=None, door="open").at(5010).sends(door="closed", moving=True).at(5020)
    car.event("alarm_button", ts=START + 5_020_000 - age * 1000, replay=True)
    assert (car.verdict.review, car.effects(Opened)) == (True, [])


def test_an_old_alarm_of_a_car_not_known_to_be_empty_is_a_suspicion_even_without_any_sample() -> None:
    car = Car().at(5000).event("alarm_button", ts=START, replay=True)
    assert (car.verdict.outcome, car.effects(Opened)[0].waits) == ("old_alarm", True)


def test_an_old_alarm_makes_a_suspicion_that_decides_itself_wait_for_a_person() -> None:
    car = Car().at(5000).trapped().at(5030).event("entrapment", ts=START, replay=True)
    assert [(added.cause, added.waits) for added in car.effects(CauseAdded)] == [("controller_says", True)]
    car.sends(door_zone=True, door="open", occupied=False).at(6000)
    assert car.effects(Cleared) == []


@pytest.mark.parametrize("clock_off", [0, -START])
def test_an_alarm_after_an_unnamed_restart_is_no_older_than_the_clear_before_it(clock_off: int) -> None:
    """Its count begins anew; read as overtaken by the old clear, it would open nothing."""
    car = Car().at(0).event("entrapment", seq=50).event("entrapment", seq=51, active=False).at(300)
    car.clock_off = clock_off
    car.event("entrapment", seq=0)
    assert "entrapment" in car.memory.codes
    car.at(500).event("entrapment", seq=1, active=False)
    assert "entrapment" not in car.memory.codes
