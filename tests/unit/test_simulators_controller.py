"""A controller says what the contract asks for, repeats alarms until they are answered, and replays what was missed."""

import json
from random import Random

import pytest

from elevator import wire
from elevator.model import LiftClass, Sample
from elevator.topics import Kind
from simulators.car import Car
from simulators.controller import BATCH, BUFFER, REPEAT, Controller, Message, Senses
from simulators.shaft import CarSpec, Party, Reading
from simulators.trouble import Press

T0 = 1_800_000_000_000


def reading(**changed: object) -> Reading:
    spec = CarSpec(landings=("1", "2"), heights=(0.0, 3.0), rated_speed=1.0)
    said = Car(spec, Random(1)).read()
    return Reading(**{**{name: getattr(said, name) for name in Reading.__slots__}, **changed})


@pytest.fixture
def controller() -> Controller:
    made = Controller(run="r", interval=10, senses=Senses())
    made.connected(T0)
    return made


def of(kind: Kind, said: list[Message]) -> list[Message]:
    return [message for message in said if message.kind is kind]


def ack(event: dict, **changed: object) -> bytes:
    known = {key: event[key] for key in ("boot", "seq", "code", "active")}
    return json.dumps({**known, "incident": None, "received_at": "2027-01-15T08:00:00Z", **changed}).encode()


def test_a_connection_begins_with_the_retained_link(controller):
    controller.tick(reading(), T0)
    first, *rest = controller.connected(T0 + 5)
    assert first.kind is Kind.LINK
    assert first.retain
    link = wire.decode_link(first.payload)
    assert (link.online, link.ts, link.interval) == (True, T0 + 5, 10)
    assert [message.kind for message in rest] == [Kind.TELEMETRY], "and then how things stand"


def test_a_resting_car_is_heard_on_every_change_and_at_least_every_interval(controller):
    at = [
        t for t in range(0, 60_000, 100)
        if of(Kind.TELEMETRY, controller.tick(reading(persons=int(t >= 33_000)), T0 + t))
    ]  # fmt: skip
    assert at == [0, 10_000, 20_000, 30_000, 33_000, 43_000, 53_000]


def test_a_moving_car_is_heard_every_second(controller):
    at = [t for t in range(0, 5000, 100) if controller.tick(reading(moving=True, position=t / 1000), T0 + t)]
    assert at == [0, 1000, 2000, 3000, 4000]


def test_a_code_is_an_event_when_it_comes_and_when_it_goes_and_stands_in_the_samples_between(controller):
    controller.tick(reading(), T0)
    came = controller.tick(reading(codes=("power_loss",)), T0 + 100)
    stays = controller.tick(reading(codes=("power_loss",)), T0 + 10_100)
    went = controller.tick(reading(), T0 + 10_200)
    assert [json.loads(m.payload)["active"] for m in of(Kind.EVENT, came + stays + went)] == [True, False]
    assert [json.loads(m.payload).get("faults") for m in of(Kind.TELEMETRY, came + stays + went)] == [
        ["power_loss"], ["power_loss"], None,
    ]  # fmt: skip


def test_an_alarm_is_repeated_byte_for_byte_every_five_seconds_until_its_ack(controller):
    controller.press(Press.LONG, T0)
    sent = []
    for t in range(0, 12_100, 100):
        sent += [(t, m.payload) for m in of(Kind.EVENT, controller.tick(reading(), T0 + t))]
    pressed = [(t, p) for t, p in sent if json.loads(p)["active"]]
    assert [t for t, _ in pressed] == [0, REPEAT, 2 * REPEAT]
    assert len({p for _, p in pressed}) == 1
    assert controller.unanswered == 2, "the press and its end"
    assert controller.acknowledged(ack(json.loads(pressed[0][1])))
    later = [p for t in range(12_100, 40_000, 100) for p in controller.tick(reading(), T0 + t)]
    assert {json.loads(m.payload)["active"] for m in of(Kind.EVENT, later)} == {False}


@pytest.mark.parametrize("changed", [{"boot": "x"}, {"seq": 9}, {"code": "entrapment"}])
def test_somebody_elses_ack_answers_nothing(controller, changed):
    controller.press(Press.SHORT, T0)
    (event,) = of(Kind.EVENT, controller.tick(reading(), T0))
    assert not controller.acknowledged(ack(json.loads(event.payload), **changed))
    assert controller.unanswered == 1


@pytest.mark.parametrize("payload", [b"", b"[]", b"nonsense", b"\xff", b'{"boot": "r.1"}', b"null"])
def test_an_unreadable_ack_is_ignored(controller, payload):
    assert controller.acknowledged(payload) is False


def test_a_double_press_is_two_presses_within_a_minute(controller):
    controller.press(Press.DOUBLE, T0)
    said = [m for t in range(0, 12_000, 100) for m in of(Kind.EVENT, controller.tick(reading(), T0 + t))]
    distinct = {json.loads(m.payload)["seq"]: json.loads(m.payload)["active"] for m in said}
    assert distinct == {0: True, 1: False, 2: True, 3: False}


def test_what_happened_without_a_line_is_replayed_in_order_with_its_own_seq(controller):
    controller.tick(reading(), T0)
    controller.lost([], T0)
    for t in range(1, 30):
        assert controller.tick(reading(floor=str(t + 1)), T0 + t * 1000) == []
    assert controller.kept == 29
    said = controller.connected(T0 + 60_000)
    fresh, buffered = of(Kind.TELEMETRY, said)
    assert "replay" not in json.loads(fresh.payload)
    samples = wire.decode_samples(buffered.payload, LiftClass.TRACTION).items
    assert all(s.replay for s in samples)
    assert [s.seq for s in samples] == list(range(1, 30))
    assert controller.kept == 0


def test_what_the_broker_had_not_confirmed_goes_back_into_the_buffer(controller):
    said = of(Kind.TELEMETRY, controller.tick(reading(), T0))
    controller.lost(said, T0 + 50)
    again = of(Kind.TELEMETRY, controller.connected(T0 + 1000))[1]
    (sample,) = wire.decode_samples(again.payload, LiftClass.TRACTION).items
    before = said[0].items[0]
    assert isinstance(before, Sample)
    assert (sample.seq, sample.ts, sample.replay) == (before.seq, before.ts, True)


def test_an_alarm_pressed_without_a_line_comes_first_and_is_marked_replay(controller):
    controller.lost([], T0)
    controller.press(Press.LONG, T0)
    for t in range(0, 8000, 100):
        controller.tick(reading(), T0 + t)
    link, press, release, *_ = controller.connected(T0 + 9000)
    assert link.kind is Kind.LINK
    assert [(e.code, e.active, e.replay) for m in (press, release) for e in wire.decode_events(m.payload).items] == [
        ("alarm_button", True, True), ("alarm_button", False, True),
    ]  # fmt: skip
    assert controller.unanswered == 2, "and is repeated until it is answered"


def test_the_buffer_is_bounded_and_sent_in_batches_the_contract_allows(controller):
    controller.lost([], T0)
    for t in range(BUFFER + 50):
        controller.tick(reading(floor=str(t % 100)), T0 + t * 100)
    assert controller.kept == BUFFER
    batches = of(Kind.TELEMETRY, controller.connected(T0))[1:]
    assert sum(len(message.items) for message in batches) == BUFFER
    assert all(len(m.items) <= BATCH and len(m.payload) <= wire.MAX_PAYLOAD for m in batches)


def test_a_power_cycle_gives_a_new_boot_and_starts_counting_anew(controller):
    controller.press(Press.SHORT, T0)
    controller.tick(reading(), T0)
    before = controller.boot
    controller.restart()
    (sample,) = of(Kind.TELEMETRY, controller.tick(reading(), T0 + 1000)) or [None]
    assert sample is None, "the line is down until it is made again"
    controller.connected(T0 + 2000)
    (said,) = of(Kind.TELEMETRY, controller.tick(reading(floor="2"), T0 + 2000))
    assert json.loads(said.payload)["boot"] == controller.boot != before
    assert controller.unanswered == 0


def test_a_hung_controller_says_nothing(controller):
    controller.hung = True
    controller.press(Press.LONG, T0)
    assert [m for t in range(0, 60_000, 1000) for m in controller.tick(reading(codes=("power_loss",)), T0 + t)] == []


def test_broken_sensors_are_told_as_the_contract_says(controller):
    controller.senses = Senses(presence=False, zone_lost=True)
    event, sample = controller.tick(reading(persons=2), T0)
    said = json.loads(sample.payload)
    assert "occupied" not in said
    assert said["door_zone"] is None
    assert json.loads(event.payload)["code"] == "sensor_fault"
    controller.senses = Senses(occupied_stuck=True)
    assert json.loads(controller.tick(reading(), T0 + 100)[-1].payload)["occupied"] is True


def test_a_wrong_clock_shifts_what_is_said_but_not_when(controller):
    controller.offset = -3_600_000
    (sample,) = controller.tick(reading(), T0)
    assert json.loads(sample.payload)["ts"] == T0 - 3_600_000
    assert controller.tick(reading(), T0 + 5000) == []
    assert controller.tick(reading(), T0 + 10_000)


def test_people_are_counted_only_where_the_lift_counts():
    made = Controller(run="r", interval=10, senses=Senses(counts=True))
    made.connected(T0)
    (sample,) = made.tick(reading(persons=3), T0)
    assert json.loads(sample.payload)["people"] == 3
    assert Party(origin=0, destination=1).persons == 1
