"""`/maintenance`: what is due, the terms of a lift, and calendars that anybody's program can subscribe to."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor, Role
from alerts.maintenance import due, scheduling
from alerts.maintenance.due import OnDemand, Terms
from alerts.maintenance.plans.plan import KINDS, Kind
from alerts.store import new_id
from api import access, ical
from api.answers.maintenance import CalendarItem, DueItem, TermsItem
from api.deps import DESK, Answer, Caller, Context, Ctx, Pages, Writing, only
from api.objects import plain
from api.problems import ProblemError, Wrong, not_found
from api.reads import row, rows, run
from api.schemas import LiftId, Page, Ref, Word
from api.scope import parameters
from api.work_forms import CalendarForm, TermsForm
from elevator import clock
from elevator.db import Connection

router = APIRouter(tags=["maintenance"])

LiftRef = Annotated[LiftId, Path(description="registration code or other id of the lift")]
_EPOCH = date(1970, 1, 1)
_CALENDAR_DAYS = 62  # ahead
_CALENDAR_EVENTS = 3000
_MAX_INT = 2**31 - 1


@router.get("/maintenance/due", response_model=Page[DueItem])
async def due_list(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    firm: Annotated[Ref | None, Query(description="lifts of this firm")] = None,
    district: Annotated[Word | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    lift_id: Annotated[LiftId | None, Query()] = None,
    overdue: Annotated[bool | None, Query(description="only what is overdue, or only what is not")] = None,
    within: Annotated[int | None, Query(ge=0, le=400, description="only what is due within so many days")] = None,
) -> Response:
    """Which maintenance is due when, the earliest first, of the lifts in the caller's care or house."""
    after = pages.after("due", int, int, str)
    today = due.day_of(clock.now(), ctx.policy.maintenance.utc_offset_h)
    async with ctx.connection() as connection:
        found = await rows(
            connection, "due_list", firm=firm, district=district, kind=kind, lift_id=lift_id,
            before=today if overdue is True else None, since=today if overdue is False else None,
            upto=None if within is None else today + timedelta(days=within), limit=pages.limit + 1,
            day=None if after[0] is None else _EPOCH + timedelta(days=min(after[0], 3_000_000 - 719_163)),
            lift_no=after[1] and min(after[1], _MAX_INT), after_kind=after[2], **parameters(actor),
        )  # fmt: skip
    items = [_due(one, today, ctx) for one in found[: pages.limit]]
    return pages.page("due", [one | {"due_day": (one["due_on"] - _EPOCH).days} for one in found], items,
                      "due_day", "lift_no", "kind")  # fmt: skip


def _due(found: Mapping[str, Any], today: date, ctx: Context) -> dict[str, Any]:
    shown = plain({name: value for name, value in found.items() if name not in {"lift_no", "firm_id"}})
    return shown | {
        "firm": found["firm_id"],
        "days_left": (found["due_on"] - today).days,
        "standing": due.standing(found["due_on"], today, ctx.policy.maintenance.remind_days),
    }


@router.get("/maintenance/lifts/{lift_id}", response_model=TermsItem)
async def terms(ctx: Ctx, actor: Caller, lift_id: LiftRef) -> Response:
    """What the due days of one lift follow from."""
    async with ctx.connection() as connection, connection.transaction():
        found = await row(connection, "lift_in_care", lift_id=lift_id, **parameters(actor))
        if found is None:
            raise not_found("lift")
        now = clock.now()
        known = await scheduling.terms_of(connection, found["lift_no"], found["created_at"], ctx.policy, now)
    return JSONResponse(_terms(lift_id, known, ctx, now))


@router.put("/maintenance/lifts/{lift_id}", response_model=TermsItem)
async def change_terms(
    ctx: Ctx, actor: Annotated[Actor, only(*DESK)], writing: Writing, lift_id: LiftRef, form: TermsForm
) -> Response:
    """Enter visits from before, and maintenance on demand; every condition that does not hold is told."""

    async def work(tx: Connection, now: datetime) -> Answer:
        found = await row(tx, "lift_in_care", lift_id=lift_id, **parameters(actor))
        if found is None:
            raise not_found("lift")
        before = await scheduling.terms_of(tx, found["lift_no"], found["created_at"], ctx.policy, now)
        today = due.day_of(now, ctx.policy.maintenance.utc_offset_h)
        said = form.model_fields_set
        wanted = OnDemand(**form.on_demand.model_dump()) if form.on_demand else None
        errors = [
            Wrong(field=f"body.last.{kind}", message=f"{day} is still to come", expected="a day that has been")
            for kind, day in (form.last or {}).items()
            if day > today
        ]
        if wanted is not None:
            monitored = await scheduling.is_monitored(tx, found["lift_no"], now)
            errors += [
                Wrong(field=f"body.on_demand{'.' if name else ''}{name}", message=text["en"], text=text)
                for name, text in due.unmet(wanted, today=today, monitored=monitored)
            ]
        if errors:
            raise ProblemError(422, f"{len(errors)} condition(s) do not hold", errors=errors)
        after = Terms(
            since=before.since, last={**before.last, **(form.last or {})},
            on_demand=wanted if "on_demand" in said else before.on_demand,
        )  # fmt: skip
        await scheduling.save_terms(tx, found["lift_no"], after, by=f"{actor.kind}:{actor.id}", now=now)
        return Answer(body=_terms(lift_id, after, ctx, now))

    return await writing.once(work)


def _terms(lift_id: str, known: Terms, ctx: Context, now: datetime) -> dict[str, Any]:
    today, remind = due.day_of(now, ctx.policy.maintenance.utc_offset_h), ctx.policy.maintenance.remind_days
    on_demand = None
    if known.on_demand is not None:
        holds = known.on_demand.valid_until >= today
        on_demand = scheduling.on_demand_as_json(known.on_demand) | {"holds": holds}
    return {
        "lift_id": lift_id,
        "since": known.since.isoformat(),
        "last": {kind: day.isoformat() for kind, day in known.last.items()},
        "on_demand": on_demand,
        "due": [
            {
                "kind": kind, "due_on": due.due_on(known, kind).isoformat(),
                "counted_from": due.counted_from(known, kind).isoformat(),
                "standing": due.standing(due.due_on(known, kind), today, remind),
            }
            for kind in KINDS
        ],
    }  # fmt: skip


@router.get("/maintenance/calendars", response_model=Page[CalendarItem])
async def calendars(ctx: Ctx, actor: Caller, pages: Pages) -> Response:
    """The caller's own calendars."""
    (after,) = pages.after("calendars", str)
    async with ctx.connection() as connection:
        found = await rows(connection, "calendars", owner=_owner(actor), after=after, limit=pages.limit + 1)
    return pages.page("calendars", found, [plain(one) for one in found], "id")


@router.post("/maintenance/calendars", response_model=CalendarItem, status_code=201)
async def add_calendar(ctx: Ctx, actor: Caller, writing: Writing, form: CalendarForm) -> Response:
    """An address for a calendar program; who knows it reads what the caller may read of due days."""

    async def work(tx: Connection, now: datetime) -> Answer:
        code, calendar_id = access.new_secret(), new_id()
        await run(
            tx, "add_calendar", id=calendar_id, code_hash=access.digest(code), name=form.name, role=str(actor.role),
            firm_id=actor.firm_id, unit_id=actor.unit_id, building=actor.building, owner=_owner(actor), now=now,
        )  # fmt: skip
        made = plain({"id": calendar_id, "name": form.name, "created_at": now})
        address = f"{(ctx.settings.public_url or '').rstrip('/')}/api/v1/maintenance/calendar/{code}.ics"
        return Answer(body=made | {"url": address}, status=201, kept=made | {"url": None})

    return await writing.once(work)


@router.delete("/maintenance/calendars/{calendar_id}", status_code=204)
async def remove_calendar(actor: Caller, writing: Writing, calendar_id: Annotated[Ref, Path()]) -> Response:
    """The address opens nothing any more."""

    async def work(tx: Connection, now: datetime) -> Answer:
        if await row(tx, "revoke_calendar", id=calendar_id, owner=_owner(actor), now=now) is None:
            raise not_found("calendar")
        return Answer(status=204)

    return await writing.once(work)


def _owner(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"


@router.get(
    "/maintenance/calendar/{code}.ics",
    responses={200: {"content": {ical.MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "a calendar"}},
)
async def calendar(ctx: Ctx, code: Annotated[str, Path(max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]) -> Response:
    """What is overdue or due within two months, for a calendar program; the code in the address is the key."""
    now = clock.now()
    today = due.day_of(now, ctx.policy.maintenance.utc_offset_h)
    async with ctx.connection() as connection:
        link = await row(connection, "calendar_by_code", code_hash=access.digest(code))
        if link is None:
            raise not_found("calendar")
        actor = Actor(
            kind="calendar", id=link["id"], name=link["name"], role=Role(link["role"]), firm_id=link["firm_id"],
            unit_id=link["unit_id"], building=link["building"],
        )  # fmt: skip
        found = await rows(
            connection, "due_list", firm=None, district=None, kind=None, lift_id=None, before=None, since=None,
            upto=today + timedelta(days=_CALENDAR_DAYS), limit=_CALENDAR_EVENTS, day=None, lift_no=None,
            after_kind=None, **parameters(actor),
        )  # fmt: skip
    return Response(ical.calendar(found, now=now), media_type=ical.MEDIA_TYPE)
