"""An entrapment from the ordinary ride before it to the lift's return to service.

Nothing is decided here about alarms: the scene does what the cause says and people do what people do; what that shows
is noted in `showing`.
"""

from elevator.model import Direction, Door, DoorCommand, Mode, Power, SafetyChain
from simulators.truth import covers, together
from simulators.truth.car import CLOSES, OPENS
from simulators.truth.causes import CAUSES, Place
from simulators.truth.showing import Trapping, finish, notice, press
from simulators.truth.signs import Signs
from simulators.truth.site import Death
from simulators.truth.story import Episode, Truth
from simulators.truth.tale import Tale
from simulators.truth.traffic import Trip


def trap(tale: Tale, name: str, trip: Trip, *, moment: int | None = None, back: int | None = None) -> None:
    """Let people be trapped by that cause, and be freed; if that is said, at `moment`, and `back` is when power is."""
    cause = CAUSES[name]
    silent = cause.frozen or cause.dies_s is not None or (cause.mains and tale.site.death is Death.SILENT)
    over = covers.under(tale, silent=silent)
    covers.begin_before(tale, over)
    tale.line.listen()
    one = Trapping(
        tale=tale, name=name, cause=cause, trip=trip, moment=moment, back=back,
        signs=Signs(tale.line, tale.site.interval, tale.life.deaf),
    )  # fmt: skip
    _get_in(one)
    _happen(one)
    covers.begin_within(tale, over)
    notice(one)
    press(one)
    _wait_for_help(one)
    tale.line.listen(on=False)


def _get_in(one: Trapping) -> None:
    """The ride begins like any other."""
    tale, car, trip = one.tale, one.tale.car, one.trip
    if one.name == "overloaded" and trip.origin == 0:  # it sinks: not from the lowest landing
        one.trip = trip = Trip(trip.at, trip.destination, 0, trip.persons, trip.load)
    if one.cause.place is Place.BEYOND:
        last = tale.site.floors - 1 if one.name.endswith("top") else 0
        origin = trip.origin if trip.origin != last else trip.destination
        one.trip = trip = Trip(trip.at, origin, last, trip.persons, trip.load)
    car.run(trip.origin)
    car.open()
    car.board(trip.persons, trip.load, calls=0 if one.name == "calls_ignored" else 1)
    if one.moment is not None:
        one.after = car.stall_after(trip.destination)
        car.until(one.moment - CLOSES - one.after)
    if one.cause.place is not Place.AWAY:
        car.close()
    one.closed = car.now
    one.unseen = tale.site.sensor and (car.senses.occupied is False or car.senses.asleep)


def _happen(one: Trapping) -> None:
    """What the cause does to the car."""
    car, cause, trip = one.tale.car, one.cause, one.trip
    match cause.place:
        case Place.BETWEEN:
            if not one.unseen:
                one.signs.dangerous(car.now)
            car.run(
                trip.destination, brake_after=one.after or car.stall_after(trip.destination), brake=lambda: _break(one)
            )
        case Place.LANDING:
            ahead, car.ahead = car.ahead, False
            car.run(trip.destination)
            car.ahead = ahead
            _door_sticks(one)
        case Place.IDLE:
            car.wait(one.tale.dice.ms(0.5, 3))
            _break(one)
        case Place.AWAY:
            _move_away(one)
        case Place.BEYOND:
            _run_beyond(one)
        case Place.SLIPPED:
            ahead, car.ahead = car.ahead, False
            car.run(trip.destination)
            car.ahead = ahead
            way = -0.7 if trip.destination == one.tale.site.floors - 1 else 0.7
            car.creep(car.position + way)
    one.began = one.began or car.now
    if cause.place is not Place.LANDING and one.tale.dice.chance(0.3):
        car.calls = 0  # many controllers forget their calls with a fault
    car.say()


def _break(one: Trapping) -> None:
    """The moment in which something fails."""
    tale, car, cause = one.tale, one.tale.car, one.cause
    one.began = car.now
    if cause.chain:
        car.chain = SafetyChain.OPEN
    if cause.mains and tale.site.death is not Death.SILENT:
        car.power = Power.BATTERY if tale.site.death is Death.BATTERY else Power.OFF
    if cause.frozen:
        car.say()
        if not one.unseen:
            one.signs.frozen(car.now)
        car.senses.frozen = True
    if cause.dies_s == (0, 0) or (cause.mains and tale.site.death is Death.SILENT):
        one.dead = True
        tale.line.die(car.now, told_after=together.told(tale.dice))


def _door_sticks(one: Trapping) -> None:
    car, cause = one.tale.car, one.cause
    car.calls = int(not cause.mute and one.tale.dice.chance(0.4))  # somebody else wants to go on
    if cause.mute:
        car.say()
        return
    car.command = DoorCommand.OPEN
    if cause.door is Door.OPENING:
        car.door = Door.OPENING
    car.say()
    car.wait(OPENS)


def _move_away(one: Trapping) -> None:
    """The car leaves the landing with its door open, and stops out of the zone."""
    car, site = one.tale.car, one.tale.site
    down = one.name == "overloaded" or car.landing == site.floors - 1
    if down and car.landing == 0:
        down = False
    way = one.tale.dice.uniform(0.5, 1.1)
    one.began = car.now
    car.creep(car.position + (-way if down else way), 0.4)
    if one.cause.chain:
        car.chain = SafetyChain.OPEN


def _run_beyond(one: Trapping) -> None:
    """The car does not stop at the last landing: it runs on to the buffer or the top limit switch."""
    car, site, trip = one.tale.car, one.tale.site, one.trip
    ahead, car.ahead = car.ahead, False
    up = trip.destination > car.landing
    plan = car.leg(trip.destination)
    car.run(trip.destination, leave_after=plan.slow)
    car.wait(1_000)
    car.ahead = ahead
    car.position = site.storey * trip.destination + (0.35 if up else -0.35)
    car.direction = Direction.UP if up else Direction.DOWN
    one.began = car.now
    car.chain = SafetyChain.OPEN
    car.stand()


# The end of it


def _wait_for_help(one: Trapping) -> None:
    """Somebody comes, or the lift goes on by itself, or the people help themselves."""
    tale, car, cause = one.tale, one.tale.car, one.cause
    if cause.dies_s and cause.dies_s[1]:
        tale.car.later(car.now + tale.dice.ms(*cause.dies_s), lambda: _die(one))
    if cause.resumes_s:
        car.wait(max(tale.dice.ms(*cause.resumes_s) - (car.now - one.began), 0))
        _go_on(one)
        return
    unheard = one.dead or cause.frozen or cause.mute or one.unseen or cause.place is Place.IDLE
    helped = car.now + tale.dice.ms(9, 15) * 60 + (tale.dice.ms(8, 25) * 60 if unheard else 0)
    if one.back is not None and one.back < helped:
        car.until(one.back)
        _go_on(one)
        return
    car.until(helped)
    themselves = cause.place in {Place.LANDING, Place.IDLE} and tale.dice.chance(0.15)
    relief = car.now
    if themselves:
        one.said.append("they forced the door")
    else:
        car.mode = Mode.INSPECTION
        car.say()
        car.wait(tale.dice.ms(2.5, 6) * 60)
        if car.off > 0.02:
            car.creep(car.nearest * tale.site.storey)
    car.door, car.command = Door.OPEN, DoorCommand.NONE
    car.say()
    car.alight()
    ended = car.now
    _write(one, relief, ended)
    car.senses.frozen = False
    finish(one)
    car.wait(tale.dice.ms(5, 25) * 60)
    tale.repaired(tale.dice.ms(2, 10) * 60)


def _die(one: Trapping) -> None:
    if one.over:  # power came back before the battery was empty
        return
    one.tale.line.die(one.tale.car.now, told_after=one.tale.dice.ms(45, 95))


def _go_on(one: Trapping) -> None:
    """Power is back: the controller takes its bearings, creeps to the next landing, and opens."""
    tale, car = one.tale, one.tale.car
    relief = car.now
    if tale.line.dead:
        tale.reboot()
    car.power = Power.MAINS
    car.clear()
    car.say()
    car.wait(tale.dice.ms(1, 4))
    car.creep(car.nearest * tale.site.storey, 0.3)
    car.open()
    car.alight()
    _write(one, relief, car.now)
    finish(one)
    car.close()


def _write(one: Trapping, relief: int, ended: int) -> None:
    tale, trip = one.tale, one.trip
    verdict = one.signs.verdict(relief)
    persons = f"{trip.persons} person{'s' * (trip.persons > 1)}"
    tale.life.episodes.append(
        Episode(
            lift_id=tale.site.lift.lift_id,
            truth=Truth.ENTRAPMENT,
            cause=one.name,
            began=one.began,
            ended=ended,
            evident=verdict.evident,
            known_at=verdict.known_at,
            within_s=verdict.within_s,
            persons=trip.persons,
            noises=tale.noises(one.closed, ended, one.name),
            story=f"{one.cause.story}, with {persons} inside; {'; '.join(one.said) or 'all went by itself'}.",
        )
    )
