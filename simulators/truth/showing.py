"""What an entrapment shows of itself: what the samples tell, what the controller finds, what people do with the button.

Each sign goes into the book (`signs`) as it comes about, whether or not anything will make use of it.
"""

from dataclasses import dataclass, field

from elevator.faults import DANGERS, ENTRAPMENT, OUTSIDE_ZONE
from elevator.model import Door, DoorCommand, Power, SafetyChain
from simulators.truth import signs
from simulators.truth.causes import Cause, Place
from simulators.truth.signs import Signs
from simulators.truth.site import Says
from simulators.truth.story import Evident
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
    over: bool = False  # they are out: nothing more comes of it

    @property
    def evident(self) -> Evident:
        """How the signs of an occupied car are known."""
        return Evident.FAULT if self.unseen else Evident.CONFIRMS


# What the lift shows


def notice(one: Trapping) -> None:
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
    outside, slipped = car.off > 0.2, one.tale.slipped
    wants = car.door is not Door.OPEN and (
        (site.command and car.command is DoorCommand.OPEN) or (site.calls and car.calls > 0)
    )
    if site.zone and (slipped or outside):
        by = _by_the_zone(one)
        book.shown(stood, signs.ZONE_FAULTY if slipped and by is Evident.ASKS else signs.OUTSIDE_ZONE, by)
    elif wants:
        book.shown(stood, signs.DOOR_WONT_OPEN, evident)
    if outside and site.zone and site.chain and car.chain is SafetyChain.OPEN:
        book.shown(stood, signs.CHAIN_OPEN, evident)
    if car.power is not Power.MAINS and car.door is not Door.OPEN:
        book.shown(stood, signs.POWER_LOST, evident)
    stays = site.sensor and not one.unseen and car.door is not Door.OPEN and (not site.zone or not outside)
    if stays and not any(noise.name == "sensor_sleeps" for noise in one.tale.lying if noise.ended > stood):
        book.shown(stood, signs.LONG_STAY, Evident.ASKS)


def _by_the_zone(one: Trapping) -> Evident:
    """How a stop outside the zone is known: it only asks while the zone's sensor is known to be faulty."""
    return Evident.ASKS if one.tale.zone_faulty and not one.unseen else one.evident


def _find(one: Trapping, code: str, stood: int) -> None:
    """The controller finds a code, and says so in its own way."""
    car, site = one.tale.car, one.tale.site
    at = car.code(code)
    if one.dead or one.cause.frozen or not _seen(one):
        return
    outside, slipped = car.off > 0.2, one.tale.slipped
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
    evident = _by_the_zone(one) if within == signs.OUTSIDE_ZONE and code in OUTSIDE_ZONE else one.evident
    if site.says in {Says.SAMPLES, Says.BOTH}:
        one.signs.shown(car.now, within, evident)
    if site.says is Says.EVENTS:
        one.signs.told(at, within, evident, since=stood)


def _claim(one: Trapping) -> None:
    """The controller's own rule says that somebody is trapped, if they still are."""
    if not one.over and one.tale.car.persons and one.tale.car.door is not Door.OPEN:
        one.signs.told(one.tale.line.event(one.tale.car.now, ENTRAPMENT, active=True), signs.AT_ONCE)
        one.claims = True


def finish(one: Trapping) -> None:
    """They are out: the controller takes back what it said, if it said it."""
    one.over = True
    if one.claims:
        one.tale.over(ENTRAPMENT)


# What people do


def press(one: Trapping) -> None:
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
