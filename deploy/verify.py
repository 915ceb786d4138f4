"""`liftline verify`: whether records are what they were when they were sealed, of a database or of exported files."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.progress import Progress

from alerts.seals import chain, heads, proof, store
from alerts.seals.chain import Broken, Link
from alerts.seals.day import Head
from alerts.seals.kinds import SEALED
from elevator import db
from elevator.db import translated
from elevator.errors import LiftlineError
from elevator.settings import Settings

_PORTION = 200  # records looked at together


class ExportError(LiftlineError):
    """A file cannot be read as an export; the message is one sentence."""


def run(settings: Settings, files: Sequence[Path], folder: Path | None) -> int:
    """Prove files, or the database of LIFTLINE_DATABASE_URL where there are none; 1 if anything does not fit."""
    bad: list[str] = []
    known: list[Head] = []
    for one in heads.read(folder) if folder is not None else ():
        if isinstance(one, str):
            bad.append(one)
        else:
            known.append(one)
    if files:
        entries = 0
        for file in files:
            document, broken_ones = _prove(file, known)
            bad += [f"{file}: {broken}" for broken in broken_ones]
            entries += sum(len(record["entries"]) for record in document["records"])
            if not document.get("whole", True):
                print(f"{file}: only what its reader may see: a record that is left out is not seen", file=sys.stderr)
        told = f"{len(files)} file{'s' if len(files) > 1 else ''}, {entries} entries"
    else:
        told, broken = asyncio.run(_database(settings.need_database(), known))
        bad += broken
    beside = f", {len(known)} heads" if folder is not None else "; no heads given: a record made anew is not seen"
    for sentence in bad:
        print(sentence, file=sys.stderr)
    print(f"{'DOES NOT FIT' if bad else 'all of it fits'}: {told}{beside}")
    return 1 if bad else 0


def _prove(file: Path, known: Sequence[Head]) -> tuple[dict[str, Any], list[Broken]]:
    """An export, and what does not fit in it."""
    try:
        document = json.loads(file.read_bytes())
        return document, list(proof.verify(document, known))
    except OSError as error:
        raise ExportError(f"{file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportError(f"{file} is no export of records ({type(error).__name__}: {error})") from error


async def _database(url: str, known: Sequence[Head]) -> tuple[str, list[str]]:
    bad: list[str] = []
    counts: dict[str, int] = {}
    entries = 0
    with translated():
        connection = await db.connect(url, application="verify")
        async with connection:
            expected = {(head.kind, head.subject, head.n): head for head in known}
            with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
                task = progress.add_task("records", total=None)
                for kind in SEALED:
                    after, counts[kind] = "", 0
                    while subjects := await store.following(connection, kind, after, _PORTION):
                        after = subjects[-1]
                        rows = await store.chains(connection, kind, subjects)
                        bad.extend(str(broken) for broken in _chains(kind, rows, expected))
                        counts[kind], entries = counts[kind] + len(subjects), entries + len(rows)
                        progress.advance(task, len(subjects))
            bad += [
                f"{row['kind']} {row['subject']}, entry {row['n']}: is gone, and its seal is there"
                for row in await store.orphans(connection)
            ]
            bad += [
                f"{head.kind} {head.subject}, entry {head.n}: stands in the heads of {head.day} and not in the database"
                for head in expected.values()
            ]
    kinds = ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items())
    return f"{sum(counts.values())} records ({kinds}), {entries} entries", bad


def _chains(kind: str, rows: Sequence[store.Record], expected: dict[tuple[str, str, int], Head]) -> Iterator[Broken]:
    """The first entry of each record that does not fit; takes from `expected` the heads that were met."""
    for subject, grouped in groupby(rows, key=lambda row: str(row["subject"])):
        members = list(grouped)
        links = [
            Link(n=row["n"], entry=SEALED[kind].content(row), seal=None if row["hash"] is None else bytes(row["hash"]))
            for row in members
        ]
        broken = chain.check(kind, subject, links) or chain.misplaced(kind, subject, members[0]["lift_id"], links)
        for link in links:
            head = expected.pop((kind, subject, link.n), None)
            if broken is None and head is not None and head.seal != link.seal:
                why = f"has another seal in the heads of {head.day}: the whole record was made anew"
                broken = Broken(kind=kind, subject=subject, n=link.n, why=why)
        if broken is not None:
            yield broken
