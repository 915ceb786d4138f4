"""What technicians claim and what they did: one `Deed` for each visit, made from the mixture and a seed. Pure.

The claim and the truth stand side by side; who judges sees the claim and the lift's messages only. Times are ms of our
clock since 1970-01-01 UTC.
"""

from dataclasses import dataclass, field, replace
from math import hypot

from simulators.firms.rates import Mixture
from simulators.truth.dice import Dice, dice

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
_MORNING = 8 * HOUR + 15 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a lift stands: a building and its position, in m east and north of the district's middle."""

    building: str
    east: float
    north: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Technician:
    """Somebody of the firm."""

    id: str
    honest: str  # how he works when he works
    ghosting: bool
    keeps_signature: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture: its bytes by a hash, and its likeness."""

    bytes: str
    likeness: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One visit: what is claimed, and the truth that is not told."""

    id: str
    lift: int
    place: Place
    technician: str
    ghost: str | None  # the kind; None: honest
    kind: str  # honest kind, or the ghost's
    began: int  # claimed
    left: int
    breaks: tuple[tuple[int, int], ...] = ()
    at: tuple[float, float] | None = None  # where the phone says to be at the check-in, m
    photo: Photo
    drawing: str
    officer: str | None = None  # the officer's drawing; None: not countersigned
    oddities: tuple[str, ...] = field(default=())
    # the truth
    works: tuple[tuple[int, int], ...] = ()  # when somebody really worked
    inspects: bool = True
    switches: bool = True

    def moved(self, by: int) -> "Deed":
        """The same at another time."""
        breaks, works = (tuple((first + by, last + by) for first, last in spans) for spans in (self.breaks, self.works))
        return replace(self, began=self.began + by, left=self.left + by, breaks=breaks, works=works)


def technicians(mixture: Mixture, *, seed: int, firm: int) -> list[Technician]:
    """The people of a firm."""
    found = []
    for number in range(round(mixture["firm"]["technicians"])):
        own = dice(seed, "technician", firm, number)
        found.append(
            Technician(
                id=f"{firm}-{number}", honest=own.weighted(list(mixture["honest"].items())),
                ghosting=own.chance(mixture["firm"]["ghosting"]),
                keeps_signature=own.chance(mixture["oddity"]["signature_kept"]),
            )
        )  # fmt: skip
    return found


def place(seed: int, building: int) -> Place:
    """Somewhere in a district of six kilometres."""
    own = dice(seed, "place", building)
    return Place(building=f"building-{building}", east=own.uniform(-3000, 3000), north=own.uniform(-3000, 3000))


class Rounds:
    """The rounds of one firm, in the order in which they are made."""

    def __init__(self, mixture: Mixture, *, seed: int, firm: int, lifts: dict[int, Place], begin: int) -> None:
        self._mixture, self._seed, self._firm, self._lifts, self._begin = mixture, seed, firm, lifts, begin
        self._people = technicians(mixture, seed=seed, firm=firm)
        self._photos: list[tuple[int, Photo]] = []  # of the firm's earlier visits
        self._officers: dict[str, list[str]] = {}  # earlier signatures, by building

    def deeds(self) -> list[Deed]:
        """All visits."""
        found: list[Deed] = []
        for number in range(round(self._mixture["firm"]["rounds"])):
            begin = self._begin + number * 15 * DAY
            for person, lifts in self._shared_out(number):
                found += self._day(person, lifts, number, begin)
        return found

    def _shared_out(self, number: int) -> list[tuple[Technician, list[int]]]:
        """Whose lift is whose in a round; some are made by a colleague."""
        own = dice(self._seed, "shared", self._firm, number)
        people, shared = self._people, {one.id: list[int]() for one in self._people}
        for place_in_list, lift in enumerate(self._lifts):
            person = people[place_in_list * len(people) // len(self._lifts)]
            if own.chance(self._mixture["firm"]["swapped"]):
                person = own.choice(people)
            shared[person.id].append(lift)
        return [(one, shared[one.id]) for one in people]

    def _day(self, person: Technician, lifts: list[int], number: int, begin: int) -> list[Deed]:
        own = dice(self._seed, "day", person.id, number)
        kinds = {
            lift: own.weighted(list(self._mixture["ghost"].items()))
            if person.ghosting and own.chance(self._mixture["firm"]["ghosted"]) else None
            for lift in lifts
        }  # fmt: skip
        now, found = begin + _MORNING + own.ms(0, 1800), list[Deed]()
        hour = now + own.ms(3600, 5 * 3600)  # when a whole round is said to have been made
        here: Place | None = None
        for lift in sorted(lifts, key=lambda one: kinds[one] is not None):  # the work first
            kind, where = kinds[lift], self._lifts[lift]
            key = f"{person.id}/{number}/{lift}"
            chance = dice(self._seed, "deed", key)
            if kind == "hour_round":
                deed = self.visit(key, person, lift, kind, hour, chance)
                hour = deed.left + chance.ms(20, 120)
            else:
                came = kind is None or kind in {"lobby", "drive_by", "clever", "insider"}
                if came:
                    now += _way(here, where, chance)
                    here = where
                deed = self.visit(key, person, lift, kind, now, chance)
                now = max(deed.left, *(last for _, last in deed.works), now) + chance.ms(60, 600)
                if "forgot_check_out" in deed.oddities:
                    now = max(last for _, last in deed.works) + chance.ms(60, 300)
            found.append(deed)
        return found

    def visit(
        self, key: str, person: Technician, lift: int, ghost: str | None, now: int, chance: Dice | None = None
    ) -> Deed:
        """One visit at about `now`: work, or what that ghost does instead; later ghosts may use what it leaves."""
        chance = chance or dice(self._seed, "deed", key)
        deed = (
            self._honest(key, person, lift, now, chance) if ghost is None
            else self._ghost(key, person, lift, ghost, now, chance)
        )  # fmt: skip
        self._photos.append((deed.began, deed.photo))
        if deed.officer is not None:
            self._officers.setdefault(deed.place.building, []).append(deed.officer)
        return deed

    # Honest

    def _honest(self, key: str, person: Technician, lift: int, now: int, chance: Dice) -> Deed:
        rates, where = self._mixture["oddity"], self._lifts[lift]
        low, high = {"experienced": (17, 28), "slow": (55, 110)}.get(person.honest, (28, 50))
        took, began = chance.ms(low * 60, high * 60), now + chance.ms(0, 180)
        works: tuple[tuple[int, int], ...] = ((now, now + took),)
        breaks: tuple[tuple[int, int], ...] = ()
        odd = [name for name in _PER_VISIT if chance.chance(rates[name])]
        if "interrupted" in odd:
            half, away = now + took * 2 // 5, chance.ms(15 * 60, 120 * 60)
            works = ((now, half), (half + away, now + took + away))
            breaks = ((half + chance.ms(0, 60), half + away - chance.ms(0, 60)),)
        left = works[-1][1] + chance.ms(0, 240)
        if "filled_in_after" in odd:
            began, breaks = left, ()
            left = began + chance.ms(60, 240)
        if "forgot_check_out" in odd:
            left += chance.ms(20 * 60, 90 * 60)
        deed = Deed(
            id=key, lift=lift, place=where, technician=person.id, ghost=None, kind=person.honest, began=began,
            left=left, breaks=breaks, at=self._honest_position(where, odd, chance), photo=_picture(chance),
            drawing=self._drawing(person, key), officer=self._officer(where, key, chance), oddities=tuple(odd),
            works=works, inspects=person.honest != "unswitched", switches=chance.chance(rates["power_switched"]),
        )  # fmt: skip
        if "photo_mistaken" in odd and (earlier := self._album(began)):
            deed = replace(deed, photo=chance.choice(earlier))
        if "clock_jumps" in odd and "offline" in odd:
            off = chance.choice((-1, 1)) * chance.ms(600, 3600)
            deed = replace(
                deed, began=began + off, left=left + off, breaks=tuple((a + off, b + off) for a, b in breaks)
            )
        return deed

    def _honest_position(self, where: Place, odd: list[str], chance: Dice) -> tuple[float, float] | None:
        if "no_position" in odd:
            return None
        off = chance.uniform(400, 2500) if "poor_position" in odd else abs(chance.gauss(0, 40))
        return _around(where, off, chance)

    # Ghosts

    def _ghost(self, key: str, person: Technician, lift: int, kind: str, now: int, chance: Dice) -> Deed:
        where, tricks = self._lifts[lift], self._mixture["trick"]
        low, high = {"drive_by": (3, 6), "hour_round": (4, 8), "lobby": (20, 45)}.get(kind, (24, 50))
        began, left = now, now + chance.ms(low * 60, high * 60)
        at: tuple[float, float] | None
        if kind in {"lobby", "drive_by", "clever", "insider"}:
            at = _around(where, abs(chance.gauss(0, 40)), chance)
            works = ((now, left),) if kind in {"clever", "insider"} else ()
        else:
            works = ()
            trick = chance.random()
            if trick < tricks["position_made_up"]:
                at = _around(where, abs(chance.gauss(0, 15)), chance)
            elif trick < tricks["position_made_up"] + tricks["position_refused"]:
                at = None
            else:
                at = _around(where, chance.uniform(3000, 20_000), chance)
        album = self._album(began)
        photo = chance.choice(album) if kind == "photo_reused" and album else _picture(chance)
        earlier = self._officers.get(where.building, [])
        officer = None
        if kind == "old_signature" and earlier:
            officer = chance.choice(earlier)
        elif chance.chance(tricks["signs_for_officer"]):
            officer = f"drawn/{key}/officer"
        return Deed(
            id=key, lift=lift, place=where, technician=person.id, ghost=kind, kind=kind, began=began, left=left, at=at,
            photo=photo, drawing=self._drawing(person, key), officer=officer, works=works,
        )  # fmt: skip

    def _album(self, before: int) -> list[Photo]:
        return [photo for taken, photo in self._photos if taken < before]

    def _drawing(self, person: Technician, key: str) -> str:
        return f"kept/{person.id}" if person.keeps_signature else f"drawn/{key}"

    def _officer(self, where: Place, key: str, chance: Dice) -> str | None:
        rates = self._mixture["oddity"]
        if not chance.chance(rates["countersigned"]):
            return None
        kept = dice(self._seed, "officer", where.building).chance(rates["officer_kept"])
        return f"kept/{where.building}" if kept else f"drawn/{key}/officer"


_PER_VISIT = (
    "interrupted", "offline", "poor_position", "no_position", "clock_jumps", "filled_in_after", "forgot_check_out",
    "photo_mistaken",
)  # fmt: skip


def _way(here: Place | None, there: Place, chance: Dice) -> int:
    """On the way, at 12 to 30 km/h from door to door."""
    if here is None or here.building == there.building:
        return chance.ms(60, 240)
    metres = hypot(here.east - there.east, here.north - there.north)
    return round(metres / (chance.uniform(12, 30) / 3.6) * 1000) + chance.ms(120, 400)


def _around(where: Place, metres: float, chance: Dice) -> tuple[float, float]:
    east, north = chance.gauss(0, 1), chance.gauss(0, 1)
    length = max(hypot(east, north), 1e-6)
    return where.east + metres * east / length, where.north + metres * north / length


def _picture(chance: Dice) -> Photo:
    return Photo(bytes=f"{chance.getrandbits(128):032x}", likeness=chance.getrandbits(64))
