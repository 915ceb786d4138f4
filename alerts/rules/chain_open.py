"""`chain_open`: the safety chain is open and the car stands outside the zone with someone inside."""

from alerts.rules.base import TimedRule
from alerts.situation import Situation
from elevator.model import SafetyChain

_CODES = frozenset({"safety_chain_open"})


def condition(situation: Situation) -> bool:
    """Chain open or its code active; stopped outside the zone, door in any position."""
    sample = situation.sample
    is_open = bool(sample and sample.safety_chain is SafetyChain.OPEN) or situation.has(_CODES)
    outside = situation.zone is False or (situation.zone is None and situation.has(_CODES))
    return is_open and not situation.moving and outside


RULE = TimedRule(id="chain_open", condition=condition, empty_code="safety_chain_open")
