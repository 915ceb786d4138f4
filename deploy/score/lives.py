"""The lives of a piece of work, from the simulated city. Pure."""

from collections.abc import Iterator

from deploy.score.plan import Piece
from simulators.truth import city
from simulators.truth.story import Life


def lives(piece: Piece) -> Iterator[Life]:
    """Live them, one lift after the other; each depends on seed, number and plan alone."""
    plan = city.Plan(
        lifts=piece.first + piece.count, days=piece.days, trap_factor=piece.trap_factor,
        noise_factor=piece.noise_factor,
    )  # fmt: skip
    return city.lives(plan, seed=piece.seed, first=piece.first, count=piece.count)
