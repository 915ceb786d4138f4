"""What a set of visits came to: ghosts found and honest ones flagged, by kind, with 95 % bounds. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.maintenance.plausibility.record import Level
from deploy.score.bounds import least_share
from deploy.score.visits.judged import Judged

# What no telemetry can tell from work done badly; figures are given with and without it.
ADAPTED = frozenset({"insider"})


@dataclass(slots=True)
class Tally:
    """Counts by kind, and the scores for the picture."""

    ghosts: dict[str, Counter[str]] = field(default_factory=dict)
    honest: dict[str, Counter[str]] = field(default_factory=dict)
    scores: dict[str, list[float]] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)  # ghosts on lifts that were heard: all, and found
    flagged: list[str] = field(default_factory=list)  # honest ones, with their evidence

    def take(self, those: Iterable[Judged], heard_share: float) -> None:
        """Count some visits."""
        for one in those:
            kinds = self.honest if one.deed.ghost is None else self.ghosts
            kinds.setdefault(one.deed.kind, Counter())[one.found.level] += 1
            self.scores.setdefault(f"{'honest' if one.deed.ghost is None else 'ghost'}: {one.deed.kind}", []).append(
                one.found.score
            )
            doubted = one.found.level is Level.DOUBTFUL
            if one.deed.ghost is not None and one.told.heard >= heard_share:
                self.heard["all"] += 1
                self.heard["found"] += doubted
            if one.deed.ghost is None and doubted:
                pieces = ", ".join(f"{piece.code} {piece.points:g}" for piece in one.found.evidence if piece.points)
                self.flagged.append(f"{one.deed.kind} ({', '.join(one.deed.oddities) or 'nothing odd'}): {pieces}")


def figures(tally: Tally) -> dict[str, Any]:
    """Everything that is told of a tally."""
    adapted = {kind: counts for kind, counts in tally.ghosts.items() if kind not in ADAPTED}
    return {
        "ghosts": {kind: _found(counts) for kind, counts in sorted(tally.ghosts.items())},
        "honest": {kind: _flagged(counts) for kind, counts in sorted(tally.honest.items())},
        "all_ghosts": _found(_sum(tally.ghosts)),
        "ghosts_without_insiders": _found(_sum(adapted)),
        "ghosts_heard": _share(tally.heard["found"], tally.heard["all"]),
        "all_honest": _flagged(_sum(tally.honest)),
        "flagged": tally.flagged,
        "scores": tally.scores,
    }


def _sum(kinds: Mapping[str, Counter[str]]) -> Counter[str]:
    return sum(kinds.values(), Counter[str]())


def _found(counts: Counter[str]) -> dict[str, Any]:
    return _levels(counts) | _share(counts[Level.DOUBTFUL], counts.total())


def _share(good: int, of: int) -> dict[str, Any]:
    """Found, of all; at least, with 95 % confidence."""
    return {"number": of, "doubtful": good, "share": good / of if of else None, "at_least": least_share(good, of)}


def _flagged(counts: Counter[str]) -> dict[str, Any]:
    """Flagged, of all; at most, with 95 % confidence."""
    of, bad = counts.total(), counts[Level.DOUBTFUL]
    least = least_share(of - bad, of)
    most = None if least is None else 1 - least
    share = bad / of if of else None
    return _levels(counts) | {"number": of, "doubtful": bad, "share": share, "at_most": most}


def _levels(counts: Counter[str]) -> dict[str, int]:
    return {str(level): counts[level] for level in Level}
