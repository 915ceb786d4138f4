"""What the registry says of a lift, as far as deciding needs it. Pure."""

from dataclasses import dataclass, field

from elevator.model import LiftClass

_LIFTS = frozenset({None, LiftClass.TRACTION, LiftClass.HYDRAULIC})
_NO_CAR = frozenset({LiftClass.ESCALATOR})
_NOT_FOR_PEOPLE = frozenset({LiftClass.ESCALATOR, LiftClass.DUMBWAITER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One lift; what is not known is absent, and what needs it is then not derived."""

    lift_class: LiftClass | None = None  # None: unregistered, read as a lift
    zone_sensor_fault: bool = False  # an open `sensor_fault` of its door zone
    rated_speed: float | None = None  # m/s
    floors: tuple[str, ...] = ()  # names of all landings, lowest first
    is_lift: bool = field(init=False)  # whether the whole table of contract section 5 applies
    has_car: bool = field(init=False)  # whether somebody can be inside
    carries_people: bool = field(init=False)  # and so counts as occupied while nothing is known of it

    def __post_init__(self) -> None:
        """Ask once what is asked for every message."""
        object.__setattr__(self, "is_lift", self.lift_class in _LIFTS)
        object.__setattr__(self, "has_car", self.lift_class not in _NO_CAR)
        object.__setattr__(self, "carries_people", self.lift_class not in _NOT_FOR_PEOPLE)
