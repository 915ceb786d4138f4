"""One piece of the work, as one process does it: lives made, taken in, lived through under each policy, judged.

The three stages of a life are carried out one after the other, so that the processor time of each can be told: making
the messages (`simulators.truth`), reading them (`intake`), deciding (`virtual`).
"""

import gc
import time
from dataclasses import dataclass, field

from alerts.policy import Policy
from deploy.score import intake, virtual
from deploy.score.evidence import lines
from deploy.score.incidents import Incident
from deploy.score.intake import Taken
from deploy.score.judge import Outcome, Verdict, judge
from deploy.score.lives import lives
from deploy.score.plan import Piece
from deploy.score.tally import LATE, Tally, key_of
from ingest.adapters import ADAPTERS
from simulators.truth.story import Life


@dataclass(slots=True, kw_only=True)
class Effort:
    """What the work was, and what it took; seconds are of processor time."""

    lift_days: float = 0
    messages: int = 0
    samples: int = 0
    duplicates: int = 0
    unreadable: int = 0
    making_s: float = 0
    reading_s: float = 0
    deciding_s: float = 0  # of the first policy
    judging_s: float = 0

    def add(self, other: "Effort") -> None:
        """Add another process's."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True, kw_only=True)
class Result:
    """What a piece brings home."""

    tallies: list[Tally]  # of each policy, in order
    effort: Effort = field(default_factory=Effort)


_DAY = 86_400_000  # ms


def live_through(piece: Piece, policies: tuple[Policy, ...]) -> Result:
    """Do one piece of work."""
    result = Result(tallies=[Tally() for _ in policies])
    gc.disable()  # nothing here makes cycles by the thousand, and whole days of samples are not worth walking through
    try:
        todo = iter(lives(piece))
        while True:
            before = time.process_time()
            life = next(todo, None)
            if life is None:
                return result
            _one(life, policies, result, before)
            gc.collect(0)
    finally:
        gc.enable()


def _one(life: Life, policies: tuple[Policy, ...], result: Result, began: float) -> None:
    effort, lift = result.effort, life.lift
    messages = list(life.messages)
    made = time.process_time()
    taken = intake.take(lift, messages, ADAPTERS)
    read = time.process_time()
    effort.making_s += made - began
    effort.reading_s += read - made
    for number, (policy, tally) in enumerate(zip(policies, result.tallies, strict=True)):
        before = time.process_time()
        incidents = virtual.live(
            taken.heard, facts=virtual.facts_of(lift), begin=life.begin, end=life.end, policy=policy,
            episodes=life.episodes, deaf=life.deaf, down=life.down,
        )  # fmt: skip
        decided = time.process_time()
        verdict = judge(lift.lift_id, life.episodes, incidents)
        tally.take(verdict)
        _keep_evidence(tally, verdict, taken, incidents)
        if number == 0:
            effort.deciding_s += decided - before
        effort.judging_s += time.process_time() - decided
    effort.lift_days += (life.end - life.begin) / _DAY
    effort.messages += taken.messages
    effort.samples += taken.samples
    effort.duplicates += taken.duplicates
    effort.unreadable += taken.unreadable


def _keep_evidence(tally: Tally, verdict: Verdict, taken: Taken, incidents: list[Incident]) -> None:
    wrong = [
        (one.lift_id, one.began) for one in verdict.entrapments
        if one.judged and (one.outcome is not Outcome.CAUGHT or (one.late_s or 0) > LATE)
    ]  # fmt: skip
    wrong += [(one.lift_id, one.opened_at) for one in verdict.rescues if one.false]
    for lift_id, at in wrong:
        tally.evidence[key_of(lift_id, at)] = lines(at, taken.heard, incidents)
