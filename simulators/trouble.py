"""What can be made to go wrong with a simulated lift, and how a person says it: `LIFT_ID kind key=value …`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from elevator.errors import LiftlineError


class TroubleError(LiftlineError):
    """An order to the simulation that cannot be carried out; the message is one sentence."""


class Trouble(StrEnum):
    """Kinds of trouble, and the two words that end it."""

    ENTRAPMENT = "entrapment"  # the car stops between floors with someone inside, who presses the alarm
    DOOR_STUCK = "door_stuck"  # the car arrives with someone inside and its door does not open
    POWER_CUT = "power_cut"  # the whole building: cars stop where they are, controllers live on batteries
    SILENT = "silent"  # the line is cut: last will, the controller buffers and replays when it is back
    HANG = "hang"  # the controller keeps its connection and says nothing more
    DEAD = "dead"  # the controller loses power: last will; it comes back with a new boot
    BUTTON = "button"  # somebody presses the alarm button
    OCCUPIED_STUCK = "occupied_stuck"  # the person sensor says "occupied" for ever
    OCCUPIED_LOST = "occupied_lost"  # no working person sensor
    ZONE_LOST = "zone_lost"  # no door zone signal
    CLOCK = "clock"  # the lift's clock is wrong by `offset` seconds
    INSPECTION = "inspection"  # a technician switches to inspection
    FREE = "free"  # a crew moves the car to a landing and opens the door
    REPAIR = "repair"  # everything works again; passengers get out at the next landing


# Option → kinds that take it, and its default. Everything is written as text and read by `Order`.
OPTIONS: Mapping[str, tuple[frozenset[Trouble], str]] = {
    "persons": (frozenset({Trouble.ENTRAPMENT, Trouble.DOOR_STUCK}), "1"),
    "press": (frozenset({Trouble.ENTRAPMENT, Trouble.DOOR_STUCK, Trouble.BUTTON}), "long"),
    "after": (frozenset({Trouble.ENTRAPMENT, Trouble.DOOR_STUCK, Trouble.BUTTON}), "5"),
    "power": (frozenset({Trouble.POWER_CUT}), "battery"),
    "offset": (frozenset({Trouble.CLOCK}), "3600"),
}


class Press(StrEnum):
    """How the alarm button is pressed; the times are the real ones, whatever the simulation's speed."""

    LONG = "long"
    SHORT = "short"
    DOUBLE = "double"
    NONE = "none"


# Seconds from the first touch: (begins, ends). Contract 5: a press counts after 3 s, or a second one within 60 s.
PRESSES: Mapping[Press, tuple[tuple[float, float], ...]] = {
    Press.LONG: ((0.0, 6.0),),
    Press.SHORT: ((0.0, 1.0),),
    Press.DOUBLE: ((0.0, 1.0), (8.0, 9.0)),
    Press.NONE: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One trouble to make, or to end."""

    kind: Trouble
    persons: int = 1  # how many are in the car
    press: Press = Press.LONG
    after: float = 5.0  # real seconds from standstill (or from now, for `button`) to the first touch of the button
    power: str = "battery"  # battery or off
    offset: float = 3600.0  # s


def order(kind: str, options: Mapping[str, str] | None = None) -> Order:
    """Read an order.

    Raises:
        TroubleError: an unknown kind or option, or a value that the option cannot take.
    """
    try:
        trouble = Trouble(kind)
    except ValueError:
        raise TroubleError(f"{kind!r} is none of {', '.join(Trouble)}") from None
    said = dict(options or {})
    for name in said:
        if name not in OPTIONS or trouble not in OPTIONS[name][0]:
            fitting = [option for option, (kinds, _) in OPTIONS.items() if trouble in kinds]
            raise TroubleError(f"{trouble} takes {', '.join(fitting) or 'no options'}, not {name!r}")
    value = {name: said.get(name, default) for name, (_, default) in OPTIONS.items()}
    if trouble is Trouble.BUTTON and "after" not in said:
        value["after"] = "0"
    try:
        made = Order(
            kind=trouble,
            persons=int(value["persons"]),
            press=Press(value["press"]),
            after=float(value["after"]),
            power=value["power"],
            offset=float(value["offset"]),
        )
    except ValueError as error:
        raise TroubleError(f"{trouble}: {error}") from None
    return _checked(made)


def _checked(made: Order) -> Order:
    if not 1 <= made.persons <= 20:
        raise TroubleError(f"persons: from 1 to 20, not {made.persons}")
    if not 0 <= made.after <= 3600:
        raise TroubleError(f"after: from 0 to 3600 s, not {made.after}")
    if made.power not in {"battery", "off"}:
        raise TroubleError(f"power: battery or off, not {made.power!r}")
    if not abs(made.offset) <= 10 * 365 * 86400:
        raise TroubleError(f"offset: at most ten years, not {made.offset} s")
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An order and the lift, or the building, it is meant for."""

    target: str
    order: Order = field()


def command(text: str) -> Command:
    """Read one line: `LIFT_ID kind key=value …`; the target may be a lift's id or rescue code, or a building.

    Raises:
        TroubleError: it is no such line.
    """
    words = text.split()
    if len(words) < 2:
        raise TroubleError(f"expected 'LIFT_ID kind', got {text!r}")
    options = {}
    for word in words[2:]:
        name, equals, value = word.partition("=")
        if not equals:
            raise TroubleError(f"expected key=value, got {word!r}")
        options[name] = value
    return Command(target=words[0], order=order(words[1], options))
