"""Which trials a benchmark is made of, and in which order. Pure.

Contenders take turns within a round, so that whatever the machine does meanwhile touches all of them alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deploy.bench.figures import Mode

FLEETS = (1_000, 10_000, 100_000)
_SLOW_SHARE = 10  # the plain loop gets one message in so many: its rate does not depend on the number


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for."""

    contenders: tuple[str, ...]
    modes: tuple[Mode, ...]
    rounds: int
    lifts: int
    backlog: int  # messages of a drain
    live: int  # messages of a live trial
    alarms: float  # presses/s
    presses: int  # of an idle trial
    half_s: float
    fleets: tuple[int, ...] = ()  # sizes to compare, after the rounds
    fleet_rounds: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One trial to come; in mode `half` the rate and the number follow from the live trial before it."""

    contender: str
    mode: Mode
    lifts: int
    round: int
    messages: int


def turns(plan: Plan, *, answers_alarms: Sequence[str], slow: Sequence[str]) -> Iterator[Turn]:
    """All trials in order.

    Args:
        plan: what is asked for.
        answers_alarms: the contenders that are tried idle and at half load too.
        slow: the contenders that get fewer messages.
    """
    for number in range(1, plan.rounds + 1):
        for mode in _in_order(plan.modes):
            for name in plan.contenders:
                if name in answers_alarms or mode in {Mode.DRAIN, Mode.LIVE}:
                    yield Turn(
                        contender=name, mode=mode, lifts=plan.lifts, round=number,
                        messages=_messages(plan, mode) // (_SLOW_SHARE if name in slow else 1),
                    )  # fmt: skip
    for number in range(1, plan.fleet_rounds + 1):
        for lifts in plan.fleets:
            for mode in (Mode.DRAIN, Mode.LIVE):
                for name in plan.contenders:
                    if name not in slow and not (lifts == plan.lifts and number <= plan.rounds and mode in plan.modes):
                        yield Turn(contender=name, mode=mode, lifts=lifts, round=number, messages=_messages(plan, mode))


def _in_order(modes: Sequence[Mode]) -> list[Mode]:
    """Half comes after live, whose rate it halves; without live there is no half to take."""
    wanted = set(modes) | ({Mode.LIVE} if Mode.HALF in modes else set())
    return [mode for mode in (Mode.IDLE, Mode.DRAIN, Mode.LIVE, Mode.HALF) if mode in wanted]


def _messages(plan: Plan, mode: Mode) -> int:
    return {Mode.DRAIN: plan.backlog, Mode.LIVE: plan.live}.get(mode, 0)
