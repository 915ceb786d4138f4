"""Why there is an alarm for a lift, or none: its memory brought to the present, and every rule's word on it."""

from datetime import UTC, datetime, timedelta

from alerts import explain, listening, memory, part_words, store, view
from alerts.explain import Explained
from alerts.incident import Actor
from alerts.policy import Policy
from alerts.recall import recall
from api import objects
from api.objects import Object
from api.reads import row, rows
from api.scope import parameters
from elevator.db import Connection
from elevator.times import at, to_ms

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


async def decision(
    connection: Connection, actor: Actor, lift_id: str, *, policy: Policy, now: datetime
) -> Object | None:
    """What every rule makes of a lift at `now`; None if it is not the actor's to see."""
    found = await row(connection, "lift", lift_id=lift_id, **parameters(actor))
    if found is None:
        return None
    doubt = await row(connection, "zone_doubt", lift_no=found["lift_no"])
    mind, facts = memory.readable(found["memory"]) or memory.Memory(), view.facts_of(found | (doubt or {}))
    for history in (await store.histories(connection, {found["lift_no"]: mind})).values():
        recall(mind, facts, history, policy)  # what the intake has kept to itself so far
    heard = listening.judge(
        await rows(connection, "intake"), _LONG_AGO, now, timedelta(seconds=policy.conditions.hold_s)
    )
    told = explain.explain(
        mind, facts, now=to_ms(now), policy=policy, hold=heard.hold,
        listening=None if heard.since is None else to_ms(heard.since),
    )  # fmt: skip
    rules = [rule(one, policy, to_ms(now)) for one in told.rules]
    return {
        "lift_id": lift_id,
        "at": objects.time(now),
        "heard_at": _time(mind.heard_at),
        "sample_at": _time(mind.sample_at or None),
        "listening": heard.since is not None,
        "rescue": None if told.memory.rescue is None else told.memory.rescue.id or None,
        "summary": part_words.headline(rules, heard=mind.heard_at is not None),
        "rules": rules,
    }


def rule(one: Explained, policy: Policy, now_ms: int) -> Object:
    """One rule's state as the API gives it."""
    threshold = policy.rules[one.rule]
    return {
        "rule": one.rule,
        "title": part_words.rule_title(one.rule),
        "state": str(one.state),
        "cause": one.cause,
        "since": _time(one.since),
        "seconds": None if one.since is None else max(0, now_ms - one.since) / 1000,
        "interrupted_at": _time(one.interrupted_at),
        "suspect_s": threshold.suspect_s,
        "confirm_s": threshold.confirm_s,
        "suspects_at": _time(one.suspects_at),
        "confirms_at": _time(one.confirms_at),
        "never_confirms": one.never_confirms,
        "asks_again_at": _time(one.asks_again_at),
        "parts": [part_words.part(part.stored()) for part in one.parts],
    }


def _time(moment: int | None) -> str | None:
    return objects.time(at(moment))
