"""What failed and is tried again: behind all others, with growing pauses, never forgotten. Pure.

Whoever takes the first hundred of those that wait would take the same hundred for ever if each of them failed. So the
query is told which have failed (`left_out`) and leaves them out before it counts; those whose pause is over (`again`)
have a turn of their own. It lives in the worker's memory: a restart tries each again at once.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True, kw_only=True)
class Failing:
    """Ids of one kind of work that failed; the pause is doubled each time, from the first to the longest."""

    first: timedelta
    longest: timedelta
    _tries: dict[str, int] = field(default_factory=dict)
    _next: dict[str, datetime] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._next)

    @property
    def left_out(self) -> list[str]:
        """All that have failed, whether their pause is over or not."""
        return list(self._next)

    def tries(self, one: str) -> int:
        """How often one has failed in a row."""
        return self._tries.get(one, 0)

    def waits(self, one: str, now: datetime) -> bool:
        """Whether one has its pause."""
        due = self._next.get(one)
        return due is not None and due > now

    def paused(self, now: datetime) -> list[str]:
        """All that have their pause."""
        return [one for one, due in self._next.items() if due > now]

    def again(self, now: datetime, limit: int) -> list[str]:
        """Those whose pause is over, the one that is due longest first."""
        return sorted((one for one, due in self._next.items() if due <= now), key=self._next.__getitem__)[:limit]

    def failed(self, one: str, now: datetime) -> datetime:
        """Put one behind the others, until the time that is returned."""
        tries = self._tries.get(one, 0)
        self._tries[one] = tries + 1
        self._next[one] = now + min(self.longest, self.first * 2 ** min(tries, 20))
        return self._next[one]

    def forget(self, *ones: str) -> None:
        """They fail no more, or wait no more."""
        for one in ones:
            self._tries.pop(one, None)
            self._next.pop(one, None)

    def keep(self, asked: Collection[str], waiting: Collection[str]) -> None:
        """Of those asked for, forget what waits no more: others have done it, or it is gone."""
        self.forget(*set(asked).difference(waiting))

    @contextmanager
    def tried(self, one: str, now: datetime) -> Iterator[None]:
        """A try: what ends it, a deadline or the database too, is counted against this one, and goes on its way."""
        try:
            yield
        except BaseException:
            self.failed(one, now)
            raise
        self.forget(one)
