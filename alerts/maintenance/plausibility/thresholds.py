"""The thresholds of plausibility, read from the versioned file beside this module; each number has its reason. Pure."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

NEWEST = "thresholds-1"
LIMITS = (
    "doubtful", "supported", "slack_s", "heard_share", "inspection_s", "inspection_short_s", "off_mains_s",
    "chain_open_s", "stops_between", "held_open", "item_short_s", "item_quick_s",
    "near_m", "far_m", "very_far_m", "alike_bits", "same_place_m", "overlap_s", "speed_kmh",
)  # fmt: skip
POINTS = (
    "inspection", "inspection_short", "inspection_missing", "between", "power_off", "chain", "held",
    "no_trace", "no_door", "no_run", "time_short", "time_quick", "time_fits", "near", "far", "very_far", "photo_again",
    "photo_alike", "elsewhere", "too_fast", "drawn_again", "officer_drawn_again",
)  # fmt: skip
NEEDS = ("inspection", "doors", "chain", "runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """One version."""

    name: str
    limits: Mapping[str, float]
    points: Mapping[str, float]
    needs: Mapping[str, str]  # by item code, what telemetry must show


@functools.cache
def newest() -> Thresholds:
    """The version that visits are judged by now."""
    text = files("alerts.maintenance.plausibility").joinpath(f"{NEWEST}.toml").read_text(encoding="utf-8")
    return parse(text, NEWEST)


def parse(text: str, name: str) -> Thresholds:
    """Read a file of thresholds.

    Raises:
        ValueError: a number or its reason is missing, is unknown, or an item stands twice.
    """
    document = tomllib.loads(text)
    if name != f"thresholds-{document.get('version')}":
        raise ValueError(f"{name} says it is version {document.get('version')}")
    needs: dict[str, str] = {}
    for check in document["check"]:
        if check["needs"] not in NEEDS or not check["why"]:
            raise ValueError(f"a check needs one of {', '.join(NEEDS)} and says why, not {check}")
        for code in check["items"]:
            if code in needs:
                raise ValueError(f"item {code} stands twice")
            needs[code] = check["needs"]
    return Thresholds(
        name=name, limits=_numbers(document["limits"], LIMITS), points=_numbers(document["points"], POINTS), needs=needs
    )


def _numbers(table: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, float]:
    if set(table) != set(names):
        raise ValueError(f"missing or unknown: {', '.join(sorted(set(table) ^ set(names)))}")
    for name, entry in table.items():
        if not isinstance(entry.get("value"), int | float) or not entry.get("why"):
            raise ValueError(f"{name} has a value and says why, not {entry}")
    return {name: float(entry["value"]) for name, entry in table.items()}
