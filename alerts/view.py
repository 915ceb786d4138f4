"""What others may see of the rescue brain's own data: a lift's live state, an incident's sentence. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts import impossible, situation, words
from alerts import memory as memories
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.rules import catalogue
from alerts.situation import Facts
from elevator.model import LiftClass
from elevator.times import at, rfc3339

summary = words.summary

_IMPOSSIBLE = {
    impossible.TIME_BACK: ("时间倒退的数据", "Samples whose time runs backwards"),
    impossible.POSITION_JUMP: ("位置跳变，电梯不可能这么快", "Positions that no lift could have reached in the time"),
    impossible.FLOOR_JUMP: ("楼层跳变，电梯不可能这么快", "Floors that no lift could have reached in the time"),
    impossible.TOO_FAST: ("速度读数高于任何电梯", "Speeds that no lift has"),
}
_BLIND = {
    "code": "no_door_zone",
    "zh": "无平层信号：看不到层间停梯",
    "en": "No door-zone signal: cannot see a stop between floors",
}

_LOST = {
    "code": "memory_unreadable",
    "zh": "该梯的判断数据已损坏，收到下一条消息时重新开始判断",
    "en": "What was remembered of it cannot be read: it is decided anew with its next message",
}


def lift_state(
    stored: bytes | None,
    online: bool,  # noqa: FBT001 - a column, passed in column order
    heard_at: datetime | None,
    lift_class: str | None = None,
) -> dict[str, Any] | None:
    """The `state` of a lift: last sample, link, decided occupancy, active codes; None when it was never heard."""
    read = memories.readable(stored)
    memory = read or Memory()
    if read is not None and memory.heard_at is None and memory.sample is None and memory.link_at is None:
        return None
    facts = Facts(lift_class=LiftClass(lift_class) if lift_class else None)
    seen = situation.look(memory, facts, memory.heard_at or 0)
    return {
        "online": online,
        "heard_at": None if heard_at is None else rfc3339(heard_at),
        "link_at": _time(memory.link_at),
        "interval": memory.interval,
        "firmware": memory.firmware,
        "sample": _sample(memory),
        "received_at": _time(memory.sample_at or None),
        "stopped_at": _time(memory.stopped_at),
        "occupied": seen.occupied,
        "occupied_by": None if seen.occupied_by is None else str(seen.occupied_by),
        "codes": sorted(seen.codes),
        "derived": sorted(seen.derived),
        "notes": _notes(memory) if read is not None else [dict(_LOST)],
    }


def offset_s(stored: bytes | None, now_ms: int, policy: Policy) -> float | None:
    """The lift's clock minus ours in seconds, over the policy's window; None when it was not heard in it."""
    from alerts import lateness  # noqa: PLC0415 - a view of one number

    memory = memories.readable(stored) or Memory()
    return lateness.offset(memory, now_ms, policy) / 1000 if memory.offsets else None


def rule_states(stored: bytes | None, now_ms: int) -> list[dict[str, Any]]:
    """Which timed conditions run now, and for how long."""
    memory = memories.readable(stored) or Memory()
    return [
        {"rule": rule.id, "since": _time(timer.since), "seconds": (now_ms - timer.since) / 1000}
        for rule in catalogue.TIMED
        if (timer := memory.timers.get(rule.id)) is not None
    ]


def _time(ms: int | None) -> str | None:
    moment = at(ms)
    return None if moment is None else rfc3339(moment)


def _sample(memory: Memory) -> dict[str, Any] | None:
    sample = memory.sample
    if sample is None:
        return None
    fields = {name: getattr(sample, name) for name in sample.__struct_fields__}
    words_ = {name: value for name, value in fields.items() if value is not None}
    return words_ | {"ts": _time(sample.ts), "door_zone": sample.zone}


def _flood(count: int) -> dict[str, Any]:
    return {
        "code": memories.FLOODS,
        "zh": f"上报过密：重复的样本有 {count} 条未存入历史",
        "en": f"It floods: {count} samples that repeat the one before are not kept in its history",
    }


def _notes(memory: Memory) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = [
        _flood(count)
        if key == memories.FLOODS
        else {
            "code": f"unknown_{key.split('=', 1)[0]}",
            "zh": f"无法识别的值 {key}（{count} 次）",
            "en": f"A value nobody knows: {key} ({count} times)",
        }
        for key, count in memory.notes.items()
    ]
    notes += [
        {"code": f"impossible_{reason}", "zh": f"{zh}（{count} 次）", "en": f"{en} ({count} times)"}
        for reason, count in memory.impossible.items()
        for zh, en in [_IMPOSSIBLE[reason]]
    ]
    if memory.sample is not None and memory.sample.zone is None:
        notes.append(dict(_BLIND))
    return notes


def facts_of(record: Mapping[str, Any]) -> Facts:
    """The registry facts that deciding needs, from a row of `lift`.

    Who only asks for the class of equipment need not have read the rest; `lock_states`, who decides, has.
    """
    doubtful, kind = bool(record.get("zone_sensor_fault")), record["lift_class"]
    if not record["registered"]:
        return Facts(zone_sensor_fault=doubtful)
    return Facts(
        lift_class=LiftClass(kind) if kind else None, zone_sensor_fault=doubtful,
        rated_speed=record.get("rated_speed"), floors=tuple(record.get("floors") or ()),
    )  # fmt: skip
