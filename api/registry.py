"""Writing the registry of lifts, one or many: every error at once, nothing half done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from api.forms import LiftFields, LiftForm
from api.objects import Row
from api.problems import ProblemError, Wrong
from api.reads import rows, run
from api.sheets import refuse
from elevator.db import Connection

REQUIRED = ("lift_id", "rescue_code", "name")
COLUMNS = ("lift_id", *LiftFields.model_fields)
_STORED = (
    "lift_id", "rescue_code", "name", "lift_class", "address", "building", "district", "feeder", "gateway", "lat",
    "lon", "firm_id", "model", "rated_speed", "load_rated", "floors", "commissioned_on", "drill",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Entry:
    """One lift that is to be written: where it stands in its file, and what of it was said."""

    form: LiftForm
    said: frozenset[str]  # fields that the file has; the others of a known lift stay as they are
    line: int | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What was written."""

    inserted: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


FIRM_WRITES = frozenset({"load_rated", "commissioned_on"})
"""What the contracted firm may change of its lifts: nothing that a rescue is decided or sent by, or a visit judged.

Crews find a lift by its name and address, and its rated speed says when it is too fast (`alerts.dangers`).
"""


async def save(
    tx: Connection, entries: Sequence[Entry], *, now: datetime, create: bool | None = None, own: str | None = None
) -> Outcome:
    """Write lifts, new and changed; codes may be exchanged between lifts of one call.

    Args:
        tx: a connection inside a transaction.
        entries: parsed and checked, each lift once.
        now: the present.
        create: True: a lift that is registered already is refused.
        own: the firm that writes: its own lifts, and of them what `FIRM_WRITES` says; None: the desk.

    Raises:
        ProblemError: with every error; nothing was changed.
    """
    ids = [entry.form.lift_id for entry in entries]
    if own is not None:
        await _owned(tx, entries, ids, own)
    await run(tx, "lock_lift_states", lift_ids=ids)
    known = {one["lift_id"]: one for one in await rows(tx, "lifts_for_update", lift_ids=ids)}
    firms, errors = await _firms(tx, entries, own)
    if own is not None and (forbidden := _forbidden(entries, known, firms)):
        raise refuse(forbidden)
    if create and (there := known.get(ids[0])) and there["registered"]:
        wrong = Wrong(field="body.lift_id", message="registered already", expected="PUT /lifts/{lift_id} to change it")
        raise ProblemError(409, f"lift {ids[0]} is registered already", errors=[wrong])
    errors += await _taken(tx, entries, ids)
    if errors:
        raise (
            refuse(errors)
            if entries[0].line is not None
            else ProblemError(409 if errors[0].field == "body.rescue_code" else 422, errors[0].message, errors=errors)
        )
    outcome, written = Outcome(), []
    for entry in entries:
        before = known.get(entry.form.lift_id)
        after = _row(entry, before, firms)
        if before is None or not before["registered"]:
            outcome.inserted.append(entry.form.lift_id)
        elif all(before[name] == after[name] for name in _STORED):
            outcome.unchanged.append(entry.form.lift_id)
            continue
        else:
            outcome.updated.append(entry.form.lift_id)
        written.append(after)
    if written:
        changed = [one["lift_id"] for one in written]
        exchanging = [
            one["lift_id"] for one in written
            if one["lift_id"] in known and known[one["lift_id"]]["rescue_code"] != one["rescue_code"]
        ]  # fmt: skip
        await run(tx, "free_codes", lift_ids=exchanging)
        plain = [
            one | {"commissioned_on": one["commissioned_on"] and one["commissioned_on"].isoformat()} for one in written
        ]
        await run(tx, "save_lifts", rows=Jsonb(plain), now=now)
        await run(tx, "show_lifts", lift_ids=changed)
    return outcome


def _row(entry: Entry, before: Row | None, firms: Mapping[str, str]) -> dict[str, Any]:
    """The row after the change: what was said, and for the rest what there was."""
    said = entry.form.model_dump()
    firm = said.pop("firm")
    said["firm_id"] = firms[firm] if firm is not None else None
    said["lift_class"] = str(said["lift_class"])
    spoken = {"firm_id" if name == "firm" else name for name in entry.said}
    if before is None or not before["registered"]:
        return {name: said[name] for name in _STORED}
    return {name: said[name] if name in spoken else before[name] for name in _STORED}


async def _owned(tx: Connection, entries: Sequence[Entry], ids: Sequence[str], own: str) -> None:
    """Refuse a firm's file that names other lifts than its own, before anything is held."""
    found = {one["lift_id"] for one in await rows(tx, "lifts_of_firm", lift_ids=list(ids), firm_id=own)}
    errors = [
        _about(entry, "lift_id", "your firm has no such lift", "a lift that is contracted to your firm")
        for entry in entries
        if entry.form.lift_id not in found
    ]
    if errors:
        raise refuse(errors)


def _forbidden(entries: Sequence[Entry], known: Mapping[str, Row], firms: Mapping[str, str]) -> list[Wrong]:
    """What a firm's file would change and only the desk may."""
    errors = []
    for entry in entries:
        before = known[entry.form.lift_id]
        after = _row(entry, before, firms)
        errors += [
            _about(entry, column, "only the desk changes this", f"{before[name]}" if before[name] else "nothing")
            for name in _STORED
            if before[name] != after[name] and (column := "firm" if name == "firm_id" else name) not in FIRM_WRITES
        ]
    return errors


async def _firms(tx: Connection, entries: Sequence[Entry], own: str | None) -> tuple[dict[str, str], list[Wrong]]:
    """The ids of the firms that entries name, by id or by name; a firm knows only itself."""
    if own is not None:
        (firm,) = await rows(tx, "firms_named", names=[own])
        others = {entry.form.firm: "" for entry in entries if entry.form.firm is not None}
        return others | {firm["id"]: own, firm["name"]: own}, []
    named = sorted({entry.form.firm for entry in entries if entry.form.firm is not None})
    found: dict[str, str] = {}
    if named:
        stored = await rows(tx, "firms_named", names=named)
        found = {one["name"]: one["id"] for one in stored} | {one["id"]: one["id"] for one in stored}
    errors = [
        _about(entry, "firm", f"there is no firm {entry.form.firm}", "the id or name of a firm")
        for entry in entries
        if entry.form.firm is not None and entry.form.firm not in found
    ]
    return found, errors


async def _taken(tx: Connection, entries: Sequence[Entry], ids: Sequence[str]) -> list[Wrong]:
    codes = {entry.form.rescue_code: entry for entry in entries}
    return [
        _about(codes[one["rescue_code"]], "rescue_code",
               f"{one['rescue_code']} is the code of lift {one['lift_id']}", "a code that no other lift has")
        for one in await rows(tx, "codes_taken", codes=list(codes), lift_ids=list(ids))
    ]  # fmt: skip


def _about(entry: Entry, column: str, message: str, expected: str) -> Wrong:
    if entry.line is None:
        return Wrong(field=f"body.{column}", message=message, expected=expected)
    return Wrong(field=column, message=message, expected=expected, line=entry.line, column=column)
