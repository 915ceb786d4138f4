"""What all trials say together: the JSON document and the lines of the tables. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from deploy.bench.figures import Mode, Summary, Trial, latency, summary

LOADS = {"idle": Mode.IDLE, "half": Mode.HALF, "full": Mode.LIVE, "drain": Mode.DRAIN}
METHOD = (
    "Contenders take turns within a round on one machine; figures are medians over the rounds, ratios are medians of"
    " the rounds' own ratios. drain: a queue was filled before the worker came; live (full): messages come as fast as"
    " the broker takes them; half: at half of the live rate. Rate: from the first row seen to the count that finds all."
    " CPU between the same two moments. alarm_ms: from the device's publish to the platform's ack after the commit."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Which contender is which."""

    reference: str
    ours: Mapping[str, str]  # transport → contender, the default first


def document(
    trials: Sequence[Trial], names: Names, lifts: int, machine: Mapping[str, Any], generator: Mapping[str, float]
) -> dict[str, Any]:
    """The whole result; what was not measured is null or absent."""
    transports = {name: _of_ours(trials, who, names.reference, lifts) for name, who in names.ours.items()}
    transports = {name: found for name, found in transports.items() if found}
    default = transports.get(next(iter(names.ours)), next(iter(transports.values()), {}))
    reference = _figures(trials, names.reference, Mode.DRAIN, lifts, None) or _figures(
        trials, names.reference, Mode.LIVE, lifts, None
    )
    blank = dict.fromkeys(
        ("messages_per_s", "ratio_to_reference", "worker_cpu_us_per_message", "peak_rss_mb", "bytes_per_row")
    )
    head = {**blank, **{name: value for name, value in default.items() if name in blank}}
    return {
        **head,
        "reference_messages_per_s": reference.get("messages_per_s"),
        "alarm_ms": default.get("alarm_ms", {}),
        "transports": transports,
        "fleets": _fleets(trials, names),
        "contenders": {
            who: {mode: found for mode in Mode if (found := _figures(trials, who, mode, lifts, names.reference))}
            for who in _order(trial.contender for trial in trials)
        },
        "generator": dict(generator),
        "lifts": lifts,
        "machine": dict(machine),
        "method": METHOD,
        "trials": [asdict(trial) | {"presses_ms": len(trial.presses_ms)} for trial in trials],
    }


def _of_ours(trials: Sequence[Trial], who: str, reference: str, lifts: int) -> dict[str, Any]:
    """One transport: the figures of draining (else of live), each mode's, and the alarms under each load."""
    by_mode: dict[str, Any] = {}
    for mode in (Mode.DRAIN, Mode.LIVE):
        if figures := _figures(trials, who, mode, lifts, reference):
            by_mode[mode] = figures
    alarms = {
        load: asdict(heard) for load, mode in LOADS.items() if (heard := latency(_some(trials, who, mode, lifts)))
    }
    if not by_mode and not alarms:
        return {}
    return {**next(iter(by_mode.values()), {}), **by_mode, "alarm_ms": alarms}


def _fleets(trials: Sequence[Trial], names: Names) -> dict[str, Any]:
    """By size of the fleet, then by transport."""
    found: dict[str, Any] = {}
    for lifts in sorted({trial.lifts for trial in trials}):
        for transport, who in names.ours.items():
            if figures := _of_ours(trials, who, names.reference, lifts):
                found.setdefault(str(lifts), {})[transport] = figures
    return found


def _figures(trials: Sequence[Trial], who: str, mode: Mode, lifts: int, reference: str | None) -> dict[str, Any]:
    mine = [trial for trial in _some(trials, who, mode, lifts) if trial.messages]
    if not mine:
        return {}
    return _named(summary(mine, _some(trials, reference, mode, lifts) if reference else []))


def _named(one: Summary) -> dict[str, Any]:
    return {
        "messages_per_s": round(one.rate, 1),
        "lowest_messages_per_s": round(one.rate_low, 1),
        "highest_messages_per_s": round(one.rate_high, 1),
        "ratio_to_reference": None if one.ratio is None else round(one.ratio, 4),
        "worker_cpu_us_per_message": round(one.worker_us, 2),
        "database_cpu_us_per_message": round(one.database_us, 2),
        "broker_cpu_us_per_message": round(one.broker_us, 2),
        "peak_rss_mb": round(one.rss_mb, 1),
        "bytes_per_row": round(one.row_bytes, 1),
        "rounds": one.trials,
        "messages": one.messages,
    }


def _some(trials: Sequence[Trial], who: str | None, mode: Mode, lifts: int) -> list[Trial]:
    return [trial for trial in trials if (trial.contender, trial.mode, trial.lifts) == (who, mode, lifts)]


def _order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


RATE_COLUMNS = {
    "messages/s": ("messages_per_s", ",.0f"),
    "lowest": ("lowest_messages_per_s", ",.0f"),
    "highest": ("highest_messages_per_s", ",.0f"),
    "× ref.": ("ratio_to_reference", ".3f"),
    "worker µs": ("worker_cpu_us_per_message", ".1f"),
    "database µs": ("database_cpu_us_per_message", ".1f"),
    "broker µs": ("broker_cpu_us_per_message", ".1f"),
    "worker MB": ("peak_rss_mb", ".0f"),
    "bytes/row": ("bytes_per_row", ".0f"),
}
RATE_HEAD = ("contender", "mode", "lifts", *RATE_COLUMNS)
ALARM_HEAD = ("contender", "load", "presses", "unanswered", "p50 ms", "p99 ms", "max ms")


def rate_rows(trials: Sequence[Trial], reference: str) -> list[tuple[str, ...]]:
    """Lines of the table of rates and costs; times are per message."""
    rows: list[tuple[str, ...]] = []
    for who, mode, lifts in dict.fromkeys((trial.contender, trial.mode, trial.lifts) for trial in trials):
        if one := _figures(trials, who, mode, lifts, reference):
            cells = ("" if one[name] is None else format(one[name], form) for name, form in RATE_COLUMNS.values())
            rows.append((who, str(mode), f"{lifts:,}", *cells))
    return rows


def alarm_rows(trials: Sequence[Trial], lifts: int) -> list[tuple[str, ...]]:
    """Lines of the table of alarms."""
    rows = []
    for who in _order(trial.contender for trial in trials):
        for load, mode in LOADS.items():
            if found := latency(_some(trials, who, mode, lifts)):
                times = (f"{ms:,.1f}" for ms in (found.p50, found.p99, found.max))
                rows.append((who, load, str(found.presses), str(found.unanswered), *times))
    return rows
