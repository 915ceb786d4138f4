"""What cannot be read: kept in quarantine, and rung for where it may have been an alarm (contract 2.3)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from alerts import commands
from alerts.metrics import Transition
from alerts.policy import Policy
from elevator import faults, times
from elevator.db import Connection
from ingest import store
from ingest.normalise import Reading
from ingest.store import Refusal

_SHOWN = 20  # of a group of unreadable alarms, as many are searched for what they may have been about


async def refuse(
    tx: Connection, refusals: Sequence[Refusal], *, policy: Policy, now: datetime, at_lift: bool = True
) -> tuple[Counter[str], list[Transition]]:
    """Keep what cannot be read, and ring for what came on `event` or may have been an alarm: once per lift.

    With `at_lift` false what is remembered of the lift is left alone: the alarm is at no lift, its place is the topic.

    Returns:
        How much was kept for each reason, and the changes of state of incidents.
    """
    new = await store.add_quarantine(tx, refusals)
    rung: dict[tuple[str | None, str, str | None], list[Refusal]] = {}
    for refusal in new:
        alarm = refusal.alarm
        if alarm is None and refusal.from_event:
            alarm = next(
                (code for code in sorted(faults.ALARMS, reverse=True) if code.encode() in refusal.payload), None
            )
        if alarm is not None or refusal.from_event:
            lift_id = refusal.lift_id if at_lift else None
            rung.setdefault((lift_id, refusal.topic if lift_id is None else "", alarm), []).append(refusal)
    transitions: list[Transition] = []
    for (lift_id, _, alarm), group in rung.items():
        transitions += await commands.quarantined(
            tx, lift_id=lift_id, topic=group[0].topic, payload=b"\n".join(one.payload for one in group[:_SHOWN]),
            reason=group[0].reason, now=now, policy=policy, count=len(group), alarm=alarm,
        )  # fmt: skip
    return Counter(refusal.reason for refusal in new), transitions


def refusals_of(reading: Reading, *, careful: bool) -> list[Refusal]:
    """The unreadable parts of a message."""
    message = reading.message
    return [
        Refusal(
            lift_id=reading.lift_id, topic=message.topic, payload=bad.payload, reason=bad.reason, detail=bad.detail,
            received_at=times.at(message.received_at_ms), from_event=reading.from_event,
            maybe_kept=careful or message.dup, alarm=bad.alarm,
        )
        for bad in reading.bad
    ]  # fmt: skip
