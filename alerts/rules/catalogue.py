"""All rules, `silence` behind those that it asks for; a new rule is one file here and one line in this table."""

from alerts.rules import (
    alarm_pressed,
    caller,
    chain_open,
    controller_says,
    danger_occupied,
    door_wont_open,
    long_stay,
    no_progress,
    outside_zone,
    power_lost,
    silence,
)
from alerts.rules.base import Rule, TimedRule

RULES: tuple[Rule, ...] = (
    outside_zone.RULE,
    door_wont_open.RULE,
    power_lost.RULE,
    chain_open.RULE,
    controller_says.RULE,
    alarm_pressed.RULE,
    danger_occupied.RULE,
    no_progress.RULE,
    long_stay.RULE,
    silence.RULE,
    caller.RULE,
)
EVERY_CLASS: tuple[Rule, ...] = tuple(rule for rule in RULES if rule.every_class)
TIMED: tuple[TimedRule, ...] = tuple(rule for rule in RULES if isinstance(rule, TimedRule))
IDS: frozenset[str] = frozenset(rule.id for rule in RULES)
