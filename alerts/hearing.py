"""Carrying one message into a lift's memory: order, occupancy, codes, the button, the link. Pure.

Late messages amend the memory and nothing else, with the exceptions the contract makes for alarms (2.6). Where it
leaves room:

- A late event that clears a code ends nothing by itself, but it is not forgotten: the code ends with the next fresh
  sample that does not list it, otherwise a code whose clearing waited in a buffer would stay for ever.
- A clear of the button or of `entrapment` counts only if it is not older than what it would clear: by sequence within a
  boot, by the order of the boots, and for a replay by its corrected time. In doubt the alarm stays.
- A sample that lists the button although the lift's own clock says that it was let go since is an echo, not a press.
"""

from dataclasses import dataclass

import msgspec

from alerts import lateness, situation
from alerts.effects import Effect, PressedAgain
from alerts.lateness import Timing
from alerts.memory import Code, Memory, note
from alerts.merging import open_or_add
from alerts.policy import Policy, ms
from alerts.rules import alarm_pressed, catalogue
from alerts.rules.base import move_back
from alerts.situation import Facts
from elevator import faults
from elevator.model import Event, Link, Sample, sane_interval

_TOLD = 4  # events whose keys are remembered
_ALARM_RULE = {faults.ALARM_BUTTON: alarm_pressed.RULE.id, faults.ENTRAPMENT: "controller_says"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was made of one message."""

    late: bool = False
    outcome: str = "live"  # live, late, late_live, filtered, review, old_alarm, behind, duplicate, retained
    review: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One lift at the moment a message comes."""

    memory: Memory
    facts: Facts
    now: int
    policy: Policy
    effects: list[Effect]

    def sample(self, sample: Sample) -> Verdict:
        """A sample: the newest state if it is not late, otherwise a word about the past."""
        memory, now = self.memory, self.now
        if sample == memory.sample:
            return Verdict(late=True, outcome="duplicate")
        timing = lateness.of_sample(memory, sample, now, self.policy)
        if memory.boots[:1] == [sample.boot]:
            memory.stored_sample_seq = max(memory.stored_sample_seq, sample.seq)
        if timing.late:
            self._late_sample(sample, timing)
            return Verdict(late=True, outcome="late")
        before = memory.sample
        situation.note_sample(memory, self.facts, sample, now, timing.corrected, self.policy)
        self._heard()
        self._listed_button(sample, before)
        for code in [code for code, known in memory.codes.items() if known.over and code not in sample.faults]:
            del memory.codes[code]
        return Verdict()

    def event(self, event: Event, *, key_reused: bool) -> Verdict:
        """An event: sets or clears a code."""
        memory = self.memory
        if not key_reused and self._is_known(event):
            return Verdict(late=event.replay, outcome="duplicate")
        self._tell_apart(event)
        known_boot = event.boot in memory.boots
        timing = lateness.of_event(memory, event, self.now, self.policy)
        if not known_boot and memory.boots[:1] == [event.boot]:
            self._new_boot(event.ts)
        if memory.boots[:1] == [event.boot]:
            memory.stored_event_seq = max(memory.stored_event_seq, event.seq)
        code, _ = faults.canonical(event.code)
        if code in faults.ALARMS:
            return self._alarm(event, timing, key_reused=key_reused)
        key = code if code != faults.OTHER else f"{faults.OTHER}:{event.code[:64]}"
        if timing.late:
            last = memory.codes.get(key)
            if not event.active and last is not None and not self._came_before(event, timing, last):
                last.over = True
            return Verdict(late=True, outcome="late")
        self._heard()
        if faults.CATALOGUE[code].fault_class is faults.FaultClass.MODE:
            return Verdict()  # mode events are history: only a sample's `mode` counts
        if event.active:
            memory.codes[key] = Code(since=self.now, ts=event.ts, boot=event.boot, seq=event.seq)
        else:
            memory.codes.pop(key, None)
        return Verdict()

    def link(self, link: Link, *, retained: bool) -> Verdict:
        """The link came up or was lost; a retained word is the broker's newest, told when we subscribe."""
        memory, now = self.memory, self.now
        memory.link_at = now
        if link.firmware is not None:
            memory.firmware = link.firmware[:64]
        if link.interval is not None:
            memory.interval = sane_interval(link.interval)
            if memory.interval != link.interval:
                note(memory, f"interval={link.interval:g}")
        if link.ts is not None and not retained:
            lateness.note_clock(memory, link.ts, now, self.policy)
        if link.online and not retained:
            self._heard()
        elif link.online:  # it came back while we were away; that is no message of its own
            memory.lost_at, memory.lost_retained, memory.online = None, False, True
        elif memory.lost_at is None or (memory.lost_retained and not retained):
            memory.lost_at, memory.lost_retained, memory.online = now, retained, False
        return Verdict(outcome="retained" if retained else "live")

    def _heard(self) -> None:
        memory = self.memory
        memory.heard_at, memory.lost_at, memory.lost_retained, memory.online = self.now, None, False, True

    # --- samples -------------------------------------------------------------------------------------------

    def _late_sample(self, sample: Sample, timing: Timing) -> None:
        memory = self.memory
        newest = max(memory.corrected, memory.known_corrected if memory.known else 0)
        if timing.corrected > newest:
            memory.known, memory.known_corrected = sample, timing.corrected
        if situation.is_open_in_zone(sample):
            memory.opened_at = max(memory.opened_at or 0, min(timing.corrected, self.now))
        then = situation.look(memory, self.facts, self.now, sample=sample)
        for rule in catalogue.TIMED:
            holds = rule.condition(then) and not then.switched_off and rule.occupied(memory, then, self.policy) is True
            move_back(memory, rule, self.policy, holds=holds, corrected=timing.corrected)

    def _listed_button(self, sample: Sample, before: Sample | None) -> None:
        """The newest sample lists the alarm button, or no longer does: the same press, seen another way."""
        button = self.memory.button
        if faults.ALARM_BUTTON not in sample.faults:
            if faults.ALARM_BUTTON not in self.memory.codes:
                self._release(sample.ts)
        elif not ((button and button.active) or self._tells_press(before)) and self._tells_press(sample):
            self._press(sample.ts)
            if self.memory.button is not None:
                self.memory.button.by_sample = True

    def _tells_press(self, sample: Sample | None) -> bool:
        """It lists the button, and not only because it was taken before the button was let go."""
        if sample is None or faults.ALARM_BUTTON not in sample.faults:
            return False
        let_go = self.memory.cleared.get(faults.ALARM_BUTTON)
        return let_go is None or let_go.boot != sample.boot or sample.ts > let_go.ts

    def _new_boot(self, ts: int) -> None:
        """A new boot clears what samples listed."""
        sample = self.memory.sample
        if sample is None or not sample.faults:
            return
        if faults.ALARM_BUTTON not in self.memory.codes:
            self._release(ts)
        self.memory.sample = msgspec.structs.replace(sample, faults=[])

    # --- alarms --------------------------------------------------------------------------------------------

    def _alarm(self, event: Event, timing: Timing, *, key_reused: bool) -> Verdict:
        """`alarm_button` and `entrapment`: live unless a replay; an old replay is a suspicion or up for review."""
        memory, button = self.memory, event.code == faults.ALARM_BUTTON
        if not event.replay:
            self._heard()
        elif event.active and (settled := self._replayed(event, timing)) is not None:
            return settled
        this = Code(since=self.now, ts=event.ts, boot=event.boot, seq=event.seq)
        last_set, last_clear = memory.codes.get(event.code), memory.cleared.get(event.code)
        outcome = "late_live" if event.replay else "live"
        if not event.active:
            if last_set is not None and self._came_before(event, timing, last_set):
                return Verdict(late=event.replay, outcome="behind")  # a newer press is active: this is not of it
            if last_clear is None or not self._came_before(event, timing, last_clear):
                memory.cleared[event.code] = this
            memory.codes.pop(event.code, None)
            if button and not (memory.sample is not None and faults.ALARM_BUTTON in memory.sample.faults):
                self._release(event.ts)
            return Verdict(late=event.replay, outcome=outcome)
        over = last_clear is not None and not key_reused and self._came_before(event, timing, last_clear)
        if button and self._pressed(event.ts):
            outcome = "filtered"
        if not over:
            memory.codes[event.code] = this
        elif last_clear is not None and button:
            self._release(last_clear.ts)
        return Verdict(late=event.replay, outcome=outcome)

    def _replayed(self, event: Event, timing: Timing) -> Verdict | None:
        """An alarm from a controller's buffer; None where it is decided like a live one."""
        memory = self.memory
        opened_since = memory.opened_at is not None and memory.opened_at > timing.corrected
        too_old = self.now - timing.corrected > ms(self.policy.clocks.alarm_replay_s)
        empty = too_old and situation.look(memory, self.facts, self.now).occupied is False
        if opened_since or empty:
            return Verdict(late=True, outcome="review", review=True)
        if not too_old:
            return None
        open_or_add(
            memory, _ALARM_RULE[event.code], self.effects, confirmed=False, sticky=True, event_ts=event.ts
        )  # fmt: skip
        return Verdict(late=True, outcome="old_alarm")

    def _came_before(self, event: Event, timing: Timing, other: Code) -> bool:
        """By the lift's own count, then by the order of its boots, then by time; in doubt it did not.

        A count that begins anew, from a controller that does not name its boots, is younger although it is lower.
        """
        if event.boot == other.boot:
            overtaken = event.replay or self.now - other.since <= ms(self.policy.clocks.late_s)
            return event.seq < other.seq and event.ts <= other.ts and overtaken
        boots = self.memory.boots
        if event.boot in boots and other.boot in boots:
            return boots.index(event.boot) > boots.index(other.boot)
        return event.replay and timing.corrected < other.since

    def _is_known(self, event: Event) -> bool:
        """The same event once more: how often a message is delivered changes nothing (contract 2.2).

        The intake looks further back; here the last few are known even to who has no database at hand.
        """
        memory, now = self.memory, self.now
        for known in memory.told:
            if (known.boot, known.seq, known.ts) == (event.boot, event.seq, event.ts):
                return now - known.since <= ms(self.policy.clocks.key_reuse_s)
        return False

    def _tell_apart(self, event: Event) -> None:
        this = Code(since=self.now, ts=event.ts, boot=event.boot, seq=event.seq)
        others = [one for one in self.memory.told if (one.boot, one.seq, one.ts) != (this.boot, this.seq, this.ts)]
        self.memory.told = [this, *others][:_TOLD]

    def _pressed(self, ts: int) -> bool:
        """Enter a press told by an event; true when it is filtered."""
        memory = self.memory
        if memory.button is not None and memory.button.active and memory.button.by_sample:
            memory.button.by_sample = False  # the same press, which a sample had told first
            return False
        filtered = self._press(ts)
        if not filtered and memory.rescue is not None and alarm_pressed.RULE.id in memory.rescue.causes:
            self.effects.append(PressedAgain(ts=ts))
        return filtered

    def _press(self, ts: int) -> bool:
        return alarm_pressed.press(self.memory, situation.look(self.memory, self.facts, self.now), self.policy, ts)

    def _release(self, ts: int) -> None:
        alarm_pressed.release(self.memory, situation.look(self.memory, self.facts, self.now), self.policy, ts)
