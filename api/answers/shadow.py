"""What the API answers about the policy that decides in the shadow."""

from alerts.shadow.compare import Truth, Verdict
from api.schemas import Page, Shape, Time


class ShadowRun(Shape):
    """The span of time for which a tried policy has run."""

    id: str
    began_at: Time
    alive_at: Time
    heard_until: Time
    alive: bool
    heard: int
    missed: int


class ShadowDifference(Shape):
    """A threshold that the two policies do not share; null: absent, it never confirms by itself."""

    name: str
    live: float | None
    shadow: float | None


class ShadowGained(Shape):
    """Seconds by which the tried policy was earlier, over what both caught; negative: later."""

    median: float | None
    best: float | None
    worst: float | None


class ShadowTotals(Shape):
    """All cases of the time asked for in figures."""

    verdicts: dict[Verdict, int]
    gained_s: ShadowGained
    live_suspicions: int
    shadow_suspicions: int


class ShadowLive(Shape):
    """What the live policy did, or a person."""

    id: str
    reason: str
    state: str
    opened_at: Time
    rang_at: Time | None
    ended_at: Time | None
    persons: int | None


class ShadowTried(Shape):
    """What the tried policy would have done."""

    id: str
    reason: str
    opened_at: Time
    rang_at: Time | None
    ended_at: Time | None


class ShadowCase(Shape):
    """One case, seen by one of the two or by both."""

    lift_id: str
    name: str | None
    at: Time
    verdict: Verdict
    truth: Truth
    gained_s: float | None
    live: ShadowLive | None
    shadow: ShadowTried | None


class ShadowPage(Page[ShadowCase]):
    """The tried policy beside the live one, its cases newest first."""

    configured: bool
    run: ShadowRun | None
    differences: list[ShadowDifference]
    totals: ShadowTotals
    complete: bool
    since: Time
    until: Time
