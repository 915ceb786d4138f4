"""What a scene works with: the car, its line, its chance, and the book in which the truth is written down."""

from collections.abc import Callable
from dataclasses import dataclass, field

from elevator.model import Door, DoorCommand, Mode, Power, SafetyChain
from simulators.truth.car import Car
from simulators.truth.dice import Dice
from simulators.truth.line import Line
from simulators.truth.site import Site
from simulators.truth.story import Episode, Life, Truth
from simulators.truth.traffic import Trip

SECOND, MINUTE = 1_000, 60_000
_KEPT = frozenset({"line_lost", "gateway_lost", "broker_restart"})  # the terminal lives, and keeps what it would say
_NEWS = 30 * MINUTE  # a replayed alarm up to this old is decided like a live one (contract 2.6)
_DAY, _ZONE_TIMES = 24 * 60 * MINUTE, 2  # so often in a day is a fault of the zone sensor (contract 5)
_FRESH = 5 * SECOND  # beyond its interval an open door filters no press any more (contract 5)
_HELD = 3 * SECOND  # a press so long is an alarm (contract 5)
_KNOWN = 48 * 60 * MINUTE  # at least the day that its fault stands open by itself, and somebody must close it
SETTLES = 15 * SECOND  # until what was missed has been said
# Standing oddities that lie over everything that happens to a lift.
_COVERING = ("pre_opening", "no_person_sensor", "no_door_zone", "clock_wrong", "clock_drifts", "button_not_wired")


@dataclass(slots=True, kw_only=True)
class Lying:
    """A noise that lies over whatever else happens."""

    name: str
    began: int
    ended: int


@dataclass(slots=True, kw_only=True)
class Tale:
    """One life as it is being told."""

    site: Site
    car: Car
    line: Line
    dice: Dice
    life: Life
    overlap: float = 0.0  # share of entrapments put under a noise on purpose
    lying: list[Lying] = field(default_factory=list)
    zone_lies: dict[int, int] = field(default_factory=dict)  # trip → when it opened, and said: outside the zone
    kept_press: int | None = None  # the last that its terminal kept
    zone_found: int | None = None  # when it could last be known that the door zone switch is at fault

    # Writing down

    def innocent(self, cause: str, began: int, story: str, *, ended: int | None = None, confirmable: str = "") -> None:
        """Nobody was trapped, whatever it looked like."""
        self._write(Truth.INNOCENT, cause, began, story, ended=ended, confirmable=confirmable)

    def harm(self, cause: str, began: int, story: str, *, ended: int | None = None, confirmable: str = "") -> None:
        """Nobody was trapped, and somebody had to be told."""
        self._write(Truth.HARM, cause, began, story, ended=ended, confirmable=confirmable)

    def _write(self, truth: Truth, cause: str, began: int, story: str, *, ended: int | None, confirmable: str) -> None:
        self.life.episodes.append(
            Episode(
                lift_id=self.site.lift.lift_id,
                truth=truth,
                cause=cause,
                began=began,
                ended=self.car.now if ended is None else ended,
                noises=self.noises(began, self.car.now if ended is None else ended, cause),
                confirmable=confirmable,
                story=story,
            )
        )

    def lay(self, name: str, began: int, ended: int) -> None:
        """Remember that a noise lies over that stretch."""
        self.lying.append(Lying(name=name, began=began, ended=ended))

    @property
    def slipped(self) -> bool:
        """Whether the door zone switch says "outside" wherever the car is; not just for a moment."""
        now = self.car.now
        slips = any(one.name == "zone_slips" and one.began <= now < one.ended for one in self.lying)
        return slips and self.car.senses.zone is False

    @property
    def zone_faulty(self) -> bool:
        """Whether it may still be known that the switch is at fault (contract 5: a `sensor_fault` of its zone)."""
        return self.zone_found is not None and self.car.now - self.zone_found < _KNOWN

    def noises(self, began: int, ended: int, cause: str) -> tuple[str, ...]:
        """What lay over a stretch of this life."""
        standing = [name for name in self.site.lift.traits if name in _COVERING]
        over = [one.name for one in self.lying if one.began <= ended and began <= one.ended and one.name != cause]
        return tuple(dict.fromkeys([*standing, *over]))

    # What scenes have in common

    def fetch(self, trip: Trip) -> None:
        """The car comes, people get in, the door closes."""
        self.car.run(trip.origin)
        self.car.open()
        self.car.board(trip.persons, trip.load)
        self.car.close()

    def deliver(self, trip: Trip) -> None:
        """The car goes where they want, and they get out."""
        self.car.run(trip.destination)
        self.car.open()
        self.car.alight()
        self.car.close()

    def press(self, moment: int, held_ms: int, told: Callable[[int | None], None] | None = None) -> None:
        """Somebody in the car presses the alarm button then, for so long; `told` hears when the platform had it."""
        if not self.site.button:
            return

        party = self.car.parties
        kept: list[tuple[Lying, int]] = []

        def touch() -> None:
            if not self.car.persons or self.car.parties != party:
                return  # they have left
            at = self.line.event(self.car.now, "alarm_button", active=True)
            cut = self._keeps() if at is None else self._held(at)
            if cut is not None:
                at = at or cut.ended + SECOND
                if told is None:
                    kept.append((cut, self.car.now))
            self._pressed_at_open_door(held_ms)
            self.car.later(self.car.now + held_ms, release)
            self.car.leaving.append(release)
            if told:
                told(at)

        def release() -> None:
            if release in self.car.leaving:  # once
                self.car.leaving = [other for other in self.car.leaving if other is not release]
                self.over("alarm_button")
                for cut, since in kept:
                    self._pressed_in(cut, since)

        self.car.later(moment, touch)

    def _pressed_at_open_door(self, held_ms: int) -> None:
        """A press at the open door of a car whose switch says that it is outside the zone."""
        if self.slipped and self.car.door is Door.OPEN:
            self.innocent(
                "zone_slips", self.car.now, "the button was pressed at an open door.",
                ended=self.car.now + held_ms + SETTLES,
                confirmable="a press counts unless the door is open in the zone, and the switch says it is not",
            )  # fmt: skip

    def _pressed_in(self, cut: Lying, since: int) -> None:
        """A press by nobody in need reaches the platform when no fresh sample shows any more what the car did then."""
        again, self.kept_press = self.kept_press is not None and since - self.kept_press <= MINUTE, since
        if again or self.car.now - since >= _HELD:
            self.innocent(
                cut.name, since, "the button was pressed while nothing came through.", ended=cut.ended + SETTLES,
                confirmable="a kept press is decided like a live one, and no fresh sample shows the open door any more",
            )  # fmt: skip

    def over(self, code: str) -> None:
        """Tell that a code is gone, as soon as the terminal can."""
        if self.line.hung or self.line.dead:
            self.car.later(self.car.now + MINUTE, lambda: self.over(code))
        else:
            self.line.event(self.car.now, code, active=False)

    def _keeps(self) -> Lying | None:
        """The cut behind which a press that the terminal keeps will reach the platform, if it is still news then."""
        now = self.car.now
        cuts = [one for one in self.lying if one.name in _KEPT and one.began <= now < one.ended]
        last = max(cuts, key=lambda one: one.ended, default=None)
        if last is None or self.line.dead or self.line.hung or last.ended + SECOND - now >= _NEWS:
            return None
        return last

    def _held(self, arrives: int) -> Lying | None:
        """What is as good as a cut: the platform does not listen, and the open door is old when it hears of both."""
        news = self.site.interval * SECOND + _FRESH
        return Lying(name="platform_deaf", began=self.car.now, ended=arrives) if arrives - self.car.now > news else None

    def opens_outside(self) -> bool:
        """The car is told to open at a landing that is known of it, and says "outside the zone".

        Returns:
            Whether that makes its zone sensor a known fault: twice in a day (contract 5).
        """
        car = self.car
        if (
            car.senses.zone is not False or car.moving or car.command is not DoorCommand.OPEN
            or not (self.site.place and self.site.command) or car.landing not in car.opened_at
        ):  # fmt: skip
            return False
        lies = {trip: at for trip, at in self.zone_lies.items() if car.now - at < _DAY}
        self.zone_lies = lies = {**lies, car.trips: car.now}
        if len(lies) < _ZONE_TIMES:
            return False
        self.zone_found = car.now
        return True

    def falls_silent(self, noise: str, until: int) -> None:
        """Nothing is heard from now on: what was said last holds, and a clock that runs then runs on (contract 5).

        A line that is cut in the second in which the door of a car with people was told to open, or has yet to let the
        car go, leaves exactly the picture of a door that will not open.
        """
        car = self.car
        asked = car.command is DoorCommand.OPEN or car.calls
        taken = (
            car.persons or car.goods or not self.site.sensor
        )  # a car that cannot be looked into has moved, and counts
        if taken and car.zone and not car.moving and car.door is not Door.OPEN and asked:
            self.innocent(
                noise, car.now, "nothing was heard from the second on in which a door with people behind it moved.",
                ended=until + SETTLES,
                confirmable="the line was cut when a door had yet to open, or the car to go: silence stops no clock",
            )  # fmt: skip

    def restore(self) -> None:
        """The line is back: how things stand now, then what was missed."""
        if self.line.restore(self.car.now):
            self.car.say(always=True)
            self.line.replay(self.car.now)

    def reboot(self) -> None:
        """The controller starts anew."""
        self.car.senses.frozen = False
        self.line.boot(self.car.now)
        self.car.say(always=True)

    def repaired(self, after_ms: int) -> None:
        """A technician puts the lift back into service: inspection, a run, automatic running."""
        car = self.car
        if not self.line.up:
            self.reboot()
        car.power = Power.MAINS
        car.mode = Mode.INSPECTION
        car.say()
        car.wait(after_ms)
        car.chain = SafetyChain.CLOSED
        if car.off > 0.02:
            car.creep(car.nearest * self.site.storey)
        if car.door is not Door.CLOSED:
            car.close()
        car.clear()
        car.mode = Mode.NORMAL
        car.say()
