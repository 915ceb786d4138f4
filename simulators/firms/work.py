"""What a visit does to a lift: scenes of real work, and of what ghosts do instead. Nobody is trapped in any of them.

Every scene ends at its appointed time or later, never before. Modes are set only where the lift's terminal reads them.
"""

from dataclasses import dataclass

from elevator.model import Mode, Power, SafetyChain
from simulators.truth.rides import some_trip
from simulators.truth.site import Death
from simulators.truth.tale import MINUTE, SECOND, Tale


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How somebody works."""

    inspects: bool = True  # switches to inspection
    switches: bool = True  # opens the main switch for a while
    reads_mode: bool = True  # the lift's terminal knows the mode


def serve(tale: Tale, manner: Manner, ends: int) -> None:
    """Half-monthly work: machine room, roof, pit, doors, a ride; in an order of its own."""
    car, dice = tale.car, tale.dice
    parts = ["machine_room", "roof" if manner.inspects else "landings", "pit", "doors"]
    dice.shuffle(parts)
    for number, part in enumerate(parts):
        until = car.now + max(ends - car.now, 0) // (len(parts) - number)
        if part == "machine_room":
            _machine_room(tale, manner, until)
        elif part == "roof":
            _roof(tale, manner, until)
        elif part == "pit":
            _pit(tale, manner, until)
        elif part == "landings":
            _landings(tale, until)
        else:
            _doors(tale, until)
    car.until(ends)


def ride_about(tale: Tale, ends: int) -> None:
    """A clever ghost: some rides, the door held for minutes, then nothing."""
    car, dice = tale.car, tale.dice
    for _ in range(2 + dice.randrange(4)):
        tale.fetch(trip := some_trip(tale))
        tale.deliver(trip)
        car.wait(dice.stretch(10, 120))
    if dice.chance(0.6):
        car.open()
        car.wait(dice.ms(120, 300))
        car.close()
    if dice.chance(0.3):
        car.until(ends)  # stands in the car


def pretend(tale: Tale, manner: Manner) -> None:
    """An insider: knows what telemetry shows, and shows a little of it."""
    car, dice = tale.car, tale.dice
    _mode(tale, manner, Mode.INSPECTION)
    car.wait(dice.ms(20, 60))
    for _ in range(1 + dice.randrange(3)):
        car.creep(_between(tale), 0.3)
        car.wait(dice.ms(8, 30))
    car.creep(car.nearest * tale.site.storey, 0.3)
    car.open()
    _mode(tale, manner, Mode.NORMAL)
    car.close()


def _mode(tale: Tale, manner: Manner, mode: Mode) -> None:
    if manner.reads_mode:
        tale.car.mode = mode
        tale.car.say()


def _between(tale: Tale) -> float:
    """A height between two landings, within reach of a slow run."""
    site, car = tale.site, tale.car
    low = max(car.landing - 2, 0)
    floor = low + tale.dice.randrange(max(min(car.landing + 2, site.floors - 1) - low, 1))
    return site.storey * (floor + tale.dice.uniform(0.2, 0.8))


def _machine_room(tale: Tale, manner: Manner, until: int) -> None:
    """Looks and cleans; with the main switch open for a while, if that is the habit."""
    car, dice = tale.car, tale.dice
    car.wait(dice.ms(20, 90))
    if manner.switches:
        _off(tale, min(car.now + dice.ms(40, 400), until))
    car.until(until)


def _off(tale: Tale, back: int) -> None:
    car, line, site = tale.car, tale.line, tale.site
    if site.death is Death.SILENT:
        line.die(car.now, told_after=tale.dice.ms(45, 95))
    else:
        car.power = Power.BATTERY if site.death is Death.BATTERY else Power.OFF
        car.code("power_loss")
    car.until(back)
    if line.dead:
        tale.reboot()
    car.power = Power.MAINS
    car.clear()
    car.say()
    car.wait(tale.dice.ms(3, 30))
    car.run(site.main)


def _stop(tale: Tale, low_s: float, high_s: float) -> None:
    """A stop switch, or a contact: the safety chain is open for a while."""
    car = tale.car
    car.chain = SafetyChain.OPEN
    car.say()
    car.wait(tale.dice.ms(low_s, high_s))
    car.chain = SafetyChain.CLOSED
    car.say()


def _roof(tale: Tale, manner: Manner, until: int) -> None:
    """On the roof: slow runs, stops between floors, the stop switch, oil, cleaning."""
    car, dice = tale.car, tale.dice
    _mode(tale, manner, Mode.INSPECTION)
    for _ in range(3 + dice.randrange(6)):
        if car.now >= until - 20 * SECOND:
            break
        car.creep(_between(tale), 0.3)
        if dice.chance(0.5):
            _stop(tale, 10, 90)
        car.wait(min(dice.stretch(8, 200), max(until - car.now, 0)))
    car.until(until)
    car.creep(car.nearest * tale.site.storey, 0.3)
    car.open()
    _mode(tale, manner, Mode.NORMAL)
    car.close()


def _pit(tale: Tale, manner: Manner, until: int) -> None:
    """In the pit, with its stop switch; the car is sent up and kept away."""
    car, dice = tale.car, tale.dice
    car.run(min(1 + dice.randrange(2), tale.site.floors - 1))
    if manner.inspects and dice.chance(0.5):
        _mode(tale, manner, Mode.INSPECTION)
    if dice.chance(0.9):
        _stop(tale, 40, 200)
    car.until(until)
    _mode(tale, manner, Mode.NORMAL)


def _landings(tale: Tale, until: int) -> None:
    """Work at open doors without inspection mode: sills, locks, contacts."""
    car, dice = tale.car, tale.dice
    while True:
        car.open()
        car.board(1, 90, calls=0)
        car.wait(dice.ms(60, 240))
        if dice.chance(0.5):
            _stop(tale, 5, 40)
        car.alight()
        car.close()
        if car.now >= until:
            return
        car.run(dice.randrange(tale.site.floors))


def _doors(tale: Tale, until: int) -> None:
    """Rides from landing to landing and looks at doors, levelling, displays; tests the alarm with the door open."""
    car, dice = tale.car, tale.dice
    while car.now < until - MINUTE:
        car.run(dice.randrange(tale.site.floors))
        car.open()
        car.wait(dice.ms(8, 60))
        if dice.chance(0.15):
            _stop(tale, 3, 15)
        car.close()
    if dice.chance(0.7):
        car.open()
        car.board(1, 80, calls=0)
        tale.press(car.now + SECOND, dice.ms(2, 6))
        car.wait(12 * SECOND)
        car.alight()
        car.close()
    car.until(until)
