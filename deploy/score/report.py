"""The documents of a score: the JSON, and the tables as Markdown between two marks of docs/score.md. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from deploy.score.plan import Plan
from deploy.score.tables import Table, shown, tables
from deploy.score.tally import Tally, figures
from deploy.score.work import Effort

BEGIN, END = "<!-- score: begin -->", "<!-- score: end -->"
_TOLD = 20  # of what went wrong, in the report


def document(
    plan: Plan, names: Sequence[str], tallies: Sequence[Tally], effort: Effort, machine: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that was found."""
    return {
        "plan": asdict(plan),
        "lift_days": round(effort.lift_days, 6),
        "policies": {
            name: figures(tally.in_order(), effort.lift_days) for name, tally in zip(names, tallies, strict=True)
        },
        "speed": speed(effort),
        "machine": dict(machine),
    }


def speed(effort: Effort) -> dict[str, Any]:
    """How fast it was, by processor time of one core."""
    whole = effort.making_s + effort.reading_s + effort.deciding_s + effort.judging_s
    per_sample = 1e6 / effort.samples if effort.samples else 0.0
    return {
        "messages": effort.messages, "samples": effort.samples, "duplicates": effort.duplicates,
        "unreadable": effort.unreadable, "core_s": round(whole, 2),
        "lift_days_per_core_minute": round(effort.lift_days * 60 / whole, 1) if whole else None,
        "making_us_per_sample": round(effort.making_s * per_sample, 2),
        "reading_us_per_sample": round(effort.reading_s * per_sample, 2),
        "deciding_us_per_sample": round(effort.deciding_s * per_sample, 2),
        "judging_us_per_sample": round(effort.judging_s * per_sample, 2),
    }  # fmt: skip


def all_tables(found: Mapping[str, Any]) -> list[Table]:
    """The tables of a document."""
    policies = found["policies"]
    return tables(list(policies), list(policies.values()))


def wrong(found: Mapping[str, Any]) -> list[str]:
    """What must not be, by the first policy: one paragraph each, with what was heard."""
    one = next(iter(found["policies"].values()))
    told = [
        [
            _what(f"{miss['outcome']}: {miss['cause']} on {miss['lift_id']}", miss["noises"]),
            miss["story"], *miss["evidence"],
        ]
        for miss in one["missed"]
    ]  # fmt: skip
    told += [
        [
            _what(f"late by {late['late_s']:.1f} s: {late['cause']} on {late['lift_id']}", late["noises"]),
            late["story"], *late["evidence"],
        ]
        for late in one["late"]
    ]  # fmt: skip
    told += [
        [
            _what(f"false: {false['reason']} ({', '.join(false['causes'])}) on {false['lift_id']}", false["during"]),
            *false["stories"], *false["evidence"],
        ]
        for false in one["false"]
    ]  # fmt: skip
    return ["\n    ".join(line for line in lines if line) for lines in told]


def _what(text: str, during: Sequence[str]) -> str:
    return f"{text}, during {', '.join(during)}" if during else text


def _made(found: Mapping[str, Any], command: str) -> str:
    plan = found["plan"]
    return (
        f"Made by `{command}`: set `{plan['name']}`, seed {plan['seed']}, {plan['lifts']:,} lifts over"
        f" {plan['days']:g} days ({found['lift_days']:,.0f} lift-days), entrapments × {plan['trap_factor']:g},"
        f" noise × {plan['noise_factor']:g}."
    )


def _measured(machine: Mapping[str, Any], fast: Mapping[str, Any]) -> str:
    return (
        f"Machine: {machine.get('processor', '?')}, {machine.get('cores', '?')} cores, Python"
        f" {machine.get('python', '?')}; {fast['lift_days_per_core_minute'] or 0:,.0f} lift-days a minute and core;"
        f" of each of {fast['samples']:,} samples {fast['making_us_per_sample']:.1f} µs to make,"
        f" {fast['reading_us_per_sample']:.1f} µs to read, {fast['deciding_us_per_sample']:.1f} µs to decide."
    )


def markdown(found: Mapping[str, Any], command: str) -> str:
    """The part of docs/score.md that the command writes."""
    lines = [BEGIN, "", _made(found, command), "", _measured(found["machine"], found["speed"]), ""]
    for table in all_tables(found):
        if table.rows:
            lines += [f"### {table.title}", "", *markdown_table(table), ""]
    problems = wrong(found)
    lines += ["### What went wrong", ""]
    if not problems:
        lines += ["Nothing: no entrapment was missed or late, no confirmed rescue was false.", ""]
    for problem in problems[:_TOLD]:
        lines += ["```", *problem.splitlines(), "```", ""]
    if len(problems) > _TOLD:
        lines += [f"… and {len(problems) - _TOLD} more, in the JSON.", ""]
    return "\n".join([*lines, END])


def markdown_table(table: Table) -> list[str]:
    """A table as Markdown."""
    rule = "|".join(["---", *("--:" for _ in table.head[1:])])
    rows = [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in table.rows]
    return [f"| {' | '.join(table.head)} |", f"|{rule}|", *rows]


def _cell(text: str) -> str:
    """What hangs under the line above is marked: Markdown drops the spaces."""
    said = text.replace("|", "/").strip()
    return f"… {said}" if text.startswith(" ") else said


def failures(found: Mapping[str, Any], *, late_s: float) -> list[str]:
    """Why the first policy does not pass the gate; nothing: it does."""
    one = next(iter(found["policies"].values()))
    trapped, sure, late = one["entrapments"], one["confirmed"], one["delay"]["late_p99_s"]
    missed = trapped["judged"] - trapped["found"]
    said = []
    if not trapped["judged"]:
        said.append("there was no entrapment to find: the truth is broken")
    if missed:
        said.append(f"{missed} of {trapped['judged']} entrapments were not found as they had to be")
    if sure["false"]:
        said.append(f"{sure['false']} of {sure['rescues']} confirmed rescues were false")
    if late is not None and late > late_s:
        said.append(f"p99 of the time beyond the contract's is {shown(late, '.2f')} s, more than {late_s:g} s")
    return said
