"""An entrapment from the ordinary ride before it to the lift's return to service, and what it showed of itself.

Nothing is decided here about alarms: the scene does what the cause says, people do what people do, and each sign that
the lift gave of it is noted (`signs`).
"""

from dataclasses import dataclass, field

from elevator.faults import DANGERS, ENTRAPMENT, OUTSIDE_ZONE
from elevator.model import Direction, Door, DoorCommand, Mode, Power, SafetyChain
from simulators.truth import covers, signs, together
from simulators.truth.car import CLOSES, OPENS
from simulators.truth.causes import CAUSES, Cause, Place
from simulators.truth.signs import Signs
from simulators.truth.site import Death, Says
from simulators.truth.story import Episode, Evident, Truth
from simulators.truth.tale import Tale
from simulators.truth.traffic import Trip

_HELD, _TWICE, _SHORT, _NEVER = "held", "twice", "short", "never"
_PRESSES = ((_HELD, 50), (_TWICE, 22), (_SHORT, 13), (_NEVER, 15))


@dataclass(slots=True, kw_only=True)
class Trapping:
    """One entrapment as it runs."""

    tale: Tale
    name: str
    cause: Cause
    trip: Trip
    signs: Signs
    moment: int | None = None  # when the brake falls, if others share it
    back: int | None = None  # when power is back
    after: int = 0  # ms from the start of the run to the fall of the brake, if it is fixed
    closed: int = 0  # when the door had closed behind them
    began: int = 0  # when they were trapped
    unseen: bool = False  # the person sensor says "nobody"
    dead: bool = False  # the controller fell silent as it happened
    said: list[str] = field(default_factory=list)  # of the story
    claims: bool = False  # the controller has said "entrapment"

    @property
    def evident(self) -> Evident:
        """How the signs of an occupied car are known."""
        return Evident.FAULT if self.unseen else Evident.CONFIRMS


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
    _notice(one)
    _press(one)
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


# What the lift shows


def _notice(one: Trapping) -> None:
    """The controller notices what it can; every sign goes into the book."""
    tale, car, cause, site = one.tale, one.tale.car, one.cause, one.tale.site
    stood = car.now
    _show_place(one, stood)
    car.wait(tale.dice.ms(1, 4))
    for code in () if cause.mute else cause.codes:
        _find(one, code, stood)
    if (site.verdict or cause.verdict) and site.says is not Says.NOT and not cause.mute:
        car.later(car.now + tale.dice.ms(20, 60), lambda: _claim(one))


def _seen(one: Trapping) -> bool:
    """Whether the platform can take the car for occupied (contract 5, the three ways); a wrong sensor is `unseen`."""
    site, place = one.tale.site, one.cause.place
    if site.sensor:
        return True
    if site.zone and one.tale.car.off > 0.2:
        return True
    return place in {Place.BETWEEN, Place.LANDING, Place.SLIPPED, Place.BEYOND}  # it has moved since its door was open


def _show_place(one: Trapping, stood: int) -> None:
    """What the samples show of where the car stands, of its door and its power."""
    car, site = one.tale.car, one.tale.site
    book, evident = one.signs, one.evident
    if one.dead or one.cause.frozen or not _seen(one):
        if one.dead and one.cause.place is Place.IDLE and site.sensor and not one.unseen:
            book.shown(one.closed, signs.LONG_STAY, Evident.ASKS)
        return
    outside, slipped = car.off > 0.2, car.senses.zone is False
    wants = car.door is not Door.OPEN and (
        (site.command and car.command is DoorCommand.OPEN) or (site.calls and car.calls > 0)
    )
    if site.zone and slipped:
        book.shown(stood, signs.ZONE_FAULTY, Evident.FAULT if one.unseen else Evident.ASKS)
    elif site.zone and outside:
        book.shown(stood, signs.OUTSIDE_ZONE, evident)
    elif wants:
        book.shown(stood, signs.DOOR_WONT_OPEN, evident)
    if outside and site.zone and site.chain and car.chain is SafetyChain.OPEN:
        book.shown(stood, signs.CHAIN_OPEN, evident)
    if car.power is not Power.MAINS and car.door is not Door.OPEN:
        book.shown(stood, signs.POWER_LOST, evident)
    stays = site.sensor and not one.unseen and car.door is not Door.OPEN and (not site.zone or not outside)
    if stays and not any(noise.name == "sensor_sleeps" for noise in one.tale.lying if noise.ended > stood):
        book.shown(stood, signs.LONG_STAY, Evident.ASKS)


def _find(one: Trapping, code: str, stood: int) -> None:
    """The controller finds a code, and says so in its own way."""
    car, site = one.tale.car, one.tale.site
    at = car.code(code)
    if one.dead or one.cause.frozen or not _seen(one):
        return
    outside, slipped = car.off > 0.2, car.senses.zone is False
    if code in DANGERS:
        within = signs.AT_ONCE
    elif code in OUTSIDE_ZONE and (not site.zone or (outside and not slipped)):
        within = signs.OUTSIDE_ZONE
    elif code == "safety_chain_open" and site.zone and (outside or slipped):
        within = signs.CHAIN_OPEN
    elif code == "door_open_failure" and not outside and not slipped:
        within = signs.DOOR_WONT_OPEN
    elif code == "power_loss" and car.door is not Door.OPEN:
        within = signs.POWER_LOST
    else:
        return
    if site.says in {Says.SAMPLES, Says.BOTH}:
        one.signs.shown(car.now, within, one.evident)
    if site.says is Says.EVENTS:
        one.signs.told(at, within, one.evident, since=stood)


def _claim(one: Trapping) -> None:
    """The controller's own rule says that somebody is trapped."""
    if one.tale.car.persons and one.tale.car.door is not Door.OPEN:
        one.signs.told(one.tale.line.event(one.tale.car.now, ENTRAPMENT, active=True), signs.AT_ONCE)
        one.claims = True


def _unclaim(one: Trapping) -> None:
    if one.claims:
        one.tale.over(ENTRAPMENT)


# What people do


def _press(one: Trapping) -> None:
    """Some press at once, some later, some never; some hold, some knock twice, some touch it once."""
    tale, car = one.tale, one.tale.car
    how = tale.dice.weighted(_PRESSES)
    if how == _NEVER:
        pass
    elif not tale.site.button or one.dead:
        how = _NEVER
        one.said.append("the button could not be heard" if one.dead else "the button is not wired to the terminal")
    elif how == _NEVER:
        one.said.append("nobody pressed the button")
    if how == _NEVER:
        return
    at = car.now + tale.dice.stretch(2, 150)
    match how:
        case "held":
            held = tale.dice.ms(3.4, 12)
            within = signs.BUTTON_MOVING if one.cause.frozen else signs.BUTTON_HELD
            tale.press(
                at, held, lambda told: _pressed(one, told, within, f"the button was held for {held / 1000:.0f} s")
            )
        case "twice":
            first, gap = tale.dice.ms(0.3, 2), tale.dice.ms(2.5, 40)
            within = signs.BUTTON_MOVING if one.cause.frozen else signs.AT_ONCE
            heard: list[int | None] = []
            tale.press(at, first, heard.append)
            tale.press(
                at + first + gap,
                tale.dice.ms(0.3, 2),
                lambda told: _pressed(one, told if None not in heard else None, within, "the button was pressed twice"),
            )
        case _:
            tale.press(at, tale.dice.ms(0.2, 2), lambda _: one.said.append("the button was touched once"))
    if tale.dice.chance(0.5):
        tale.press(at + tale.dice.ms(120, 400), tale.dice.ms(1, 8))  # and once more, out of impatience


def _pressed(one: Trapping, told: int | None, within: float, said: str) -> None:
    """A press that counts, unless its door is taken for one that is open at a landing (contract 5)."""
    one.said.append(said)
    if one.tale.car.door is not Door.OPEN or one.tale.site.zone:
        one.signs.told(told, within)


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
    _unclaim(one)
    car.wait(tale.dice.ms(5, 25) * 60)
    tale.repaired(tale.dice.ms(2, 10) * 60)


def _die(one: Trapping) -> None:
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
    _unclaim(one)
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
