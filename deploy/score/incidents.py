"""What the detector's effects make of one lift's incidents; `alerts.consequences` does the same in rows. Pure.

Only what the judge needs is kept: when a rescue was opened, when it began to ask a person, when a rule was sure of it,
why, and when and how it ended.
"""

from dataclasses import dataclass, field

from alerts.effects import CauseAdded, Cleared, Confirmed, Effect, Found, Gone, Opened

RESCUE = "rescue"


@dataclass(slots=True, kw_only=True)
class Incident:
    """One incident; times are ms of the platform's clock."""

    kind: str  # rescue, danger, fault, offline
    code: str = ""  # of a finding
    reason: str
    opened_at: int
    causes: list[str] = field(default_factory=list)
    asked_at: int | None = None  # since then it waits for a person
    confirmed_at: int | None = None  # a rule was sure; what a person confirmed stays None
    person_at: int | None = None  # a person confirmed it
    again: bool = False  # an ended rescue has answered its cause, which is still true
    ended_at: int | None = None
    ended: str = ""  # cleared, cancelled, released, closed; empty: open at the end of the life

    @property
    def live(self) -> bool:
        """Whether it is open."""
        return self.ended_at is None

    def end(self, how: str, now: int) -> None:
        """Close it."""
        self.ended, self.ended_at = how, now


class Ledger:
    """The incidents of one lift, oldest first."""

    def __init__(self) -> None:
        self.all: list[Incident] = []
        self.rescue: Incident | None = None  # the live one
        self.findings: dict[tuple[str, str], Incident] = {}  # the open ones

    def apply(self, effect: Effect, now: int) -> Incident | None:
        """Carry one effect out; returns the incident that a person must now hear of, if there is one."""
        match effect:
            case Opened():
                return self.open(
                    effect.cause, now, confirmed=effect.confirmed, waits=effect.waits, again=effect.answered
                )
            case CauseAdded():
                return self._add(effect, now)
            case Confirmed():
                return self._confirm(effect.reason, now)
            case Cleared():
                self.end_rescue("cleared", now)
            case Found():
                return self._found(effect, now)
            case Gone():
                self.end_finding(self.findings.get((effect.kind, effect.code)), "cleared", now)
        return None  # the other effects change no time that is judged

    def open(self, cause: str, now: int, *, confirmed: bool, waits: bool, again: bool = False) -> Incident:
        """A rescue begins."""
        self.rescue = rescue = Incident(
            kind=RESCUE, reason=cause, opened_at=now, causes=[cause], asked_at=now if waits else None,
            confirmed_at=now if confirmed else None, again=again,
        )  # fmt: skip
        self.all.append(rescue)
        return rescue

    def end_rescue(self, how: str, now: int) -> None:
        """The live rescue is over."""
        if self.rescue is not None:
            self.rescue.end(how, now)
            self.rescue = None

    def end_finding(self, finding: Incident | None, how: str, now: int) -> None:
        """A finding is over, if it was not before."""
        if finding is not None and self.findings.pop((finding.kind, finding.code), None) is not None:
            finding.end(how, now)

    def _add(self, effect: CauseAdded, now: int) -> Incident | None:
        rescue = self.rescue
        if rescue is None:
            return None
        if effect.cause not in rescue.causes:
            rescue.causes.append(effect.cause)
        if effect.waits and rescue.asked_at is None and rescue.confirmed_at is None:
            rescue.asked_at = now
            return rescue
        return None

    def _confirm(self, reason: str, now: int) -> Incident | None:
        rescue = self.rescue
        if rescue is None or rescue.confirmed_at is not None or rescue.person_at is not None:
            return None
        rescue.confirmed_at, rescue.reason = now, reason
        return rescue

    def _found(self, effect: Found, now: int) -> Incident | None:
        key = (effect.kind, effect.code)
        if key in self.findings:
            return None
        finding = self.findings[key] = Incident(
            kind=effect.kind, code=effect.code, reason=effect.reason, opened_at=now, confirmed_at=now
        )
        self.all.append(finding)
        return finding
