"""Pieces of a transaction, each in a savepoint: one that fails undoes itself alone, and stands behind the others.

Whoever does much in one transaction would lose all of it to one piece that fails, and the next round all of it again. A
piece has a name; one that failed is left out until its pause is over (`alerts.failing`), the others go on. The
connection's own trouble, and the end of the round, go on their way.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts import metrics
from alerts.failing import Failing
from elevator import log
from elevator.db import Connection, translated
from elevator.errors import TransientError


def _failing() -> Failing:
    return Failing(first=timedelta(seconds=1), longest=timedelta(seconds=60))


@dataclass(slots=True, kw_only=True)
class Apart:
    """One kind of work, for as long as the service runs."""

    work: str  # by which `liftline_failing` counts it
    failing: Failing = field(default_factory=_failing)
    _asked: set[str] = field(default_factory=set)

    @contextmanager
    def round(self, now: datetime) -> Iterator[None]:
        """One look at all there is to do: a piece that failed and is not asked for any more is forgotten."""
        self._asked.clear()
        try:
            yield
            again = self.failing.again(now, len(self.failing))
            self.failing.keep(again, self._asked)
        finally:
            metrics.FAILING.labels(self.work).set(len(self.failing))

    async def do(self, tx: Connection, piece: str, work: Callable[[], Awaitable[None]], now: datetime) -> bool:
        """Do one piece unless it has its pause; returns whether it was done."""
        self._asked.add(piece)
        if self.failing.waits(piece, now):
            return False
        try:
            with self.failing.tried(piece, now), translated():
                async with tx.transaction():
                    await work()
        except TimeoutError:
            raise
        except TransientError as error:
            if tx.broken:
                raise
            log.get().warning("piece_failed", work=self.work, piece=piece, reason=str(error))
            return False
        except Exception:  # noqa: BLE001 - the isolation loop
            log.get().exception("piece_failed", work=self.work, piece=piece)
            return False
        return True

    def unread(self, piece: str, now: datetime) -> None:
        """One that cannot even be read, called where that is caught."""
        self._asked.add(piece)
        if not self.failing.waits(piece, now):
            self.failing.failed(piece, now)
            log.get().exception("piece_failed", work=self.work, piece=piece)

    def paused(self, kind: str, now: datetime) -> list[str]:
        """Those of a kind, `kind:name`, that have their pause, by their names."""
        return [one.removeprefix(f"{kind}:") for one in self.failing.paused(now) if one.startswith(f"{kind}:")]

    def failed(self, piece: str) -> bool:
        """Whether a piece failed when it was tried last."""
        return self.failing.tries(piece) > 0
