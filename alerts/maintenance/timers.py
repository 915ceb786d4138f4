"""What time alone does to maintenance: lifts are entered, due days told; a module of the dispatch worker."""

from dataclasses import dataclass

from alerts.maintenance import scheduling
from alerts.policy import Policy
from elevator import clock
from elevator.db import Pool

EVERY = 2.0  # s
_ROUNDS = 20  # of one kind in one look, so that nothing else starves


@dataclass(slots=True)
class Timers:
    """Over one pool."""

    pool: Pool
    policy: Policy

    async def look(self) -> None:
        """One round of everything."""
        await self.enter()
        await self.remind()

    async def enter(self) -> None:
        """Keep the maintenance of lifts that were registered since."""
        for _ in range(_ROUNDS):
            async with self.pool.connection() as connection, connection.transaction():
                if not await scheduling.enter(connection, self.policy, clock.now()):
                    return

    async def remind(self) -> None:
        """Tell what comes due and what is overdue."""
        for _ in range(_ROUNDS):
            async with self.pool.connection() as connection, connection.transaction():
                if not await scheduling.remind(connection, self.policy, clock.now()):
                    return
