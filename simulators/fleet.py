"""The fleet: every lift's car, people and controller, moved on together; what goes wrong, and how it ends.

It does no I/O and reads no clock: `advance(now, now_ms)` takes the simulation's seconds, by which cars and people
live, and the real milliseconds, by which controllers speak, and returns what they say. Equal seeds give equal days.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import msgspec

from elevator.model import Mode, Power
from simulators.car import Car
from simulators.chance import Rng
from simulators.controller import Controller, Message, Senses
from simulators.people import Crowd, Use
from simulators.scenario import NOTHING, Scenario
from simulators.shaft import CarSpec, Phase, Reading
from simulators.trouble import Command, Order, Press, Trouble, TroubleError

_PATIENCE = 6  # parties at the doors of one lift; later ones take the stairs
_LINE_CUT = frozenset({Trouble.SILENT, Trouble.DEAD})
EVERYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftSpec:
    """One lift of the fleet."""

    lift_id: str
    rescue_code: str
    name: str
    building: str
    car: CarSpec
    use: Use = Use.RESIDENTIAL
    main: int = 0  # the landing people come in by
    presence: bool = True
    counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftRow:
    """How one lift is, for a table on a screen; the truth, not what its sensors say."""

    lift_id: str
    rescue_code: str
    name: str
    building: str
    floor: str
    position: float
    direction: str
    speed: float
    moving: bool
    door: str
    door_zone: bool
    persons: int
    phase: Phase
    mode: str
    power: str
    codes: tuple[str, ...]
    troubles: tuple[str, ...]
    online: bool
    pressed: bool
    unanswered: int
    kept: int
    notice: str | None  # stage of the words for the passengers, as last received


class SimLift:
    """One lift: its parts and its present troubles."""

    def __init__(self, spec: LiftSpec, rng: Rng, *, run: str, interval: int, now: float = 0.0) -> None:
        self.spec = spec
        self.car = Car(spec.car, rng, now=now, landing=spec.main)
        self.crowd = Crowd(spec.use, len(spec.car.landings), spec.main, rng, now=now)
        self.controller = Controller(
            run=run, interval=interval, senses=Senses(presence=spec.presence, counts=spec.counts)
        )
        self.troubles: dict[Trouble, Order] = {}
        self.notice: str | None = None
        self._to_press: Order | None = None  # the passenger will press once the car has stopped

    @property
    def wants_line(self) -> bool:
        """Whether the controller can reach the network."""
        return not _LINE_CUT & self.troubles.keys()

    def advance(self, now: float, now_ms: int, *, commute: bool) -> list[Message]:
        """Let time pass; returns what is to be sent."""
        for party in self.crowd.arrivals(now):
            if commute and len(self.car.waiting) < _PATIENCE and not self.car.stuck:
                self.car.call(party)
        self.car.advance(now)
        if Trouble.DEAD in self.troubles:
            return []
        if self._to_press and self.car.stuck:
            self.controller.press(self._to_press.press, now_ms, after=self._to_press.after)
            self._to_press = None
        return self.controller.tick(self.car.read(), now_ms)

    def inject(self, order: Order, now_ms: int) -> None:
        """Make or end a trouble."""
        match order.kind:
            case Trouble.REPAIR:
                self._repair()
            case Trouble.FREE:
                self._free()
            case Trouble.BUTTON:
                self.controller.press(order.press, now_ms, after=order.after)
            case Trouble.ENTRAPMENT | Trouble.DOOR_STUCK | Trouble.POWER_CUT | Trouble.INSPECTION:
                self._fail(order)
                self.troubles[order.kind] = order
            case _:
                self._mislead(order)
                self.troubles[order.kind] = order

    def _fail(self, order: Order) -> None:
        """Troubles of the car."""
        if order.kind is Trouble.POWER_CUT:
            self.car.cut_power(Power(order.power))
        elif order.kind is Trouble.INSPECTION:
            self.car.inspect()
        else:
            self.car.trap(order.kind, order.persons)
            self._to_press = None if order.press is Press.NONE else order

    def _mislead(self, order: Order) -> None:
        """Troubles of what the platform hears; a cut line is `wants_line`, which the publisher asks for."""
        controller = self.controller
        match order.kind:
            case Trouble.HANG:
                controller.hung = True
            case Trouble.OCCUPIED_STUCK:
                controller.senses.occupied_stuck = True
            case Trouble.OCCUPIED_LOST:
                controller.senses.presence = False
            case Trouble.ZONE_LOST:
                controller.senses.zone_lost = True
            case Trouble.CLOCK:
                controller.offset = round(order.offset * 1000)
            case _:
                pass

    def heard_notice(self, payload: bytes) -> None:
        """The platform's words for the passengers arrived; an empty payload takes them back."""
        try:
            said = msgspec.json.decode(payload) if payload else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        stage = said.get("stage") if isinstance(said, dict) else None
        self.notice = stage if isinstance(stage, str) else None

    def _free(self) -> None:
        self._to_press = None
        self.car.free()
        for kind in (Trouble.ENTRAPMENT, Trouble.DOOR_STUCK):
            self.troubles.pop(kind, None)

    def _repair(self) -> None:
        if Trouble.DEAD in self.troubles:
            self.controller.restart()
        self._to_press = None
        self.troubles.clear()
        self.controller.hung, self.controller.offset = False, 0
        self.controller.senses = Senses(presence=self.spec.presence, counts=self.spec.counts)
        self.car.repair()

    def row(self, reading: Reading) -> LiftRow:
        """How the lift is."""
        spec, controller = self.spec, self.controller
        return LiftRow(
            lift_id=spec.lift_id, rescue_code=spec.rescue_code, name=spec.name, building=spec.building,
            floor=reading.floor, position=reading.position, direction=reading.direction, speed=reading.speed,
            moving=reading.moving, door=reading.door, door_zone=reading.door_zone, persons=reading.persons,
            phase=reading.phase, mode=reading.mode, power=reading.power, codes=reading.codes,
            troubles=tuple(self.troubles), online=controller.online, pressed=controller.pressed,
            unanswered=controller.unanswered, kept=controller.kept, notice=self.notice,
        )  # fmt: skip


class Fleet:
    """All lifts of one simulation."""

    def __init__(
        self,
        specs: Iterable[LiftSpec],
        rng: Callable[[str], Rng],
        *,
        run: str,
        interval: int = 10,
        scenario: Scenario = NOTHING,
        commute: bool = True,
    ) -> None:
        """Build the fleet.

        Args:
            specs: the lifts.
            rng: a seeded source of randomness for each lift id, so that one lift's day does not hang on the others.
            run: a text that differs between two runs of the program; `boot` is made of it.
            interval: seconds between samples of a resting car.
            scenario: what goes wrong, and when.
            commute: whether people come by themselves.
        """
        self.lifts: Mapping[str, SimLift] = {
            spec.lift_id: SimLift(spec, rng(spec.lift_id), run=run, interval=interval) for spec in specs
        }
        self._codes = {lift.spec.rescue_code: lift for lift in self.lifts.values()}
        self._scenario, self._played, self._commute = scenario, -1.0, commute
        for step in scenario.steps:
            self.find(step.command.target)

    def find(self, target: str) -> list[SimLift]:
        """The lifts that a target means: one by its id or rescue code, those of a building, or all.

        Raises:
            TroubleError: none.
        """
        if target == EVERYTHING:
            return list(self.lifts.values())
        one = self.lifts.get(target) or self._codes.get(target)
        found = [one] if one else [lift for lift in self.lifts.values() if lift.spec.building == target]
        if not found:
            raise TroubleError(f"no lift and no building of this simulation is called {target!r}")
        return found

    def inject(self, command: Command, now_ms: int) -> list[str]:
        """Make or end a trouble; a power cut takes the whole building. Returns the ids of the lifts it met.

        Raises:
            TroubleError: the target means no lift.
        """
        lifts = self.find(command.target)
        if command.order.kind is Trouble.POWER_CUT:
            buildings = {lift.spec.building for lift in lifts}
            lifts = [lift for lift in self.lifts.values() if lift.spec.building in buildings]
        for lift in lifts:
            lift.inject(command.order, now_ms)
        return [lift.spec.lift_id for lift in lifts]

    def advance(self, now: float, now_ms: int) -> list[tuple[str, Message]]:
        """Let time pass; returns what the controllers send, lift by lift."""
        for command in self._scenario.due(self._played, now):
            self.inject(command, now_ms)
        self._played = now
        return [
            (lift_id, message)
            for lift_id, lift in self.lifts.items()
            for message in lift.advance(now, now_ms, commute=self._commute)
        ]

    def freed(self, lift_id: str) -> bool:
        """Whether nobody is shut in there any more: the car is empty, or it serves people again."""
        lift = self.lifts[lift_id]
        return not lift.car.persons or (not lift.car.stuck and lift.car.mode is Mode.NORMAL)

    def snapshot(self) -> list[LiftRow]:
        """How every lift is."""
        return [lift.row(lift.car.read()) for lift in self.lifts.values()]
