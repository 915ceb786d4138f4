"""Whatever happens to a fleet, it speaks the wire contract, counts upwards, and never lets people out between floors."""

from collections import defaultdict
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from elevator import wire
from elevator.model import Door, LiftClass, Sample
from elevator.topics import Kind
from simulators.car import Car
from simulators.fleet import Fleet, LiftSpec
from simulators.motion import Run
from simulators.people import Use
from simulators.scenario import Scenario, Step
from simulators.shaft import CarSpec
from simulators.trouble import Command, Order, Press, Trouble

T0 = 1_800_000_000_000
TICK = 0.25

shafts = st.builds(
    lambda storeys, speed, soft: CarSpec(
        landings=tuple(map(str, range(len(storeys) + 1))),
        heights=tuple(round(sum(storeys[:n]), 2) for n in range(len(storeys) + 1)),
        rated_speed=speed,
        acceleration=0.4 if soft else 1.0,
        jerk=0.6 if soft else 1.2,
    ),
    st.lists(st.floats(2.4, 6.0), min_size=1, max_size=30),
    st.sampled_from([0.4, 0.63, 1.0, 1.75, 3.0]),
    st.booleans(),
)
orders = st.builds(
    Order,
    kind=st.sampled_from(Trouble),
    persons=st.integers(1, 20),
    press=st.sampled_from(Press),
    after=st.floats(0, 20),
    power=st.sampled_from(["battery", "off"]),
    offset=st.floats(-1e6, 1e6),
)
steps = st.builds(
    Step,
    at=st.floats(0, 100),
    command=st.builds(Command, target=st.sampled_from(["A", "B", "house", "*"]), order=orders),
)
outages = st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=6)


def fleet(spec: CarSpec, seed: int, script: list[Step]) -> Fleet:
    specs = [
        LiftSpec(lift_id="A", rescue_code="1000", name="A", building="house", car=spec, use=Use.MALL, counts=True),
        LiftSpec(lift_id="B", rescue_code="1001", name="B", building="house", car=spec, use=Use.HOSPITAL),
    ]
    script = sorted(script, key=lambda step: step.at)
    return Fleet(
        specs, lambda lift_id: Random(f"{seed}/{lift_id}"), run="p", scenario=Scenario(title="", steps=tuple(script))
    )


@settings(max_examples=60, deadline=None)
@given(shafts, st.integers(0, 2**32), st.lists(steps, max_size=12), outages)
def test_every_message_can_be_read_and_every_count_rises(spec, seed, script, lines):
    """Every payload is good by the contract; per lift, topic and boot each new item has the next `seq`."""
    city = fleet(spec, seed, script)
    seen: dict[tuple[str, Kind, str], set[int]] = defaultdict(set)
    texts: dict[tuple[str, Kind, str, int], tuple[object, ...]] = {}
    switching = dict(lines)
    for n in range(480):
        now_ms = T0 + round(n * TICK * 1000)
        said = city.advance(n * TICK, now_ms)
        for lift_id, lift in city.lifts.items():
            wanted = switching.get(n, lift.controller.online or n == 0) and lift.wants_line
            if wanted and not lift.controller.online:
                said += [(lift_id, message) for message in lift.controller.connected(now_ms)]
            elif not wanted and lift.controller.online:
                lift.controller.lost([], now_ms)
        for lift_id, message in said:
            for item in read(message.kind, message.payload):
                key = (lift_id, message.kind, item.boot)
                known = (item.ts, item.code, item.active) if message.kind is Kind.EVENT else (item.ts, item.position)
                assert texts.setdefault((*key, item.seq), known) == known, "one seq, one item"
                seen[key].add(item.seq)
    for numbers in seen.values():
        assert min(numbers) >= 0
        assert len(numbers) <= max(numbers) + 1


def read(kind: Kind, payload: bytes) -> list:
    """Decode as the platform does; anything it would not take as it stands fails the test."""
    if kind is Kind.LINK:
        assert wire.decode_link(payload).online
        return []
    decoded = (
        wire.decode_samples(payload, LiftClass.TRACTION) if kind is Kind.TELEMETRY else wire.decode_events(payload)
    )
    assert decoded.bad == []
    assert decoded.unknown == []
    assert decoded.items
    if kind is Kind.TELEMETRY:
        for sample in decoded.items:
            check(sample)
    return decoded.items


def check(sample: Sample) -> None:
    """Physics: doors open only in the zone, a car at speed has them closed."""
    if sample.zone is False:
        assert sample.door is Door.CLOSED
    if sample.moving and (sample.speed or 0) > 0.3:
        assert sample.door is Door.CLOSED


@settings(max_examples=60, deadline=None)
@given(shafts, st.integers(0, 2**32), st.sampled_from([Trouble.ENTRAPMENT, Trouble.DOOR_STUCK]), st.floats(0, 60))
def test_a_trap_always_closes_on_somebody_and_a_crew_always_gets_them_out(spec, seed, kind, at):
    city = fleet(spec, seed, [Step(at=at, command=Command(target="A", order=Order(kind=kind)))])
    car = city.lifts["A"].car
    now = at
    while not car.stuck:
        now += TICK
        city.advance(now, T0 + round(now * 1000))
        assert now < at + 900, f"never trapped: {car.read()}"
    assert car.persons >= 1
    assert (spec.off(car.read().position) > 0.2) == (kind is Trouble.ENTRAPMENT)
    city.inject(Command(target="A", order=Order(kind=Trouble.FREE)), T0)
    freed = now
    while not city.freed("A"):
        now += TICK
        city.advance(now, T0 + round(now * 1000))
        assert now < freed + 60, f"never freed: {car.read()}"
    assert car.read().door_zone


@given(
    st.floats(-500, 500), st.floats(-500, 500), st.floats(0.05, 10), st.floats(0.2, 2.0), st.floats(0.2, 3.0),
    st.floats(0, 1),
)  # fmt: skip
def test_no_run_exceeds_its_limits(start, end, speed, acceleration, jerk, part):
    run = Run(start, end, speed, acceleration, jerk)
    point = run.at(run.duration * part)
    assert abs(point.velocity) <= speed * (1 + 1e-6)
    assert abs(point.acceleration) <= acceleration * (1 + 1e-6)
    assert min(start, end) - 1e-6 <= point.position <= max(start, end) + 1e-6
    assert abs(run.at(run.duration * (1 - 1e-9)).position - end) < 1e-3


@settings(max_examples=25, deadline=None)
@given(shafts, st.integers(0, 2**32))
def test_equal_seeds_give_equal_days(spec, seed):
    def day() -> list[bytes]:
        city = fleet(spec, seed, [])
        for lift in city.lifts.values():
            lift.controller.connected(T0)
        return [m.payload for n in range(400) for _, m in city.advance(n * TICK, T0 + n * 250)]

    assert day() == day()
    assert Car(spec, Random(seed)).read() == Car(spec, Random(seed)).read()
