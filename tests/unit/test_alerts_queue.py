"""After an outage of ours: what time alone decides waits until the queue is read (contract 5, "Silence")."""

from alerts.effects import Cleared, Confirmed, Found, Opened
from elevator.model import Link
from tests.alerts_timeline import START, Car, near


def after_an_outage(car: Car, second: float) -> Car:
    """Nothing of ours has run until then; the queue is being read."""
    car.due, car.hold, car.listening = None, True, None
    return car.at(second)


def read(car: Car) -> Car:
    """The queue is read."""
    car.hold, car.listening = False, car.now
    car.due = car.now
    return car


def test_a_timer_that_fell_due_waits_for_the_queue() -> None:
    car = after_an_outage(Car().at(0).trapped(), 70).observe(Link(online=True))
    car.at(75)
    assert car.log == []
    read(car).at(76)
    assert near(car.seconds(Opened), 75)
    assert car.effects(Opened)[0].confirmed


def test_what_the_queue_shows_to_be_over_opens_nothing() -> None:
    car = after_an_outage(Car().at(0).trapped(), 70).sends(door_zone=True, door="open", occupied=False)
    read(car).at(200)
    assert car.effects(Opened) == []


def test_a_suspicion_is_not_cleared_before_the_queue_is_read() -> None:
    car = Car().at(0).trapped().at(30).sends(moving=True).at(34)
    after_an_outage(car, 60).observe(Link(online=True)).at(62)
    assert car.effects(Cleared) == []
    car.sends(moving=False)
    read(car).at(90)
    assert car.effects(Cleared) == []
    assert len(car.effects(Opened)) == 1


def test_a_held_button_waits_for_its_release_in_the_queue() -> None:
    car = Car().at(0).sends().at(1).event("alarm_button")
    after_an_outage(car, 60).sends().at(61)
    assert car.effects(Confirmed) == []
    car.event("alarm_button", active=False, ts=START + 2000)
    assert near(car.seconds(Confirmed), 61)  # by our clock it was held for a minute: in doubt it counts


def test_a_filtered_button_waits_for_the_queue_to_show_the_open_door_again() -> None:
    car = Car().at(0).sends(door="open").at(1).event("alarm_button")
    after_an_outage(car, 300).observe(Link(online=True)).at(302)
    assert car.effects(Opened) == []
    car.sends(door="open")
    read(car).at(310)
    assert car.effects(Opened) == []


def test_a_filtered_button_counts_when_the_queue_shows_the_door_closed() -> None:
    car = Car().at(0).sends(door="open").at(1).event("alarm_button")
    after_an_outage(car, 300).sends(door="closed")
    assert near(car.seconds(Opened), 300)


def test_new_alarms_in_the_queue_do_not_wait() -> None:
    car = after_an_outage(Car().at(0).sends(), 60).event("entrapment")
    assert car.effects(Opened)[0].confirmed


def test_faults_and_offline_lifts_wait_too() -> None:
    car = Car().at(0).sends(occupied=False, door_zone=False)
    after_an_outage(car, 600).event("battery_low").at(605)
    assert car.effects(Found) == []
    read(car).at(606)
    assert [found.code for found in car.effects(Found)] == ["stopped_outside_zone"]
