"""`/plans`: what is done at a visit. Published plans are everybody's; a firm adds to them in versions of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor, Role
from alerts.maintenance import planning, store
from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Plan, items_as_json
from api.answers.maintenance import PlanDetail, PlanHead
from api.deps import Answer, Caller, Ctx, Pages, Writing, only
from api.problems import ProblemError, Wrong, invalid, not_found
from api.reads import row, rows
from api.schemas import Page, Ref
from api.scope import SEES_ALL
from api.work_forms import PlanForm
from elevator.db import Connection
from elevator.model import LiftClass

router = APIRouter(tags=["maintenance"])

PlanRef = Annotated[Ref, Path(description="id of a plan in one version")]
_FIRST = "published"  # the page after the firms' own


def head(plan: Plan) -> dict[str, Any]:
    """A plan as lists give it."""
    return {
        "id": plan.id, "lift_class": plan.lift_class, "version": plan.version, "firm_id": plan.firm_id,
        "base": plan.base, "title": plan.title, "source": plan.source, "counts": plan.counts(),
    }  # fmt: skip


def detail(plan: Plan) -> dict[str, Any]:
    """A plan with its items."""
    return head(plan) | {"items": items_as_json(plan.items)}


@router.get("/plans", response_model=Page[PlanHead])
async def plans(
    ctx: Ctx, actor: Caller, pages: Pages, lift_class: Annotated[LiftClass | None, Query()] = None
) -> Response:
    """Firms' own plans in the caller's scope, newest first, then the published ones."""
    (after,) = pages.after("plans", str)
    async with ctx.connection() as connection:
        found: list[Mapping[str, Any]] = []
        if after is None or not after.startswith(_FIRST):
            found += await rows(
                connection, "plans", lift_class=lift_class, after=after, limit=pages.limit + 1,
                sees_all=actor.role in SEES_ALL, firm_id=actor.firm_id,
            )  # fmt: skip
    shown = [(record["id"], store.plan_of(dict(record))) for record in found]
    published = sorted(
        ((f"{_FIRST}.{one.id}", one) for one in shelf.published()), key=lambda pair: pair[0], reverse=True
    )
    shown += [pair for pair in published if lift_class in {None, pair[1].lift_class} and not _passed(after, pair[0])]
    kept = shown[: pages.limit + 1]
    return pages.page("plans", [{"key": key} for key, _ in kept], [head(one) for _, one in kept], "key")


def _passed(after: str | None, key: str) -> bool:
    """Whether a published plan stood on an earlier page; these go from the last name to the first."""
    return after is not None and after.startswith(_FIRST) and key >= after


@router.get("/plans/{plan_id}", response_model=PlanDetail)
async def plan(ctx: Ctx, actor: Caller, plan_id: PlanRef) -> Response:
    """One plan with its items, in this very version."""
    async with ctx.connection() as connection:
        found = await planning.plan_by_id(connection, plan_id)
        seen = found is not None and (
            found.firm_id is None or actor.role in SEES_ALL or found.firm_id == actor.firm_id
        )  # fmt: skip
    if found is None or not seen:
        raise not_found("plan")
    return JSONResponse(detail(found))


@router.post("/plans", response_model=PlanDetail, status_code=201)
async def add_plan(actor: Annotated[Actor, only(Role.ADMIN, Role.FIRM)], writing: Writing, form: PlanForm) -> Response:
    """The next version of a firm's own plan; visits that began keep theirs."""

    async def work(tx: Connection, now: datetime) -> Answer:
        firm_id = await whose(tx, actor, form.firm_id)
        added = [one.model_dump() for one in form.items]
        if errors := [wrong for place, one in enumerate(added) if (wrong := _unjudgeable(place, one))]:
            raise ProblemError(422, f"{len(errors)} item(s) cannot be judged", errors=errors)
        made = await planning.new_version(
            tx, firm_id=firm_id, lift_class=form.lift_class, added=added, by=f"{actor.kind}:{actor.id}", now=now
        )
        return Answer(body=detail(made), status=201, headers={"Location": f"/api/v1/plans/{made.id}"})

    return await writing.once(work)


def _unjudgeable(place: int, values: Mapping[str, Any]) -> Wrong | None:
    try:
        planning.checked(values)
    except ValueError as error:
        return Wrong(
            field=f"body.items.{place}", message=str(error), expected="a number with its unit and a limit, or neither"
        )
    return None


async def whose(tx: Connection, actor: Actor, firm_id: str | None) -> str:
    """The firm that a write is about: the caller's own, or the one that an admin names."""
    if actor.role is not Role.ADMIN:
        if firm_id not in {None, actor.firm_id} or actor.firm_id is None:
            raise invalid("body.firm_id", "this is another firm", "your own firm, or nothing")
        return actor.firm_id
    if firm_id is None or await row(tx, "firm", id=firm_id, only=None) is None:
        raise invalid("body.firm_id", "there is no such firm", "the id of a firm")
    return firm_id
