"""What is simulated: the named sets of seeds, how much of them, and how the work is cut. Pure.

Rules are tuned on `tuning` only. `test` is run when a tuning is done, to say how good it is; nobody looks at its misses
to change a rule and then runs it again as if nothing had happened: after such a change the set gets a new seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from elevator.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A set of lives that is always the same."""

    seed: int
    lifts: int
    days: float
    trap_factor: float  # how many times more entrapments than life has


SETS = {
    "tuning": Named(seed=20_260_101, lifts=500, days=2, trap_factor=1_000),
    "test": Named(seed=26_457_513, lifts=15_000, days=2, trap_factor=200),
    "gate": Named(seed=27_182_818, lifts=60, days=1, trap_factor=3_000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some lives that one process lives through."""

    seed: int
    first: int
    count: int
    days: float
    trap_factor: float
    noise_factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is to be lived."""

    name: str
    seed: int
    lifts: int
    days: float
    trap_factor: float
    noise_factor: float = 1.0

    @property
    def lift_days(self) -> float:
        """How much life that is."""
        return self.lifts * self.days

    def pieces(self, size: int) -> Iterator[Piece]:
        """The work, cut."""
        for first in range(0, self.lifts, size):
            yield Piece(
                seed=self.seed, first=first, count=min(size, self.lifts - first), days=self.days,
                trap_factor=self.trap_factor, noise_factor=self.noise_factor,
            )  # fmt: skip


def planned(
    name: str, *, lifts: int | None = None, days: float | None = None, seed: int | None = None,
    trap_factor: float | None = None, noise_factor: float = 1.0,
) -> Plan:  # fmt: skip
    """The plan of a named set, or of what was asked for instead.

    Raises:
        SettingsError: there is no such set.
    """
    known = SETS.get(name)
    if known is None:
        raise SettingsError(f"there is no set {name!r}; there are {', '.join(SETS)}")
    return Plan(
        name=name if seed is None else f"seed {seed}",
        seed=known.seed if seed is None else seed,
        lifts=known.lifts if lifts is None else lifts,
        days=known.days if days is None else days,
        trap_factor=known.trap_factor if trap_factor is None else trap_factor,
        noise_factor=noise_factor,
    )
