"""What the registry says of a lift, as far as deciding needs it. Pure."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from elevator.model import LiftClass

_LIFTS = frozenset({None, LiftClass.TRACTION, LiftClass.HYDRAULIC})
_NO_CAR = frozenset({LiftClass.ESCALATOR})
_NOT_FOR_PEOPLE = frozenset({LiftClass.ESCALATOR, LiftClass.DUMBWAITER})
_NUMBER = re.compile(r"(B|-)?(\d+)", re.ASCII)  # a landing's name with a storey's number in it: B2, -1, 14


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

    @property
    def blind_storeys(self) -> int:
        """The longest way between two neighbouring landings, in storeys by their names; 0: the names do not tell."""
        return _blind_storeys(self.floors)

    def __post_init__(self) -> None:
        """Ask once what is asked for every message."""
        object.__setattr__(self, "is_lift", self.lift_class in _LIFTS)
        object.__setattr__(self, "has_car", self.lift_class not in _NO_CAR)
        object.__setattr__(self, "carries_people", self.lift_class not in _NOT_FOR_PEOPLE)


@lru_cache(maxsize=4096)
def _blind_storeys(floors: tuple[str, ...]) -> int:
    found = [_NUMBER.fullmatch(name) for name in floors]
    numbers = [-int(one[2]) if one[1] else int(one[2]) for one in found if one]
    return max((upper - lower for lower, upper in pairwise(numbers)), default=0)
