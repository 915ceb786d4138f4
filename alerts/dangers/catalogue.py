"""All derived dangers, and how they are followed from sample to sample; a new one is one file and one line here.

In inspection nothing is derived, and what was derived is over: a technician moves the car with open doors.
"""

import math

from alerts.dangers import door_open_moving, overspeed, overtravel, unintended_movement
from alerts.dangers.base import Danger, Shows
from alerts.facts import Facts
from alerts.memory import Memory, Shown
from alerts.policy import Policy, ms
from elevator.model import Door, Mode, Sample

_OPEN = Door.OPEN  # once, not for every sample
DANGERS: tuple[Danger, ...] = (
    door_open_moving.DANGER,
    unintended_movement.DANGER,
    overspeed.DANGER,
    *overtravel.DANGERS,
)


def may_show(memory: Memory, facts: Facts, sample: Sample, policy: Policy) -> bool:
    """Whether a sample can show a danger at all: what is asked for every one of them."""
    zone = sample.door_zone
    if zone is True:
        return sample.speed is not None and facts.rated_speed is not None and sample.speed > facts.rated_speed
    if zone is False and sample.door is _OPEN:
        return True
    if sample.speed is not None and facts.rated_speed is not None and sample.speed > facts.rated_speed:
        return True
    position, learnt = sample.position, memory.landings
    if position is None or not learnt or not facts.floors:
        return False
    beyond = policy.dangers.overtravel_m
    return (
        position - beyond > learnt.get(facts.floors[-1], math.inf)
        or position + beyond < learnt.get(facts.floors[0], -math.inf)
    )  # fmt: skip


def note(memory: Memory, facts: Facts, sample: Sample, now: int, policy: Policy) -> None:
    """Carry a fresh sample, received at `now` (ms), into what is shown; before the memory takes it in otherwise."""
    if not facts.is_lift or sample.mode is Mode.INSPECTION:
        memory.dangers = {}
        return
    memory.dangers = dict(memory.dangers)
    for danger in DANGERS:
        shows = danger.shows(memory, facts, sample, policy)
        shown = memory.dangers.get(danger.code)
        if shows is Shows.NO:
            memory.dangers.pop(danger.code, None)
        elif shown is None:
            due = now + ms(policy.dangers.seen_s) if shows is Shows.CLEAR else None
            memory.dangers[danger.code] = Shown(since=now, ts=sample.ts, boot=sample.boot, due=due)
        elif shown.due is None:
            shown.sure = shown.sure or sample.ts > shown.ts or sample.boot != shown.boot
        else:
            lasted = max(now - shown.since, sample.ts - shown.ts if sample.boot == shown.boot else 0)
            shown.sure = shown.sure or lasted >= ms(policy.dangers.seen_s)


def settle(memory: Memory, now: int, *, hold: bool) -> list[int]:
    """Make sure what has lasted long enough by `now`; returns when the next will have.

    While a queue is read nothing becomes sure by the passing of time: the next message may say otherwise.
    """
    later: list[int] = []
    for shown in memory.dangers.values():
        if shown.sure or shown.due is None:
            continue
        if now < shown.due or hold:
            later.append(shown.due)
        else:
            shown.sure = True
    return later


def active(memory: Memory) -> frozenset[str]:
    """The codes that are sure."""
    return frozenset(code for code, shown in memory.dangers.items() if shown.sure)
