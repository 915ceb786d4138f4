"""An explanation never lies: its parts are the rules' own conditions, its states what the detector does."""

from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from alerts import detector, part_words, parts
from alerts.explain import Explained, Explanation, State, explain
from alerts.memory import Memory
from alerts.rules import catalogue
from alerts.rules.base import Level, Rule, TimedRule
from alerts.situation import Facts
from elevator.model import LiftClass
from tests.property import test_alerts_detector as made_up

POLICY = made_up.POLICY
TRUE = {State.SUSPECTED, State.CONFIRMED, State.ANSWERED}

_facts = st.builds(
    Facts,
    lift_class=st.sampled_from([None, LiftClass.TRACTION, LiftClass.TRACTION, LiftClass.ESCALATOR]),
    zone_sensor_fault=st.sampled_from([False, False, True]),
)
_days = made_up._steps()  # one made-up life for all properties of the detector
_later = st.sampled_from([0, 1, 900, 2_000, 10_000, 20_000, 45_000, 61_000, 125_000])


class Life(made_up.Lift):
    """A made-up life that stops in the middle."""

    def __init__(self, facts: Facts, listening: int | None) -> None:
        super().__init__(facts.lift_class, listening)
        self.facts = facts

    def live_up_to_now(self, steps: list[made_up.Step]) -> "Life":
        for step in steps:
            self._pass(self.now + step.wait, worker=True)
            if step.item is not None:
                self._observe(step)
            elif step.person == "close":  # there is no such step for a caller: every third person is one
                detector.adopt(self.memory, rescue_id="r", cause="caller", confirmed=step.wait % 2 == 0)
            elif step.person:
                self._person(step.person)
        return self


def _own_word(rule: Rule, told: Explanation) -> bool:
    """What the rule itself says of the moment that was explained."""
    mind, seen = deepcopy(told.memory), told.seen
    if isinstance(rule, TimedRule):
        return not seen.switched_off and rule.condition(seen) and rule.occupied(mind, seen, POLICY) is True
    signal = rule.signal(mind, seen, POLICY)
    return signal.active if rule.id == "caller" else signal.level is not Level.NONE


def _as_the_detector_left_it(one: Explained, after: Memory) -> bool:
    """Whether the state fits what the detector has made of the lift at the same moment."""
    causes = after.rescue.causes if after.rescue else {}
    there = one.rule in causes and causes[one.rule] is None
    match one.state:
        case State.CONFIRMED:
            return there and after.rescue is not None and after.rescue.confirmed
        case State.SUSPECTED:
            return there
        case State.ANSWERED:
            return one.rule in after.answered
        case State.RUNNING:
            return one.cause or not there
        case State.IDLE | State.SWITCHED_OFF | State.OTHER_CLASS:
            return not there


def _comes_true(one: Explained, memory: Memory, facts: Facts, listening: int | None) -> None:
    """What it says of the future happens if nothing else does, and not a moment earlier."""
    for moment, expected in ((one.suspects_at, TRUE), (one.confirms_at, {State.CONFIRMED, State.ANSWERED})):
        if moment is None or one.interrupted_at is not None:
            continue
        for offset, states in ((-1, {one.state, State.SUSPECTED, State.ANSWERED}), (0, expected)):
            then = explain(memory, facts, now=moment + offset, policy=POLICY, listening=listening)
            now_it_is = next(other for other in then.rules if other.rule == one.rule)
            event(f"{one.rule}: promised and kept")
            assert now_it_is.state in states, (one, now_it_is)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=_days, facts=_facts, later=_later, listens=st.booleans(), hold=st.sampled_from([False, False, True]))
def test_the_parts_are_the_rule_and_the_state_is_the_detectors(
    steps: list[made_up.Step], facts: Facts, later: int, listens: bool, hold: bool
) -> None:
    lift = Life(facts, made_up.START if listens else None).live_up_to_now(steps)
    now, before = lift.now + later, deepcopy(lift.memory)
    told = explain(lift.memory, facts, now=now, policy=POLICY, hold=hold, listening=lift.listening)
    assert lift.memory == before, "to explain changes nothing"
    after = deepcopy(lift.memory)
    detector.advance(after, facts, now=now, policy=POLICY, hold=hold, listening=lift.listening)
    assert [one.rule for one in told.rules] == [rule.id for rule in catalogue.RULES]
    for rule, one in zip(catalogue.RULES, told.rules, strict=True):
        event(f"{one.rule}: {one.state}")
        assert _as_the_detector_left_it(one, after), one
        if not facts.is_lift and not rule.every_class:
            assert one.state is State.OTHER_CLASS
            continue
        assert parts.combined(one.parts) == _own_word(rule, told), one
        if not hold:
            _comes_true(one, lift.memory, facts, lift.listening)


def _words_of(stored: dict[str, Any]) -> None:
    """Every part has a name, and what was seen of it is said: nobody reads a key, or "unknown" of what is known."""
    said = part_words.part(stored)
    assert said["key"] in part_words.NAMES
    for lang in ("zh", "en"):
        assert said["name"][lang]
        assert "{" not in said["seen"][lang]
    known = [value for value in stored["seen"].values() if value != "unknown"]
    if len(known) == len(stored["seen"]):
        assert "unknown" not in said["seen"]["en"].split(", "), stored
    for one in stored.get("any_of", ()):
        _words_of(one)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=_days, facts=_facts)
def test_whatever_is_found_can_be_said(steps: list[made_up.Step], facts: Facts) -> None:
    lift = Life(facts, made_up.START).live_up_to_now(steps)
    told = explain(lift.memory, facts, now=lift.now, policy=POLICY, listening=lift.listening)
    for one in told.rules:
        for part in one.parts:
            _words_of(msgspec.json.decode(msgspec.json.encode(part.stored())))


def test_every_rule_has_its_parts() -> None:
    """A new rule cannot be left unexplained."""
    assert set(parts.PARTS) == catalogue.IDS
