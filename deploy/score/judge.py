"""The incidents of one life held against its truth (ADR 0014 says why so). Pure.

- **An entrapment** must become what it can be known as (`Episode.evident`): a rescue of which a rule is sure; where it
  can only be asked about, one that waits for a person; where the person sensor says "nobody", at least a fault that
  tells people to ask by intercom. More will do for less. It is caught by what was so at a moment between its beginning
  and the end of its time; one that was only suspected, or only asked about although a rule had to be sure, is missed.
- Its **delay** counts from `known_at`, when the platform had received all it needs; **late** is what exceeds the
  contract's time. One that was over before the contract's time (`may`, or known too late) is `brief`, and one that
  nothing tells of is `hidden`: both are counted, and neither way.
- **A confirmed rescue** is true if somebody was trapped when a rule became sure of it, owed if the contract asks for it
  although nobody was (`Episode.confirmable` says why), else false. What a person confirmed is no merit of a rule.
- **A suspicion** is a rescue that was not sure from the first moment: what became of it is counted.
- **Harm**, where nobody is trapped and yet people must be told, is found by any incident that is open in its time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from deploy.score.incidents import RESCUE, Incident
from deploy.score.people import due_by
from simulators.truth.story import Episode, Evident, Truth

SLACK = 10_000  # ms after the end of an episode, and of the contract's time, that still belong to it
REPAIRED = 3_600_000  # ms after the last person is out until a lift is as it was
BROKEN = "(after an entrapment)"
UNEXPLAINED = "(nothing)"
AGAIN = "(asked again after a rescue)"  # the contract's one question ten minutes after an answer


class Outcome(StrEnum):
    """What became of an entrapment."""

    CAUGHT = "caught"
    ONLY_ASKED = "only asked"  # a rule had to be sure, and a person was asked
    ONLY_SUSPECTED = "only suspected"
    MISSED = "missed"
    BRIEF = "brief"  # over before the contract's time
    HIDDEN = "hidden"  # nothing that the lift told showed it


_DEMANDS = frozenset({Evident.CONFIRMS, Evident.ASKS, Evident.FAULT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrapment:
    """What became of one entrapment."""

    lift_id: str
    cause: str
    evident: str
    noises: tuple[str, ...]
    began: int
    ended: int
    known_at: int
    within_s: float | None
    outcome: Outcome
    judged: bool  # it had to be found
    delay_s: float | None = None  # from `known_at` to the confirmation, or to the question
    late_s: float | None = None  # of it, beyond the contract's time
    reason: str = ""
    story: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """What one rescue was worth."""

    lift_id: str
    reason: str
    causes: tuple[str, ...]
    opened_at: int
    confirmed_at: int | None
    asked: bool
    ended: str
    lasted_s: float | None
    real: bool  # somebody was trapped
    false: bool  # a rule was sure, and nobody was
    owed: str  # why the contract asked for it nevertheless
    suspected: bool  # it was not sure from the first moment
    during: tuple[str, ...]  # what it happened in: causes, noises and harms
    stories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Whether people were told of one harm."""

    lift_id: str
    cause: str
    began: int
    found: tuple[str, ...]  # kinds and codes of the incidents
    delay_s: float | None = None
    story: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A danger, a fault or a silent lift."""

    lift_id: str
    what: str  # kind:code
    opened_at: int
    during: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Verdict:
    """Everything that is said of one life."""

    entrapments: list[Entrapment]
    rescues: list[Rescue]
    harms: list[Harm]
    findings: list[Finding]
    innocents: list[tuple[str, ...]]  # of each innocent episode: its cause and what lay over it


def judge(lift_id: str, episodes: Iterable[Episode], incidents: Sequence[Incident]) -> Verdict:
    """Hold a life's incidents against its truth."""
    told = sorted(episodes, key=lambda one: (one.began, one.ended))
    trapped = [one for one in told if one.truth is Truth.ENTRAPMENT]
    rescues = [one for one in incidents if one.kind == RESCUE]
    return Verdict(
        entrapments=[_entrapment(one, incidents) for one in trapped],
        rescues=[_rescue(lift_id, one, told, trapped) for one in rescues],
        harms=[_harm(one, incidents) for one in told if one.truth is Truth.HARM],
        findings=[
            Finding(
                lift_id=lift_id, what=f"{one.kind}:{one.code}", opened_at=one.opened_at,
                during=_around(told, one.opened_at),
            )
            for one in incidents if one.kind != RESCUE
        ],
        innocents=[(one.cause, *one.noises) for one in told if one.truth is Truth.INNOCENT],
    )  # fmt: skip


def last_moment(episode: Episode) -> int:
    """Until when an incident still belongs to an episode, ms."""
    return max(episode.ended, due_by(episode)) + SLACK


def _entrapment(episode: Episode, incidents: Sequence[Incident]) -> Entrapment:
    last = last_moment(episode)
    near = [one for one in incidents if _met(one, episode)]
    rescues = [one for one in near if one.kind == RESCUE]
    sure = [(one.confirmed_at, one) for one in rescues if one.confirmed_at is not None and one.confirmed_at <= last]
    asked = [(one.asked_at, one) for one in rescues if one.asked_at is not None and one.asked_at <= last]
    faults = [(one.opened_at, one) for one in near if one.kind in {"fault", "danger"}]
    enough = {
        Evident.CONFIRMS: sure, Evident.ASKS: sure + asked, Evident.FAULT: sure + asked + faults,
    }.get(episode.evident, sure + asked)  # fmt: skip
    known = episode.began if episode.known_at is None else episode.known_at
    delay, late, reason = None, None, ""
    if enough:
        outcome = Outcome.CAUGHT
        at, by = min(enough, key=lambda one: one[0])
        delay, reason = (at - known) / 1000, by.reason if by.kind == RESCUE else f"{by.kind}:{by.code}"
        late = None if episode.within_s is None else delay - episode.within_s
    elif episode.evident is Evident.HIDDEN:
        outcome = Outcome.HIDDEN
    elif episode.evident is Evident.MAY or episode.ended < due_by(episode):
        outcome = Outcome.BRIEF
    elif asked:
        outcome = Outcome.ONLY_ASKED
    else:
        outcome = Outcome.ONLY_SUSPECTED if rescues else Outcome.MISSED
    return Entrapment(
        lift_id=episode.lift_id, cause=episode.cause, evident=episode.evident, noises=episode.noises,
        began=episode.began, ended=episode.ended, known_at=known, within_s=episode.within_s, outcome=outcome,
        judged=episode.evident in _DEMANDS and outcome is not Outcome.BRIEF, delay_s=delay, late_s=late, reason=reason,
        story=episode.story,
    )  # fmt: skip


def _met(one: Incident, episode: Episode) -> bool:
    """Whether an incident was open at a moment that belongs to an episode."""
    return one.opened_at <= last_moment(episode) and (one.ended_at is None or one.ended_at > episode.began)


def _rescue(lift_id: str, one: Incident, told: Sequence[Episode], trapped: Sequence[Episode]) -> Rescue:
    until = one.ended_at if one.ended_at is not None else one.opened_at
    sure = one.confirmed_at
    moment = one.opened_at if sure is None else sure
    real = any(episode.began <= moment <= last_moment(episode) for episode in trapped)
    if sure is None:
        real = real or any(one.opened_at <= episode.began < until for episode in trapped)
    around = _over(told, one.opened_at, moment)
    during = (AGAIN,) if one.again else _names(around)
    owed = "" if sure is None or real else next((episode.confirmable for episode in around if episode.confirmable), "")
    return Rescue(
        lift_id=lift_id, reason=one.reason, causes=tuple(one.causes), opened_at=one.opened_at, confirmed_at=sure,
        asked=one.asked_at is not None, ended=one.ended or "open", real=real,
        false=sure is not None and not real and not owed, owed=owed,
        lasted_s=None if one.ended_at is None else (one.ended_at - one.opened_at) / 1000,
        suspected=sure is None or sure > one.opened_at, during=during,
        stories=tuple(episode.story for episode in around if episode.story),
    )  # fmt: skip


def _harm(episode: Episode, incidents: Sequence[Incident]) -> Harm:
    met = [
        one for one in incidents
        if _met(one, episode) and (one.kind != RESCUE or one.confirmed_at is not None or one.asked_at is not None)
    ]  # fmt: skip
    known = episode.began if episode.known_at is None else episode.known_at
    first = min((one.opened_at for one in met), default=None)
    return Harm(
        lift_id=episode.lift_id, cause=episode.cause, began=episode.began,
        found=tuple(f"{one.kind}:{one.code or one.reason}" for one in met),
        delay_s=None if first is None else (first - known) / 1000, story=episode.story,
    )  # fmt: skip


def _over(told: Sequence[Episode], start: int, end: int) -> list[Episode]:
    """The episodes that lie over a stretch of time, their aftermath included."""
    return [one for one in told if one.began <= end and last_moment(one) >= start]


def _around(told: Sequence[Episode], at: int) -> tuple[str, ...]:
    """What a finding came of: a lift that has just trapped somebody is broken still."""
    names = _names(_over(told, at, at))
    broken = any(one.truth is Truth.ENTRAPMENT and one.ended <= at <= one.ended + REPAIRED for one in told)
    return (BROKEN,) if names == (UNEXPLAINED,) and broken else names


def _names(episodes: Iterable[Episode]) -> tuple[str, ...]:
    names = [name for one in episodes for name in (one.cause, *one.noises)]
    return tuple(dict.fromkeys(names)) or (UNEXPLAINED,)
