"""`alarm_pressed`: the button in the car, in every mode; filtered only while the open door is seen.

A press is a suspicion at once. It confirms when the button is held for 3 s (by the lift's clock or ours, whichever is
longer) or pressed again within 60 s; pressed in a moving car, when the car has stood for 10 s without its door
opening in the zone, at the latest 60 s after the press. A single short press ends after 60 s or with the open door.

Only a sample that is fresh by the time of its receipt and by its own corrected time filters; while a queue is read,
nothing counts or ends by elapsed time alone.
"""

from alerts.memory import Button, Memory, Press
from alerts.policy import Policy, ms
from alerts.rules.base import NOTHING, Level, Signal
from alerts.situation import Situation


def filter_ends(memory: Memory, situation: Situation, policy: Policy) -> int | None:
    """When the filter ends unless another sample comes; None: nothing filters now.

    Only a fresh sample that shows the car stopped with its door open in the zone does.
    """
    sample = situation.sample
    if sample is None or situation.moving or not situation.open_in_zone:
        return None
    ends = _fresh_until(memory, policy)
    return ends if situation.now <= ends else None


def _fresh_until(memory: Memory, policy: Policy) -> int:
    """Until when the newest sample is no older than its interval + 5 s."""
    return min(memory.sample_at, memory.corrected) + ms(memory.interval + policy.button.fresh_slack_s)


def press(memory: Memory, situation: Situation, policy: Policy, ts: int) -> bool:
    """Enter a new press; true when it is filtered."""
    button = memory.button = memory.button or Button()
    now = situation.now
    if not button.active:
        button.active, button.since, button.ts = True, now, ts
    memory.answered.pop(RULE.id, None)  # a new press is a new cause
    if filter_ends(memory, situation, policy) is not None:
        return True
    _count(button, memory, situation, policy, ts)
    return False


def release(memory: Memory, situation: Situation, policy: Policy, ts: int) -> None:
    """The button was let go; a press that was long by the lift's own clock counts even if it came in one burst."""
    button = memory.button
    if button is None or not button.active:
        return
    held = max(situation.now - button.since, ts - button.ts)
    if button.suspected_at is not None and held >= ms(policy.button.held_s):
        button.counted = True
    button.active = False


def forget(memory: Memory) -> None:
    """A person has answered the presses so far; a button still active waits to be cleared or pressed anew."""
    if memory.button is not None:
        still = memory.button
        memory.button = Button(active=True, since=still.since, ts=still.ts) if still.active else None


def _count(button: Button, memory: Memory, situation: Situation, policy: Policy, ts: int) -> None:
    now, within = situation.now, ms(policy.button.second_press_s)
    if any(now - earlier.at <= within or 0 <= ts - earlier.ts <= within for earlier in button.presses):
        button.counted = True
    button.presses = [*button.presses, Press(at=now, ts=ts)][-4:]
    button.suspected_at = button.suspected_at or now
    fresh = now <= _fresh_until(memory, policy)
    button.moving_at = (button.moving_at or now) if situation.moving and fresh else None


class AlarmPressed:
    """The rule; `press` and `release` feed it."""

    id = "alarm_pressed"
    every_class = True

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """Judge the button's story so far."""
        button = memory.button
        if button is None:
            return NOTHING
        filtered_until = filter_ends(memory, situation, policy)
        if filtered_until is not None:
            button.suspected_at = button.moving_at = None
            button.presses, button.counted = [], False
            if not button.active:
                memory.button = None
                return NOTHING
            return Signal(false=False, due=filtered_until + 1)
        if button.suspected_at is None:
            if not button.active:
                memory.button = None
                return NOTHING
            if situation.hold and situation.open_in_zone and not situation.moving:
                return Signal(false=False, due=situation.now)  # the queue may show the open door again
            _count(button, memory, situation, policy, button.ts)
        return _judge(button, memory, situation, policy)


def _judge(button: Button, memory: Memory, situation: Situation, policy: Policy) -> Signal:
    now, held_due = situation.now, button.since + ms(policy.button.held_s)
    if button.active and now >= held_due and not situation.hold:
        button.counted = True
    if button.moving_at is not None:
        counts = button.moving_at + ms(policy.button.moving_latest_s)
        if memory.stopped_at is not None:
            counts = min(counts, max(memory.stopped_at, button.moving_at) + ms(policy.button.stood_s))
    elif button.counted:
        return Signal(level=Level.CONFIRMED, active=True, false=not button.active)
    elif button.active:
        counts = held_due
    else:
        over = button.presses[-1].at + ms(policy.button.short_press_s)
        if now < over or situation.hold:
            return Signal(level=Level.SUSPECTED, active=True, due=over, ends=over)
        memory.button = None
        return NOTHING
    if now >= counts and not situation.hold:
        button.counted, button.moving_at = True, None
        return Signal(level=Level.CONFIRMED, active=True, false=not button.active)
    return Signal(level=Level.SUSPECTED, active=True, false=not button.active, due=counts, confirms=counts)


RULE = AlarmPressed()
