"""A memory made anew where the stored one cannot be read: from the history, the events and the rescue that lives. Pure.

What cannot be known is taken for the worse: a code or button that an event set and none cleared is active, although a
person may have answered it; a suspicion that lives, whose causes nobody can follow any more, is a person's to end.
What ran is not lost with it: the memory is made as it stood some minutes ago, and whoever opens it hears the samples
since then (`alerts.recall`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from alerts import detector, situation
from alerts.facts import Facts
from alerts.memory import Code, Memory
from alerts.policy import Policy
from alerts.rules import alarm_pressed
from elevator import faults
from elevator.model import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What else is known of a lift."""

    samples: Sequence[tuple[Sample, int]] = ()  # with their receipt (ms), oldest first, none that was late
    codes: Mapping[str, Code]  # that an event set and none cleared
    rescue: str | None = None  # the live one
    causes: Iterable[str] = ()  # its causes
    confirmed: bool = False
    offline: bool = False  # that is an open finding
    heard_at: int | None = None  # ms


def salvage(left: Left, facts: Facts, policy: Policy) -> Memory:
    """The memory to go on with."""
    mind = _as_it_stood(left.samples, facts, policy)
    if left.heard_at is not None:
        mind.heard_at = max(mind.heard_at or 0, left.heard_at)
    mind.codes.update(left.codes)
    if left.offline:
        mind.faults["offline:offline"] = None
    if left.rescue is not None:
        for cause in left.causes:
            detector.adopt(
                mind, rescue_id=left.rescue, cause=cause, confirmed=left.confirmed, sticky=not left.confirmed
            )
    pressed = left.codes.get(faults.ALARM_BUTTON)
    if pressed is not None:
        alarm_pressed.press(mind, situation.look(mind, facts, pressed.since), policy, pressed.ts)
    return mind


def _as_it_stood(samples: Sequence[tuple[Sample, int]], facts: Facts, policy: Policy) -> Memory:
    """At the oldest of these samples that is of the newest boot; what it listed, the next ones list too."""
    mind = Memory()
    if not samples:
        return mind
    boot = samples[-1][0].boot
    sample, received_at = next(one for one in samples if one[0].boot == boot)
    detector.observe(
        mind, facts, msgspec.structs.replace(sample, faults=[], replay=False), now=received_at, policy=policy, hold=True
    )
    # nothing follows from one sample that lists nothing; if it did, it would be told to nobody
    mind.rescue, mind.faults = None, {}
    return mind
