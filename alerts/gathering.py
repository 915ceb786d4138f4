"""Area incidents, and the alarm that says we are blind, opened, kept and ended in the database.

A round loads what lifts have lost, lets `areas` and `blindness` decide, and writes what follows, in one transaction;
one worker at a time has the turn, and all that it knows stands in rows: any number of workers may try, and a restart
changes nothing. Each area, and each lift of one, is a piece `apart`: one that fails stops no other. A group replaces
nothing: rescues keep their own clock. What it stands for is folded by `members`, and by whoever would open it
(`consequences`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from psycopg.types.json import Jsonb

from alerts import areas, blindness, members, opening, store, telling
from alerts.apart import Apart
from alerts.areas import Area, Car, Gathered, Group, GroupKind, Loss, Lost
from alerts.blindness import Silent
from alerts.incident import SYSTEM, State
from alerts.listening import Listening
from alerts.members import Transition
from alerts.policy import Policy
from alerts.store import Record
from elevator.db import Connection
from elevator.faults import Priority

TURN = 0x4C_49_46_03  # the advisory lock of who has the turn
_PAST = timedelta(minutes=10)  # losses further back have been judged, or were missed by all workers for so long
BLIND = "blind"


async def have_turn(tx: Connection) -> bool:
    """Whether this transaction may judge; another worker may be at it."""
    turn = await store.row(tx, "group_turn", lock=TURN)
    return bool(turn and turn["mine"])


async def gather(tx: Connection, state: Listening, policy: Policy, apart: Apart, now: datetime) -> list[Transition]:
    """One round; returns the changes of state, to be counted after the commit."""
    if state.hold or not await have_turn(tx):
        return []
    with apart.round(now):
        return await _gather(tx, state, policy, apart, now)


async def _gather(tx: Connection, state: Listening, policy: Policy, apart: Apart, now: datetime) -> list[Transition]:
    groups = await store.rows(tx, "open_groups")  # held first: nobody closes one between the two looks
    lost = await store.rows(tx, "lost_lifts", since=now - _PAST)
    if not lost and not groups:
        return []
    judged = Round(tx=tx, policy=policy, apart=apart, now=now, since=state.since, groups=groups)
    await judged.open_areas(lost)
    await judged.hear_nothing(lost)
    await judged.keep()
    return judged.transitions


@dataclass(slots=True, kw_only=True)
class Round:
    """One round of one worker."""

    tx: Connection
    policy: Policy
    apart: Apart
    now: datetime
    since: datetime | None  # since when silence may be counted
    groups: list[Record]  # open ones
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    transitions: list[Transition] = field(default_factory=list)

    @property
    def _blind(self) -> Record | None:
        return next((one for one in self.groups if one["kind"] == "system"), None)

    async def open_areas(self, lost: Sequence[Record]) -> None:
        """Open areas, and let lifts join them."""
        cars = [
            Car(
                lift_no=row["lift_no"], area=row["area"],
                groups=areas.groups(row["feeder"], row["gateway"], row["building"]),
                losses=areas.losses(
                    row["power_lost_at"], row["link_lost_at"], answered_at=row["area_left_at"], listening=self.since
                ),
            )
            for row in lost
        ]  # fmt: skip
        stood = {car.lift_no: car.area for car in cars if car.area is not None}
        drills = {row["lift_no"] for row in lost if row["drill"]}
        for gathered in areas.gather(cars, self._known(), self.now, self.policy.area):
            drill = all(lift_no in drills for lift_no, _ in gathered.lifts)
            left = {stood[lift_no] for lift_no, _ in gathered.lifts if lift_no in stood}
            piece = f"area:{gathered.group.kind}:{gathered.group.name}"
            await self._apart(piece, partial(self._stand_together, gathered, left, drill=drill))

    async def _apart(self, piece: str, work: Callable[[], Awaitable[None]]) -> None:
        """One piece of the round; what fails leaves no trace here either."""
        before = ([dict(one) for one in self.groups], set(self.new), set(self.changed), list(self.transitions))
        if not await self.apart.do(self.tx, piece, work, self.now):
            self.groups, self.new, self.changed, self.transitions = before

    def _known(self) -> list[Area]:
        """The open areas that can be read; lifts of another are not gathered anew, as its code stands."""
        known = []
        for one in self.groups:
            if one["kind"] == "area":
                try:
                    known.append(_area(one))
                except (KeyError, TypeError, ValueError):
                    self.apart.unread(f"known:{one['id']}", self.now)
        return known

    async def _stand_together(self, gathered: Gathered, left: set[str], *, drill: bool) -> None:
        incident_id = gathered.area or await self._open_area(gathered, drill=drill)
        await members.join(self.tx, incident_id, "area", gathered.lifts)
        self.changed |= {incident_id, *left}

    async def _open_area(self, gathered: Gathered, *, drill: bool) -> str:
        group, lost, blind = gathered.group, gathered.lost, self._blind
        quiet = blind is not None and lost is Lost.LINK
        detail = {"group": str(group.kind), "name": group.name, "lost": str(lost)}
        return await self._open(
            kind="area", reason=f"area_{lost}", code=f"{lost}:{group.kind}:{group.name}", priority=Priority.P2,
            place=group.name, detail=detail, drill=drill, area=blind["id"] if blind is not None and quiet else None,
            quiet=quiet,
        )  # fmt: skip

    async def _open(self, *, kind: str, reason: str, code: str, priority: Priority, place: str | None, detail: Record,
                    drill: bool = False, area: str | None = None, quiet: bool = False) -> str:  # fmt: skip
        created = await opening.open_incident(
            self.tx, None, kind=kind, reason=reason, code=code, confirmed=True, priority=priority, place=place,
            detail=detail, drill=drill, area=area, quiet=quiet, policy=self.policy, now=self.now,
        )  # fmt: skip
        self.groups.append({
            "id": created, "kind": kind, "code": code, "state": State.CONFIRMED, "opened_at": self.now, "area": area,
            "ringing": not quiet, "acknowledged_at": None, "detail": detail, "version": 1,
        })  # fmt: skip
        self.new.add(created)
        self.transitions.append(("", State.CONFIRMED, reason))
        return created

    async def hear_nothing(self, lost: Sequence[Record]) -> None:
        """Say that we are blind, let silent lifts join; quieten areas that are no more than that."""
        if self.since is None:
            return
        silent = [
            Silent(lift_no=row["lift_no"], groups=areas.groups(row["feeder"], row["gateway"], row["building"]),
                   since=row["link_lost_at"])
            for row in lost
            if row["blind"] is None and areas.losses(
                None, row["link_lost_at"], answered_at=row["blind_left_at"], listening=self.since
            )
        ]  # fmt: skip
        alarm, terms = self._blind, self.policy.blindness
        if alarm is not None:
            joining = tuple(
                one for one in silent if one.since >= alarm["opened_at"] - timedelta(seconds=terms.within_s)
            )
        elif len(silent) < terms.lifts:
            return
        else:
            joining = blindness.fallen_silent(silent, await self._talking() + len(silent), self.now, terms)
        if joining:
            await self._apart("blind", partial(self._be_blind, alarm, joining))

    async def _be_blind(self, alarm: Record | None, joining: Sequence[Silent]) -> None:
        terms = self.policy.blindness
        incident_id = alarm["id"] if alarm is not None else await self._open(
            kind="system", reason=BLIND, code=BLIND, priority=Priority.P1, place=None, detail={"lost": str(Lost.LINK)}
        )  # fmt: skip
        lifts = [(one.lift_no, Loss(one.since, Lost.LINK)) for one in joining]
        await members.join(self.tx, incident_id, "blind", lifts)
        self.changed.add(incident_id)
        for one in self.groups:
            young = self.now - one["opened_at"] <= timedelta(seconds=terms.within_s + terms.lasting_s)
            if one["kind"] == "area" and one["area"] is None and one["detail"]["lost"] == Lost.LINK and young:
                await store.update(
                    self.tx, "incident", one["id"], {"ringing": False, "area": incident_id}, versioned=True
                )
                one["area"], one["ringing"] = incident_id, False
                self.changed.add(one["id"])

    async def _talking(self) -> int:
        found = await store.row(self.tx, "talking_lifts")
        return int(found["count"]) if found else 0

    async def keep(self) -> None:
        """See how the lifts of all groups are, end what is over, and tell what has changed."""

        async def look() -> None:
            self.changed |= await members.look(self.tx)

        await self.apart.do(self.tx, "members", look, self.now)
        counts = await members.counts(self.tx, [one["id"] for one in self.groups])
        for group in self.groups:
            count, piece = counts.get(group["id"]), f"group:{group['id']}"
            if await self._is_over(group, count):
                await self.apart.do(self.tx, piece, partial(self._end, group, count), self.now)
            elif group["id"] in self.changed | self.new or self.apart.failed(piece):
                await self.apart.do(self.tx, piece, partial(self._say, group, counts[group["id"]]), self.now)
        self.transitions += await members.fold(self.tx, self.apart, self.now)
        await members.name_group(self.tx, self.apart, self.now)

    async def _is_over(self, group: Record, count: Record | None) -> bool:
        if count is None:
            return True  # all its lifts have moved to another
        if group["kind"] == "system":
            out = count["out"]
            return self.since is not None and blindness.is_over(out, await self._talking() + out, self.policy.blindness)
        return areas.is_over([None if count["out"] else count["back_at"]], self.now, self.policy.area)

    async def _say(self, group: Record, count: Record) -> None:
        """Its figures, for the sentence; and a line in the feed, by which consoles get its list."""
        columns: Record = {"detail": Jsonb(_figures(group, count))}
        await store.update(self.tx, "incident", group["id"], columns, versioned=True)
        first = group["version"] == 1  # of its life: nobody has been told yet
        said = [BLIND if group["kind"] == "system" else "area"] if first and group["ringing"] else []
        await telling.tell(self.tx, group["id"], said, self.now)

    async def _end(self, group: Record, count: Record | None) -> None:
        reason = "moved" if count is None else "hearing_again" if group["kind"] == "system" else "all_back"
        detail = _figures(group, count)
        columns = {"state": State.CLEARED, "closed_at": self.now, "ringing": False, "detail": Jsonb(detail)}
        await store.update(self.tx, "incident", group["id"], columns, versioned=True)
        await store.add_timeline(
            self.tx, group["id"], now=self.now, actor=SYSTEM, action="clear", from_state=group["state"],
            to_state=State.CLEARED, reason=reason,
        )  # fmt: skip
        await telling.tell(self.tx, group["id"], [], self.now)
        self.transitions.append((group["state"], State.CLEARED, reason))


def _figures(group: Record, count: Record | None) -> Record:
    """What its sentence says: how many lifts, of them occupied, of them still without; and without what."""
    if count is None:
        return dict(group["detail"])
    lost = Lost.POWER if count["power"] else Lost.LINK
    detail: Record = group["detail"]
    return detail | {"lost": lost, **{name: count[name] for name in ("lifts", "occupied", "out")}}


def _area(row: Record) -> Area:
    group = Group(GroupKind(row["detail"]["group"]), row["detail"]["name"])
    return Area(id=row["id"], group=group, opened_at=row["opened_at"], untouched=row["state"] == State.CONFIRMED)


async def settle(tx: Connection, policy: Policy, apart: Apart, now: datetime) -> tuple[int, list[Transition]]:
    """Look after lifts that a group stands for no more, and areas that the alarm has rung for."""
    if not await have_turn(tx):
        return 0, []
    with apart.round(now):
        found = await members.settle(tx, policy, apart, now)
        for area in await store.rows(tx, "areas_of_blindness"):
            ring = partial(members.ring, tx, area["id"], State.CONFIRMED, "area", now)
            await apart.do(tx, f"ring:{area['id']}", ring, now)
    return found
