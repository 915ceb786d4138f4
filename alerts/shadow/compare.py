"""What a tried policy would have done beside what the live one did, and who of them was right. Pure.

Only rescues that asked for a person are compared: a suspicion that cleared itself has cost nobody anything (it is
counted). Two that were open on one lift at the same time, give or take `SLACK_S`, are one and the same. Who was right
is what people found: `released` with somebody inside is an entrapment; released with nobody, or cancelled as a false
alarm, is none; a test, a duplicate, and what nobody has looked at yet, says nothing.

A rescue that only a person reported was missed by the live rules; the tried ones may have seen it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

import msgspec

from alerts.policy import Policy

SLACK_S = 60
_REPORTED = "caller"


class Truth(StrEnum):
    """What people found in the car."""

    TRAPPED = "trapped"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """How the two did in one case."""

    BOTH_CAUGHT = "both_caught"
    SHADOW_CAUGHT = "shadow_caught"  # the live rules missed it: a person reported
    SHADOW_MISSED = "shadow_missed"
    BOTH_MISSED = "both_missed"
    BOTH_FALSE = "both_false"
    SHADOW_FALSE = "shadow_false"
    SHADOW_SPARED = "shadow_spared"  # a false alarm of the live one that the shadow did not raise
    BOTH_OPEN = "both_open"  # from here on nobody knows what was in the car
    SHADOW_ONLY = "shadow_only"
    LIVE_ONLY = "live_only"


_VERDICTS: dict[tuple[bool, bool, Truth], Verdict] = {  # (live, shadow, truth)
    (True, True, Truth.TRAPPED): Verdict.BOTH_CAUGHT,
    (False, True, Truth.TRAPPED): Verdict.SHADOW_CAUGHT,
    (True, False, Truth.TRAPPED): Verdict.SHADOW_MISSED,
    (False, False, Truth.TRAPPED): Verdict.BOTH_MISSED,
    (True, True, Truth.NOBODY): Verdict.BOTH_FALSE,
    (False, True, Truth.NOBODY): Verdict.SHADOW_FALSE,
    (True, False, Truth.NOBODY): Verdict.SHADOW_SPARED,
    (True, True, Truth.UNKNOWN): Verdict.BOTH_OPEN,
    (False, True, Truth.UNKNOWN): Verdict.SHADOW_ONLY,
    (True, False, Truth.UNKNOWN): Verdict.LIVE_ONLY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A rescue of the live policy, as far as comparing needs it."""

    id: str
    lift_id: str
    reason: str
    state: str
    opened_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None  # released, closed, cancelled or cleared
    causes: tuple[str, ...] = ()
    waits: bool = False
    by_person: bool = False  # a person confirmed it, before or instead of a rule
    persons: int | None = None  # released
    cancelled_for: str | None = None

    @property
    def reported_only(self) -> bool:
        """No rule has seen it."""
        return set(self.causes) == {_REPORTED}

    @property
    def rang_at(self) -> datetime | None:
        """When people were told; None: it was a suspicion that decided itself, or still is one."""
        if self.confirmed_at is not None and not self.by_person:
            return self.confirmed_at
        if self.state == "cleared" or (self.state == "suspected" and not self.waits):
            return None
        return self.opened_at

    @property
    def truth(self) -> Truth:
        """What people found."""
        if self.state in {"released", "closed"} and self.persons is not None:
            return Truth.TRAPPED if self.persons > 0 else Truth.NOBODY
        if self.state == "cancelled" and self.cancelled_for == "false_alarm":
            return Truth.NOBODY
        return Truth.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A rescue that the shadow policy would have opened."""

    id: str
    lift_id: str
    reason: str
    opened_at: datetime
    rang_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case, seen by one of them or by both."""

    lift_id: str
    verdict: Verdict
    truth: Truth
    live: Live | None
    shadow: Tried | None

    @property
    def at(self) -> datetime:
        """When it began, for whoever saw it first."""
        return min(one.opened_at for one in (self.live, self.shadow) if one is not None)

    @property
    def gained_s(self) -> float | None:
        """How much earlier than the live one the shadow would have told people; negative: later."""
        if self.live is None or self.shadow is None or self.live.rang_at is None or self.shadow.rang_at is None:
            return None
        return (self.live.rang_at - self.shadow.rang_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All cases in figures."""

    verdicts: Mapping[Verdict, int]  # every verdict, those without a case too
    live_suspicions: int  # that cleared themselves, or have not decided yet
    shadow_suspicions: int
    gained_median_s: float | None  # over what both caught
    gained_best_s: float | None
    gained_worst_s: float | None


def compare(live: Iterable[Live], tried: Iterable[Tried]) -> list[Case]:
    """The cases of all lifts, newest first."""
    by_lift: dict[str, tuple[list[Live], list[Tried]]] = defaultdict(lambda: ([], []))
    for one in live:
        if one.rang_at is not None:
            by_lift[one.lift_id][0].append(one)
    for other in tried:
        if other.rang_at is not None:
            by_lift[other.lift_id][1].append(other)
    cases = [case for lift_id, (these, those) in by_lift.items() for case in _of_lift(lift_id, these, those)]
    return sorted(cases, key=lambda case: (case.at, case.lift_id), reverse=True)


def _of_lift(lift_id: str, live: list[Live], tried: list[Tried]) -> list[Case]:
    left = sorted(tried, key=lambda one: one.opened_at)
    cases = []
    for one in sorted(live, key=lambda one: one.opened_at):
        match = next((other for other in left if _meet(one, other)), None)
        if match is not None:
            left.remove(match)
        found = not one.reported_only
        verdict = _VERDICTS.get((found, match is not None, one.truth))
        if verdict is not None:  # else only a person knows of it, and nobody has looked yet
            cases.append(Case(lift_id=lift_id, verdict=verdict, truth=one.truth, live=one, shadow=match))
    return cases + [
        Case(lift_id=lift_id, verdict=Verdict.SHADOW_ONLY, truth=Truth.UNKNOWN, live=None, shadow=other)
        for other in left
    ]


def _meet(live: Live, tried: Tried) -> bool:
    slack = timedelta(seconds=SLACK_S)
    begins_in_time = tried.ended_at is None or live.opened_at <= tried.ended_at + slack
    return begins_in_time and (live.ended_at is None or tried.opened_at <= live.ended_at + slack)


def totals(cases: Sequence[Case], live: Iterable[Live], tried: Iterable[Tried]) -> Totals:
    """The cases in figures."""
    counts = Counter(case.verdict for case in cases)
    gained = [case.gained_s for case in cases if case.verdict is Verdict.BOTH_CAUGHT and case.gained_s is not None]
    return Totals(
        verdicts={verdict: counts[verdict] for verdict in Verdict},
        live_suspicions=sum(one.rang_at is None for one in live),
        shadow_suspicions=sum(one.rang_at is None for one in tried),
        gained_median_s=median(gained) if gained else None,
        gained_best_s=max(gained, default=None),
        gained_worst_s=min(gained, default=None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A threshold that the two do not share; None: absent, it never confirms by itself."""

    name: str
    live: float | None
    shadow: float | None


def thresholds(policy: Policy) -> dict[str, float | None]:
    """All thresholds by their names in the policy file."""
    found: dict[str, float | None] = {}

    def walk(value: object, name: str) -> None:
        match value:
            case msgspec.Struct():
                for field in value.__struct_fields__:
                    walk(getattr(value, field), f"{name}.{field}" if name else field)
            case dict():
                for key, inner in value.items():
                    walk(inner, f"{name}.{key}")
            case bool() | int() | float() | None:
                found[name] = value
            case _:
                pass

    walk(policy, "")
    return found


def differences(live: Mapping[str, float | None], shadow: Mapping[str, float | None]) -> list[Difference]:
    """Which thresholds differ, by name."""
    names = sorted(live.keys() | shadow.keys())
    return [
        Difference(name=name, live=live.get(name), shadow=shadow.get(name))
        for name in names
        if live.get(name) != shadow.get(name)
    ]
