"""Whether what a form says of a visit's items can be taken: all that is wrong with it, at once. Pure."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from alerts.maintenance.plans.plan import Item, Judge, Text
from alerts.maintenance.words import say

MOST_DRAWING = 200_000  # characters
_PATH = re.compile(r"[MmLlHhVvQqCcSsTtZz0-9eE ,.+\-]+")
_PNG = b"\x89PNG\r\n\x1a\n"


class Outcome(StrEnum):
    """Of one item."""

    NORMAL = "normal"
    ABNORMAL = "abnormal"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, and what would be right, in both languages."""

    field: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one item was found; photos are names of what is kept elsewhere, only their presence is judged here."""

    code: str
    outcome: Outcome
    value: float | None = None
    text: str | None = None
    photos: tuple[str, ...] = field(default=())


def result(values: Mapping[str, Any]) -> Result:
    """A result from plain values."""
    return Result(
        code=values["code"], outcome=Outcome(values["outcome"]), value=values.get("value"), text=values.get("text"),
        photos=tuple(values.get("photos") or ()),
    )  # fmt: skip


def check_results(items: Mapping[str, Item], given: Sequence[Result]) -> list[Problem]:
    """All that is wrong with some results."""
    wrong: list[Problem] = []
    seen: set[str] = set()
    for place, one in enumerate(given):
        where = f"results.{place}"
        item = items.get(one.code)
        if item is None:
            wrong.append(Problem(field=f"{where}.code", text=say("item_unknown", code=one.code)))
            continue
        if one.code in seen:
            wrong.append(Problem(field=f"{where}.code", text=say("item_twice", code=one.code)))
        seen.add(one.code)
        wrong += [Problem(field=f"{where}.{name}", text=text) for name, text in _check(item, one)]
    return wrong


def _check(item: Item, one: Result) -> list[tuple[str, Text]]:
    found: list[tuple[str, Text]] = []
    if item.judge is Judge.NUMBER and one.outcome is Outcome.NORMAL:
        if one.value is None:
            found.append(("value", say("value_missing", code=item.code, unit=item.unit)))
        elif not within(item, one.value):
            found.append(("value", say("value_outside", code=item.code, value=f"{one.value:g}", unit=item.unit,
                                       limits=limits(item))))  # fmt: skip
    if one.outcome is Outcome.ABNORMAL:
        if not (one.text or "").strip():
            found.append(("text", say("text_missing", code=item.code)))
        if not one.photos:
            found.append(("photos", say("photo_missing", code=item.code)))
    elif item.key and one.outcome is Outcome.NORMAL and not one.photos:
        found.append(("photos", say("test_photo_missing", code=item.code)))
    return found


def within(item: Item, value: float) -> bool:
    """Whether a measured value keeps the item's own limits."""
    return (item.least is None or value >= item.least) and (item.most is None or value <= item.most)


def limits(item: Item) -> str:
    """The item's limits as people read them."""
    parts = [f"≥ {item.least:g}" if item.least is not None else "", f"≤ {item.most:g}" if item.most is not None else ""]
    return ", ".join(part for part in parts if part)


def is_drawing(kind: str, data: str) -> bool:
    """Whether it can be a signature: the path of an SVG drawing, or a PNG picture in base64."""
    if not data or len(data) > MOST_DRAWING:
        return False
    if kind == "svg":
        return data.lstrip()[:1] in {"M", "m"} and _PATH.fullmatch(data) is not None
    try:
        return base64.b64decode(data, validate=True).startswith(_PNG)
    except (binascii.Error, ValueError):
        return False
