"""Operations of visits for tests: a technician at a lift, with a clock that the test moves."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from alerts.incident import Role
from alerts.maintenance.folding import Story, done_at, fold, items_of
from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Kind
from alerts.maintenance.visit import Facts, Op, Operation, Person
from alerts.policy import Policy
from elevator.model import LiftClass

LIMITS = Policy().maintenance
BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine o'clock in the morning, in China
PLANS = {plan.id: plan for plan in shelf.published()}
PLAN = shelf.newest(LiftClass.TRACTION)
WANG = Person(id="w1", name="王维", valid_until=date(2028, 5, 31))
LI = Person(id="w2", name="李白", valid_until=date(2026, 3, 2))
DU = Person(id="w3", name="杜甫", valid_until=date(2026, 3, 1))  # ended yesterday
HE = Person(id="w4", name="何其")
PEOPLE = {one.id: one for one in (WANG, LI, DU, HE)}
DRAWING = {"kind": "svg", "data": "M0 0L10 10"}


def all_normal(kind: Kind = Kind.HALF_MONTH, **more: Any) -> list[dict[str, Any]]:
    """Every item normal, with a picture where one is asked for and a value where one is measured."""
    found = []
    for item in PLAN.items_of(kind):
        value = item.least if item.least is not None else item.most
        found.append(
            {"code": item.code, "outcome": "normal", "value": value, "photos": ["p1"] if item.key else []} | more
        )
    return found


class Round:
    """One technician's operations, in the order of his phone."""

    def __init__(self, role: Role = Role.RESPONDER, device: str = "phone") -> None:
        self.role, self.device = role, device
        self.made: list[Operation] = []
        self.minutes = 0.0

    def after(self, minutes: float) -> "Round":
        self.minutes += minutes
        return self

    def does(self, op: str, *, late: float = 0, numbered: bool = True, facts: Facts | None = None, role: Role | None = None,
             clock: float = 0, **body: Any) -> "Round":  # fmt: skip
        """One operation now by the phone; `late` minutes until it is received, `clock` minutes that the phone is off."""
        moment = BEGIN + timedelta(minutes=self.minutes)
        received = moment + timedelta(minutes=late)
        device_at = moment + timedelta(minutes=clock)
        when, off = done_at(device_at, received, received + timedelta(minutes=clock))
        self.made.append(Operation(
            id=f"{self.device}-{len(self.made) + 1}", op=Op(op), role=role or self.role, by="王维", at=received,
            done_at=when, clock_off_s=off, device_at=device_at, device=self.device,
            n=len(self.made) + 1 if numbered else None, body=body, facts=facts or known(op, body),
        ))  # fmt: skip
        return self

    def whole(self, kind: Kind = Kind.HALF_MONTH) -> "Round":
        """A visit from check-in to check-out."""
        self.does("check_in", kind=str(kind), worker_id="w1", second_id="w2")
        self.after(40).does("results", results=all_normal(kind))
        self.after(1).does("sign", worker_id="w1", drawing=DRAWING).does("sign", worker_id="w2", drawing=DRAWING)
        return self.after(1).does("check_out")

    @property
    def story(self) -> Story:
        return tell(self.made)

    @property
    def outcomes(self) -> list[str]:
        """What became of each: applied, waiting, or the reason of the refusal."""
        told = self.story.told
        return [told[one.id].refused.reason if told[one.id].refused else told[one.id].outcome for one in self.made]  # type: ignore[union-attr]


def known(op: str, body: dict[str, Any]) -> Facts:
    """What is looked up at the receipt."""
    worker, second = PEOPLE.get(body.get("worker_id", "")), PEOPLE.get(body.get("second_id") or "")
    return Facts(plan_id=PLAN.id if op == "check_in" else None, worker=worker, second=second)


def tell(operations: Sequence[Operation]) -> Story:
    """The story of operations in the order of receipt."""
    return fold(operations, PLANS, LIMITS)


def missing(story: Story) -> set[str]:
    """Items that have no result."""
    return set(items_of(story.visit, PLANS)) - set(story.visit.results)
