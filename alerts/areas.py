"""Who belongs together when lifts lose power or link, in which order they are shown, and when it is over. Pure.

Rules (contract 5, "Area"). Lifts with the same feeder, gateway or building (empty never matches) that lose power or
link within 60 s are one area. A lift stands in one area: that of its feeder before that of its gateway before that of
its building. Where five of a feeder are together only after some of them have come into the area of their building,
they move over, as long as nobody has taken up that area. A lift that loses something later joins the open area of its
group. What a lift had lost when an area that held it ended has been answered: it makes no second one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.policy import Area as Terms


class GroupKind(StrEnum):
    """By what lifts belong together; the first that applies."""

    FEEDER = "feeder"
    GATEWAY = "gateway"
    BUILDING = "building"


class Lost(StrEnum):
    """What a lift has lost."""

    POWER = "power"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Group:
    """A feeder, a gateway or a building."""

    kind: GroupKind
    name: str


@dataclass(frozen=True, slots=True)
class Loss:
    """One lift lost something."""

    at: datetime
    what: Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A lift that has lost something."""

    lift_no: int
    groups: tuple[Group, ...]  # in the order of their kinds
    losses: tuple[Loss, ...]  # that nobody has answered yet
    area: str | None = None  # the open area it stands in

    def group(self, kind: GroupKind) -> Group | None:
        """Its group of one kind."""
        return next((one for one in self.groups if one.kind is kind), None)

    def first(self, since: datetime) -> Loss | None:
        """Its first loss from `since` on."""
        return min((one for one in self.losses if one.at >= since), key=lambda one: one.at, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An open area incident."""

    id: str
    group: Group
    opened_at: datetime
    untouched: bool = True  # nobody has accepted it


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Lifts that now stand together: in a new area, or in an open one."""

    group: Group
    area: str | None  # None: a new one
    lost: Lost
    lifts: tuple[tuple[int, Loss], ...]


def groups(feeder: str | None, gateway: str | None, building: str | None) -> tuple[Group, ...]:
    """The groups of a lift, by the registry; an empty name is none."""
    names = zip(GroupKind, (feeder, gateway, building), strict=True)
    return tuple(Group(kind, name.strip()) for kind, name in names if name and name.strip())


def losses(
    power_at: datetime | None, link_at: datetime | None, *, answered_at: datetime | None, listening: datetime | None
) -> tuple[Loss, ...]:
    """What a lift has lost, as far as it counts.

    Args:
        power_at: since when it is without power.
        link_at: since when its link is lost.
        answered_at: when the last area that held it ended for it.
        listening: since when silence may be counted; None: not now.
    """
    found = []
    if power_at is not None:
        found.append(Loss(power_at, Lost.POWER))
    if link_at is not None and listening is not None and link_at >= listening:
        found.append(Loss(link_at, Lost.LINK))
    return tuple(one for one in found if answered_at is None or one.at > answered_at)


def gather(cars: Sequence[Car], areas: Sequence[Area], now: datetime, terms: Terms) -> list[Gathered]:
    """Which lifts open a new area now, or join an open one."""
    by_id = {area.id: area for area in areas}
    by_group = {area.group: area for area in areas}
    order = list(GroupKind)
    stands = {car.lift_no: by_id[car.area] for car in cars if car.area in by_id}
    taken: set[int] = set()
    found: list[Gathered] = []
    for kind in order:
        for group, of_group in _by_group(cars, kind).items():
            free = [car for car in of_group if car.lift_no not in taken]
            area = by_group.get(group)
            if area is not None:
                since = area.opened_at - timedelta(seconds=terms.within_s)
                lifts = _lost_since((car for car in free if car.lift_no not in stands), since)
            else:
                may = [car for car in free if _may_come(stands.get(car.lift_no), kind, now, terms)]
                start = _together(may, now, terms)
                lifts = () if start is None else _lost_since(may, start)
            if lifts:
                lost = Lost.POWER if any(loss.what is Lost.POWER for _, loss in lifts) else Lost.LINK
                found.append(Gathered(group=group, area=area.id if area else None, lost=lost, lifts=lifts))
                taken |= {lift_no for lift_no, _ in lifts}
    return found


def _by_group(cars: Iterable[Car], kind: GroupKind) -> dict[Group, list[Car]]:
    found: dict[Group, list[Car]] = {}
    for car in cars:
        if car.losses and (group := car.group(kind)) is not None:
            found.setdefault(group, []).append(car)
    return dict(sorted(found.items(), key=lambda item: item[0].name))


def _may_come(area: Area | None, kind: GroupKind, now: datetime, terms: Terms) -> bool:
    """Whether a lift may stand in a new area of this kind: it stands nowhere, or in a young area of a lesser kind."""
    if area is None:
        return True
    lesser = list(GroupKind).index(area.group.kind) > list(GroupKind).index(kind)
    return lesser and area.untouched and now - area.opened_at <= timedelta(seconds=terms.within_s)


def _together(cars: Iterable[Car], now: datetime, terms: Terms) -> datetime | None:
    """The first moment of a span in which enough lifts have lost something that has lasted; None: there is none."""
    lasting = {Lost.POWER: timedelta(seconds=terms.lasting_s), Lost.LINK: timedelta(seconds=terms.link_lasting_s)}
    lasted = sorted(
        (loss.at, car.lift_no) for car in cars for loss in car.losses if now - loss.at >= lasting[loss.what]
    )
    return span(lasted, least=terms.lifts, within=timedelta(seconds=terms.within_s))


def span(moments: Sequence[tuple[datetime, int]], *, least: int, within: timedelta) -> datetime | None:
    """Where the first span of length `within` begins that holds `least` different lifts; moments are sorted."""
    inside: Counter[int] = Counter()
    first = 0
    for at, lift_no in moments:
        inside[lift_no] += 1
        while moments[first][0] < at - within:
            gone = moments[first][1]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            first += 1
        if len(inside) >= max(least, 2):
            return moments[first][0]
    return None


def _lost_since(cars: Iterable[Car], since: datetime) -> tuple[tuple[int, Loss], ...]:
    return tuple((car.lift_no, loss) for car in cars if (loss := car.first(since)) is not None)


def is_back(since: datetime, *, power_at: datetime | None, link_at: datetime | None, heard_at: datetime | None) -> bool:
    """Whether a lift that lost something at `since` is powered, and was heard after that."""
    return power_at is None and link_at is None and heard_at is not None and heard_at > since


def is_over(back_at: Sequence[datetime | None], now: datetime, terms: Terms) -> bool:
    """Whether all lifts of an area have been heard and powered for a while; one without lifts is over."""
    return all(at is not None and now - at >= timedelta(seconds=terms.over_s) for at in back_at)


def rank(occupied: bool | None, since: datetime, *, back: bool, lift_id: str) -> tuple[int, bool, datetime, str]:  # noqa: FBT001 - a sort key
    """The place of a lift in the list of its area: occupied first, longest first; empty ones that are back go last."""
    order = {True: 0, None: 1, False: 2}[occupied]
    return order, back and order > 0, since, lift_id
