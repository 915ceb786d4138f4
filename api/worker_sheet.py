"""A file of people and their certificates, a line for each certificate: checked whole, written whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from alerts.store import new_id
from api import sheets
from api.lift_csv import truth
from api.problems import Wrong, wrong_of
from api.reads import rows, run
from api.registry import Outcome
from api.sheets import Table, refuse
from api.work_forms import WorkerForm
from elevator.db import Connection

COLUMNS = ("id", "name", "phone", "active", "firm", "certificate_kind", "certificate_number", "valid_until")
REQUIRED = ("name",)
_OF = {"kind": "certificate_kind", "number": "certificate_number", "valid_until": "valid_until"}


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody of a file, made of one or more lines."""

    line: int
    id: str | None
    form: WorkerForm
    said: frozenset[str]
    certificates: dict[tuple[str, str], date] = field(default_factory=dict)


def people(table: Table, firm: Mapping[str, str]) -> list[Person]:
    """The people of a file.

    Args:
        table: as it was read.
        firm: whose they are: `id` and `name`; the column `firm` may say it, nothing else.

    Raises:
        ProblemError: 422 with every error, by line and column.
    """
    if wrong := sheets.check_header(table.header, COLUMNS, REQUIRED):
        raise refuse(wrong)
    errors = list(table.errors)
    found: dict[tuple[str | None, ...], Person] = {}
    for line, cells in table.lines:
        values = {name: cell for name, cell in zip(table.header, cells, strict=True) if cell}
        if values.pop("firm", firm["id"]) not in set(firm.values()):
            errors.append(_wrong(line, "firm", "these are people of another firm", firm["name"]))
        worker_id = values.pop("id", None)
        form = _form(values, line, errors)
        if form is None:
            continue
        key = (worker_id,) if worker_id else (None, form.name, form.phone)
        person = found.setdefault(key, Person(line=line, id=worker_id, form=form, said=frozenset(table.header)))
        if (form.name, form.phone, form.active) != (person.form.name, person.form.phone, person.form.active):
            errors.append(_wrong(line, "name", f"the same person reads otherwise in line {person.line}", "the same"))
        for one in form.certificates:
            if (one.kind, one.number) in person.certificates:
                errors.append(_wrong(line, "certificate_number", "this certificate stands twice", "each once"))
            person.certificates[one.kind, one.number] = one.valid_until
    if not found and not errors:
        expected = "a header and a line for each certificate"
        errors.append(Wrong(field="file", message="there is nobody in it", expected=expected))
    if errors:
        raise refuse(errors)
    return list(found.values())


def _form(values: dict[str, str], line: int, errors: list[Wrong]) -> WorkerForm | None:
    certificate = {name: values.pop(column) for name, column in _OF.items() if column in values}
    given: dict[str, Any] = dict(values)
    if "active" in given:
        given["active"] = truth(given["active"])
    if certificate:
        given["certificates"] = [certificate]
    try:
        return WorkerForm.model_validate(given)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            told = wrong_of(one)
            last = told.field.split(".")[-1]
            column = _OF.get(last, last) if told.field.startswith("certificates") else told.field.split(".")[0]
            errors.append(_wrong(line, column, told.message, told.expected))
        return None


def _wrong(line: int, column: str, message: str, expected: str | None) -> Wrong:
    return Wrong(field=column, message=message, expected=expected, line=line, column=column)


async def save(tx: Connection, found: Sequence[Person], firm_id: str, *, now: datetime) -> Outcome:
    """Write people: by id, else by name and telephone; who is not in the file stays, and so do other certificates.

    Raises:
        ProblemError: with every error; nothing was changed.
    """
    await run(tx, "hold_firm", firm_id=firm_id)
    known = await rows(tx, "workers_of_firm", firm_id=firm_id)
    outcome, errors = Outcome(), list[Wrong]()
    taken: dict[str, int] = {}
    for person in found:
        before, wrong = _known(person, known)
        if wrong is not None:
            errors.append(wrong)
            continue
        worker_id = before["id"] if before else new_id()
        if worker_id in taken:
            message = f"this is the person of line {taken[worker_id]}"
            errors.append(_wrong(person.line, "id", message, "each person once"))
            continue
        taken[worker_id] = person.line
        await _write(tx, person, before, worker_id, firm_id, outcome, now)
    if errors:
        raise refuse(errors)
    return outcome


def _known(person: Person, known: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any] | None, Wrong | None]:
    """Who it is of those the firm has."""
    if person.id is not None:
        one = next((one for one in known if one["id"] == person.id), None)
        wrong = _wrong(person.line, "id", "nobody of this firm has this id", "an id of the export, or none")
        return one, None if one else wrong
    same = [
        one for one in known
        if one["name"] == person.form.name and ("phone" not in person.said or one["phone"] == person.form.phone)
    ]  # fmt: skip
    if len(same) > 1:
        return None, _wrong(person.line, "id", f"{len(same)} people of this firm are called so", "the id of the one")
    return (same[0] if same else None), None


async def _write(
    tx: Connection,
    person: Person,
    before: Mapping[str, Any] | None,
    worker_id: str,
    firm_id: str,
    outcome: Outcome,
    now: datetime,
) -> None:
    after = {name: getattr(person.form, name) for name in ("name", "phone", "active")}
    if before is not None:
        after |= {name: before[name] for name in after if name not in person.said}
        held = {(kind, number): ends for kind, number, ends in before["certificates"]}
        new = {key: ends for key, ends in person.certificates.items() if held.get(key) != ends.isoformat()}
        if not new and all(before[name] == value for name, value in after.items()):
            outcome.unchanged.append(worker_id)
            return
        outcome.updated.append(worker_id)
    else:
        outcome.inserted.append(worker_id)
    await run(tx, "save_worker", id=worker_id, firm_id=firm_id, now=now, **after)
    await run(
        tx, "save_certificates", worker_id=worker_id, kinds=[kind for kind, _ in person.certificates],
        numbers=[number for _, number in person.certificates], ends=list(person.certificates.values()),
    )  # fmt: skip
