"""What the verdicts about many lives add up to: the figures of a score, as a JSON document. Pure.

Each figure is defined in docs/score.md, in the order in which it stands here.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from deploy.score.bounds import least_share, most_events, quantile
from deploy.score.judge import UNEXPLAINED, Entrapment, Harm, Outcome, Rescue, Verdict

TEN_THOUSAND = 10_000
SHOWN = 50  # misses, false alarms and the like that are told one by one


@dataclass(slots=True, kw_only=True)
class Tally:
    """Verdicts of one policy, added up."""

    entrapments: list[Entrapment] = field(default_factory=list)
    rescues: list[Rescue] = field(default_factory=list)
    harms: list[Harm] = field(default_factory=list)
    findings: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)  # (what, during) → how many
    innocents: Counter[str] = field(default_factory=Counter)  # noise → episodes
    evidence: dict[str, list[str]] = field(default_factory=dict)  # of what went wrong: key → lines

    def take(self, verdict: Verdict) -> None:
        """Add one life."""
        self.entrapments += verdict.entrapments
        self.rescues += verdict.rescues
        self.harms += verdict.harms
        self.findings.update((one.what, one.during) for one in verdict.findings)
        for names in verdict.innocents:
            self.innocents.update(set(names))

    def add(self, other: "Tally") -> None:
        """Add what another process has counted."""
        self.entrapments += other.entrapments
        self.rescues += other.rescues
        self.harms += other.harms
        self.findings.update(other.findings)
        self.innocents.update(other.innocents)
        self.evidence |= other.evidence

    def in_order(self) -> "Tally":
        """The same, however the work was shared out."""
        self.entrapments.sort(key=lambda one: (one.lift_id, one.began, one.cause))
        self.rescues.sort(key=lambda one: (one.lift_id, one.opened_at))
        self.harms.sort(key=lambda one: (one.lift_id, one.began, one.cause))
        return self


def key_of(lift_id: str, at: int) -> str:
    """Under which evidence is kept."""
    return f"{lift_id}@{at}"


def figures(tally: Tally, lift_days: float) -> dict[str, Any]:
    """All figures of one policy."""
    sure = [one for one in tally.rescues if one.confirmed_at is not None]
    false = [one for one in sure if one.false]
    judged = [one for one in tally.entrapments if one.judged]
    caught = [one for one in judged if one.outcome is Outcome.CAUGHT]
    found = sum(one.outcome is Outcome.CAUGHT for one in tally.entrapments)
    per = TEN_THOUSAND / lift_days if lift_days else 0.0
    return {
        "entrapments": {
            "all": len(tally.entrapments), "judged": len(judged), "found": len(caught),
            **{str(outcome): sum(one.outcome is outcome for one in judged) for outcome in _MISSES},
            **{str(outcome): sum(one.outcome is outcome for one in tally.entrapments) for outcome in _NEITHER},
            "found_beside": found - len(caught),
            "share_of_all": _share(found, len(tally.entrapments)),
            "recall": _share(len(caught), len(judged)),
            "recall_least_95": least_share(len(caught), len(judged)),
        },
        "by_evidence": {
            evident: _of_entrapments([one for one in tally.entrapments if one.evident == evident])
            for evident in sorted({one.evident for one in tally.entrapments})
        },
        "confirmed": {
            "rescues": len(sure),
            "false": len(false),
            "owed": sum(bool(one.owed) for one in sure),
            "precision": _share(len(sure) - len(false), len(sure)),
            "false_per_10000": len(false) * per,
            "false_per_10000_most_95": most_events(len(false)) * per,
        },
        "suspicions": _suspicions(tally.rescues, per),
        "delay": _times(caught),
        "by_cause": {
            cause: _of_entrapments([one for one in tally.entrapments if one.cause == cause])
            for cause in sorted({one.cause for one in tally.entrapments})
        },
        "by_noise": {name: _of_noise(name, tally) for name in _noises(tally)},
        "harms": {
            cause: _of_harms([one for one in tally.harms if one.cause == cause])
            for cause in sorted({one.cause for one in tally.harms})
        },
        "findings": _findings(tally, per),
        "missed": [_told(one, one.began, tally) for one in judged if one.outcome is not Outcome.CAUGHT][:SHOWN],
        "late": [
            _told(one, one.began, tally)
            for one in sorted(caught, key=lambda one: -(one.late_s or 0)) if (one.late_s or 0) > LATE
        ][:SHOWN],
        "false": [_told(one, one.opened_at, tally) for one in false][:SHOWN],
        "owed": dict(Counter(one.owed for one in sure if one.owed).most_common()),
        "hidden": dict(Counter(one.cause for one in tally.entrapments if one.outcome is Outcome.HIDDEN).most_common()),
        "in_vain": _in_vain(tally),
        "unheard": [asdict(one) for one in tally.harms if not one.found][:SHOWN],
    }  # fmt: skip


_MISSES = (Outcome.MISSED, Outcome.ONLY_SUSPECTED, Outcome.ONLY_ASKED)
_NEITHER = (Outcome.BRIEF, Outcome.HIDDEN)
LATE = 2.0  # s beyond the contract's time that the figure allows


def _told(one: Entrapment | Rescue, at: int, tally: Tally) -> dict[str, Any]:
    return asdict(one) | {"evidence": tally.evidence.get(key_of(one.lift_id, at), [])}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _times(caught: Sequence[Entrapment]) -> dict[str, Any]:
    """Delays, and what of them exceeds the contract's time, in seconds."""
    delays = [one.delay_s for one in caught if one.delay_s is not None]
    late = [one.late_s for one in caught if one.late_s is not None]
    return {
        "median_s": quantile(delays, 0.5), "p99_s": quantile(delays, 0.99), "max_s": max(delays, default=None),
        "late_p99_s": quantile(late, 0.99), "late_max_s": max(late, default=None),
    }  # fmt: skip


def _of_entrapments(some: Sequence[Entrapment]) -> dict[str, Any]:
    judged = [one for one in some if one.judged]
    caught = [one for one in judged if one.outcome is Outcome.CAUGHT]
    return {
        "entrapments": len(judged), "brief": sum(one.outcome is Outcome.BRIEF for one in some),
        "hidden": sum(one.outcome is Outcome.HIDDEN for one in some), "missed": len(judged) - len(caught),
        "recall": _share(len(caught), len(judged)), **_times(caught),
        "delays_s": sorted(one.delay_s for one in caught if one.delay_s is not None),
        "late_s": sorted(one.late_s for one in caught if one.late_s is not None),
        "reasons": dict(Counter(one.reason for one in caught).most_common()),
    }  # fmt: skip


def _suspicions(rescues: Iterable[Rescue], per: float) -> dict[str, Any]:
    """Of rescues that were not sure at once: what became of them."""
    some = [one for one in rescues if one.suspected]
    cleared = [one for one in some if one.ended == "cleared"]
    asked = [one for one in some if one.asked]
    return {
        "all": len(some), "confirmed": sum(one.confirmed_at is not None for one in some),
        "cleared": len(cleared), "cleared_real": sum(one.real for one in cleared),
        "asked": len(asked), "asked_real": sum(one.real for one in asked),
        "cleared_per_10000": len(cleared) * per, "asked_in_vain_per_10000": sum(not one.real for one in asked) * per,
        "cleared_median_s": quantile([one.lasted_s for one in cleared if one.lasted_s is not None], 0.5),
    }  # fmt: skip


def _in_vain(tally: Tally) -> dict[str, Any]:
    """Suspicions of which nothing came: by reason, what became of them and during what."""
    told: dict[str, Counter[str]] = {}
    for one in tally.rescues:
        if one.suspected and not one.real and one.confirmed_at is None:
            what = "asked" if one.asked else one.ended
            told.setdefault(f"{one.reason}, {what}", Counter()).update(one.during)
    return {what: dict(during.most_common(8)) for what, during in sorted(told.items())}


def _noises(tally: Tally) -> list[str]:
    named = set(tally.innocents) | {name for one in tally.entrapments for name in one.noises}
    named |= {name for one in tally.rescues if not one.real for name in one.during}
    return sorted(named | {one.cause for one in tally.harms})


def _of_noise(name: str, tally: Tally) -> dict[str, Any]:
    under = _of_entrapments([one for one in tally.entrapments if name in one.noises])
    vain = [one for one in tally.rescues if not one.real and name in one.during]
    return {
        "episodes": tally.innocents[name] + sum(one.cause == name for one in tally.harms),
        "entrapments": under["entrapments"], "missed": under["missed"],
        "median_s": under["median_s"], "p99_s": under["p99_s"], "late_p99_s": under["late_p99_s"],
        "false": sum(one.false for one in vain),
        "cleared": sum(one.suspected and one.ended == "cleared" for one in vain),
        "asked": sum(one.asked for one in vain),
    }  # fmt: skip


def _of_harms(some: Sequence[Harm]) -> dict[str, Any]:
    found = [one for one in some if one.found]
    delays = [one.delay_s for one in found if one.delay_s is not None]
    return {
        "harms": len(some), "found": len(found), "median_s": quantile(delays, 0.5), "max_s": max(delays, default=None),
        "as": dict(Counter(name for one in found for name in set(one.found)).most_common(5)),
    }  # fmt: skip


def _findings(tally: Tally, per: float) -> dict[str, Any]:
    """Dangers, faults and silent lifts, and how many of them came out of nothing."""
    found: dict[str, dict[str, Any]] = {}
    for (what, during), count in sorted(tally.findings.items()):
        line = found.setdefault(what, {"all": 0, "unexplained": 0})
        line["all"] += count
        line["unexplained"] += count if during == (UNEXPLAINED,) else 0
    return {what: line | {"per_10000": line["all"] * per} for what, line in found.items()}
