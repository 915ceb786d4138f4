"""`python -m tests.bench.detector_speed`: µs that the detector takes for one message, by how calm the lifts are.

The messages are lives of the simulated city, decoded beforehand. Three mixes: calm lifts (no trouble, no noise), the city
as it is (the rates of `simulators/truth/rates.toml`), and lifts in trouble (a thousand times as many entrapments, a
hundred times the noise). "98 % calm" weighs the first and the last. Beside each stands the reference, measured in the
same rounds: msgspec decoding the same samples from their payloads. A machine that others use too shows both slower; the
ratio stays. CPU time; the best of some rounds, each lift from an empty memory on. Well under a minute.
"""

import argparse
import gc
import time
from collections.abc import Callable

import msgspec

from alerts import detector
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from elevator import wire
from elevator.model import Event, Link, Sample
from elevator.topics import Kind
from simulators.truth.city import Plan, lives
from simulators.truth.story import Message

Life = tuple[Facts, list[tuple[int, Sample | Event | Link]]]
BOUNDS = detector.Bounds(Policy())
_decoder = msgspec.json.Decoder(Sample)


def _items(message: Message, facts: Facts) -> list[Sample] | list[Event] | list[Link]:
    match message.kind:
        case Kind.TELEMETRY:
            return wire.decode_samples(message.payload, facts.lift_class).items
        case Kind.EVENT:
            return wire.decode_events(message.payload).items
        case Kind.LINK:
            return [wire.decode_link(message.payload)]
        case _:
            return []


def _lives(plan: Plan) -> list[Life]:
    found: list[Life] = []
    for life in lives(plan, seed=7):
        facts = Facts(lift_class=life.lift.lift_class, rated_speed=life.lift.rated_speed)
        items = [(message.at, item) for message in life.messages for item in _items(message, facts)]
        found.append((facts, items))
    return found


def _decide(found: list[Life]) -> None:
    hear, bounds = detector.hear, BOUNDS
    for facts, items in found:
        memory = Memory()
        for at, item in items:
            hear(memory, facts, item, now=at, bounds=bounds)


def _spent(work: Callable[[], object], count: int) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) / count * 1e6


def measure(plan: Plan, rounds: int) -> tuple[int, float, float]:
    """Messages, µs for each of them, and µs of the reference for each sample."""
    found = _lives(plan)
    count = sum(len(items) for _, items in found)
    payloads = [msgspec.json.encode(item) for _, items in found for _, item in items if isinstance(item, Sample)]
    gc.collect()
    gc.freeze()
    ours = reference = float("inf")
    for _ in range(rounds):
        ours = min(ours, _spent(lambda: _decide(found), count))
        reference = min(reference, _spent(lambda: [_decoder.decode(one) for one in payloads], len(payloads)))
    gc.unfreeze()
    return count, ours, reference


def _main(lifts: int, days: float, rounds: int) -> None:
    mixes = {
        "calm lifts": Plan(lifts=lifts, days=days, trap_factor=0, noise_factor=0),
        "the city as it is": Plan(lifts=lifts, days=days),
        "lifts in trouble": Plan(lifts=lifts, days=days, trap_factor=1000, noise_factor=100),
    }
    figures = {name: measure(plan, rounds) for name, plan in mixes.items()}
    for name, (count, ours, reference) in figures.items():
        print(
            f"{name:<20} {count:7} messages  {ours:6.1f} µs  reference {reference:4.2f} µs  {ours / reference:5.1f} ×"
        )
    calm, trouble = figures["calm lifts"], figures["lifts in trouble"]
    print(f"{'98 % calm':<20} {'':16}  {0.98 * calm[1] + 0.02 * trouble[1]:6.1f} µs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifts", type=int, default=20)
    parser.add_argument("--days", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    _main(given.lifts, given.days, given.rounds)
