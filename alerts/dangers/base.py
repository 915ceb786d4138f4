"""What a derived danger is: a look at one fresh sample, before the memory has taken it in.

None is believed for one sample alone. What cannot come from one broken reading (`CLEAR`) must last for
`dangers.seen_s`, by the lift's clock or ours; what could (`DOUBTFUL`) must be shown by the next fresh sample too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from elevator.model import Sample


class Shows(IntEnum):
    """What one sample says."""

    NO = 0
    DOUBTFUL = 1
    CLEAR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """One code of class `danger`."""

    code: str
    shows: Callable[[Memory, Facts, Sample, Policy], Shows]
