"""How much may be asked and reported without an account, and what is said to those who ask more. Pure.

A report that somebody is trapped is never refused: beyond its limit it opens a suspicion that rings and waits for a
person, instead of sending a crew at once. What stops a stranger from reporting at all is the code: sixteen characters
that nobody guesses, only to be read at the lift.
"""

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=10)
KEPT = timedelta(hours=1)  # addresses that have asked
PER_ADDRESS: Mapping[str, int] = {"look": 60, "wrong": 10, "fault": 5, "trapped": 3}
LIFT_WINDOW = timedelta(hours=1)
PER_LIFT: Mapping[str, int] = {"fault": 10, "trapped": 5}
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are mistaken for each other
_CODE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """Too much of it: why, how long to wait, and that as people read it."""

    reason: str  # address, lift
    seconds: int
    text: Mapping[str, str]


def new_code() -> str:
    """A code for a sticker."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_CODE))


def counted_as(address: str | None) -> str:
    """What of an address is counted: all of IPv4, of IPv6 the network that one household has."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def judge(
    what: str, *, of_address: int, of_lift: int, oldest_of_address: datetime | None, oldest_of_lift: datetime | None,
    now: datetime,
) -> Limited | None:  # fmt: skip
    """Whether one more is too much.

    Args:
        what: is asked: look, wrong, fault, trapped.
        of_address: how many came from the address within `WINDOW`, this one not counted.
        of_lift: how many came about the lift within `LIFT_WINDOW`.
        oldest_of_address: of those.
        oldest_of_lift: of those.
        now: the present moment.
    """
    if of_address >= PER_ADDRESS[what]:
        return _limited("address", (oldest_of_address or now) + WINDOW - now)
    if of_lift >= PER_LIFT.get(what, of_lift + 1):
        return _limited("lift", (oldest_of_lift or now) + LIFT_WINDOW - now)
    return None


def _limited(reason: str, wait: timedelta) -> Limited:
    seconds = max(1, round(wait.total_seconds()))
    minutes = -(-seconds // 60)
    why = {
        "address": ("您的网络在短时间内提交过多", "too much came from your network in a short time"),
        "lift": ("这台电梯刚刚已收到多次报修，维保单位已知晓",
                 "several reports of this lift have come within the hour; its maintenance firm knows"),
    }[reason]  # fmt: skip
    text = {
        "zh": f"{why[0]}，请 {minutes} 分钟后再试。有人被困时请按轿厢内的报警按钮，或拨打轿厢内的救援电话；"
              "在本页报告有人被困不受此限制。",
        "en": f"{why[1]}; try again in {minutes} min. If somebody is trapped, press the alarm button in the car or call"
              " the rescue number shown there; reporting that here is not limited.",
    }  # fmt: skip
    return Limited(reason=reason, seconds=seconds, text=text)
