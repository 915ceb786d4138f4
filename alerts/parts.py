"""The parts of every rule's condition, one by one, with what was seen of each. Pure.

A rule answers yes or no; a person asks which half of it was missing. Each entry of `PARTS` takes the same memory and
situation as its rule and says the same in parts: all must hold, one with `any_of` holds if one of those does. What
cannot be told (`holds` None) does not hold, as in the rules. `tests/property/test_alerts_explain.py` holds the parts
and the rules equal over made-up histories; a rule without parts fails there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.rules import alarm_pressed, caller, danger_occupied, no_progress, power_lost, silence
from alerts.situation import OccupiedBy, Situation, look
from elevator import faults
from elevator.model import Door, DoorCommand, Power, SafetyChain

Seen = Mapping[str, str | int | float | list[str]]
"""What was seen: names and values that `alerts.part_words` can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that a rule asks for."""

    key: str
    holds: bool | None  # None: it cannot be told
    seen: Seen = field(default_factory=dict)
    any_of: tuple["Part", ...] = ()

    def stored(self) -> dict[str, object]:
        """As it is kept with an incident."""
        found: dict[str, object] = {"key": self.key, "holds": self.holds, "seen": dict(self.seen)}
        return found | ({"any_of": [one.stored() for one in self.any_of]} if self.any_of else {})


Explain = Callable[[Memory, Situation, Policy], tuple[Part, ...]]


def combined(parts: Sequence[Part]) -> bool:
    """Whether the whole condition holds."""
    return all(part.holds is True for part in parts)


def of(rule_id: str, memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    """The parts of a rule's condition now; none where nobody has said them."""
    explain = PARTS.get(rule_id)
    return explain(memory, situation, policy) if explain else ()


def decided(rule_id: str, memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    """The parts at the moment of a decision: of a silence, why it began; none where a person spoke."""
    if rule_id == caller.RULE.id:
        return ()
    if rule_id == silence.RULE.id and memory.silence is not None:
        memory = structs.replace(memory, silence=None)
        situation = structs.replace(situation, listening=situation.listening or 0)
    return of(rule_id, memory, situation, policy)


def since(rule_id: str, memory: Memory) -> int | None:
    """When what the rule goes by began (ms), as far as the memory knows."""
    timer = memory.timers.get(rule_id) or memory.empty.get(rule_id)
    if timer is not None:
        return timer.since
    if rule_id == alarm_pressed.RULE.id and memory.button is not None:
        return memory.button.suspected_at or memory.button.since
    if rule_id == silence.RULE.id:
        return memory.lost_at or memory.heard_at
    if rule_id == "long_stay":
        return memory.stay
    if rule_id == "no_progress":
        return memory.still_since
    codes = _SINCE_CODES.get(rule_id, frozenset())
    began = [code.since for name, code in memory.codes.items() if name in codes]
    if rule_id == danger_occupied.RULE.id:
        began += [shown.since for shown in memory.dangers.values()]
    return min(began, default=None)


# --- what several rules ask for ------------------------------------------------------------------------------


def _any(key: str, *parts: Part) -> Part:
    holds = [part.holds for part in parts]
    return Part(key=key, holds=True if True in holds else None if None in holds else False, any_of=parts)


def _mode(situation: Situation) -> Part:
    mode = situation.sample.mode if situation.sample else None
    return Part(key="mode", holds=not situation.switched_off, seen={"mode": mode or "unknown"})


def _stopped(situation: Situation) -> Part:
    told = situation.sample is not None and situation.sample.moving is not None
    motion = "moving" if situation.moving else "stopped" if told else "unknown"
    return Part(key="stopped", holds=not situation.moving, seen={"motion": motion})


def _door_not_open(situation: Situation) -> Part:
    return Part(
        key="door_not_open", holds=situation.door is not Door.OPEN, seen={"door": situation.door or Door.UNKNOWN}
    )


def _zone(situation: Situation) -> Seen:
    return {"zone": {True: "in", False: "out", None: "unknown"}[situation.zone]}


def _outside_by_samples(situation: Situation) -> Part:
    return Part(key="zone_outside", holds=None if situation.zone is None else not situation.zone, seen=_zone(situation))


def _code(situation: Situation, codes: frozenset[str], key: str = "code") -> Part:
    active = sorted(situation.codes & codes)
    return Part(key=key, holds=bool(active), seen={"codes": active})


def _occupied(
    situation: Situation,
    holds: bool | None,  # noqa: FBT001 - a value seen
    key: str = "occupied",
) -> Part:
    said = {True: "yes", False: "no", None: "unknown"}[situation.occupied]
    seen: dict[str, str | int | float | list[str]] = {"occupied": said}
    if situation.occupied_by is not None:
        seen["occupied_by"] = str(situation.occupied_by)
    return Part(key=key, holds=holds, seen=seen)


# --- one for each rule ---------------------------------------------------------------------------------------


def _outside_zone(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    del memory, policy
    by_code = _code(situation, faults.OUTSIDE_ZONE, "code_outside")
    if situation.zone is True and by_code.holds:
        by_code = Part(key="code_outside", holds=False, seen={**by_code.seen, **_zone(situation)})
    return (
        _mode(situation),
        _stopped(situation),
        _any("outside", _outside_by_samples(situation), by_code),
        _occupied(situation, situation.occupied),
    )


def _door_wont_open(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    del memory, policy
    sample = situation.sample
    command = (sample.door_command if sample else None) or DoorCommand.NONE
    calls = (sample.car_calls if sample else None) or 0
    return (
        _mode(situation),
        _stopped(situation),
        Part(key="zone_inside", holds=situation.zone is not False, seen=_zone(situation)),
        _door_not_open(situation),
        _any(
            "should_open",
            Part(key="told_to_open", holds=command is DoorCommand.OPEN, seen={"command": command}),
            Part(key="calls_wait", holds=bool(calls), seen={"calls": calls}),
            _code(situation, frozenset({"door_open_failure"})),
        ),
        _occupied(situation, situation.occupied),
    )


def _power_lost(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    return (
        _mode(situation),
        _any(
            "no_mains",
            Part(key="off_mains", holds=situation.power is not Power.MAINS, seen={"power": situation.power}),
            _code(situation, frozenset({faults.POWER_LOSS})),
        ),
        _stopped(situation),
        _door_not_open(situation),
        _occupied(situation, power_lost.occupied(memory, situation, policy)),
    )


def _chain_open(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    del memory, policy
    chain = situation.sample.safety_chain if situation.sample else None
    by_code = _code(situation, frozenset({"safety_chain_open"}))
    unzoned = Part(key="zone_unknown_code", holds=situation.zone is None and bool(by_code.holds), seen=_zone(situation))
    return (
        _mode(situation),
        _any(
            "chain",
            Part(
                key="chain_is_open",
                holds=None if chain is None else chain is SafetyChain.OPEN,
                seen={"chain": chain or "unknown"},
            ),
            by_code,
        ),
        _stopped(situation),
        _any("outside", _outside_by_samples(situation), unzoned),
        _occupied(situation, situation.occupied),
    )


def _controller_says(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    del memory, policy
    return (_code(situation, frozenset({faults.ENTRAPMENT})),)


def _alarm_pressed(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    button = memory.button
    pressed = button is not None and (button.active or button.suspected_at is not None)
    filtered = pressed and (
        alarm_pressed.filter_ends(memory, situation, policy) is not None
        or (button is not None and button.suspected_at is None)  # a queue is read that may show the open door again
    )
    seen: Seen = {"button": "pressed" if button and button.active else "let_go" if pressed else "no"}
    return (
        Part(key="pressed", holds=pressed, seen=seen),
        Part(key="not_filtered", holds=not filtered, seen={"door": situation.door or Door.UNKNOWN, **_zone(situation)}),
    )


def _danger_occupied(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    del memory, policy
    mode = situation.sample.mode if situation.sample else None
    return (
        Part(key="no_inspection", holds=not situation.inspection, seen={"mode": mode or "unknown"}),
        Part(key="danger_code", holds=bool(situation.own_dangers), seen={"codes": sorted(situation.own_dangers)}),
        _occupied(situation, situation.occupied),
    )


def _silence(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    """Once suspected, it stays until the lift has shown that it is safe; before, danger and quiet must both hold."""
    if memory.silence is not None:
        return (Part(key="still_silent", holds=True, seen={"seconds": (situation.now - memory.silence) / 1000}),)
    last = look(memory, situation.facts, situation.now, sample=memory.known) if memory.known else situation
    others = sorted(memory.timers)
    pressed = memory.button is not None and memory.button.suspected_at is not None
    begins = silence.silent_from(memory, situation, policy)
    needed = ms(policy.rules["silence"].suspect_s)
    heard = memory.lost_at or memory.heard_at
    quiet: dict[str, str | int | float | list[str]] = {"link": "lost" if memory.lost_at is not None else "up"}
    if heard is not None:
        quiet["silent_s"] = max(0, situation.now - heard) / 1000
    if begins is not None and heard is not None:
        quiet["needed_s"] = (begins + needed - heard) / 1000
    return (
        _mode(last),
        _occupied(last, last.occupied),
        _any(
            "in_danger",
            Part(key="moved_last", holds=last.moving, seen={"motion": "moving" if last.moving else "stopped"}),
            _outside_by_samples(last),
            Part(key="other_rule", holds=bool(others), seen={"rules": others}),
            Part(key="pressed", holds=pressed, seen={"button": "pressed" if pressed else "no"}),
            Part(key="asked_about", holds=memory.rescue is not None and "long_stay" in memory.rescue.causes),
        ),
        Part(key="listening", holds=situation.listening is not None),
        Part(
            key="silent",
            holds=begins is not None and situation.now >= begins + needed and not situation.hold,
            seen=quiet,
        ),
    )


def _long_stay(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    needed = policy.rules["long_stay"].suspect_s
    stays: dict[str, str | int | float | list[str]] = {"needed_s": needed}
    over = False
    if memory.stay is not None and memory.stay_gone is None:
        stays = {"seconds": (situation.now - memory.stay) / 1000, **stays}
        over = situation.now >= memory.stay + ms(needed) and not situation.hold
    by_sensor = situation.occupied_by is OccupiedBy.SENSOR
    return (
        _mode(situation),
        _stopped(situation),
        Part(key="zone_inside", holds=situation.zone is not False, seen=_zone(situation)),
        _door_not_open(situation),
        _occupied(situation, by_sensor if situation.occupied is not None else None, key="occupied_sensor"),
        Part(key="stays", holds=over, seen=stays),
    )


def _no_progress(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    needed = no_progress.takes(memory, situation.facts, policy)
    stays: dict[str, str | int | float | list[str]] = {"needed_s": needed / 1000}
    same = False
    if memory.still_since is not None and memory.still_gone is None:
        lasted = no_progress.lasted(memory, memory.still_since)
        stays, same = {"seconds": lasted / 1000, **stays}, lasted >= needed
    return (
        _mode(situation),
        Part(key="says_moving", holds=situation.moving, seen=_stopped(situation).seen),
        _occupied(situation, situation.occupied),
        Part(key="same_place", holds=same, seen=stays),
    )


def _caller(memory: Memory, situation: Situation, policy: Policy) -> tuple[Part, ...]:
    del situation, policy
    return (Part(key="reported", holds=memory.rescue is not None and "caller" in memory.rescue.causes),)


PARTS: dict[str, Explain] = {
    "outside_zone": _outside_zone,
    "door_wont_open": _door_wont_open,
    "power_lost": _power_lost,
    "chain_open": _chain_open,
    "controller_says": _controller_says,
    "alarm_pressed": _alarm_pressed,
    "danger_occupied": _danger_occupied,
    "silence": _silence,
    "no_progress": _no_progress,
    "long_stay": _long_stay,
    "caller": _caller,
}
_SINCE_CODES: dict[str, frozenset[str]] = {
    "controller_says": frozenset({faults.ENTRAPMENT}),
    "danger_occupied": faults.DANGERS,
}
