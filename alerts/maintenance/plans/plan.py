"""Plans: the items of each kind of maintenance for one class of equipment, and a firm's additions. Pure.

TSG T5002-2017 article 6: half-monthly, quarterly, half-yearly and yearly maintenance; each longer kind includes the
shorter ones. A plan that was published never changes: a visit keeps the version it began with.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from elevator.model import LiftClass

Text = dict[str, str]


class Kind(StrEnum):
    """Of maintenance, from the shortest cycle to the longest."""

    HALF_MONTH = "half_month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


KINDS: tuple[Kind, ...] = tuple(Kind)
KIND_WORDS: dict[Kind, Text] = {
    Kind.HALF_MONTH: {"zh": "半月维保", "en": "half-monthly maintenance"},
    Kind.QUARTER: {"zh": "季度维保", "en": "quarterly maintenance"},
    Kind.HALF_YEAR: {"zh": "半年维保", "en": "half-yearly maintenance"},
    Kind.YEAR: {"zh": "年度维保", "en": "yearly maintenance"},
}
# TSG T5002-2017, items of which a test is asked: they are proved by a picture.
TEST_WORDS = ("试验", "测试", "校验", "检测")


class Judge(StrEnum):
    """How an item is judged."""

    QUALITATIVE = "qualitative"
    STANDARD = "standard"  # within the value of the standards and the maker
    MAKER = "maker"  # within the maker's value
    NUMBER = "number"  # measured, within limits of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is done and judged."""

    code: str  # annex-table-number, such as A-1-29
    kind: Kind  # the shortest kind of maintenance it belongs to
    zh: str
    en: str
    must_zh: str  # what is required of it
    must_en: str
    judge: Judge = Judge.QUALITATIVE
    unit: str | None = None
    least: float | None = None
    most: float | None = None
    key: bool = False  # a test: a photo is compulsory
    verified: bool = False  # whether its text was confirmed by more than one source


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The items for one class of equipment, in one version."""

    id: str
    lift_class: LiftClass
    version: int
    title: Text
    source: Text
    items: tuple[Item, ...]
    firm_id: str | None = None  # None: published with Liftline
    base: str | None = None  # the published plan that a firm's plan adds to

    def items_of(self, kind: Kind) -> tuple[Item, ...]:
        """Everything that is done at a visit of this kind, shorter kinds first."""
        upto = KINDS[: KINDS.index(kind) + 1]
        return tuple(item for one in upto for item in self.items if item.kind is one)

    def counts(self) -> dict[Kind, int]:
        """How many items each kind adds of its own."""
        return {kind: sum(item.kind is kind for item in self.items) for kind in KINDS}


def plan_id(lift_class: LiftClass, version: int) -> str:
    """The id of a published plan."""
    return f"{lift_class}-{version}"


def parse(text: str) -> Plan:
    """A published plan from its TOML text.

    Raises:
        ValueError: something is missing, stands twice or cannot be.
    """
    document = tomllib.loads(text)
    lift_class, version, prefix = LiftClass(document["lift_class"]), int(document["version"]), document["prefix"]
    items: list[Item] = []
    for table, kind in enumerate(KINDS, 1):
        for place, entry in enumerate(document[kind], 1):
            if entry["n"] != place:
                raise ValueError(f"{lift_class}, {kind}: item {entry['n']} stands at place {place}")
            values = {name: value for name, value in entry.items() if name != "n"}
            items.append(item(values | {"code": f"{prefix}-{table}-{place}", "kind": kind}))
    return Plan(
        id=plan_id(lift_class, version), lift_class=lift_class, version=version, title=document["title"],
        source=document["source"], items=tuple(items),
    )  # fmt: skip


def item(values: Mapping[str, Any]) -> Item:
    """An item from plain values.

    Raises:
        ValueError: it cannot be judged as it says.
    """
    made = Item(**{**values, "kind": Kind(values["kind"]), "judge": Judge(values.get("judge", Judge.QUALITATIVE))})
    if made.judge is Judge.NUMBER:
        if made.unit is None or (made.least is None and made.most is None):
            raise ValueError(f"{made.code}: a number needs its unit and a limit")
        if made.least is not None and made.most is not None and made.least > made.most:
            raise ValueError(f"{made.code}: the least is more than the most")
    elif made.unit is not None or made.least is not None or made.most is not None:
        raise ValueError(f"{made.code}: only a number has a unit and limits")
    return made


def extended(base: Plan, *, plan_id: str, firm_id: str, version: int, added: Sequence[Mapping[str, Any]]) -> Plan:
    """A firm's plan: everything of the published one, and what the firm adds (codes X-table-number).

    Raises:
        ValueError: an added item cannot be judged as it says.
    """
    counted: dict[Kind, int] = {}
    more = []
    for values in added:
        kind = Kind(values["kind"])
        counted[kind] = counted.get(kind, 0) + 1
        code = f"X-{KINDS.index(kind) + 1}-{counted[kind]}"
        more.append(item({**values, "code": code, "verified": True}))
    return Plan(
        id=plan_id, lift_class=base.lift_class, version=version, title=base.title, source=base.source,
        items=(*base.items, *more), firm_id=firm_id, base=base.id,
    )  # fmt: skip


def items_as_json(items: Iterable[Item]) -> list[dict[str, Any]]:
    """Items as they are stored and shown."""
    return [asdict(one) for one in items]


def items_of_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Item, ...]:
    """Items as they were stored."""
    return tuple(item(one) for one in stored)
