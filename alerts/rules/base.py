"""What a rule is: from a lift's memory and the present situation to a signal; and the kind of rule that is timed.

A signal's `level` says how sure the rule is, `active` whether it still is a cause of the rescue it opened,
`false` whether it counts as "has been false once" (contract 5, "The next one is not hidden"), and `due` when it must
be asked again although nothing may have happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from msgspec import Struct

from alerts.memory import Memory, Timer
from alerts.policy import Policy, ms
from alerts.situation import Situation


class Level(IntEnum):
    """How sure a rule is."""

    NONE = 0
    SUSPECTED = 1
    CONFIRMED = 2


class Signal(Struct, frozen=True, kw_only=True):
    """What a rule says of one moment."""

    level: Level = Level.NONE
    active: bool = False
    false: bool = True
    due: int | None = None
    asks: bool = False  # never confirms by itself: a person decides
    confirms: int | None = None  # when it will confirm by itself if nothing changes
    ends: int | None = None  # when it will be gone by itself if nothing changes


NOTHING = Signal()
"""Not true now, and no reason to be asked again."""


class Rule(Protocol):
    """One row of the table in contract section 5."""

    @property
    def id(self) -> str:
        """The reason code."""

    @property
    def every_class(self) -> bool:
        """Whether it also applies to escalators, dumbwaiters and hoists."""

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """Judge; a rule may keep what it needs in `memory`."""


def usually_occupied(memory: Memory, situation: Situation, policy: Policy) -> bool | None:
    """The occupancy of contract section 5, as it stands."""
    del memory, policy
    return situation.occupied


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRule:
    """A condition that must hold for some time with someone in the car."""

    id: str
    condition: Callable[[Situation], bool]  # all of it but the occupancy
    empty_code: str | None = None  # finding where only the occupancy is missing
    occupied: Callable[[Memory, Situation, Policy], bool | None] = usually_occupied
    suspects_only: Callable[[Situation], bool] | None = None
    every_class: bool = False

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """Run the rule's timer."""
        rest = not situation.switched_off and self.condition(situation)
        holds = rest and self.occupied(memory, situation, policy) is True
        if not holds and self.id not in memory.timers:
            return NOTHING
        return self._run(memory.timers, memory, holds=holds, situation=situation, policy=policy)

    def empty(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """The same for a car that is empty by its sensor."""
        holds = situation.occupied is False and not situation.switched_off and self.condition(situation)
        if not holds and self.id not in memory.empty:
            return NOTHING
        return self._run(memory.empty, memory, holds=holds, situation=situation, policy=policy)

    def _run(
        self, timers: dict[str, Timer], memory: Memory, *, holds: bool, situation: Situation, policy: Policy
    ) -> Signal:
        """Start, go on, interrupt or end one timer.

        An interruption under 3 s goes on, movement included; the door open in the zone ends the condition at once.
        """
        now, timer, threshold = situation.now, timers.get(self.id), policy.rules[self.id]
        if timer is not None and timer.gone is not None and now >= timer.gone + ms(policy.conditions.interruption_s):
            del timers[self.id]
            timer = None
        doubtful = self.suspects_only is not None and self.suspects_only(situation)
        confirm_s = None if doubtful else threshold.confirm_s
        if not holds:
            if timer is None or situation.open_in_zone:
                timers.pop(self.id, None)
                return NOTHING
            timer.gone = timer.gone or now
            ends = timer.gone + ms(policy.conditions.interruption_s)
            return Signal(active=True, false=False, due=ends, confirms=_after(timer, confirm_s))
        if timer is None:
            timer = timers[self.id] = Timer(since=now, fresh=now, not_before=memory.corrected_before)
        timer.gone = None
        suspect, confirm = timer.since + ms(threshold.suspect_s), _after(timer, confirm_s)
        if confirm is not None and now >= confirm and not situation.hold:
            return Signal(level=Level.CONFIRMED, active=True, false=False)
        if now < suspect or situation.hold:
            return Signal(active=True, false=False, due=suspect if now < suspect else confirm, confirms=confirm)
        return Signal(
            level=Level.SUSPECTED, active=True, false=False, due=confirm, asks=confirm is None, confirms=confirm
        )


def _after(timer: Timer, seconds: float | None) -> int | None:
    return None if seconds is None else timer.since + ms(seconds)


def move_back(memory: Memory, rule: TimedRule, policy: Policy, *, holds: bool, corrected: int) -> None:
    """Let a late sample amend when a condition that a fresh sample still shows began (contract 2.6).

    It began after the last sample that showed it was not so, however late that one came, and no earlier than samples
    show it without a gap: a buffer is handed in oldest first, and must not join the trouble of yesterday to that of
    today. A lift sends a sample at least once in its interval, so a longer gap hides what will be told later, or never.
    """
    timer = memory.timers.get(rule.id)
    if timer is None or timer.gone is not None:
        return
    if not holds:
        timer.not_before = max(timer.not_before, min(corrected, timer.fresh))
        if timer.run is not None and corrected >= timer.run[0]:
            timer.run = None
        if corrected >= timer.since:
            timer.since = timer.fresh  # something in between was not so: only what fresh samples showed is sure
        return
    if corrected <= timer.not_before:
        return
    gap = ms(memory.interval + policy.button.fresh_slack_s)
    first, last = timer.run or (corrected, corrected)
    timer.run = (first if last <= corrected <= last + gap else corrected, corrected)
    if timer.since - corrected <= gap:
        timer.since = min(timer.since, timer.run[0])
