"""The tables of a score of visits, for the terminal and for its page. Pure."""

from collections.abc import Mapping
from typing import Any

from deploy.score.report import markdown_table
from deploy.score.tables import Table, shown

BEGIN, END = "<!-- score-visits: begin -->", "<!-- score-visits: end -->"
_WORDS = {
    "all_ghosts": "ghost visits, all",
    "ghosts_heard": "… whose lift was heard",
    "ghosts_without_insiders": "… without insiders, heard or not",
    "all_honest": "honest visits, all",
}


def tables(found: Mapping[str, Any]) -> list[Table]:
    """All tables of a document."""
    return [
        Table(
            title="Separation",
            head=("visits", "number", "doubtful", "%", "95 % bound, %"),
            rows=[_line(words, found[name]) for name, words in _WORDS.items()],
        ),
        _kinds("Ghost visits by kind", found["ghosts"], "at least, %"),
        _kinds("Honest visits by kind", found["honest"], "at most, %"),
    ]


def _line(words: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    bound = one.get("at_least", one.get("at_most"))
    sign = "≥ " if "at_least" in one else "≤ "
    return (words, f"{one['number']:,d}", f"{one['doubtful']:,d}", _percent(one["share"]), f"{sign}{_percent(bound)}")


def _kinds(title: str, kinds: Mapping[str, Any], bound: str) -> Table:
    head = ("kind", "number", "supported", "open", "unknown", "doubtful", "doubtful, %", bound)
    return Table(
        title=title, head=head,
        rows=[
            (
                kind, *(f"{one[name]:,d}" for name in ("number", "supported", "open", "unknown", "doubtful")),
                _percent(one["share"]), _percent(one.get("at_least", one.get("at_most"))),
            )
            for kind, one in kinds.items()
        ],
    )  # fmt: skip


def _percent(share: float | None) -> str:
    return shown(None if share is None else share * 100, ".1f")


def markdown(found: Mapping[str, Any], command: str) -> str:
    """The part of a page that the command writes."""
    plan = found["plan"]
    made = f"Made by `{command}`: set `{plan['name']}`, seed {plan['seed']}, {plan['firms']} firms"
    lines = [BEGIN, "", f"{made}, thresholds `{found['thresholds']}`.", ""]
    for table in tables(found):
        lines += [f"### {table.title}", "", *markdown_table(table), ""]
    return "\n".join([*lines, END])


def failures(found: Mapping[str, Any]) -> list[str]:
    """Why a set does not reach the goal: 95 % of the ghosts that can be heard, at most 2 % of the honest."""
    said = []
    if (ghosts := found["ghosts_heard"]["share"]) is None or ghosts < _GHOSTS:
        said.append(f"{_percent(ghosts)} % of the ghost visits on lifts that were heard are doubtful, not 95 %")
    if (honest := found["all_honest"]["share"]) is None or honest > _HONEST:
        said.append(f"{_percent(honest)} % of the honest visits are doubtful, more than 2 %")
    return said


_GHOSTS, _HONEST = 0.95, 0.02
