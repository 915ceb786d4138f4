"""One car: it runs, levels, opens, waits, closes and carries people, and it can fail as real ones do.

Theory of operation. The car is always in one `Phase`, which ends at a known moment or, for the phases that wait for
somebody, never by itself. `advance(now)` walks from end to end, so a big step gives the same ride as many small
ones; position and speed between are read from the motion's formula. A trap that was asked for (`trap`) waits until
somebody is in the car: without passengers one is brought to the door first. A power cut drops the brake at once.
No clock is read: `now` is the simulation's own time in seconds.
"""

import math
from itertools import pairwise

from elevator.model import Direction, Door, DoorCommand, Mode, Power
from simulators.chance import Rng
from simulators.motion import Motion, Run, Stop
from simulators.shaft import (
    DOOR_ZONE,
    KEPT_ACCURACY,
    PERSON,
    RELEVELLING_SPEED,
    RESCUE_SPEED,
    STOPPING_ACCURACY,
    CarSpec,
    Party,
    Phase,
    Reading,
)
from simulators.trouble import Trouble

_CLEAR_OF_ZONE = DOOR_ZONE + 0.25  # a trapped car stands plainly between floors
_WATCH = 0.05  # s between looks for a place to stop in
_NOTICED = 2.0  # s of standing before the controller reports its own fault
_MOVES = frozenset({Phase.RUNNING, Phase.BRAKING, Phase.LEVELLING, Phase.RESCUED})
_DOORS = {
    Phase.OPENING: Door.OPENING,
    Phase.OPEN: Door.OPEN,
    Phase.LEVELLING: Door.OPEN,
    Phase.CLOSING: Door.CLOSING,
}
_COMMANDS = {
    Phase.OPENING: DoorCommand.OPEN,
    Phase.JAMMED: DoorCommand.OPEN,
    Phase.CLOSING: DoorCommand.CLOSE,
}


class Car:
    """The state of one car; change it by `call`, `trap`, `cut_power`, `free`, `repair` and the passing of time."""

    def __init__(self, spec: CarSpec, rng: Rng, *, now: float = 0.0, landing: int = 0) -> None:
        self.spec = spec
        self.mode = Mode.NORMAL
        self.power = Power.MAINS
        self.riding: list[Party] = []
        self.waiting: list[Party] = []
        self.trips = 0
        self.trapping: Trouble | None = None  # asked for, not yet come about
        self.phase = Phase.IDLE
        self.since = now  # when the phase began
        self._rng = rng
        self._now = now
        self._due = math.inf
        self._rest = spec.heights[landing]
        self._motion: Motion | None = None
        self._target = landing
        self._heading = 0  # direction of the present round: -1, 0, 1
        self._jammed = False
        self._going_home = False  # the car shall creep to a landing as soon as it stands
        self._evacuating = False  # everybody leaves at the next open door
        self._bringing = 1  # persons for the trap
        self._clear = _CLEAR_OF_ZONE  # how far from a landing the trap stops
        self._running = 0.0  # s

    # What people and the world do to it

    def call(self, party: Party) -> None:
        """Somebody wants to travel."""
        self.waiting.append(party)
        if self.phase is Phase.IDLE:
            self._decide()

    def trap(self, kind: Trouble, persons: int = 1) -> None:
        """Stop between floors (`ENTRAPMENT`) or do not open (`DOOR_STUCK`) as soon as somebody is inside."""
        if self.stuck:
            return
        self.trapping, self._bringing = kind, persons
        heights = self.spec.heights
        room = min(high - low for low, high in pairwise(heights)) / 2 - 0.05
        self._clear = min(self._rng.uniform(_CLEAR_OF_ZONE, 1.3), room)
        if self.phase is Phase.IDLE:
            self._decide()

    def cut_power(self, power: Power) -> None:
        """The mains fail: the brake falls, the controller lives on its battery or not at all."""
        self.power = power
        if self.phase in {Phase.RUNNING, Phase.LEVELLING}:
            self._brake()

    def inspect(self) -> None:
        """A technician takes the car over: it answers no calls, and a run ends at once."""
        self.mode = Mode.INSPECTION
        if self.phase is Phase.RUNNING:
            self._brake()

    def free(self) -> None:
        """A crew brings the car to a landing, opens, and leads everybody out; needs no mains."""
        self.trapping = None
        self._jammed = False
        self._evacuating = True
        if self.phase in {Phase.STALLED, Phase.BRAKING}:
            self.mode = Mode.INSPECTION
            self._go_home()
        elif self.phase in {Phase.JAMMED, Phase.IDLE}:
            self._enter(Phase.OPENING, self.spec.door_opens)
        elif self.phase is Phase.OPEN:
            self._exchange()

    def repair(self) -> None:
        """Everything works again; a car that stands between floors creeps to a landing, and people get out."""
        self.trapping = None
        self._jammed = False
        self.mode = Mode.NORMAL
        self.power = Power.MAINS
        if self.phase in {Phase.STALLED, Phase.BRAKING}:
            self._evacuating = True
            self._go_home()
        elif self.phase is Phase.JAMMED:
            self._evacuating = True
            self._enter(Phase.OPENING, self.spec.door_opens)
        elif self.phase is Phase.IDLE:
            self._decide()

    # What can be read of it

    @property
    def landing(self) -> int:
        """The landing nearest to the car."""
        return self.spec.nearest(self._position())

    @property
    def persons(self) -> int:
        """How many people are really in the car."""
        return sum(party.persons for party in self.riding)

    @property
    def stuck(self) -> bool:
        """Whether the car stands and will not go on by itself."""
        return self.phase in {Phase.STALLED, Phase.JAMMED}

    def read(self) -> Reading:
        """The sensors, now."""
        point = self._motion.at(self._now - self.since) if self._motion else None
        position = self._position()
        velocity = point.velocity if point else 0.0
        way = (self._motion.end - self._motion.at(0).position) if self._motion else 0.0
        return Reading(
            mode=self.mode,
            floor=self.spec.landings[self.spec.nearest(position)],
            moving=self.phase in _MOVES,
            door_zone=self.spec.off(position) <= DOOR_ZONE,
            door=_DOORS.get(self.phase, Door.CLOSED),
            direction=Direction.NONE if not way else Direction.UP if way > 0 else Direction.DOWN,
            speed=round(abs(velocity), 3),
            position=round(position, 3),
            persons=self.persons,
            load=round(sum(party.mass for party in self.riding), 1),
            power=self.power,
            door_command=_COMMANDS.get(self.phase, DoorCommand.NONE),
            car_calls=len({party.destination for party in self.riding}),
            trips=self.trips,
            running_hours=round((self._running + (self._now - self.since) * (self.phase in _MOVES)) / 3600, 4),
            phase=self.phase,
            codes=self._codes(position),
        )

    def _codes(self, position: float) -> tuple[str, ...]:
        codes = []
        noticed = self._now - self.since >= _NOTICED
        if self.power is not Power.MAINS:
            codes.append("power_loss")
        if self.phase is Phase.STALLED and noticed and self.spec.off(position) > DOOR_ZONE:
            codes.append("stopped_outside_zone")
        if self.phase is Phase.JAMMED and noticed:
            codes.append("door_open_failure")
        return tuple(codes)

    def _position(self) -> float:
        return self._motion.at(self._now - self.since).position if self._motion else self._rest

    # Time

    def advance(self, now: float) -> None:
        """Let time pass until `now`."""
        while True:
            step = min(now, self._due)
            if self.trapping is Trouble.ENTRAPMENT and self.phase is Phase.RUNNING:
                step = min(step, self._now + _WATCH)
            self._now = max(step, self._now)
            if self._now >= self._due:
                self._end_phase()
            elif self.trapping is Trouble.ENTRAPMENT and self.phase is Phase.RUNNING:
                self._look_for_a_trap()
            if self._now >= now and self._due > now:
                return

    def _enter(self, phase: Phase, lasts: float = math.inf, motion: Motion | None = None) -> None:
        if self._motion:
            self._rest = self._position()
            self._running += self._now - self.since
        self.phase, self.since, self._motion = phase, self._now, motion
        self._due = self._now + lasts

    def _end_phase(self) -> None:
        match self.phase:
            case Phase.RUNNING:
                self.trips += 1
                self._arrive()
            case Phase.RESCUED:
                self._enter(Phase.OPENING, self.spec.door_opens)
            case Phase.BRAKING:
                self._enter(Phase.STALLED)
                if self._going_home:
                    self._rescue()
            case Phase.OPENING:
                self._exchange()
            case Phase.LEVELLING:
                self._enter(Phase.OPEN, self.spec.dwell)
            case Phase.OPEN:
                self._leave()
            case Phase.CLOSING:
                self._enter(Phase.IDLE)
                self._decide()
            case Phase.IDLE | Phase.STALLED | Phase.JAMMED:
                self._due = math.inf

    # What the controller decides

    def _wanted(self) -> set[int]:
        return {party.destination for party in self.riding} | {party.origin for party in self.waiting}

    def _decide(self) -> None:
        """Standing with a closed door: open here, go somewhere, or wait."""
        if self._evacuating and self.spec.off(self._rest) <= DOOR_ZONE:
            self._enter(Phase.OPENING, self.spec.door_opens)
            return
        if self.mode is not Mode.NORMAL or self.power is not Power.MAINS:
            return
        self._bring_somebody()
        wanted = self._wanted()
        here = self.landing
        if self.spec.off(self._rest) > DOOR_ZONE:
            self._rescue()
        elif here in wanted:
            self._open()
        elif wanted:
            ahead = [landing for landing in wanted if (landing - here) * self._heading > 0] or list(wanted)
            self._target = min(ahead, key=lambda landing: abs(landing - here))
            self._heading = 1 if self._target > here else -1
            self._run_to(self.spec.heights[self._target] + self._stopping_error(), self.spec.rated_speed)
        else:
            self._heading = 0

    def _run_to(self, position: float, speed: float, phase: Phase = Phase.RUNNING) -> None:
        run = Run(self._position(), position, speed, self.spec.acceleration, self.spec.jerk)
        self._enter(phase, run.duration, run)

    def _stopping_error(self) -> float:
        return max(-STOPPING_ACCURACY, min(STOPPING_ACCURACY, self._rng.gauss(0, STOPPING_ACCURACY / 3)))

    def _bring_somebody(self) -> None:
        """A trap needs somebody to close on: let one walk up here when the car is empty."""
        here = self.landing
        if self.trapping and not self.riding and not any(party.origin == here for party in self.waiting):
            top = len(self.spec.heights) - 1
            far = 0 if here > top / 2 else top
            mass = PERSON * self._bringing
            self.waiting.append(Party(origin=here, destination=far, persons=self._bringing, mass=mass))

    def _go_home(self) -> None:
        """Creep to the nearest landing, now or as soon as the brake has done its work."""
        self._going_home = True
        if self.phase is Phase.STALLED:
            self._rescue()

    def _rescue(self) -> None:
        self._going_home = False
        self._target = self.landing
        self._run_to(self.spec.heights[self._target], RESCUE_SPEED, Phase.RESCUED)

    def _arrive(self) -> None:
        if self.trapping is Trouble.DOOR_STUCK and self.riding:
            self.trapping = None
            self._jammed = True
        self._enter(Phase.IDLE)
        self._decide()

    def _open(self) -> None:
        if self._jammed:
            self._enter(Phase.JAMMED)
        else:
            self._enter(Phase.OPENING, self.spec.door_opens)

    def _exchange(self) -> None:
        """The door is open: out with those who are there, in with those who wait, as far as the load allows."""
        here = self.landing
        before = sum(party.mass for party in self.riding)
        serving = self.mode is Mode.NORMAL and self.power is Power.MAINS and not self._evacuating
        out = [party for party in self.riding if party.destination == here or not serving]
        moved = sum(party.persons for party in out)
        self.riding = [party for party in self.riding if party not in out]
        if serving:
            self._bring_somebody()
            moved += self._board(here)
        self._evacuating = False
        after = sum(party.mass for party in self.riding)
        self._enter(Phase.OPEN, self.spec.dwell + self.spec.per_person * moved)
        self._rest -= (after - before) * self.spec.sag
        if self.power is Power.MAINS and abs(self._rest - self.spec.heights[here]) > KEPT_ACCURACY:
            self._run_to(self.spec.heights[here], RELEVELLING_SPEED, Phase.LEVELLING)

    def _board(self, here: int) -> int:
        moved = 0
        for party in [p for p in self.waiting if p.origin == here]:
            load = sum(p.mass for p in self.riding)
            if load + party.mass <= self.spec.load_rated or not self.riding:
                self.waiting.remove(party)
                self.riding.append(party)
                moved += party.persons
        return moved

    def _leave(self) -> None:
        """The door has been open long enough: someone new at the door keeps it, else it closes."""
        here = self.landing
        room = self.spec.load_rated - sum(party.mass for party in self.riding)
        if (
            self.mode is Mode.NORMAL
            and self.power is Power.MAINS
            and any(p.origin == here and p.mass <= room for p in self.waiting)
        ):
            self._exchange()
        elif self.riding and (self.mode is not Mode.NORMAL or self.power is not Power.MAINS):
            self._exchange()  # nobody stays in a car that will not take them anywhere
        else:
            self._enter(Phase.CLOSING, self.spec.door_closes)

    # Failing

    def _brake(self) -> None:
        point = self._motion.at(self._now - self.since) if self._motion else None
        if self.phase is Phase.LEVELLING or point is None:  # the door is open: it stays so
            self._enter(Phase.OPEN, self.spec.dwell)
            return
        self._going_home = False
        stop = Stop(point.position, point.velocity)
        self._enter(Phase.BRAKING, stop.duration, stop)

    def _look_for_a_trap(self) -> None:
        point = self._motion.at(self._now - self.since) if self._motion else None
        if point and self.riding and self.spec.off(Stop(point.position, point.velocity).end) >= self._clear:
            self.trapping = None
            self._brake()
