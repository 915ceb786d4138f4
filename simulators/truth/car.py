"""One car in virtual time: what it does, and what its controller says of it.

Nothing ticks: a run is a list of marks that was worked out before (`legs`), and between two happenings only the
heartbeats are said. What oddities do at their own times (a sensor flaps, a line is cut, somebody lets go of the
button) waits in `later` and happens when time passes over it. The truth of the car stands in its plain attributes;
`senses` says what its sensors make of it.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from elevator.model import Direction, Door, DoorCommand, Mode, Power, SafetyChain
from simulators.motion import Run, Stop
from simulators.shaft import DOOR_ZONE
from simulators.truth.dice import Dice
from simulators.truth.legs import Leg, leg
from simulators.truth.line import Line
from simulators.truth.site import Says, Site

OPENS, CLOSES = 2_200, 2_800  # ms (as `simulators.shaft`)
CREEP = 0.25  # m/s: emergency electrical operation, a rescue device, a run after power came back
_JSON = {True: "true", False: "false", None: "null"}


@dataclass(slots=True)
class Senses:
    """What the sensors say instead of the truth; None: the truth."""

    occupied: bool | None = None
    zone: bool | None = None
    asleep: bool = False  # a person detector that sees only who moves
    jumps: int | None = None  # the landing that is displayed, wherever the car is
    frozen: bool = False  # the terminal repeats its last sample for ever


class Car:
    """The car of one life."""

    def __init__(self, site: Site, line: Line, dice: Dice, now: int) -> None:
        self.site, self.line, self.dice, self.now = site, line, dice, now
        self.senses = Senses()
        self.landing = site.main
        self.position = site.main * site.storey  # m
        self.zone = True
        self.moving = False
        self.direction = Direction.NONE
        self.speed = 0.0
        self.door = Door.CLOSED
        self.command = DoorCommand.NONE
        self.persons = 0
        self.parties = 0  # that have left
        self.leaving: list[Callable[[], None]] = []  # what people let go of when they leave
        self.opening: list[Callable[[], None]] = []  # what happens each time the door is told to open
        self.opened_at: set[int] = set()  # landings where it stood open, and said that it was in the zone
        self.goods = False  # something other than a person lies on the person sensor
        self.load = 0
        self.calls = 0
        self.mode = Mode.NORMAL
        self.power = Power.MAINS
        self.chain = SafetyChain.CLOSED
        self.codes: tuple[str, ...] = ()
        self.trips = 0
        self.ahead = site.pre_opening  # opens its door while it still levels
        self._told_mode = Mode.NORMAL
        self._body = b""
        self._said = now
        self._interval = site.interval * 1000
        self._later: list[tuple[int, int, Callable[[], None]]] = []
        self._number = count()
        self.say()

    # Time

    def until(self, moment: int) -> None:
        """Let time pass, saying what is due on the way."""
        while True:
            due = self._said + self._interval
            if self._later and self._later[0][0] <= min(due, moment):
                when, _, happen = heapq.heappop(self._later)
                self.now = max(self.now, when)
                happen()
            elif due <= moment:
                self.now = due
                self.say(always=True)
            else:
                self.now = max(self.now, moment)
                return

    def wait(self, ms: int) -> None:
        """Let so much time pass."""
        self.until(self.now + ms)

    def later(self, moment: int, happen: Callable[[], None]) -> None:
        """Do that when time passes over the moment."""
        heapq.heappush(self._later, (max(moment, self.now), next(self._number), happen))

    # Words

    def say(self, *, always: bool = False) -> None:
        """Say how things stand if that is news, or say again what was said last."""
        if not always:
            if self.senses.frozen:
                return
            if self.mode is not self._told_mode:
                self._tell_mode()
            body = self._write()
            if body == self._body:
                return
            self._body = body
        self._said = self.now
        self.line.sample(self.now, self._body, frozen=self.senses.frozen)

    def _tell_mode(self) -> None:
        code = "automatic_running" if self.mode is Mode.NORMAL else self.mode.value
        self._told_mode = self.mode
        if self.site.says in {Says.EVENTS, Says.BOTH} and self.mode is not Mode.UNKNOWN:
            self.line.event(self.now, code, active=True)

    def _write(self) -> bytes:
        site, senses = self.site, self.senses
        zone = None if not site.zone else self.zone if senses.zone is None else senses.zone
        codes = self.codes if site.says in {Says.SAMPLES, Says.BOTH} else ()
        landing = self.landing if senses.jumps is None else senses.jumps
        height = self.position if senses.jumps is None else senses.jumps * site.storey
        text = (
            f'"mode":"{self.mode}","floor":"{site.names[landing]}","moving":{_JSON[self.moving]},'
            f'"door_zone":{_JSON[zone]},"door":"{self.door}","direction":"{self.direction}",'
            f'"occupied":{_JSON[self.occupied]},"load":{self.load},"power":"{self.power}","trips":{self.trips}'
        )
        if site.place:
            text += f',"speed":{self.speed},"position":{round(height, 3)}'
        if site.counts:
            text += f',"people":{self.persons if senses.occupied is not False and not senses.asleep else 0}'
        if site.chain:
            text += f',"safety_chain":"{self.chain}"'
        if site.command:
            text += f',"door_command":"{self.command}"'
        if site.calls:
            text += f',"car_calls":{self.calls}'
        if codes:
            text += ',"faults":["' + '","'.join(codes) + '"]'
        return text.encode()

    @property
    def occupied(self) -> bool | None:
        """What the person sensor says."""
        if not self.site.sensor:
            return None
        if self.senses.occupied is not None:
            return self.senses.occupied
        return (self.persons > 0 and not self.senses.asleep) or self.goods

    def code(self, code: str, *, active: bool = True) -> int | None:
        """The controller finds a fault, or finds it gone; when the platform had the event, if there was one."""
        if active == (code in self.codes):
            return None
        self.codes = (*self.codes, code) if active else tuple(other for other in self.codes if other != code)
        at = None
        if self.site.says in {Says.EVENTS, Says.BOTH}:
            at = self.line.event(self.now, code, active=active)
        self.say()
        return at

    def clear(self) -> None:
        """All faults are gone."""
        for code in self.codes:
            self.code(code, active=False)

    # Doors and people

    def open(self) -> None:
        """Open the door, as far as the controller knows."""
        if self.door is Door.OPEN:
            return
        self.door, self.command = Door.OPENING, DoorCommand.OPEN
        self.say()
        for happen in tuple(self.opening):
            happen()
        self.wait(OPENS)
        self.door, self.command = Door.OPEN, DoorCommand.NONE
        self.say()
        if self.zone and self.senses.zone is None and not self.senses.frozen:
            self.opened_at.add(self.landing)

    def close(self) -> None:
        """Close the door."""
        if self.door is Door.CLOSED:
            return
        self.door, self.command = Door.CLOSING, DoorCommand.CLOSE
        self.say()
        self.wait(CLOSES)
        self.door, self.command = Door.CLOSED, DoorCommand.NONE
        self.say()

    def board(self, persons: int, load: int, calls: int = 1) -> None:
        """People walk in and press a button for where they want to go."""
        self.wait(700 + 500 * persons)
        self.persons, self.load, self.calls = self.persons + persons, self.load + load, calls
        self.say()
        self.wait(1_200)

    def alight(self) -> None:
        """Everybody walks out."""
        self.wait(500 + 500 * self.persons)
        self.persons = self.load = self.calls = 0
        for let_go in self.leaving:
            let_go()
        self.leaving.clear()
        self.parties += 1
        self.say()
        self.wait(1_500)

    # Runs

    def leg(self, target: int) -> Leg:
        """The run to a landing from where the car stands."""
        site = self.site
        return leg(site.storey, abs(target - self.landing), site.speed, site.acceleration, site.jerk)

    def run(
        self,
        target: int,
        *,
        brake_after: int | None = None,
        brake: Callable[[], None] | None = None,
        leave_after: int | None = None,
    ) -> None:
        """Travel to a landing.

        If that is said, the brake falls after `brake_after` ms, for a reason that `brake` sets, or the car is left
        running after `leave_after` ms.
        """
        if target == self.landing:
            return
        plan, start, begins = self.leg(target), self.landing, self.now
        up = target > start
        self.moving, self.direction = True, Direction.UP if up else Direction.DOWN
        ends = brake_after or leave_after or plan.took
        for mark in plan.marks:
            if mark.after >= ends:
                break
            self.until(begins + mark.after)
            self.landing = start + mark.passed if up else start - mark.passed
            self.position = self.site.storey * start + (mark.way if up else -mark.way)
            self.zone, self.speed = mark.zone, mark.speed
            self.say()
        if brake_after is not None:
            self.until(begins + brake_after)
            self._brake(start, target, brake_after, brake)
            return
        if leave_after is not None:
            self.until(begins + leave_after)
            return
        if self.ahead:
            self._open_ahead(begins + plan.took)
        self.until(begins + plan.took)
        self.landing, self.position = target, self.site.storey * target + self.dice.uniform(-0.008, 0.008)
        self.stand()

    def _open_ahead(self, arrives: int) -> None:
        """The door begins to open in the zone while the car still levels."""
        self.until(max(self.now, arrives - 900))
        self.door, self.command, self.speed = Door.OPENING, DoorCommand.OPEN, 0.15
        self.say()

    def stand(self) -> None:
        """The car stands where it is."""
        self.moving, self.direction, self.speed = False, Direction.NONE, 0.0
        self.landing = self.nearest
        self.zone = self.off <= DOOR_ZONE
        self.trips += 1
        self.say()

    def _brake(self, start: int, target: int, after: int, reason: Callable[[], None] | None) -> None:
        site = self.site
        run = Run(site.storey * start, site.storey * target, site.speed, site.acceleration, site.jerk)
        point = run.at(after / 1000)
        stop = Stop(point.position, point.velocity)
        self.position, self.speed = point.position, round(abs(point.velocity), 3)
        self.landing, self.zone = self.nearest, self.off <= DOOR_ZONE
        if reason:
            reason()
        self.say()
        self.wait(round(stop.duration * 1000))
        self.position = stop.end
        self.stand()

    def creep(self, position: float, speed: float = CREEP) -> None:
        """Move slowly to a place, as a rescue or an inspection run does."""
        way = position - self.position
        if abs(way) < 1e-3:
            return
        self.moving, self.direction = True, Direction.UP if way > 0 else Direction.DOWN
        self.speed = speed
        steps = max(int(abs(way) / speed), 1)  # a sample a second
        origin, began = self.position, self.now
        for step in range(steps + 1):
            self.until(began + round(abs(way) * step / steps / speed * 1000))
            self.position = origin + way * step / steps
            self.landing, self.zone = self.nearest, self.off <= DOOR_ZONE
            if step < steps:
                self.say()
        self.stand()

    def stall_after(self, target: int) -> int:
        """A moment of the run to `target` at which the brake leaves the car plainly between floors."""
        site, plan = self.site, self.leg(target)
        run = Run(site.storey * self.landing, site.storey * target, site.speed, site.acceleration, site.jerk)
        best, best_off = plan.took // 2, 0.0
        for _ in range(20):
            after = int(plan.took * self.dice.uniform(0.1, 0.9))
            point = run.at(after / 1000)
            end = Stop(point.position, point.velocity).end
            off = abs(end / site.storey - round(end / site.storey)) * site.storey
            if off > best_off:
                best, best_off = after, off
            if off > DOOR_ZONE + 0.4:
                break
        return best

    @property
    def nearest(self) -> int:
        """The landing nearest to the car."""
        return min(max(round(self.position / self.site.storey), 0), self.site.floors - 1)

    @property
    def off(self) -> float:
        """How far the car is from that landing, in m."""
        return abs(self.position - self.nearest * self.site.storey)
