"""How what the rules say becomes the one rescue a lift can have (contract 5, "One at a time", "The next one"). Pure.

- A level that no live rescue explains opens one; a cause it does not have yet is added; a confirming rule confirms.
- A suspicion all of whose causes have been gone for 10 s is cleared, unless only a person may end it.
- What looks recovered is noted, never ended; a cause that comes back after that is told anew, and rings.
- A cause that an ended rescue has answered opens nothing until it has been false once, but for one suspicion after
  10 min that waits for a person.
- A rescue is P1; one that only a long stay has opened is P2 until another cause comes.
- While a suspicion lasts, it is known whether it waits for a person, and when it would confirm, or be cleared, by
  itself.
"""

from dataclasses import dataclass, field

from alerts.effects import CauseAdded, Cleared, Confirmed, Effect, Expected, Opened, Recovered
from alerts.memory import Answered, Memory, Rescue
from alerts.policy import Policy, ms
from alerts.rules import alarm_pressed
from alerts.rules.base import NOTHING, Level, Signal
from alerts.situation import Situation
from elevator.faults import Priority

LONG_STAY = "long_stay"


@dataclass(slots=True, kw_only=True)
class Merge:
    """One moment's signals on their way into the rescue."""

    memory: Memory
    seen: Situation
    policy: Policy
    effects: list[Effect] = field(default_factory=list)
    dues: list[int] = field(default_factory=list)
    confirms: list[int] = field(default_factory=list)  # when causes that are not answered would confirm
    ends: dict[str, int] = field(default_factory=dict)  # when causes that are still there will be gone by themselves

    def take(self, cause: str, signal: Signal) -> None:
        """Merge what one rule says."""
        if signal is NOTHING and self.memory.rescue is None:
            self.memory.answered.pop(cause, None)
        else:
            self._merge(cause, signal)

    def _merge(self, cause: str, signal: Signal) -> None:
        memory = self.memory
        if signal.due is not None:
            self.dues.append(signal.due)
        if signal.false:
            memory.answered.pop(cause, None)
        answered = memory.answered.get(cause)
        if answered is None and signal.confirms is not None:
            self.confirms.append(signal.confirms)
        if signal.ends is not None:
            self.ends[cause] = signal.ends
        if signal.level is not Level.NONE and answered is not None:
            self._ask_again(cause, answered)
        elif signal.level is not Level.NONE:
            sure = signal.level is Level.CONFIRMED
            open_or_add(
                memory, cause, self.effects, confirmed=sure, waits=signal.asks and not sure, confirm_at=signal.confirms
            )
        elif memory.rescue is not None and cause in memory.rescue.causes:
            if signal.active:
                memory.rescue.causes[cause] = None
            elif memory.rescue.causes[cause] is None:
                memory.rescue.causes[cause] = self.seen.now

    def finish(self) -> None:
        """Clear a suspicion, or note a recovery, once all causes have been gone long enough."""
        rescue = self.memory.rescue
        if rescue is None:
            return
        gone = [since for since in rescue.causes.values() if since is not None]
        ends = max(gone, default=0) + ms(self.policy.conditions.cleared_s)
        if len(gone) < len(rescue.causes) or rescue.recovered:
            self._expect(rescue)
        elif self.seen.now < ends or self.seen.hold:
            self.dues.append(ends)
            self._expect(rescue)
        elif rescue.confirmed:
            rescue.recovered = True
            self.effects.append(Recovered())
        elif not rescue.sticky:
            self.memory.rescue = None
            self.effects.append(Cleared())

    def _ask_again(self, cause: str, answered: Answered) -> None:
        again = answered.at + ms(self.policy.conditions.ask_again_s)
        rescue = self.memory.rescue
        if answered.asked:
            if rescue is not None and cause in rescue.causes:
                rescue.causes[cause] = None  # it asks already, and what it asks about is there again
            return
        if self.seen.now < again or self.seen.hold:
            self.dues.append(again)
            return
        answered.asked = True
        open_or_add(self.memory, cause, self.effects, confirmed=False, waits=True, answered=True)

    def _expect(self, rescue: Rescue) -> None:
        """Say when the suspicion would confirm, or be cleared, by itself, where that has changed."""
        confirm_at, clear_at = min(self.confirms, default=None), self._clears(rescue)
        if not rescue.confirmed and (confirm_at, clear_at) != (rescue.confirm_at, rescue.clear_at):
            rescue.confirm_at, rescue.clear_at = confirm_at, clear_at
            self.effects.append(Expected(confirm_at=confirm_at, clear_at=clear_at))

    def _clears(self, rescue: Rescue) -> int | None:
        """When all causes will have been gone long enough; None while one of them has no end of its own."""
        if rescue.sticky:
            return None
        over = [since if since is not None else self.ends.get(cause) for cause, since in rescue.causes.items()]
        known = [at for at in over if at is not None]
        return max(known) + ms(self.policy.conditions.cleared_s) if known and len(known) == len(over) else None


def open_or_add(
    memory: Memory,
    cause: str,
    effects: list[Effect],
    *,
    confirmed: bool,
    waits: bool = False,
    sticky: bool = False,
    answered: bool = False,
    confirm_at: int | None = None,
    event_ts: int | None = None,
) -> None:
    """A rule is suspicious, or sure: open the rescue, or tell the live one.

    Args:
        memory: of the lift.
        cause: the rule.
        effects: what follows is put here.
        confirmed: the rule is sure.
        waits: it never will be by itself: a person decides.
        sticky: and only a person may end it.
        answered: an ended rescue held this cause, and it is still true.
        confirm_at: when it will be sure if nothing changes.
        event_ts: of the event behind it, by the lift's clock.
    """
    waits = (waits or sticky) and not confirmed
    rescue = memory.rescue
    if rescue is None:
        confirm_at = None if confirmed else confirm_at
        memory.rescue = Rescue(
            confirmed=confirmed, causes={cause: None}, sticky=sticky, waits=waits, confirm_at=confirm_at
        )
        effects.append(
            Opened(
                cause=cause, confirmed=confirmed, waits=waits, answered=answered, confirm_at=confirm_at,
                event_ts=event_ts, priority=Priority.P2 if cause == LONG_STAY else Priority.P1,
            )
        )  # fmt: skip
        return
    asks = waits and not rescue.waits and not rescue.confirmed
    if cause not in rescue.causes or rescue.recovered or asks:
        effects.append(CauseAdded(cause=cause, waits=waits))
    rescue.sticky = rescue.sticky or sticky
    rescue.waits = rescue.waits or (waits and not rescue.confirmed)
    rescue.causes[cause] = None
    rescue.recovered = False
    if confirmed and not rescue.confirmed:
        rescue.confirmed, rescue.waits, rescue.confirm_at, rescue.clear_at = True, False, None, None
        effects.append(Confirmed(reason=cause))


def answer(memory: Memory, *, now: int) -> None:
    """A person has ended the rescue: its causes are answered until each has been false once."""
    if memory.rescue is None:
        return
    for cause in memory.rescue.causes:
        if cause != "caller":
            before = memory.answered.get(cause)
            memory.answered[cause] = Answered(at=now, asked=before is not None and before.asked)
    memory.rescue = None
    alarm_pressed.forget(memory)


def confirm(memory: Memory) -> None:
    """A person has confirmed the suspicion."""
    if memory.rescue is not None:
        rescue = memory.rescue
        rescue.confirmed, rescue.waits, rescue.confirm_at, rescue.clear_at = True, False, None, None


def adopt(memory: Memory, *, rescue_id: str, cause: str, confirmed: bool, sticky: bool = False) -> None:
    """A rescue was opened, confirmed or reported by a person: the detector goes on from there."""
    rescue = memory.rescue = memory.rescue or Rescue()
    rescue.id = rescue_id
    rescue.sticky = rescue.sticky or sticky
    rescue.waits = rescue.waits or sticky
    rescue.causes[cause] = None
    rescue.recovered = False
    if confirmed or rescue.confirmed:
        confirm(memory)


def close(memory: Memory, *, kind: str, code: str, now: int) -> None:
    """A person has closed a finding; while it is still true it is asked about once more, not at once (see findings)."""
    key = f"{kind}:{code}"
    if key in memory.faults:
        if key == "fault:sensor_fault":
            memory.zone_lies, memory.zone_found = [], False  # whoever closes it has looked at the sensor
        before = memory.closed.get(key)
        memory.closed[key] = Answered(at=now, asked=before is not None and before.asked)
