"""The figures of a score as tables: for the terminal, and for the report. Pure.

With two documents the first is what is, the second what it is compared with, side by side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Some lines under a head; the first column is text."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


def tables(names: Sequence[str], figures: Sequence[Figures]) -> list[Table]:
    """All tables of one or two policies."""
    return [
        Table(title="Score", head=("figure", *names), rows=_headline(figures)),
        _side_by_side("Entrapments by what could be known of them", names, figures, "by_evidence", _CAUSE),
        _side_by_side("Entrapments by cause", names, figures, "by_cause", _CAUSE),
        _side_by_side("Noise", names, figures, "by_noise", _NOISE),
        *(_counted(one, names, figures, section) for one, section in _COUNTED.items()),
        _side_by_side("Harm without entrapment", names, figures, "harms", _HARM),
        _side_by_side("Dangers, faults, silent lifts", names, figures, "findings", _FINDING),
    ]


def _headline(figures: Sequence[Figures]) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    for title, section, name, form in _HEADLINE:
        lines.append((title, *(shown(one[section][name], form) for one in figures)))
    return lines


def _side_by_side(
    title: str, names: Sequence[str], figures: Sequence[Figures], section: str, columns: Sequence[tuple[str, str, str]]
) -> Table:
    """A line for each name; where the policies differ a cell holds both, in the order of the title."""
    if len(names) > 1:
        title = f"{title} ({' / '.join(names)})"
    rows = []
    for key in dict.fromkeys(key for one in figures for key in one[section]):
        cells = [[shown(one[section].get(key, {}).get(name), form) for one in figures] for _, name, form in columns]
        rows.append((key, *(" / ".join(cell if len(set(cell)) > 1 else cell[:1]) for cell in cells)))
    head = (section.removeprefix("by_").removesuffix("s"), *(column for column, _, _ in columns))
    return Table(title=title, head=head, rows=rows)


def _counted(title: str, names: Sequence[str], figures: Sequence[Figures], section: str) -> Table:
    """What was counted under a name that tells enough; where that is counted again by what went on then, that too."""
    rows = []
    for key in dict.fromkeys(key for one in figures for key in one[section]):
        cells = [_said(one[section].get(key, 0)) for one in figures]
        rows.append((key, *cells))
    return Table(title=title, head=("what", *names), rows=rows)


def _said(count: int | Mapping[str, int]) -> str:
    if isinstance(count, int):
        return f"{count:,d}"
    return ", ".join(f"{name} {number:,d}" for name, number in count.items())


def shown(value: Any, form: str) -> str:
    """A figure as people read it; what does not exist is a dash."""
    return "–" if value is None else format(value, form)


_COUNTED = {
    "Suspicions with nobody trapped, by what went on then": "in_vain",
    "Confirmed rescues of nobody that the contract asks for": "owed",
    "Trapped where nothing told of it": "hidden",
}
_HEADLINE = (
    ("entrapments that had to be found", "entrapments", "judged", ",d"),
    ("found", "entrapments", "found", ",d"),
    ("missed", "entrapments", "missed", ",d"),
    ("a rule had to be sure, and a person was only asked", "entrapments", "only asked", ",d"),
    ("and it was only suspected", "entrapments", "only suspected", ",d"),
    ("recall", "entrapments", "recall", ".5f"),
    ("  at least, with 95 % confidence", "entrapments", "recall_least_95", ".5f"),
    ("counted neither way: over before the contract's time", "entrapments", "brief", ",d"),
    ("  nothing that the lift told showed it", "entrapments", "hidden", ",d"),
    ("  of both kinds, and found nevertheless", "entrapments", "found_beside", ",d"),
    ("found of all that were trapped", "entrapments", "share_of_all", ".4f"),
    ("confirmed rescues", "confirmed", "rescues", ",d"),
    ("false ones", "confirmed", "false", ",d"),
    ("of nobody, and yet owed by the contract", "confirmed", "owed", ",d"),
    ("precision", "confirmed", "precision", ".5f"),
    ("false confirmed rescues per 10 000 lift-days", "confirmed", "false_per_10000", ".2f"),
    ("  at most, with 95 % confidence", "confirmed", "false_per_10000_most_95", ".2f"),
    ("suspicions", "suspicions", "all", ",d"),
    ("  that a rule confirmed", "suspicions", "confirmed", ",d"),
    ("  that cleared themselves", "suspicions", "cleared", ",d"),
    ("    per 10 000 lift-days", "suspicions", "cleared_per_10000", ".2f"),
    ("    of them with somebody trapped", "suspicions", "cleared_real", ",d"),
    ("  that waited for a person", "suspicions", "asked", ",d"),
    ("    of them with somebody trapped", "suspicions", "asked_real", ",d"),
    ("    in vain, per 10 000 lift-days", "suspicions", "asked_in_vain_per_10000", ".2f"),
    ("delay from known to found: median, s", "delay", "median_s", ".1f"),
    ("  p99, s", "delay", "p99_s", ".1f"),
    ("  longest, s", "delay", "max_s", ".1f"),
    ("beyond the contract's time: p99, s", "delay", "late_p99_s", ".2f"),
    ("  longest, s", "delay", "late_max_s", ".2f"),
)
_CAUSE = (
    ("judged", "entrapments", ",d"), ("brief", "brief", ",d"), ("hidden", "hidden", ",d"),
    ("missed", "missed", ",d"), ("recall", "recall", ".4f"),
    ("median s", "median_s", ".1f"), ("p99 s", "p99_s", ".1f"), ("max s", "max_s", ".1f"),
    ("late p99 s", "late_p99_s", ".2f"),
)  # fmt: skip
_NOISE = (
    ("episodes", "episodes", ",d"), ("false", "false", ",d"), ("cleared", "cleared", ",d"), ("asked", "asked", ",d"),
    ("entrapments under it", "entrapments", ",d"), ("missed", "missed", ",d"), ("median s", "median_s", ".1f"),
    ("p99 s", "p99_s", ".1f"), ("late p99 s", "late_p99_s", ".2f"),
)  # fmt: skip
_HARM = (("harms", "harms", ",d"), ("found", "found", ",d"), ("median s", "median_s", ".1f"), ("max s", "max_s", ".1f"))
_FINDING = (("all", "all", ",d"), ("per 10 000", "per_10000", ".1f"), ("out of nothing", "unexplained", ",d"))
