"""What a lift in trouble shows of it, and by when the public contract (section 5) promises an answer to that.

Whoever makes the trouble notes each sign as it comes about. In the end `verdict` says how the entrapment can be known
at all, when the platform had received what it needs, and the contract's time from there. These are the contract's
numbers, written down here a second time on purpose: the judge may not ask the accused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulators.truth.line import Line
from simulators.truth.story import Evident

# Seconds to the confirmation (contract 5).
OUTSIDE_ZONE, DOOR_WONT_OPEN, POWER_LOST, CHAIN_OPEN, AT_ONCE = 60.0, 90.0, 60.0, 45.0, 0.0
BUTTON_HELD, BUTTON_MOVING, BUTTON_TWICE = 3.0, 63.0, 60.0
# Seconds to the suspicion that waits for a person.
SILENCE, LONG_STAY, ZONE_FAULTY = 15.0, 600.0, 20.0
NO_PROGRESS = 60_000  # ms between two fresh samples that are the same
SILENT_INTERVALS, SILENT_SLACK = 3, 5_000  # and ms: when a lift counts as silent


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an entrapment can be known, and by when."""

    evident: Evident
    known_at: int | None = None
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Sign:
    known_at: int
    within_s: float

    @property
    def due(self) -> float:
        return self.known_at + self.within_s * 1000


class Signs:
    """The signs of one entrapment; times of a condition are those at the lift, times of knowledge the platform's."""

    def __init__(self, line: Line, interval_s: int, deaf: Sequence[tuple[int, int]]) -> None:
        self._line, self._interval, self._deaf = line, interval_s * 1000, deaf
        self._shown: list[tuple[int, float, Evident]] = []
        self._told: list[tuple[int, int, float, Evident]] = []
        self._danger_since: int | None = None
        self._frozen_since: int | None = None

    def shown(self, since: int, within_s: float, evident: Evident = Evident.CONFIRMS) -> None:
        """A condition that every sample from then on shows."""
        self._shown.append((since, within_s, evident))

    def told(
        self, at: int | None, within_s: float, evident: Evident = Evident.CONFIRMS, *, since: int | None = None
    ) -> None:
        """An event that the platform received then (None: it did not), and the condition that it needs beside it."""
        if at is not None:
            self._told.append((at, at if since is None else since, within_s, evident))

    def dangerous(self, since: int) -> None:
        """From then on the last known state was one in which silence is a sign."""
        self._danger_since = since

    def frozen(self, since: int) -> None:
        """From then on the terminal said "moving" and never anything else."""
        self._frozen_since = since

    def verdict(self, relief: int) -> Verdict:
        """What the signs come to; `relief` is when the first of them was taken away."""
        signs = {evident: list[_Sign]() for evident in Evident}
        for at, since, within_s, evident in self._told:
            first = at if since == at else self._first(since)
            if first is not None:
                signs[evident].append(_Sign(max(at, first), within_s))
        for since, within_s, evident in self._shown:
            first = self._first(since)
            if first is not None and first < relief:
                signs[evident].append(_Sign(first, within_s))
        signs[Evident.ASKS] += [*self._silence(relief), *self._no_progress()]
        for evident in (Evident.CONFIRMS, Evident.ASKS, Evident.FAULT):
            if signs[evident]:
                first_due = min(signs[evident], key=lambda sign: sign.due)
                kind = evident if first_due.due <= relief else Evident.MAY
                return Verdict(kind, first_due.known_at, first_due.within_s)
        return Verdict(Evident.HIDDEN)

    def _first(self, since: int) -> int | None:
        """When the first fresh sample that was taken then or later had arrived."""
        return min((one.at for one in self._line.heard if since <= one.taken and not one.frozen), default=None)

    def _silence(self, relief: int) -> list[_Sign]:
        """The first silence after the platform knew of the danger."""
        since = self._danger_since
        if since is None:
            return []
        known = min((one.at for one in self._line.heard if one.taken >= since), default=None)
        if known is None:
            return []
        window = SILENT_INTERVALS * self._interval + SILENT_SLACK
        contacts = [at for at in self._line.contacts if known <= at < relief]
        for last, following in pairwise([*contacts, relief]):  # without contacts it was over before it was known
            told = [at for at in self._line.lost if last <= at < following]
            begins = self._heard_out(min([last + window, *told]), last, window)
            if begins + SILENCE * 1000 <= following:
                return [_Sign(begins, SILENCE)]
        return []

    def _heard_out(self, silent_at: int, last: int, window: int) -> int:
        """Silence is counted only while the platform listened: after deafness each lift gets a full window."""
        for begin, end in self._deaf:
            if begin <= silent_at + SILENCE * 1000 and end > last:
                silent_at = max(silent_at, end + window)
        return silent_at

    def _no_progress(self) -> list[_Sign]:
        since = self._frozen_since
        if since is None:
            return []
        same = [one for one in self._line.heard if one.taken >= since]
        later = [one.at for one in same if one.at >= same[0].at + NO_PROGRESS]
        return [_Sign(min(later), AT_ONCE)] if later else []
