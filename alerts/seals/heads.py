"""The heads of each day, written to a file outside the database: who can change all of that cannot change this.

A file holds the newest seal of every record that got one on that day (UTC), and the digest of the file before it, so
the files are a chain as well. Copy the folder to where the database's administrator cannot write: a disk of its own,
another office, a notary. A file is written once and never again.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path

from alerts.seals import store
from alerts.seals.day import Head, compose, parse
from elevator import log
from elevator.db import Connection
from elevator.errors import LiftlineError

_PATIENCE = timedelta(minutes=5)  # after midnight: what was written before it is sealed by then


class HeadsError(LiftlineError):
    """The folder of heads is not what it should be; the message is one sentence."""


async def write_days(connection: Connection, folder: Path, now: datetime) -> None:
    """Write the heads of every day that is over and not written yet."""
    midnight = datetime.combine((now - _PATIENCE).astimezone(UTC).date(), time(), UTC)
    for row in await store.rows(connection, "days_without_heads", before=midnight):
        day = row["day"]
        begins = datetime.combine(day, time(), UTC)
        last = await store.row(connection, "last_day")
        found = await store.rows(connection, "heads", since=begins, before=begins + timedelta(days=1))
        data = compose(day, bytes(last["digest"]) if last else None, found)
        _keep(folder, day, data)
        await store.run(connection, "add_day", day=day, digest=sha256(data).digest(), now=now)
        log.get().info("heads_written", day=str(day), records=len(found))


def _keep(folder: Path, day: date, data: bytes) -> None:
    """Write a file whole or not at all; never over another."""
    file = folder / f"heads-{day}.json"
    if file.exists():
        if file.read_bytes() != data:
            raise HeadsError(f"{file} is there and differs from what the database says of {day}: nothing was written")
        return
    folder.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)


def read(folder: Path) -> Iterator[Head | str]:
    """All heads of a folder, oldest first; a sentence (str) for each file that does not fit.

    Raises:
        HeadsError: there is no such folder, or no file in it.
    """
    files = sorted(folder.glob("heads-*.json")) if folder.is_dir() else []
    if not files:
        raise HeadsError(f"no heads-*.json in {folder}")
    before: bytes | None = None
    for number, file in enumerate(files):
        data = file.read_bytes()
        try:
            told, heads = parse(data)
        except (ValueError, KeyError, TypeError) as error:
            yield f"{file.name} cannot be read: {error}"
            before = sha256(data).digest()
            continue
        if number and told != before:
            yield f"{file.name} does not follow {files[number - 1].name}: one of them was changed, or one is missing"
        before = sha256(data).digest()
        yield from heads
